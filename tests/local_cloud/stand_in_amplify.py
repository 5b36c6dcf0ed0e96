"""A stand-in for Amplify, which the local cloud has not: one app without a repository, with one branch.

It takes its operations' addresses from botocore's model of the service, and validates every request and every answer
against it, so that neither the command nor the stand-in can speak of a field that Amplify does not know.
"""

import json
import re
import threading
from collections.abc import Mapping
from datetime import datetime
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import botocore.session
from botocore.model import OperationModel
from botocore.validate import ParamValidator

from loopback_server import LoopbackServer
from unit.finops_operations import amplify_answers
from unit.finops_operations.amplify_answers import APP

_MODEL = botocore.session.get_session().get_service_model("amplify")
_OPERATIONS = [_MODEL.operation_model(name) for name in _MODEL.operation_names]


class StandInAmplify(LoopbackServer):
    """Answers while it is entered. A deployment ends as `outcome` says, or never if that is RUNNING."""

    def __init__(self) -> None:
        self.outcome = "SUCCEED"
        # What was deployed: the address of the zip, and how it ended.
        self.deployments: list[tuple[str, str]] = []
        self.calls: list[str] = []
        # What went against the model.
        self.faults: list[str] = []
        self._lock = threading.Lock()
        amplify = self

        class Requests(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                amplify._serve(self)

            do_POST = do_GET  # noqa: N815 - the base class names it

            def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the base class names it
                """Says nothing: the tests read what the command prints."""

        super().__init__(Requests)

    def _serve(self, request: BaseHTTPRequestHandler) -> None:
        with self._lock:
            status, answer = self._answer(request)
        body = json.dumps(answer, default=datetime.timestamp).encode()
        request.send_response(status)
        if status != 200:
            request.send_header("x-amzn-ErrorType", str(answer["code"]))
        request.send_header("Content-Type", "application/json")
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)

    def _answer(self, request: BaseHTTPRequestHandler) -> tuple[int, dict[str, Any]]:
        content = request.rfile.read(int(request.headers.get("Content-Length") or 0))
        operation, parameters = _understood(request.command, request.path, content)
        self._validate(parameters, operation.input_shape)
        self.calls.append(operation.name)
        if parameters["appId"] != APP or parameters.get("branchName", "staging") != "staging":
            return 404, {"code": "NotFoundException", "message": "There is none."}
        answer: dict[str, Any] = getattr(self, f"_{operation.name}")(parameters)
        self._validate(answer, operation.output_shape)
        return 200, answer

    def _validate(self, values: Mapping[str, Any], shape: Any) -> None:
        report = ParamValidator().validate(values, shape)
        if report.has_errors():
            self.faults.append(report.generate_report())

    def _GetApp(self, parameters: Mapping[str, str]) -> dict[str, Any]:  # noqa: N802
        return amplify_answers.app()

    def _GetBranch(self, parameters: Mapping[str, str]) -> dict[str, Any]:  # noqa: N802
        return amplify_answers.branch()

    def _ListJobs(self, parameters: Mapping[str, str]) -> dict[str, Any]:  # noqa: N802
        jobs = [
            amplify_answers.summary(str(number), status, source)
            for number, (source, status) in enumerate(self.deployments, start=1)
        ]
        return amplify_answers.jobs(*reversed(jobs))

    def _StartDeployment(self, parameters: Mapping[str, str]) -> dict[str, Any]:  # noqa: N802
        self.deployments.append((parameters["sourceUrl"], "PENDING"))
        return {"jobSummary": amplify_answers.summary(str(len(self.deployments)), "PENDING", parameters["sourceUrl"])}

    def _GetJob(self, parameters: Mapping[str, str]) -> dict[str, Any]:  # noqa: N802
        job_id = parameters["jobId"]
        source, _ = self.deployments[int(job_id) - 1]
        self.deployments[int(job_id) - 1] = (source, self.outcome)
        told = {"statusReason": "The zip cannot be read"} if self.outcome == "FAILED" else {}
        return amplify_answers.job(job_id, self.outcome, amplify_answers.step("DEPLOY", self.outcome, **told))


def _understood(method: str, address: str, content: bytes) -> tuple[OperationModel, dict[str, Any]]:
    """The operation that a request asks for, and its parameters, as the model lays them out."""
    parts = urlsplit(address)
    for operation in _OPERATIONS:
        pattern = re.sub(r"{(\w+)}", r"(?P<\1>[^/]+)", operation.http["requestUri"])
        found = re.fullmatch(pattern, parts.path)
        if found and operation.http["method"] == method:
            parameters: dict[str, Any] = {name: unquote(value) for name, value in found.groupdict().items()}
            for name, value in parse_qsl(parts.query):
                shape = operation.input_shape.members[name]
                parameters[name] = int(value) if shape.type_name == "integer" else value
            return operation, {**parameters, **json.loads(content or b"{}")}
    raise AssertionError(f"Amplify has no {method} {parts.path}")
