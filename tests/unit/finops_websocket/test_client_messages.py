import json
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from contract_schema import CLIENT_MESSAGES, DEFINITIONS, ERROR_CODES, errors_of, kind_of
from finops_websocket.client_messages import (
    Authenticate,
    CancelJob,
    ClientMessage,
    FinopsQuery,
    ListJobs,
    Ping,
    ResumeJob,
    parse_frame,
    parse_message,
    request_id_of,
)
from finops_websocket.errors import InvalidMessage, QueryTooLong, RequestError, UnknownAction

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
        "",
        "{",
        "null",
        "[]",
        '"finops_query"',
        "7",
        "{}",
        '{"action": null}',
        '{"action": ["ping"]}',
        '{"action": "ping", "timestamp": NaN}',
        '{"action": "ping", "timestamp": -Infinity}',
        '{"action": "finops_query", "query": "\\ud800"}',
        '{"action": "finops_query", "query": "x", "\\udfff": 1}',
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


def test_values_have_the_frame_s_fields() -> None:
    assert parse('{"action": "authenticate", "token": "t", "userId": "u", "username": "n"}') == Authenticate(
        "t", "u", "n"
    )
    assert parse('{"action": "authenticate", "userId": "u"}') == Authenticate(None, "u", None)
    assert parse('{"action": "ping", "timestamp": 1.5, "more": []}') == Ping()
    assert parse(
        '{"action": "finops_query", "query": "Why?", "requestId": "r", "agents": ["a", "b", "a"], "userId": "u"}'
    ) == FinopsQuery("Why?", "r", ("a", "b"), "u")
    assert parse('{"action": "finops_query", "query": " Why? "}') == FinopsQuery(" Why? ", None, None, None)
    assert parse('{"action": "resume_job", "jobId": "j"}') == ResumeJob("j")
    assert parse('{"action": "cancel_job", "jobId": "j"}') == CancelJob("j")
    assert parse('{"action": "list_jobs", "limit": 50, "cursor": "c"}') == ListJobs(50, "c")


def test_a_list_has_20_jobs_unless_its_asker_says_otherwise() -> None:
    assert parse('{"action": "list_jobs"}') == ListJobs(20, None)


def test_a_whole_number_with_a_fraction_of_zero_is_a_limit() -> None:
    parsed = parse('{"action": "list_jobs", "limit": 7.0}')
    assert parsed == ListJobs(7, None)
    assert isinstance(parsed, ListJobs)
    assert type(parsed.limit) is int


@pytest.mark.parametrize(
    ("frame", "refusal", "sentence"),
    [
        ({"action": "authenticate"}, InvalidMessage, "authenticate needs a token, or a userId."),
        ({"action": "authenticate", "token": ""}, InvalidMessage, "The field token must not be empty."),
        ({"action": "finops_query"}, InvalidMessage, "finops_query needs the field query."),
        ({"action": "finops_query", "query": 7}, InvalidMessage, "The field query must be of the type string."),
        ({"action": "finops_query", "query": ""}, InvalidMessage, "The field query must not be empty."),
        ({"action": "finops_query", "query": " \n"}, InvalidMessage, "The field query must not be blank."),
        (
            {"action": "finops_query", "query": "x" * 4001},
            QueryTooLong,
            "The question has 4001 characters; at most 4000 are taken.",
        ),
        (
            {"action": "finops_query", "query": "x", "requestId": "r" * 129},
            InvalidMessage,
            "The field requestId must not be longer than 128 characters.",
        ),
        ({"action": "finops_query", "query": "x", "agents": []}, InvalidMessage, "The field agents must not be empty."),
        (
            {"action": "finops_query", "query": "x", "agents": ["a"] * 11},
            InvalidMessage,
            "The field agents must not have more than 10 entries.",
        ),
        (
            {"action": "finops_query", "query": "x", "agents": ["a", None]},
            InvalidMessage,
            "The field agents.1 must be of the type string.",
        ),
        ({"action": "ping", "timestamp": "now"}, InvalidMessage, "The field timestamp must be of the type number."),
        ({"action": "resume_job"}, InvalidMessage, "resume_job needs the field jobId."),
        ({"action": "cancel_job", "jobId": ""}, InvalidMessage, "The field jobId must not be empty."),
        (
            {"action": "resume_job", "jobId": "j" * 129},
            InvalidMessage,
            "The field jobId must not be longer than 128 characters.",
        ),
        ({"action": "list_jobs", "limit": 0}, InvalidMessage, "The field limit must be at least 1."),
        ({"action": "list_jobs", "limit": 51}, InvalidMessage, "The field limit must not be more than 50."),
        ({"action": "list_jobs", "limit": 1.5}, InvalidMessage, "The field limit must be of the type integer."),
        ({"action": "list_jobs", "limit": True}, InvalidMessage, "The field limit must be of the type integer."),
        ({"action": "list_jobs", "cursor": ""}, InvalidMessage, "The field cursor must not be empty."),
    ],
)
def test_a_refusal_says_what_is_wrong(frame: dict[str, Any], refusal: type[RequestError], sentence: str) -> None:
    with pytest.raises(refusal) as raised:
        parse_message(frame)
    assert str(raised.value) == sentence


MARKER = "a-secret-between-us"
MARKED = st.sampled_from(
    [
        MARKER,
        MARKER * 1_000,
        [MARKER],
        [MARKER] * 11,
        ["", MARKER],
        {MARKER: MARKER},
        {"query": MARKER},
        [{"a": MARKER}],
    ]
)


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(st.sampled_from([*FIELDS, MARKER]), MARKED, max_size=5), st.sampled_from([*SERVED, MARKER]))
def test_a_refusal_does_not_repeat_what_was_sent(fields: dict[str, Any], action: str) -> None:
    parsed = parse(json.dumps({**fields, "action": action}))
    assert not isinstance(parsed, RequestError) or MARKER not in str(parsed)


@given(st.none() | st.text(max_size=200) | st.integers() | st.lists(st.text()))
def test_a_refusal_names_only_a_request_id_that_the_contract_allows(request_id: object) -> None:
    echoed = request_id_of({"action": "finops_query", "requestId": request_id})
    allowed = DEFINITIONS["requestId"]["maxLength"]
    assert echoed == (request_id if isinstance(request_id, str) and 0 < len(request_id) <= allowed else None)
    assert echoed is None or errors_of("requestId", echoed) == []


@pytest.mark.parametrize(("length", "is_echoed"), [(1, True), (128, True), (129, False)])
def test_the_bound_of_an_echoed_request_id(length: int, is_echoed: bool) -> None:
    assert request_id_of({"requestId": "r" * length}) == ("r" * length if is_echoed else None)


def test_without_a_request_id_there_is_none_to_name() -> None:
    assert request_id_of({}) is None
