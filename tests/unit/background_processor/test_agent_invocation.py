import io
import json
import threading
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError, ReadTimeoutError
from botocore.response import StreamingBody
from botocore.stub import Stubber

from background_processor.agent_answer import MAX_PAYLOAD_BYTES
from background_processor.agent_invocation import AgentInvoker
from finops_websocket.errors import AgentFailed, AgentTimedOut
from unit.finops_websocket.sample_jobs import COST
from unit.finops_websocket.settable_clock import SettableClock


@pytest.fixture
def stubber() -> Iterator[Stubber]:
    client = boto3.client("lambda", "us-east-1", aws_access_key_id="test", aws_secret_access_key="test")
    with Stubber(client) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


def invoke(
    stubber: Stubber,
    clock: SettableClock | None = None,
    seconds: float = 60,
    stopped: threading.Event | None = None,
    at_pause: Callable[[], None] = lambda: None,
) -> str:
    """Ask an agent that has so many seconds; a pause takes none but the clock's."""
    clock = clock or SettableClock()

    def sleep(pause: float) -> None:
        clock.now += pause
        at_pause()

    invoker = AgentInvoker(lambda: stubber.client, clock, sleep)
    return invoker.invoke(COST, "Why?", "job-1", clock.now + seconds, stopped or threading.Event())


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
        ("AccessDeniedException", 403),
        ("ServiceException", 500),
    ],
)
def test_an_agent_that_lambda_does_not_invoke_could_not_be_reached(stubber: Stubber, code: str, status: int) -> None:
    stubber.add_client_error("invoke", code, "secret", status)
    with pytest.raises(AgentFailed) as raised:
        invoke(stubber)
    assert str(raised.value) == "It could not be reached."


def test_a_throttled_agent_is_asked_again_because_it_was_not_invoked(stubber: Stubber) -> None:
    clock = SettableClock()
    began = clock.now
    for _ in range(3):
        stubber.add_client_error("invoke", "TooManyRequestsException", "Rate Exceeded.", 429)
    stubber.add_response("invoke", answer({"response": "Costs rose."}))
    assert invoke(stubber, clock) == "Costs rose."
    # Half of 0.5, 1 and 2 seconds at least, and the whole of them at most.
    assert 1.75 <= clock.now - began <= 3.5


def test_an_agent_that_is_throttled_until_its_deadline_has_timed_out(stubber: Stubber) -> None:
    clock = SettableClock()
    deadline = clock.now + 3.6
    # Pauses of 0.25 to 0.5, 0.5 to 1, 1 to 2 and 2 to 4 seconds: three always fit, and four never do.
    for _ in range(4):
        stubber.add_client_error("invoke", "TooManyRequestsException", "Rate Exceeded.", 429)
    with pytest.raises(AgentTimedOut):
        invoke(stubber, clock, seconds=3.6)
    assert clock.now < deadline


def test_a_throttled_agent_that_nobody_waits_for_any_more_is_not_asked_again(stubber: Stubber) -> None:
    # A second invocation would fail: the stub has no reply for it.
    stubber.add_client_error("invoke", "TooManyRequestsException", "Rate Exceeded.", 429)
    stopped = threading.Event()
    with pytest.raises(AgentFailed) as raised:
        invoke(stubber, stopped=stopped, at_pause=stopped.set)
    assert str(raised.value) == "Nobody waits for it any more."


def test_an_agent_that_nobody_waits_for_is_not_asked_at_all(stubber: Stubber) -> None:
    stopped = threading.Event()
    stopped.set()
    with pytest.raises(AgentFailed):
        invoke(stubber, stopped=stopped)


class CountingClient:
    """A Lambda client that counts how often it is closed, and answers as its stub does."""

    def __init__(self, stubber: Stubber) -> None:
        stubber.activate()
        self._client = stubber.client
        self.closed = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def close(self) -> None:
        self.closed += 1


def test_each_invocation_has_a_connection_of_its_own_and_closes_it() -> None:
    made: list[CountingClient] = []

    def make() -> Any:
        stubber = Stubber(boto3.client("lambda", "us-east-1", aws_access_key_id="test", aws_secret_access_key="test"))
        if made:
            stubber.add_client_error("invoke", "ServiceException", "secret", 500)
        else:
            stubber.add_response("invoke", answer({"response": "Costs rose."}))
        made.append(CountingClient(stubber))
        return made[-1]

    invoker = AgentInvoker(make)
    assert invoker.invoke(COST, "Why?", "job-1", 0, threading.Event()) == "Costs rose."
    with pytest.raises(AgentFailed):
        invoker.invoke(COST, "Why?", "job-1", 0, threading.Event())
    assert [client.closed for client in made] == [1, 1]


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


class EndlessBody(StreamingBody):
    """A payload that has no end; it counts what was read of it."""

    def __init__(self) -> None:
        super().__init__(io.BytesIO(), 0)
        self.bytes_read = 0

    def read(self, amt: int | None = None) -> bytes:
        assert amt is not None
        self.bytes_read += amt
        return b"a" * amt


def test_no_more_of_a_payload_is_taken_than_lambda_passes_on(stubber: Stubber) -> None:
    body = EndlessBody()
    stubber.add_response("invoke", {"StatusCode": 200, "Payload": body})
    with pytest.raises(AgentFailed) as raised:
        invoke(stubber)
    assert str(raised.value) == "It gave an answer that could not be read."
    assert body.bytes_read == MAX_PAYLOAD_BYTES + 1
