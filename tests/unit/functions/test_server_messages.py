"""What clients are sent: each message as the contract has it."""

import json
from dataclasses import fields, replace
from types import NoneType
from typing import Any, get_args, get_origin

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract_schema import DEFINITIONS, ERROR_CODES, SERVER_MESSAGES, errors_of, kind_of
from finops_websocket.wire.server_messages import (
    AgentResult,
    Authenticated,
    ErrorMessage,
    JobFailed,
    Pong,
    ServerMessage,
)

CLASSES: dict[str, type[ServerMessage]] = {
    "Error" if message is ErrorMessage else message.__name__: message for message in ServerMessage.__subclasses__()
}

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30)
SECONDS = st.integers(0, 2**40)
# What the contract narrows further than the field's type does.
NARROWER: dict[str, st.SearchStrategy[Any]] = {
    "code": st.sampled_from(sorted(ERROR_CODES)),
    "progress": st.integers(0, 100),
    "retry_after": st.integers(1, 24 * 3600),
    "seq": st.integers(1, 2**40),
    "status": st.sampled_from(DEFINITIONS["jobStatus"]["enum"]),
    "total_agents": st.integers(1, 10),
}


def values(kind: Any) -> st.SearchStrategy[Any]:
    """Give any value of a message, or of a part of one; a field that may be None is so now and then."""
    return st.builds(kind, **{each.name: of_field(kind, each.name, each.type) for each in fields(kind)})


def of_field(kind: Any, name: str, annotation: Any) -> st.SearchStrategy[Any]:
    if NoneType in get_args(annotation):
        return st.none() | of_field(kind, name, get_args(annotation)[0])
    if get_origin(annotation) is tuple:
        return st.lists(of_field(kind, "", get_args(annotation)[0]), max_size=3).map(tuple)
    if kind is AgentResult and name == "status":
        return st.sampled_from(["completed", "failed"])
    plain = {str: NAMES, int: SECONDS, bool: st.booleans()}
    return NARROWER[name] if name in NARROWER else plain[annotation] if annotation in plain else values(annotation)


@st.composite
def messages(draw: st.DrawFn, message: type[ServerMessage]) -> ServerMessage:
    drawn = draw(values(message))
    if getattr(drawn, "verified", False):
        # A verified connection always has both.
        drawn = replace(drawn, expires_at=draw(SECONDS), active_jobs=draw(st.lists(NAMES, max_size=3).map(tuple)))
    return drawn


def test_every_server_message_of_the_contract_has_a_class_and_every_class_a_definition() -> None:
    assert set(CLASSES) == set(SERVER_MESSAGES)


@pytest.mark.parametrize("definition", CLASSES)
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_a_frame_is_the_message_in_utf_8_as_the_contract_has_it_and_nothing_else(
    definition: str, data: st.DataObject
) -> None:
    message = data.draw(messages(CLASSES[definition]))
    wire = json.loads(message.encode().decode("utf-8"))
    assert errors_of(definition, wire) == []
    assert next(iter(wire.items())) == message.kind == kind_of(definition)
    assert set(wire) <= set(DEFINITIONS[definition]["properties"])
    for name, value in wire.items():
        of = DEFINITIONS[definition]["properties"][name]
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, dict):
                described = of.get("items", of)
                described = DEFINITIONS.get(described.get("$ref", "").rpartition("/")[2], described)
                assert set(each) <= set(described["properties"])
                assert None not in each.values()
    # A refusal without a job says so with null.
    assert {name for name, value in wire.items() if value is None} <= {"jobId"}
    assert "jobId" in wire if definition == "JobFailed" else None not in wire.values()


@pytest.mark.parametrize(
    ("message", "frame"),
    [
        (Pong(7), '{"action":"pong","timestamp":7}'),
        (
            JobFailed(None, "A sentence.", "INTERNAL", 7),
            '{"type":"job_failed","jobId":null,"error":"A sentence.","code":"INTERNAL","timestamp":7}',
        ),
        # An unverified connection is told nothing of jobs and expiry; letters of all alphabets are sent as they are.
        (
            Authenticated("Überblick 日本 😀", "user-1", "connection-1", verified=False),
            '{"type":"authenticated","message":"Überblick 日本 😀","userId":"user-1","connectionId":"connection-1"'
            ',"verified":false}',
        ),
    ],
    ids=["pong", "job_failed", "authenticated"],
)
def test_a_frame_is_compact_and_leaves_out_what_there_is_not(message: ServerMessage, frame: str) -> None:
    assert message.encode() == frame.encode()
