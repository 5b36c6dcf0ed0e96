"""What a server sends becomes an event, whatever it is, and an event is written as it came."""

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract_schema import DEFINITIONS, SERVER_MESSAGES, assert_valid
from finops_client.events import (
    MESSAGES,
    SECONDS_OF_A_DAY,
    AgentResult,
    ErrorMessage,
    Figure,
    FigureChart,
    FigureColumn,
    GatewayError,
    JobFailed,
    JobQueued,
    JobResult,
    Unreadable,
    WireValue,
    parse_event,
)
from unit.finops_client import protocol_messages as say

NAME_IN_CONTRACT = {kind: kind.__name__ for kind in MESSAGES.values()} | {ErrorMessage: "Error"}
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@pytest.mark.parametrize("kind", NAME_IN_CONTRACT)
def test_a_class_has_the_fields_of_the_contract(kind: type[WireValue]) -> None:
    definition, tag = DEFINITIONS[NAME_IN_CONTRACT[kind]], str(kind.__struct_config__.tag_field)
    fields = {field.encode_name: field.required for field in msgspec.structs.fields(kind)}
    assert fields | {tag: True} == {name: name in definition["required"] for name in definition["properties"]}


@pytest.mark.parametrize("kind", [AgentResult, JobResult, Figure, FigureColumn, FigureChart])
def test_a_class_of_a_part_has_the_fields_of_the_contract(kind: type[WireValue]) -> None:
    definition = DEFINITIONS[kind.__name__[0].lower() + kind.__name__[1:]]
    fields = {field.encode_name: field.required for field in msgspec.structs.fields(kind)}
    assert fields == {name: name in definition["required"] for name in definition["properties"]}


def test_every_server_message_of_the_contract_has_a_class() -> None:
    assert set(SERVER_MESSAGES) == set(NAME_IN_CONTRACT.values())


@pytest.mark.parametrize("message", say.ONE_OF_EACH)
def test_a_message_of_the_contract_is_written_as_it_came(message: say.Message) -> None:
    assert_valid(message)
    event = parse_event(json.dumps(message))
    assert isinstance(event, WireValue)
    assert json.loads(json.dumps(event.to_message())) == message


@given(JSON_VALUES.map(json.dumps) | st.text() | st.binary())
def test_any_frame_is_an_event(frame: str | bytes) -> None:
    parse_event(frame)


@given(st.sampled_from(say.ONE_OF_EACH), st.data())
def test_a_known_message_with_any_field_spoilt_or_lost_is_an_event(message: say.Message, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(message)))
    parse_event(json.dumps({key: value for key, value in message.items() if key != name}))
    parse_event(json.dumps({**message, name: data.draw(JSON_VALUES)}))


@pytest.mark.parametrize(
    "frame",
    ["", "not json", "[" * 100_000, '{"a":' * 100_000, "9" * 5000, '{"type": "pong", "timestamp": NaN}', "[]", "null",
     '{"action": "pong", "timestamp": 1e999}', '{"type": "novelty", "number": 1e999}', b"\xff\xfe",
     '{"message": 5, "requestId": "r"}'],
)  # fmt: skip
def test_a_frame_that_is_no_message_cannot_be_read(frame: str | bytes) -> None:
    assert isinstance(parse_event(frame), Unreadable)


@pytest.mark.parametrize(
    ("name", "value"),
    [("jobId", 5), ("jobId", None), ("message", None), ("duplicate", 1), ("duplicate", "true"), ("progress", True),
     ("progress", "5"), ("seq", 1.5), ("seq", "1")],
)  # fmt: skip
def test_a_field_of_another_kind_is_named(name: str, value: object) -> None:
    event = parse_event(json.dumps(say.job_queued(**{name: value})))
    assert isinstance(event, Unreadable)
    assert f"$.{name}" in event.reason
    assert (event.kind, event.job_id) == (JobQueued, None if name == "jobId" else "job-1")


def test_numbers_are_numbers_and_text_is_text_however_odd() -> None:
    odd = say.job_queued(novelty=[1], requestId=None, seq=7.0, progress=10**400, message="\ud800")
    event = parse_event(json.dumps(odd))
    assert isinstance(event, JobQueued)
    assert (event.request_id, event.seq, event.progress, event.message) == (None, 7, 10**400, "\ud800")


@pytest.mark.parametrize("message", [say.error(), say.job_refused()])
def test_a_wait_that_makes_no_sense_is_as_if_it_were_not_there(message: say.Message) -> None:
    nonsense: list[object] = [None, True, 0, -5, 16.1, "17", [], {}, SECONDS_OF_A_DAY + 1, 10**400]
    for value, taken in [(1, True), (SECONDS_OF_A_DAY, True), *((one, False) for one in nonsense)]:
        event = parse_event(json.dumps(message | {"retryAfter": value}))
        assert isinstance(event, ErrorMessage | JobFailed)
        assert event.to_message() == (message | {"retryAfter": value} if taken else message)


def test_what_is_not_of_the_contract_is_no_event_and_api_gateways_error_is_known() -> None:
    for message in ({"type": "novelty", "jobId": "job-1", "retryAfter": {"a": 1}}, {"message": "hello"}):
        assert parse_event(json.dumps(message)) == Unreadable("of no type that this client knows")
    for text in ("Internal server error", "Forbidden"):
        event = parse_event(json.dumps(say.gateway_error(message=text)))
        assert event == GatewayError(message=text, connection_id="c", request_id="r")
