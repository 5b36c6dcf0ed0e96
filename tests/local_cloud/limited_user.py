"""Somebody with an access key who may do what some policies of ops/policies allow, and nothing else.

The local cloud sees a few calls otherwise than AWS does, so that a policy that is right for AWS would refuse them here:
`AS_SEEN_HERE` has the ARN that it gives each of them, and the conditions are left out of which it is not told.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from local_cloud.running_cloud import ROOT, LocalCloud

REGION = "us-east-1"
ACCOUNT = "000000000000"

# A change set is named by its ARN alone, which has the stack's name nowhere; alarms are looked for by name or prefix; a
# rule's bus is in its ARN only if it is not the default one.
AS_SEEN_HERE = {
    "cloudformation:DeleteChangeSet": "*",
    "cloudformation:DescribeChangeSet": "*",
    "cloudformation:DescribeEvents": "*",
    "cloudformation:ExecuteChangeSet": "*",
    "cloudwatch:DescribeAlarms": "*",
    "events:DescribeRule": f"arn:aws:events:{REGION}:{ACCOUNT}:rule/default/*",
    "logs:GetQueryResults": "*",
    "logs:StartQuery": "*",
}
# It takes every call about a function's concurrency for the last.
TAKEN_FOR = ("lambda:GetFunctionConcurrency", "lambda:PutFunctionConcurrency")
NOT_TOLD = "lambda:FunctionArn"

Permission = tuple[str, str, str]
"""Policy, statement, action."""


def policy_of(policy: str, *options: str) -> dict[str, Any]:
    """A policy as ops/deploy_policy.sh prints it."""
    printed = subprocess.run(
        [ROOT / "ops" / "deploy_policy.sh", policy, "--account", ACCOUNT, "--region", REGION, *options],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    document: dict[str, Any] = json.loads(printed.stdout)
    return document


def permissions_of(policies: dict[str, dict[str, Any]]) -> set[Permission]:
    return {
        (policy, statement["Sid"], action)
        for policy, document in policies.items()
        for statement in document["Statement"]
        for action in _listed(statement["Action"])
    }


class LimitedUser:
    """The user. `policies` are documents by name; `environment` is for programs that the user runs."""

    def __init__(self, cloud: LocalCloud, name: str, policies: dict[str, dict[str, Any]]) -> None:
        self._cloud = cloud
        self._name = name
        self._policies = policies
        iam = cloud.client("iam")
        iam.create_user(UserName=name)
        key = iam.create_access_key(UserName=name)["AccessKey"]
        self.environment = cloud.environment | {
            "AWS_ACCESS_KEY_ID": key["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"],
        }
        for policy, document in policies.items():
            self._put(policy, document)

    def take(self, permission: Permission) -> None:
        """Take one action of one statement away."""
        policy, sid, action = permission
        reduced = json.loads(json.dumps(self._policies[policy]))
        statement = next(statement for statement in reduced["Statement"] if statement["Sid"] == sid)
        # IAM takes no empty list of actions.
        statement["Action"] = [one for one in _listed(statement["Action"]) if one != action] or "sts:GetCallerIdentity"
        assert reduced != self._policies[policy]
        self._put(policy, reduced)

    def give_back(self, permission: Permission) -> None:
        """Give it back."""
        self._put(permission[0], self._policies[permission[0]])

    def client(self, service: str) -> Any:
        return boto3.client(
            service,
            endpoint_url=self._cloud.endpoint_url,
            region_name=REGION,
            aws_access_key_id=self.environment["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=self.environment["AWS_SECRET_ACCESS_KEY"],
            config=Config(retries={"total_max_attempts": 1}),
        )

    def run(self, *command: str | Path) -> str:
        """Run a program, which must succeed without being refused anything, and give what it printed."""
        done = subprocess.run(
            command, env=self.environment, capture_output=True, text=True, check=False, timeout=180, cwd=ROOT
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert "not authorized" not in done.stderr
        assert "AccessDenied" not in done.stderr
        return done.stdout

    def _put(self, policy: str, document: dict[str, Any]) -> None:
        # Inline, which AWS would not take of this size: a managed one would have to be made anew for each change.
        self._cloud.client("iam").put_user_policy(
            UserName=self._name, PolicyName=policy, PolicyDocument=_for_here(document)
        )


def _for_here(document: dict[str, Any]) -> str:
    adapted = json.loads(json.dumps(document))
    for statement in adapted["Statement"]:
        seen = {AS_SEEN_HERE[action] for action in _listed(statement["Action"]) if action in AS_SEEN_HERE}
        if seen:
            # By itself, so that the statement's other actions keep to their resources.
            others = [action for action in _listed(statement["Action"]) if action not in AS_SEEN_HERE]
            some = [action for action in _listed(statement["Action"]) if action in AS_SEEN_HERE]
            adapted["Statement"] = [
                *(one for one in adapted["Statement"] if one is not statement),
                *([statement | {"Action": others}] if others else []),
                statement | {"Sid": f"{statement['Sid']}Here", "Action": some, "Resource": sorted(seen)},
            ]
        for keys in statement.get("Condition", {}).values():
            keys.pop(NOT_TOLD, None)
        if "Condition" in statement and not any(statement["Condition"].values()):
            del statement["Condition"]
    return json.dumps(adapted).replace(*TAKEN_FOR)


def _listed(actions: str | list[str]) -> list[str]:
    return [actions] if isinstance(actions, str) else actions
