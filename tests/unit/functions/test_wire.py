"""The wire: what clients send and are sent, as the contract has it, and how much fits into a message."""

import json

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from contract_schema import CLIENT_MESSAGES, ERROR_CODES, SERVER_MESSAGES, errors_of, kind_of
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
from finops_websocket.wire.server_messages import Authenticated, ServerMessage
from finops_websocket.wire.size import MAX_MESSAGE_BYTES, MAX_TEXT_BYTES, first_part, fits, room_for_each, wire_bytes

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

# No refusal repeats what was sent.
MARKER = "a-secret-between-us"
ANY_TEXT = st.text(st.characters(exclude_categories=())) | st.sampled_from([MARKER, MARKER * 1_000])
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | ANY_TEXT,
    lambda values: (
        st.lists(values, max_size=4) | st.dictionaries(ANY_TEXT | st.sampled_from(FIELDS), values, max_size=4)
    ),
    max_leaves=10,
)
FRAMES = st.builds(
    lambda fields, action: {**fields, "action": action},
    st.dictionaries(st.sampled_from(FIELDS) | ANY_TEXT, ANY_JSON | ANY_TEXT, max_size=6),
    st.sampled_from(sorted(DEFINITION_OF_ACTION)) | ANY_TEXT,
)


def parse(text):
    """Give the value, or the refusal after checking what holds for each; any other exception is the test's failure."""
    try:
        return parse_message(parse_frame(text))
    except RequestError as refusal:
        assert refusal.code in ERROR_CODES
        assert str(refusal)
        assert MARKER not in str(refusal)
        return refusal


@settings(max_examples=150)
@given(ANY_TEXT | ANY_JSON.map(json.dumps))
def test_any_text_is_a_typed_value_or_refused_with_a_code_of_the_contract(text):
    assert isinstance(parse(text), ClientMessage | RequestError)


@settings(max_examples=150, deadline=None)
@given(FRAMES)
@example({"action": "\ud800"})
def test_any_object_is_judged_as_the_contract_judges_it(frame):
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
        *["", "{", "[]", "{}", '{"action": ["ping"]}', '{"action": "ping", "timestamp": NaN}'],
        *['{"action": "finops_query", "query": "\\ud800"}', '{"action": "finops_query", "query": "x", "\\udfff": 1}'],
        '{"action": "ping", "unknown": ' + "9" * 5_000 + "}",
        '{"action": "ping", "unknown": ' + "[" * 100_000 + "]" * 100_000 + "}",
        '{"unknown": ' * 100_000 + "1" + "}" * 100_000,
    ],
)
def test_what_is_no_json_object_with_an_action_is_an_invalid_message(text):
    assert isinstance(parse(text), InvalidMessage)


def test_an_unknown_action_is_answered_with_the_known_ones():
    assert set(SERVED) == set(DEFINITION_OF_ACTION)
    with pytest.raises(UnknownAction, match=", ".join(sorted(SERVED))):
        parse_message({"action": "make_coffee"})


@pytest.mark.parametrize(
    ("fields", "value"),
    [
        ({"action": "authenticate", "token": "t", "userId": "u", "username": "n"}, Authenticate("t", "u", "n")),
        ({"action": "ping", "timestamp": 1.5, "more": []}, Ping()),
        (
            {"action": "finops_query", "query": "Why?", "requestId": "r", "agents": ["a", "b"], "userId": "u"},
            FinopsQuery("Why?", "r", ("a", "b"), "u"),
        ),
        ({"action": "list_jobs", "limit": 50, "cursor": "c"}, ListJobs(50, "c")),
        ({"action": "list_jobs"}, ListJobs(20, None)),
        ({"action": "list_jobs", "limit": 7.0}, ListJobs(7, None)),
    ],
    ids=str,
)
def test_values_have_the_frame_s_fields(fields, value):
    parsed = parse(json.dumps(fields))
    assert parsed == value
    assert not isinstance(parsed, ListJobs) or type(parsed.limit) is int


