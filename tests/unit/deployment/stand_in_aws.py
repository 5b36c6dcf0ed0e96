"""An account in memory: botocore's own clients, whose calls the services' models check, and which are answered here.

For what the local cloud cannot show: expired credentials, buckets elsewhere, stacks in rare states.
"""

from __future__ import annotations

import base64
import hashlib
import io
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from types import SimpleNamespace
from typing import Any

import boto3
from botocore import xform_name
from botocore.exceptions import ClientError

from finops_operations.template import parameter_defaults

ACCOUNT = "111122223333"
CALLER = f"arn:aws:iam::{ACCOUNT}:user/ops"
Asked = dict[str, Any]
Change = tuple[str, str, str, str]
"""Action, logical id, type and replacement."""


def refusal(code: str, message: str = "") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, "Asked")


def event(number: int, logical_id: str, status: str, reason: str = "") -> dict[str, Any]:
    """One of a stack's events; it is about the stack itself if the logical id is `stack`."""
    about = {"PhysicalResourceId": "stack-id"} if logical_id == "stack" else {}
    return about | {
        "EventId": f"event-{number}",
        "StackId": "stack-id",
        "Timestamp": datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
        "LogicalResourceId": logical_id,
        "ResourceStatus": status,
        "ResourceStatusReason": reason,
    }


