"""A service's real client, whose calls are answered here, and checked against botocore's model of the service."""

from __future__ import annotations

from typing import Any

import boto3
from botocore.stub import Stubber


class StubbedService:
    """Answers calls in the order in which they are announced."""

    def __init__(self, service: str) -> None:
        self.client: Any = boto3.client(
            service,  # type: ignore[call-overload]
            region_name="eu-west-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )
        self._stubber = Stubber(self.client)
        self._stubber.activate()

    def answers(self, operation: str, response: dict[str, Any], expected: dict[str, Any] | None = None) -> None:
        self._stubber.add_response(operation, response, expected)

    def refuses(self, operation: str, code: str, message: str = "no", status: int = 400) -> None:
        self._stubber.add_client_error(operation, code, message, status)

    def assert_all_called(self) -> None:
        self._stubber.assert_no_pending_responses()