@pytest.mark.parametrize(
    ("action", "fields", "sentence"),
    [
        ("authenticate", {}, "authenticate needs a token, or a userId."),
        ("finops_query", {}, "finops_query needs the field query."),
        ("finops_query", {"query": " \n"}, "The field query must not be blank."),
        ("finops_query", {"query": "x" * 4001}, "The question has 4001 characters; at most 4000 are taken."),
        ("finops_query", {"query": "x", "agents": ["a", None]}, "The field agents.1 must be of the type string."),
        ("cancel_job", {"jobId": "j" * 129}, "The field jobId must not be longer than 128 characters."),
        ("list_jobs", {"limit": 0}, "The field limit must be at least 1."),
        ("list_jobs", {"limit": True}, "The field limit must be of the type integer."),
    ],
)
def test_a_refusal_says_what_is_wrong(action, fields, sentence):
    refusal = QueryTooLong if "question" in sentence else InvalidMessage
    with pytest.raises(refusal) as raised:
        parse_message({"action": action, **fields})
    assert str(raised.value) == sentence


@given(st.none() | st.text(st.characters(exclude_categories=()), max_size=200) | st.integers() | st.lists(st.text()))
@example("r" * 128)
@example("r" * 129)
@example("\ud800")
def test_a_refusal_names_only_an_id_that_the_contract_allows(given_id):
    echoed = id_in({"action": "finops_query", "requestId": given_id}, "requestId")
    assert id_in({}, "requestId") is None
    if echoed is None:
        assert errors_of("requestId", given_id) or not isinstance(given_id, str) or max(given_id) >= "\ud800"
    else:
        assert echoed == given_id
        assert errors_of("requestId", echoed) == []
        assert echoed.encode()


# What clients are sent: each message as the contract has it.


def test_every_server_message_of_the_contract_has_a_class_and_every_class_a_definition():
    """The recording channel of all tests holds what is sent against the definitions."""
    kinds = {message.kind for message in ServerMessage.__subclasses__()}
    assert kinds == {kind_of(definition) for definition in SERVER_MESSAGES}


def test_a_frame_is_compact_and_leaves_out_what_there_is_not():
    """An unverified connection is told nothing of jobs and expiry; letters of all alphabets are sent as they are."""
    frame = '{"type":"authenticated","message":"日本","userId":"ada","connectionId":"connection-1","verified":false}'
    assert Authenticated("日本", "ada", "connection-1", verified=False).encode() == frame.encode()


# How much of a text fits into a message.

# One character of each size on the wire: 1, 2 (escaped, and in UTF-8), 3, 4 and 6 bytes (a control character).
PIECES = st.sampled_from(['"', "\\", "\n", "\x00", "\x1f", "\x7f", "a", "é", "€", "😀", "\u2028"]) | st.text(
    st.characters(exclude_categories=["Cs"]), min_size=1, max_size=5
)
LARGE_TEXTS = st.builds(
    lambda pieces, count: "".join(pieces) * (count // len("".join(pieces)) + 1),
    st.lists(PIECES, min_size=1, max_size=5),
    st.integers(15_000, 2 * MAX_TEXT_BYTES),
)


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_bytes_are_counted_as_the_wire_has_them(text):
    frame = json.dumps({"content": text}, ensure_ascii=False, separators=(",", ":")).encode()
    assert wire_bytes(text) == len(frame) - len('{"content":}')


@settings(max_examples=40, deadline=None)
@given(text=LARGE_TEXTS, room=st.integers(2, 2 * MAX_TEXT_BYTES))
def test_the_first_part_is_the_longest_beginning_that_fits(text, room):
    part = first_part(text, room)
    assert text.startswith(part)
    assert wire_bytes(part) <= room
    assert part == text or wire_bytes(text[: len(part) + 1]) > room
    assert fits(text, room) == (part == text)


def test_the_bounds_are_api_gateway_s_and_the_guide_s():
    assert (MAX_MESSAGE_BYTES, MAX_TEXT_BYTES) == (131_072, 102_400)


@settings(deadline=None)
@given(sizes=st.lists(st.integers(0, MAX_MESSAGE_BYTES), max_size=6), beside=st.integers(0, MAX_MESSAGE_BYTES // 2))
def test_texts_cut_to_their_room_fill_a_message_and_never_more(sizes, beside):
    texts = ["x" * size for size in sizes]
    room = room_for_each(texts, beside)
    taken = [min(wire_bytes(text), room) for text in texts]
    assert beside + sum(taken) <= MAX_MESSAGE_BYTES
    assert room <= MAX_TEXT_BYTES
    is_cut = any(wire_bytes(text) > room for text in texts)
    # What small texts leave is the large ones': less than a byte for each is left over.
    assert not is_cut or room == MAX_TEXT_BYTES or MAX_MESSAGE_BYTES - beside - sum(taken) < len(texts)
    assert is_cut or room == MAX_TEXT_BYTES
