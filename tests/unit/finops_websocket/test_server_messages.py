import json
from dataclasses import MISSING, fields
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract_schema import DEFINITIONS, ERROR_CODES, SERVER_MESSAGES, errors_of, kind_of
from finops_websocket import server_messages
from finops_websocket.server_messages import (
    AgentResult,
    Authenticated,
    ErrorMessage,
    JobFailed,
    JobResult,
    JobSummary,
    Pong,
    ServerMessage,
)

CLASSES: dict[str, type[ServerMessage]] = {
    "Error" if message is ErrorMessage else message.__name__: message for message in ServerMessage.__subclasses__()
}

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30)
AGENT_NAMES = st.lists(NAMES, max_size=3).map(tuple)
SECONDS = st.integers(0, 2**40)
AGENT_RESULTS = st.builds(
    AgentResult, NAMES, TEXTS, TEXTS, st.sampled_from(["completed", "failed"]), SECONDS, st.none() | TEXTS
)
JOB_RESULTS = st.builds(JobResult, TEXTS, TEXTS, TEXTS, AGENT_NAMES, st.booleans(), SECONDS, st.none() | TEXTS)
# The field `result` holds one or the other.
RESULTS: dict[Any, st.SearchStrategy[Any]] = {
    AgentResult: AGENT_RESULTS,
    JobResult: JOB_RESULTS,
    JobResult | None: JOB_RESULTS,
}
JOB_SUMMARIES = st.builds(
    JobSummary,
    NAMES,
    st.sampled_from(DEFINITIONS["jobStatus"]["enum"]),
    st.integers(0, 100),
    TEXTS,
    SECONDS,
    SECONDS,
    st.integers(1, 2**40),
)
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "active_jobs": st.lists(NAMES, max_size=3).map(tuple),
    "agent": NAMES,
    "agents": AGENT_NAMES,
    "code": st.sampled_from(sorted(ERROR_CODES)),
    "completed_agents": AGENT_NAMES,
    "connection_id": TEXTS,
    "created_at": SECONDS,
    "cursor": NAMES,
    "duplicate": st.booleans(),
    "error": NAMES,
    "expires_at": SECONDS,
    "job_id": NAMES,
    "jobs": st.lists(JOB_SUMMARIES, max_size=3).map(tuple),
    "message": NAMES,
    "progress": st.integers(0, 100),
    "query": TEXTS,
    "request_id": NAMES,
    "retry_after": st.integers(1, 24 * 3600),
    "results": st.lists(AGENT_RESULTS, max_size=3).map(tuple),
    "seq": st.integers(1, 2**40),
    "status": st.sampled_from(DEFINITIONS["jobStatus"]["enum"]),
    "timestamp": SECONDS,
    "total_agents": st.integers(1, 10),
    "updated_at": SECONDS,
    "user_id": TEXTS,
    "verified": st.booleans(),
}


@st.composite
def messages(draw: st.DrawFn, message: type[ServerMessage]) -> ServerMessage:
    arguments = {}
    for field in fields(message):
        value = RESULTS.get(field.type, VALUES.get(field.name))
        assert value is not None, field.name
        may_be_none = field.default is not MISSING or field.name in message.nullable
        arguments[field.name] = draw(st.none() | value if may_be_none else value)
    if arguments.get("verified"):
        # A verified connection always has both.
        arguments["expires_at"] = draw(SECONDS)
        arguments["active_jobs"] = draw(VALUES["active_jobs"])
    return message(**arguments)


def test_every_server_message_of_the_contract_has_a_class_and_every_class_a_definition() -> None:
    assert set(CLASSES) == set(SERVER_MESSAGES)


@pytest.mark.parametrize("definition", CLASSES)
def test_a_message_s_type_is_the_contract_s(definition: str) -> None:
    assert CLASSES[definition].kind == kind_of(definition)


@pytest.mark.parametrize("definition", CLASSES)
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_a_frame_is_the_message_in_utf_8_and_valid_against_the_contract(definition: str, data: st.DataObject) -> None:
    message = data.draw(messages(CLASSES[definition]))
    frame = message.encode()
    wire = json.loads(frame.decode("utf-8"))
    assert wire == message.to_wire()
    assert errors_of(definition, wire) == []
    assert next(iter(wire)) == message.kind[0]


@pytest.mark.parametrize("definition", CLASSES)
@settings(max_examples=10, deadline=None)
@given(data=st.data())
def test_every_field_is_one_that_the_contract_names(definition: str, data: st.DataObject) -> None:
    wire = data.draw(messages(CLASSES[definition])).to_wire()
    assert set(wire) <= set(DEFINITIONS[definition]["properties"])
    if "result" in wire:
        part = "agentResult" if definition == "AgentCompleted" else "jobResult"
        assert set(wire["result"]) <= set(DEFINITIONS[part]["properties"])
    for result in wire.get("results", []):
        assert set(result) <= set(DEFINITIONS["agentResult"]["properties"])
    for summary in wire.get("jobs", []):
        assert set(summary) <= set(DEFINITIONS["JobList"]["properties"]["jobs"]["items"]["properties"])


@pytest.mark.parametrize("definition", CLASSES)
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_null_is_sent_only_where_the_contract_has_it(definition: str, data: st.DataObject) -> None:
    wire = data.draw(messages(CLASSES[definition])).to_wire()
    assert {name for name, value in wire.items() if value is None} <= CLASSES[definition].nullable | {"jobId"}
    if definition == "JobFailed":
        assert "jobId" in wire
    else:
        assert None not in wire.values()


def test_a_refusal_without_a_job_says_so_with_null() -> None:
    assert JobFailed(None, "A sentence.", "INTERNAL", 7).to_wire() == {
        "type": "job_failed",
        "jobId": None,
        "error": "A sentence.",
        "code": "INTERNAL",
        "timestamp": 7,
    }


def test_pong_alone_has_an_action() -> None:
    assert Pong(7).encode() == b'{"action":"pong","timestamp":7}'


def test_an_unverified_connection_is_told_nothing_of_jobs_and_expiry() -> None:
    assert Authenticated("Welcome!", "user-1", "connection-1", verified=False).to_wire() == {
        "type": "authenticated",
        "message": "Welcome!",
        "userId": "user-1",
        "connectionId": "connection-1",
        "verified": False,
    }


def test_letters_of_all_alphabets_are_sent_as_they_are() -> None:
    assert "Überblick 日本 😀".encode() in ErrorMessage("INTERNAL", "Überblick 日本 😀", 7).encode()


def test_the_bound_is_api_gateway_s() -> None:
    assert server_messages.MAX_MESSAGE_BYTES == 131_072
