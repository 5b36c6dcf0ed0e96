import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finops_client.event_parser import KEPT_OF_A_MALFORMED_FRAME, parse_event
from finops_client.events import GatewayError, JobQueued, Malformed, Unknown
from unit.finops_client import protocol_messages as say

JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@given(JSON_VALUES)
def test_any_json_is_an_event(value: object) -> None:
    parse_event(json.dumps(value))


@given(st.text() | st.binary())
def test_any_frame_is_an_event(frame: str | bytes) -> None:
    parse_event(frame)


@given(st.sampled_from(list(say.ONE_OF_EACH.values())), st.data())
def test_a_known_message_with_any_field_spoilt_or_lost_is_an_event(message: say.Message, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(message)))
    without = {key: value for key, value in message.items() if key != name}
    parse_event(json.dumps(without))
    parse_event(json.dumps({**message, name: data.draw(JSON_VALUES)}))


@pytest.mark.parametrize(
    "frame",
    [
        "",
        "not json",
        "[" * 100_000,
        '{"a":' * 100_000,
        "9" * 5000,
        '{"type": "pong", "timestamp": NaN}',
        '{"action": "pong", "timestamp": 1e999}',
        '{"type": "novelty", "number": 1e999}',
        "[]",
        "null",
        b"\xff\xfe",
    ],
)
def test_a_frame_that_is_no_message_is_malformed(frame: str | bytes) -> None:
    event = parse_event(frame)
    assert isinstance(event, Malformed)
    assert event.reason
    assert len(event.frame) < 4 * KEPT_OF_A_MALFORMED_FRAME + 10


def test_a_missing_field_is_named() -> None:
    message = say.job_completed()
    del message["result"]["response"]
    event = parse_event(json.dumps(message))
    assert isinstance(event, Malformed)
    assert event.reason == "job_completed: result response is missing"
    assert (event.kind, event.job_id) == ("job_completed", "job-1")


def test_unknown_fields_are_ignored_and_null_is_absent() -> None:
    event = parse_event(json.dumps(say.job_queued(novelty=[1], requestId=None)))
    assert isinstance(event, JobQueued)
    assert event.request_id is None


def test_unknown_types_are_kept_whole() -> None:
    message = {"type": "novelty", "jobId": "job-1", "extra": {"a": 1}}
    event = parse_event(json.dumps(message))
    assert isinstance(event, Unknown)
    assert event.to_message() == message


@pytest.mark.parametrize("text", ["Internal server error", "Forbidden"])
def test_api_gateways_own_error(text: str) -> None:
    event = parse_event(json.dumps(say.gateway_error(message=text)))
    assert event == GatewayError(message=text, connection_id="c", gateway_request_id="r")


def test_a_message_of_neither_kind_is_unknown() -> None:
    assert isinstance(parse_event('{"message": "hello"}'), Unknown)
    assert isinstance(parse_event('{"message": 5, "requestId": "r"}'), Malformed)
