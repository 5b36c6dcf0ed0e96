import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from finops_websocket import metrics
from finops_websocket.client_messages import FinopsQuery, Ping
from finops_websocket.errors import (
    ConnectionSpent,
    LimitReached,
    RateLimited,
    RequestError,
    SessionExpired,
    TooManyJobs,
    UnknownAgent,
)
from finops_websocket.frame_dispatch import BROKEN, HANDLED, dispatch_frame
from finops_websocket.frame_limit import FrameLimit
from finops_websocket.websocket_event import MESSAGE, WebSocketEvent
from unit.finops_websocket.embedded_metrics import Measurement, names
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


class ScriptedLimit(FrameLimit):
    """Counts nothing; raises an error if it was given one. Keeps whose frames it was to count."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.counted: list[str] = []

    def count(self, connection_id: str) -> None:
        self.counted.append(connection_id)
        if self.error is not None:
            raise self.error


def dispatch(
    channel: RecordingChannel,
    frame: object,
    action: RecordingAction | None = None,
    *,
    is_binary: bool = False,
    limit: FrameLimit | None = None,
) -> dict[str, int]:
    body = frame if isinstance(frame, str) else json.dumps(frame)
    event = WebSocketEvent(MESSAGE, "connection-1", body, is_binary)
    action = action or RecordingAction()
    return dispatch_frame(event, {Ping: action, FinopsQuery: action}, limit or ScriptedLimit(), channel, lambda: 7.9)


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


def test_a_question_cut_in_the_middle_of_an_emoji_ends_in_job_failed(channel: RecordingChannel) -> None:
    """A browser's slice does that; an older client's spinner stops on nothing but job_failed."""
    dispatch(channel, {**QUERY, "query": "Why\ud83d"})
    dispatch(channel, {**QUERY, "requestId": "mine\ud83d"})
    wires = channel.wires_to("connection-1")
    assert [(wire["type"], wire["code"]) for wire in wires] == [("job_failed", "INVALID_MESSAGE")] * 2
    assert [wire.get("requestId") for wire in wires] == ["request-1", None]


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


@pytest.mark.parametrize("is_binary", [False, True])
@pytest.mark.parametrize("frame", [QUERY, {"action": "ping"}, {"action": "make_coffee"}, "no json", "", "[" * 10_000])
def test_every_frame_is_counted_once_for_its_connection(
    channel: RecordingChannel, frame: object, is_binary: bool
) -> None:
    limit = ScriptedLimit()
    assert dispatch(channel, frame, is_binary=is_binary, limit=limit) == HANDLED
    assert limit.counted == ["connection-1"]


@pytest.mark.parametrize(
    ("frame", "kind"),
    [(QUERY, "job_failed"), ({"action": "ping"}, "error"), ("no json", "error"), ({"action": "make_coffee"}, "error")],
)
def test_a_frame_above_the_limit_is_not_served_and_its_sender_learns_when_to_go_on(
    channel: RecordingChannel, frame: object, kind: str
) -> None:
    action = RecordingAction()
    limit = ScriptedLimit(RateLimited("This connection sends too much.", 20))
    assert dispatch(channel, frame, action, limit=limit) == HANDLED
    (wire,) = channel.wires_to("connection-1")
    assert (wire["type"], wire["code"], wire["retryAfter"]) == (kind, "RATE_LIMITED", 20)
    assert action.served == []
    assert channel.closed == []


@pytest.mark.parametrize("frame", [QUERY, {"action": "ping"}, "no json"])
def test_a_spent_connection_is_told_so_and_then_closed(channel: RecordingChannel, frame: object) -> None:
    closed_at_send: list[list[str]] = []
    channel.at_send = lambda _connection_id, _message: closed_at_send.append(list(channel.closed))
    action = RecordingAction()
    assert dispatch(channel, frame, action, limit=ScriptedLimit(ConnectionSpent("Enough.", 60))) == HANDLED
    (wire,) = channel.wires_to("connection-1")
    assert (wire["code"], wire["retryAfter"]) == ("RATE_LIMITED", 60)
    assert (closed_at_send, channel.closed) == ([[]], ["connection-1"])
    assert action.served == []


@pytest.mark.parametrize("error", [TooManyJobs("Please wait.", 30), RateLimited("Please wait.", 7)])
@pytest.mark.parametrize(("frame", "kind"), [(QUERY, "job_failed"), ({"action": "ping"}, "error")])
def test_an_action_s_limit_says_when_to_try_again(
    channel: RecordingChannel, frame: object, kind: str, error: LimitReached
) -> None:
    assert dispatch(channel, frame, RecordingAction(error)) == HANDLED
    (wire,) = channel.wires_to("connection-1")
    assert (wire["type"], wire["code"], wire["retryAfter"]) == (kind, error.code, error.retry_after)
    assert channel.closed == []


@pytest.mark.parametrize("error", [SessionExpired("Please sign in again."), RuntimeError("Broken.")])
def test_no_other_refusal_says_when_to_try_again(channel: RecordingChannel, error: Exception) -> None:
    dispatch(channel, QUERY, RecordingAction(error))
    dispatch(channel, "no json")
    assert ["retryAfter" in wire for wire in channel.wires_to("connection-1")] == [False, False]


def test_a_frame_that_cannot_be_counted_is_not_served(channel: RecordingChannel) -> None:
    action = RecordingAction()
    error = ClientError({"Error": {"Code": "InternalServerError"}}, "UpdateItem")
    assert dispatch(channel, QUERY, action, limit=ScriptedLimit(error)) == BROKEN
    assert channel.wires_to("connection-1")[0]["code"] == "INTERNAL"
    assert action.served == []


@pytest.mark.parametrize(
    ("frame", "error", "counted"),
    [
        (QUERY, None, {}),
        ({"action": "ping"}, None, {}),
        ("no json", None, {}),
        ({"action": "make_coffee"}, None, {}),
        ({"action": "ping"}, SessionExpired("Please sign in again."), {}),
        (QUERY | {"query": ""}, None, {metrics.QUERIES_REFUSED: 1}),
        (QUERY, SessionExpired("Please sign in again."), {metrics.QUERIES_REFUSED: 1}),
        (QUERY, RuntimeError("Broken."), {metrics.QUERIES_REFUSED: 1, metrics.FRAMES_UNSERVED: 1}),
        ({"action": "ping"}, RuntimeError("Broken."), {metrics.FRAMES_UNSERVED: 1}),
    ],
    ids=str,
)
def test_refused_questions_and_unserved_frames_are_counted(
    channel: RecordingChannel,
    measured: Callable[[], list[Measurement]],
    frame: object,
    error: Exception | None,
    counted: dict[str, int],
) -> None:
    dispatch(channel, frame, RecordingAction(error))
    assert names(measured()) == counted


def test_a_failure_that_cannot_even_be_answered_is_left_to_the_entry_point_to_count(
    channel: RecordingChannel, measured: Callable[[], list[Measurement]]
) -> None:
    def fail(_connection_id: str, _message: Any) -> None:
        raise ConnectionError("Broken too.")

    channel.at_send = fail
    with pytest.raises(ConnectionError):
        dispatch(channel, {"action": "ping"}, RecordingAction(RuntimeError("Broken.")))
    assert measured() == []
