"""A session whose clients get their answers here; each is checked against botocore's model of the service."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.awsrequest import AWSResponse
from botocore.model import OperationModel
from botocore.validate import ParamValidator


@dataclass(frozen=True)
class Refusal:
    """An error that AWS answers with."""

    code: str
    message: str = "no"
    status: int = 400


Answer = Mapping[str, Any] | Refusal | Exception | Callable[[Mapping[str, Any]], Any]
"""What an operation answers, or a function that makes it of what is asked."""


class AnsweringSession(boto3.Session):
    """Answers operations by their names, and remembers what was asked. A client takes a while to make: once."""

    def __init__(self, answers: Mapping[str, Answer] | None = None) -> None:
        super().__init__("test", "test", region_name="eu-west-1")
        self.answers: Mapping[str, Answer] = answers or {}
        self.asked: list[tuple[str, Mapping[str, Any]]] = []
        self._clients: dict[str, Any] = {}
        self.events.register("before-parameter-build", self._keep)
        self.events.register("before-call", self._answer)

    def client(self, service_name: str, **_: object) -> Any:  # type: ignore[override]
        if service_name not in self._clients:
            self._clients[service_name] = super().client(service_name)  # type: ignore[call-overload]
        return self._clients[service_name]

    def __getitem__(self, operation: str) -> list[Mapping[str, Any]]:
        """What an operation was asked, call by call."""
        return [asked for name, asked in self.asked if name == operation]

    def _keep(self, params: Mapping[str, Any], model: OperationModel, **_: object) -> None:
        self.asked.append((model.name, dict(params)))

    def _answer(self, model: OperationModel, **_: object) -> tuple[AWSResponse, Mapping[str, Any]]:
        answer = self.answers[model.name]
        if callable(answer):
            answer = answer(self[model.name][-1])
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, Refusal):
            error = {"Code": answer.code, "Message": answer.message}
            parsed = {"Error": error, "ResponseMetadata": {"HTTPStatusCode": answer.status}}
            return AWSResponse("", answer.status, {}, None), parsed
        faults = ParamValidator().validate(answer, model.output_shape)
        assert not faults.has_errors(), faults.generate_report()
        return AWSResponse("", 200, {}, None), answer
