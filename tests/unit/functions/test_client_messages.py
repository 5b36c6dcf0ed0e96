"""What clients send: any text becomes a typed value or a refusal that says what is wrong and repeats nothing."""

import json
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from contract_schema import CLIENT_MESSAGES, ERROR_CODES, errors_of, kind_of
from finops_websocket.errors import InvalidMessage, QueryTooLong, RequestError, UnknownAction
from finops_websocket.wire.client_messages import (
    Authenticate,
    CancelJob,
    ClientMessage,
    FinopsQuery,
    ListJobs,
    Ping,
    ResumeJob,
    id_in,
    parse_frame,
    parse_message,
)

DEFINITION_OF_ACTION = {kind_of(name)[1]: name for name in CLIENT_MESSAGES}
SERVED = {
    "authenticate": Authenticate,
    "ping": Ping,
    "finops_query": FinopsQuery,
    "resume_job": ResumeJob,
    "cancel_job": CancelJob,
    "list_jobs": ListJobs,
}
FIELDS = sorted({name for definition in CLIENT_MESSAGES.values() for name in definition["properties"]})

ANY_TEXT = st.text(st.characters(exclude_categories=()))
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | ANY_TEXT,
    lambda values: (
        st.lists(values, max_size=4) | st.dictionaries(ANY_TEXT | st.sampled_from(FIELDS), values, max_size=4)
    ),
    max_leaves=10,
)
FRAMES = st.builds(
    lambda fields, action: {**fields, "action": action},
    st.dictionaries(st.sampled_from(FIELDS) | ANY_TEXT, ANY_JSON, max_size=6),
    st.sampled_from(sorted(DEFINITION_OF_ACTION)) | ANY_TEXT,
)


def test_every_action_of_the_contract_is_read() -> None:
    assert set(SERVED) == set(DEFINITION_OF_ACTION)


def parse(text: str) -> ClientMessage | RequestError:
    """Give the value, or the refusal after checking what holds for each; any other exception is the test's failure."""
    try:
        return parse_message(parse_frame(text))
    except RequestError as refusal:
        assert refusal.code in ERROR_CODES
        assert str(refusal)
        return refusal


@settings(max_examples=150)
@given(ANY_TEXT | ANY_JSON.map(json.dumps))
def test_any_text_is_a_typed_value_or_refused_with_a_code_of_the_contract(text: str) -> None:
    assert isinstance(parse(text), ClientMessage | RequestError)


@settings(max_examples=150, deadline=None)
@given(FRAMES)
@example({"action": "\ud800"})
def test_any_object_is_judged_as_the_contract_judges_it(frame: dict[str, Any]) -> None:
    parsed = parse(json.dumps(frame))
    action = frame["action"]
    if isinstance(parsed, RequestError):
        try:
            json.dumps(frame, ensure_ascii=False, allow_nan=False).encode()
        except ValueError:
            assert isinstance(parsed, InvalidMessage) or action not in SERVED
        else:
            assert action not in SERVED or errors_of(DEFINITION_OF_ACTION[action], frame)
    else:
        assert type(parsed) is SERVED[action]
        assert errors_of(DEFINITION_OF_ACTION[action], frame) == []


@pytest.mark.parametrize(
    "text",
    [
        *["", "{", "null", "[]", '"finops_query"', "7", "{}", '{"action": null}', '{"action": ["ping"]}'],
        *['{"action": "ping", "timestamp": NaN}', '{"action": "ping", "timestamp": -Infinity}'],
        *['{"action": "finops_query", "query": "\\ud800"}', '{"action": "finops_query", "query": "x", "\\udfff": 1}'],
        '{"action": "ping", "unknown": ' + "9" * 5_000 + "}",
        '{"action": "ping", "unknown": ' + "[" * 100_000,
        '{"action": "ping", "unknown": ' + "[" * 100_000 + "]" * 100_000 + "}",
        '{"unknown": ' * 100_000 + "1" + "}" * 100_000,
    ],
)
def test_what_is_no_json_object_with_an_action_is_an_invalid_message(text: str) -> None:
    assert isinstance(parse(text), InvalidMessage)


@pytest.mark.parametrize("depth", [100, 900])
def test_depth_that_python_can_read_is_ignored_like_any_unknown_field(depth: int) -> None:
    assert parse('{"action": "ping", "unknown": ' + "[" * depth + "]" * depth + "}") == Ping()


def test_a_large_frame_is_judged() -> None:
    assert isinstance(parse(json.dumps({"action": "finops_query", "query": "x" * 5_000_000})), QueryTooLong)
    assert isinstance(parse(json.dumps({"action": "authenticate", "token": "x" * 5_000_000})), InvalidMessage)
    agents = ["a"] * 500_000
    assert isinstance(parse(json.dumps({"action": "finops_query", "query": "x", "agents": agents})), InvalidMessage)


