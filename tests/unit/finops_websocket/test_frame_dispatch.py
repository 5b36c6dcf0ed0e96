import json
from typing import Any

import pytest

from finops_websocket.client_messages import FinopsQuery, Ping
from finops_websocket.errors import RequestError, SessionExpired, UnknownAgent
from finops_websocket.frame_dispatch import BROKEN, HANDLED, dispatch_frame
from finops_websocket.websocket_event import MESSAGE, WebSocketEvent
from unit.finops_websocket.recording_channel import RecordingChannel


class RecordingAction:
    """Keeps what it is asked to serve; raises an error if it was given one."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.served: list[tuple[str, Any]] = []

    def __call__(self, connection_id: str, message: Any) -> None:
        self.served.append((connection_id, message))
        if self.error is not None:
            raise self.error


def dispatch(
    channel: RecordingChannel, frame: object, action: RecordingAction | None = None, *, is_binary: bool = False
) -> dict[str, int]:
    body = frame if isinstance(frame, str) else json.dumps(frame)
    event = WebSocketEvent(MESSAGE, "connection-1", body, is_binary)
    action = action or RecordingAction()
    return dispatch_frame(event, {Ping: action, FinopsQuery: action}, channel, lambda: 7.9)


QUERY = {"action": "finops_query", "query": "Why?", "requestId": "request-1"}


def test_a_frame_is_served_by_its_action_and_nobody_else_answers(channel: RecordingChannel) -> None:
    action = RecordingAction()
    assert dispatch(channel, QUERY, action) == HANDLED
    assert action.served == [("connection-1", FinopsQuery("Why?", "request-1", None, None))]
    assert channel.sent == []


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        ("no json", "INVALID_MESSAGE"),
        ("", "INVALID_MESSAGE"),
        ({"action": "make_coffee"}, "UNKNOWN_ACTION"),
        # Known, and not served by this function.
        ({"action": "authenticate", "userId": "user-1"}, "UNKNOWN_ACTION"),
        ({"action": "ping", "timestamp": "now"}, "INVALID_MESSAGE"),
    ],
)
def test_a_refused_frame_is_answered_with_an_error(channel: RecordingChannel, frame: object, code: str) -> None:
    assert dispatch(channel, frame) == HANDLED
    (wire,) = channel.wires_to("connection-1")
    assert (wire["type"], wire["code"], wire["timestamp"]) == ("error", code, 7)


@pytest.mark.parametrize(
    ("change", "code"),
    [({"query": ""}, "INVALID_MESSAGE"), ({"query": "x" * 4001}, "QUERY_TOO_LONG"), ({"agents": 7}, "INVALID_MESSAGE")],
)
def test_a_refused_question_ends_in_job_failed(channel: RecordingChannel, change: dict[str, Any], code: str) -> None:
    assert dispatch(channel, QUERY | change) == HANDLED
    (wire,) = channel.wires_to("connection-1")
    assert (wire["type"], wire["code"], wire["jobId"]) == ("job_failed", code, None)
    assert (wire["requestId"], wire["timestamp"]) == ("request-1", 7)


@pytest.mark.parametrize("request_id", ["", "r" * 129, 7, None])
def test_a_request_id_that_the_contract_does_not_allow_is_not_repeated(
    channel: RecordingChannel, request_id: object
) -> None:
    dispatch(channel, QUERY | {"requestId": request_id, "query": ""})
    assert "requestId" not in channel.wires_to("connection-1")[0]


@pytest.mark.parametrize(
    ("job_id", "named"), [("job-1", {"jobId": "job-1"}), (7, {}), ("", {}), ("x" * 129, {}), (None, {})]
)
def test_a_refusal_names_the_job_that_the_frame_named(
    channel: RecordingChannel, job_id: object, named: dict[str, str]
) -> None:
    dispatch(channel, {"action": "resume_job", "jobId": job_id})
    (wire,) = channel.wires_to("connection-1")
    assert {name: wire[name] for name in wire if name == "jobId"} == named


@pytest.mark.parametrize("error", [SessionExpired("Please sign in again."), UnknownAgent("There is no such agent.")])
def test_an_action_s_refusal_reaches_the_sender(channel: RecordingChannel, error: RequestError) -> None:
    assert dispatch(channel, QUERY, RecordingAction(error)) == HANDLED
    (wire,) = channel.wires_to("connection-1")
    assert (wire["type"], wire["code"], wire["error"]) == ("job_failed", error.code, str(error))
    assert dispatch(channel, {"action": "ping"}, RecordingAction(error)) == HANDLED
    wire = channel.wires_to("connection-1")[1]
    assert (wire["type"], wire["code"], wire["message"]) == ("error", error.code, str(error))


@pytest.mark.parametrize(("frame", "kind"), [(QUERY, "job_failed"), ({"action": "ping"}, "error")])
def test_what_nobody_expected_is_answered_without_its_text_and_reported_as_broken(
    channel: RecordingChannel, frame: dict[str, Any], kind: str
) -> None:
    error = RuntimeError("arn:aws:dynamodb:us-east-1:123456789012:table/secret")
    assert dispatch(channel, frame, RecordingAction(error)) == BROKEN
    (wire,) = channel.wires_to("connection-1")
    assert (wire["type"], wire["code"]) == (kind, "INTERNAL")
    assert "secret" not in json.dumps(wire)


def test_a_binary_frame_is_refused_unread(channel: RecordingChannel) -> None:
    action = RecordingAction()
    assert dispatch(channel, QUERY, action, is_binary=True) == HANDLED
    assert action.served == []
    assert channel.wires_to("connection-1")[0]["code"] == "INVALID_MESSAGE"


def test_api_gateway_is_answered_without_a_body() -> None:
    assert HANDLED == {"statusCode": 200}
    assert BROKEN == {"statusCode": 500}
