import io
import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError, ReadTimeoutError
from botocore.response import StreamingBody
from botocore.stub import Stubber

from background_processor.agent_invocation import AgentInvoker
from finops_websocket.errors import AgentFailed, AgentTimedOut
from unit.finops_websocket.sample_jobs import COST


@pytest.fixture
def stubber() -> Iterator[Stubber]:
    client = boto3.client("lambda", "us-east-1", aws_access_key_id="test", aws_secret_access_key="test")
    with Stubber(client) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


def invoke(stubber: Stubber) -> str:
    return AgentInvoker(stubber.client).invoke(COST, "Why?", "job-1")


def answer(payload: object, **fields: Any) -> dict[str, Any]:
    body = json.dumps(payload).encode()
    return {"StatusCode": 200, "Payload": StreamingBody(io.BytesIO(body), len(body)), **fields}


def test_an_agent_is_asked_the_question_and_its_answer_read(stubber: Stubber) -> None:
    expected = {"FunctionName": COST, "Payload": json.dumps({"query": "Why?", "jobId": "job-1"}).encode()}
    stubber.add_response("invoke", answer({"statusCode": 200, "body": '{"response": "Costs rose."}'}), expected)
    assert invoke(stubber) == "Costs rose."


def test_an_agent_that_crashed_has_failed_and_its_words_stay_here(stubber: Stubber) -> None:
    crash = {"errorMessage": "secret", "errorType": "KeyError", "response": "secret"}
    stubber.add_response("invoke", answer(crash, FunctionError="Unhandled"))
    with pytest.raises(AgentFailed) as raised:
        invoke(stubber)
    assert str(raised.value) == "It stopped with an error."


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("ResourceNotFoundException", 404),
        ("TooManyRequestsException", 429),
        ("AccessDeniedException", 403),
        ("ServiceException", 500),
    ],
)
def test_an_agent_that_lambda_does_not_invoke_could_not_be_reached(stubber: Stubber, code: str, status: int) -> None:
    stubber.add_client_error("invoke", code, "secret", status)
    with pytest.raises(AgentFailed) as raised:
        invoke(stubber)
    assert str(raised.value) == "It could not be reached."


class BrokenBody(StreamingBody):
    """A payload that does not arrive."""

    def __init__(self, error: Exception) -> None:
        super().__init__(io.BytesIO(), 0)
        self.error = error

    def read(self, amt: int | None = None) -> bytes:
        raise self.error


@pytest.mark.parametrize(
    ("error", "failure"),
    [
        (ReadTimeoutError(endpoint_url="https://lambda.example.com"), AgentTimedOut),
        (EndpointConnectionError(endpoint_url="https://lambda.example.com"), AgentFailed),
    ],
)
def test_a_payload_that_does_not_arrive_is_a_failure(
    stubber: Stubber, error: Exception, failure: type[AgentFailed]
) -> None:
    stubber.add_response("invoke", {"StatusCode": 200, "Payload": BrokenBody(error)})
    with pytest.raises(AgentFailed) as raised:
        invoke(stubber)
    assert type(raised.value) is failure
    assert "example.com" not in str(raised.value)