class StandInAws:
    """The account. A call that neither a test nor a method of the call's name has an answer for succeeds."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, Asked]] = []
        self.objects: dict[str, bytes] = {}
        """What the buckets hold, by BUCKET/KEY."""
        self.stacks: dict[str, dict[str, Any]] = {}
        self.changes: dict[str, list[list[Change]]] = {}
        """By stack, what the next change sets change; nothing if there is none left."""
        self.next_events: list[dict[str, Any]] = []
        """The events of the next change, the oldest first, in place of its success."""
        self.alarms: dict[str, str] = {}
        self.other_code: set[str] = set()
        """Functions that somebody has given other code by hand."""
        self._scripted: dict[tuple[str, str], list[Any]] = {}
        self.runs_at_once(1000)
        self._change_sets: dict[str, Asked] = {}

    def session(self, region: str) -> Any:
        """Stands in for a boto3.Session in a region."""
        _CLIENTS.account = self
        return SimpleNamespace(region_name=region, client=lambda service, config=None: _CLIENTS.client(service))

    def answers(self, operation: str, *answers: Any, about: str = "") -> None:
        """Answer calls of an operation: one answer a call, the last for ever. With `about`, only calls that name it.

        An exception is raised.
        """
        self._scripted[operation, about] = list(answers)

    def runs_at_once(self, functions: int) -> None:
        """So many functions of the account may run at the same time, none of them reserved for one of them."""
        limit = {"ConcurrentExecutions": functions, "UnreservedConcurrentExecutions": functions}
        self.answers("get_account_settings", {"AccountLimit": limit})

    def asked(self, operation: str) -> list[Asked]:
        """What each call of an operation so far asked for."""
        return [asked for name, asked in self.calls if name == operation]

    def order(self, *operations: str) -> list[str]:
        """The order in which certain operations were called."""
        return [name for name, _ in self.calls if name in operations]

    def answer(self, operation: str, asked: Asked) -> dict[str, Any]:
        self.calls.append((operation, asked))
        for about in (*(value for value in asked.values() if isinstance(value, str)), ""):
            if scripted := self._scripted.get((operation, about)):
                answer = scripted.pop(0) if len(scripted) > 1 else scripted[0]
                if isinstance(answer, BaseException):
                    raise answer
                return dict(answer)
        method = getattr(self, operation, None)
        return method(asked) if method else {}

    def get_caller_identity(self, asked: Asked) -> dict[str, Any]:
        return {"Account": ACCOUNT, "Arn": CALLER}

    def put_object(self, asked: Asked) -> dict[str, Any]:
        self.objects[f"{asked['Bucket']}/{asked['Key']}"] = asked["Body"].read()
        return {}

    def get_object(self, asked: Asked) -> dict[str, Any]:
        return {"Body": io.BytesIO(self._object(asked, "NoSuchKey"))}

    def head_object(self, asked: Asked) -> dict[str, Any]:
        self._object(asked, "404")
        return {}

    def _object(self, asked: Asked, code: str) -> bytes:
        try:
            return self.objects[f"{asked['Bucket']}/{asked['Key']}"]
        except KeyError:
            raise refusal(code, "Not Found") from None

    def list_objects_v2(self, asked: Asked) -> dict[str, Any]:
        begin = f"{asked['Bucket']}/{asked['Prefix']}"
        return {"Contents": [{"Key": key.partition("/")[2]} for key in sorted(self.objects) if key.startswith(begin)]}

    def describe_alarms(self, asked: Asked) -> dict[str, Any]:
        found = [name for name in asked["AlarmNames"] if name in self.alarms]
        return {
            "MetricAlarms": [
                {"AlarmName": name, "AlarmArn": f"arn:alarm:{name}", "StateValue": self.alarms[name]} for name in found
            ]
        }

    def get_function_configuration(self, asked: Asked) -> dict[str, Any]:
        name = asked["FunctionName"]
        code = self._code(name) if name not in self.other_code else b"other"
        return {"CodeSha256": base64.b64encode(hashlib.sha256(code).digest()).decode()}

    def update_function_code(self, asked: Asked) -> dict[str, Any]:
        self.other_code.discard(asked["FunctionName"])
        return {}

    def get_function(self, asked: Asked) -> dict[str, Any]:
        return {"Configuration": {"LastUpdateStatus": "Successful"}}

    def publish_version(self, asked: Asked) -> dict[str, Any]:
        return {"Version": "4"}

    def _code(self, function: str) -> bytes:
        """What Lambda has taken from the bucket for a function; nothing if that is empty."""
        for stack in self.stacks.values():
            for name, value in stack["parameters"].items():
                if name.endswith("Key") and value.endswith(f"-{function.split('-', 2)[-1]}.zip"):
                    return self.objects.get(f"{stack['parameters']['LambdaS3Bucket']}/{value}", b"")
        return b""

    def describe_stacks(self, asked: Asked) -> dict[str, Any]:
        name = asked["StackName"]
        if name not in self.stacks:
            raise refusal("ValidationError", f"Stack with id {name} does not exist")
        stack = self.stacks[name]
        return {
            "Stacks": [
                {
                    "StackStatus": stack["status"],
                    "Parameters": [
                        {"ParameterKey": key, "ParameterValue": value} for key, value in stack["parameters"].items()
                    ],
                    "Outputs": [{"OutputKey": key, "OutputValue": value} for key, value in stack["outputs"].items()],
                }
            ]
        }

    def get_template(self, asked: Asked) -> dict[str, Any]:
        return {"TemplateBody": self.stacks[asked["StackName"]]["template"]}

    def create_change_set(self, asked: Asked) -> dict[str, Any]:
        change_set = f"change-{len(self._change_sets)}"
        self._change_sets[change_set] = asked
        if asked["ChangeSetType"] == "CREATE":
            outputs = {"WebSocketApiEndpoint": "wss://abc", "WebSocketApiId": "abc"}
            self.stacks[asked["StackName"]] = {"status": "REVIEW_IN_PROGRESS", "parameters": {}, "outputs": outputs}
        return {"Id": change_set}

    def describe_change_set(self, asked: Asked) -> dict[str, Any]:
        waiting = self.changes.get(self._change_sets[asked["ChangeSetName"]]["StackName"])
        if not waiting:
            return {"Status": "FAILED", "StatusReason": "The submitted information didn't contain changes."}
        form = ("Action", "LogicalResourceId", "ResourceType", "Replacement")
        changes = [dict(zip(form, change, strict=True)) for change in waiting.pop(0)]
        return {"Status": "CREATE_COMPLETE", "Changes": [{"ResourceChange": change} for change in changes]}

    def execute_change_set(self, asked: Asked) -> dict[str, Any]:
        change = self._change_sets[asked["ChangeSetName"]]
        stack = self.stacks[change["StackName"]]
        number = len(stack.setdefault("events", []))
        events = self.next_events or [event(number, "stack", f"{change['ChangeSetType']}_COMPLETE")]
        self.next_events = []
        stack["events"] += events
        stack["status"] = events[-1]["ResourceStatus"]
        given = {
            item["ParameterKey"]: item["ParameterValue"] for item in change["Parameters"] if "ParameterValue" in item
        }
        stack["parameters"] = {**parameter_defaults(change["TemplateBody"]), **stack["parameters"], **given}
        stack["template"] = change["TemplateBody"]
        return {}

    def describe_stack_events(self, asked: Asked) -> dict[str, Any]:
        return {"StackEvents": list(reversed(self.stacks[asked["StackName"]].get("events", [])))}

    def list_change_sets(self, asked: Asked) -> dict[str, Any]:
        return {"Summaries": []}

    def delete_stack(self, asked: Asked) -> dict[str, Any]:
        del self.stacks[asked["StackName"]]
        return {}


class _Clients:
    """A client for each service, since making one takes long; calls go to the account of the moment."""

    def __init__(self) -> None:
        self.account = StandInAws()
        session = boto3.Session("test", "test", region_name="us-east-1")
        session.events.register("before-parameter-build", self._note)
        session.events.register("before-call", self._answer)
        self.client: Callable[[str], Any] = cache(session.client)

    @staticmethod
    def _note(params: Asked, context: dict[str, Any], **_: Any) -> None:
        context["asked"] = dict(params)

    def _answer(self, model: Any, context: dict[str, Any], **_: Any) -> tuple[Any, dict[str, Any]]:
        return SimpleNamespace(status_code=200), self.account.answer(xform_name(model.name), context["asked"])


_CLIENTS = _Clients()