@given(ANY_TEXT.filter(lambda action: action not in SERVED))
@example("make_coffee")
def test_an_unknown_action_is_answered_with_the_known_ones(action: str) -> None:
    known = "authenticate, cancel_job, finops_query, list_jobs, ping, resume_job"
    with pytest.raises(UnknownAction, match=known):
        parse_message({"action": action})


@pytest.mark.parametrize(
    ("fields", "value"),
    [
        ({"action": "authenticate", "token": "t", "userId": "u", "username": "n"}, Authenticate("t", "u", "n")),
        ({"action": "authenticate", "userId": "u"}, Authenticate(None, "u", None)),
        ({"action": "ping", "timestamp": 1.5, "more": []}, Ping()),
        (
            {"action": "finops_query", "query": "Why?", "requestId": "r", "agents": ["a", "b"], "userId": "u"},
            FinopsQuery("Why?", "r", ("a", "b"), "u"),
        ),
        ({"action": "finops_query", "query": " Why? "}, FinopsQuery(" Why? ", None, None, None)),
        ({"action": "resume_job", "jobId": "j"}, ResumeJob("j")),
        ({"action": "cancel_job", "jobId": "j"}, CancelJob("j")),
        ({"action": "list_jobs", "limit": 50, "cursor": "c"}, ListJobs(50, "c")),
        ({"action": "list_jobs"}, ListJobs(20, None)),
        ({"action": "list_jobs", "limit": 7.0}, ListJobs(7, None)),
    ],
    ids=str,
)
def test_values_have_the_frame_s_fields(fields: dict[str, Any], value: ClientMessage) -> None:
    parsed = parse(json.dumps(fields))
    assert parsed == value
    assert not isinstance(parsed, ListJobs) or type(parsed.limit) is int


@pytest.mark.parametrize(
    ("action", "fields", "sentence"),
    [
        ("authenticate", {}, "authenticate needs a token, or a userId."),
        ("finops_query", {}, "finops_query needs the field query."),
        ("finops_query", {"query": 7}, "The field query must be of the type string."),
        ("finops_query", {"query": ""}, "The field query must not be empty."),
        ("finops_query", {"query": " \n"}, "The field query must not be blank."),
        ("finops_query", {"query": "x" * 4001}, "The question has 4001 characters; at most 4000 are taken."),
        ("finops_query", {"query": "x", "agents": []}, "The field agents must not be empty."),
        ("finops_query", {"query": "x", "agents": ["a", None]}, "The field agents.1 must be of the type string."),
        ("ping", {"timestamp": "now"}, "The field timestamp must be of the type number."),
        ("resume_job", {}, "resume_job needs the field jobId."),
        ("finops_query", {"query": "x", "agents": ["a"] * 11}, "The field agents must not have more than 10 entries."),
        ("cancel_job", {"jobId": "j" * 129}, "The field jobId must not be longer than 128 characters."),
        ("list_jobs", {"limit": 0}, "The field limit must be at least 1."),
        ("list_jobs", {"limit": 51}, "The field limit must not be more than 50."),
        ("list_jobs", {"limit": 1.5}, "The field limit must be of the type integer."),
        ("list_jobs", {"limit": True}, "The field limit must be of the type integer."),
    ],
)
def test_a_refusal_says_what_is_wrong(action: str, fields: dict[str, Any], sentence: str) -> None:
    refusal = QueryTooLong if "question" in sentence else InvalidMessage
    with pytest.raises(refusal) as raised:
        parse_message({"action": action, **fields})
    assert str(raised.value) == sentence


MARKER = "a-secret-between-us"
MARKED = st.sampled_from([MARKER, MARKER * 1_000, [MARKER], [MARKER] * 11, ["", MARKER], {MARKER: MARKER}])


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(st.sampled_from([*FIELDS, MARKER]), MARKED, max_size=5), st.sampled_from([*SERVED, MARKER]))
def test_a_refusal_does_not_repeat_what_was_sent(fields: dict[str, Any], action: str) -> None:
    parsed = parse(json.dumps({**fields, "action": action}))
    assert not isinstance(parsed, RequestError) or MARKER not in str(parsed)


@given(st.none() | st.text(st.characters(exclude_categories=()), max_size=200) | st.integers() | st.lists(st.text()))
@example("r" * 128)
@example("r" * 129)
@example("\ud800")
def test_a_refusal_names_only_an_id_that_the_contract_allows(given_id: object) -> None:
    echoed = id_in({"action": "finops_query", "requestId": given_id}, "requestId")
    assert id_in({}, "requestId") is None
    if echoed is None:
        assert errors_of("requestId", given_id) or not isinstance(given_id, str) or max(given_id) >= "\ud800"
    else:
        assert echoed == given_id
        assert errors_of("requestId", echoed) == []
        assert echoed.encode()
