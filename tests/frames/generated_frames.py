"""Frames of every kind that a client could send, well-meaning or not. Strategies of hypothesis.

A text is a text frame, bytes are a binary frame. API Gateway takes none of more than 128 KB:
https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html
"""

import json
from typing import Any

from hypothesis import strategies as st

from frames import hostile_values
from frames.hostile_tokens import tokens, valid_token
from frames.planted_jobs import OTHER_REQUEST_ID, OTHER_USER

Frame = str | bytes

_MAX_FRAME_BYTES = 128 * 1024

_ACTIONS = ("authenticate", "ping", "finops_query", "resume_job", "cancel_job", "list_jobs")
# Enough users that most of them are below their limit of connections.
_VALID_TOKENS = [valid_token(f"9f1b3c5e-0d7a-4c1e-8b2f-{number:012d}") for number in range(30)]

_valid_messages: st.SearchStrategy[dict[str, Any]] = st.one_of(
    st.fixed_dictionaries({"action": st.just("authenticate"), "token": st.sampled_from(_VALID_TOKENS)}),
    st.just({"action": "authenticate", "userId": OTHER_USER, "username": "ada"}),
    st.just({"action": "ping", "timestamp": 1}),
    st.fixed_dictionaries(
        {"action": st.just("finops_query"), "query": st.just("What did we spend?")},
        optional={
            "requestId": st.sampled_from([OTHER_REQUEST_ID, "request-1"]),
            "agents": st.just(["aws-cost-forecast-agent"]),
            "userId": st.just(OTHER_USER),
            "timestamp": st.just(1),
        },
    ),
    st.builds(
        lambda action, job_id: {"action": action, "jobId": job_id},
        st.sampled_from(["resume_job", "cancel_job"]),
        hostile_values.stored_keys,
    ),
    st.fixed_dictionaries({"action": st.just("list_jobs")}, optional={"limit": st.just(20)}),
)


def _fits(frame: Frame) -> bool:
    return len(frame if isinstance(frame, bytes) else frame.encode("utf-8", "surrogatepass")) <= _MAX_FRAME_BYTES


def _as_json(values: st.SearchStrategy[Any]) -> st.SearchStrategy[str]:
    texts = st.builds(lambda value, is_ascii: json.dumps(value, ensure_ascii=is_ascii), values, st.booleans())
    return texts.filter(_fits)


_some_bytes = st.binary(max_size=200)
_random_bytes: st.SearchStrategy[Frame] = st.one_of(
    _some_bytes,
    _some_bytes.map(lambda content: content.decode("latin-1")),
    _some_bytes.map(lambda content: content.decode("utf-8", "replace")),
)


@st.composite
def _mutated_messages(draw: st.DrawFn) -> dict[str, Any]:
    """Draw a valid message and replace, remove or add one to three of its fields."""
    message = dict(draw(_valid_messages))
    for _ in range(draw(st.integers(1, 3))):
        # The action last: without it, nothing else is looked at.
        name = draw(st.one_of(st.sampled_from([*message][::-1]), hostile_values.names)) if message else "action"
        if draw(st.integers(0, 4)):
            message[name] = draw(hostile_values.values)
        else:
            message.pop(name, None)
    return message


_texts_for_fields = st.builds(
    lambda message, name, text: {**message, name: text},
    _valid_messages,
    st.sampled_from(["query", "requestId", "userId", "username", "jobId", "cursor", "token"]),
    hostile_values.texts,
)

_nested = st.builds(
    lambda action, opening, closing, depth: f'{{"action":"{action}","query":{opening * depth}1{closing * depth}}}',
    st.sampled_from(_ACTIONS),
    st.sampled_from(["[", '{"a":', '[{"__proto__":', "[[],"]),
    st.sampled_from(["", "]", "}", "}]"]),
    # From what Python's reader takes to 128 KB.
    st.one_of(st.integers(1, 60), st.integers(900, 1100), st.integers(10_000, 60_000)),
).filter(_fits)
_unclosed = st.builds(lambda opening, depth: opening * depth, st.sampled_from(["[", '{"a":']), st.integers(1, 20_000))
_balanced = st.builds(
    lambda action, depth: f'{{"action":"{action}","agents":{"[" * depth}{"]" * depth}}}',
    st.sampled_from(_ACTIONS),
    st.one_of(st.integers(1, 200), st.integers(900, 1100), st.integers(10_000, 60_000)),
)

_sizes = st.sampled_from([1_000, 4_300, 4_301, 10_000, 32_768, 65_536, 130_000])
_any_json = st.one_of(
    hostile_values.values,
    st.builds(
        lambda action, fields: {**fields, "action": action},
        st.sampled_from(_ACTIONS),
        st.dictionaries(hostile_values.names, hostile_values.values, max_size=5),
    ),
)

_huge_texts = st.builds(
    lambda message, name, unit, size: {**message, name: unit * size},
    _valid_messages,
    st.sampled_from(["query", "token", "jobId", "cursor", "username", "requestId", "action", "unknown", "timestamp"]),
    st.sampled_from(["a", "é", "\0", "[", "\U0001f4b8", "e30.", "="]),
    _sizes,
)
_huge_numbers = st.builds(
    lambda action, name, number: f'{{"action":"{action}","query":"?","jobId":"a","userId":"a","{name}":{number}}}',
    st.sampled_from(_ACTIONS),
    st.sampled_from(["timestamp", "limit", "jobId", "unknown"]),
    st.one_of(
        st.builds(lambda digit, size: digit * size, st.sampled_from("19"), _sizes),
        st.builds(lambda base, size: f"{base}e{size}", st.sampled_from(["1", "-1", "0", "9.9"]), _sizes),
        st.builds(lambda size: f"0.{'3' * size}", _sizes),
        st.sampled_from(["1e308", "1e309", "-1e309", "1e-400", "1E400", "2e1", "20.0", "-0", "-0.0"]),
    ),
).filter(_fits)
_huge_lists = st.builds(
    lambda message, name, entry, size: {**message, name: [entry] * size},
    _valid_messages,
    st.sampled_from(["agents", "unknown"]),
    st.sampled_from(["aws-cost-forecast-agent", "", "a", None, 1, {}]),
    st.sampled_from([0, 1, 10, 11, 1_000, 5_000]),
)


@st.composite
def _not_quite_json(draw: st.DrawFn) -> str:
    """Draw a valid message and spoil its text in one of the ways that readers of JSON differ about."""
    message = draw(_valid_messages)
    text = json.dumps(message)
    inside = text[1:-1]
    action = draw(st.sampled_from(_ACTIONS))
    constant = draw(st.sampled_from(["NaN", "Infinity", "-Infinity", "undefined", "01", "+1", ".5", "0x1F", "'a'"]))
    name = draw(st.sampled_from(["timestamp", "query", "limit", "action", "jobId"]))
    return draw(
        st.sampled_from(
            [
                f'{{{inside},"action":"{action}"}}',
                f'{{"action":"{action}",{inside}}}',
                f'{{{inside},"{name}":{constant}}}',
                f'{{{inside},"{name}":"\\ud800"}}',
                f'{{{inside},"\\udfff":1}}',
                f'{{{inside},"{name}":"\ud800"}}',
                f'{{{inside},"{name}":"\\u0000"}}',
                f'{{{inside},"{name}":"\x00"}}',
                f'{{{inside},"\\u0061ction":"{action}"}}',
                f"{{{inside},}}",
                f"\ufeff{text}",
                f"{text}{text}",
                f"{text}\0",
                f"\n\t {text} \r\n",
                f"/* */{text}",
                f"[{text}]",
                json.dumps(text),
                text.replace('"', "'"),
                text[: draw(st.integers(0, len(text)))],
                text.upper(),
            ]
        )
    )


KINDS: dict[str, st.SearchStrategy[Frame]] = {
    "random bytes": _random_bytes,
    "random unicode": st.text(st.characters(exclude_categories=()), max_size=200),
    "any JSON": _as_json(_any_json),
    "deep nesting": st.one_of(_nested, _unclosed, _balanced),
    "huge": st.one_of(_as_json(_huge_texts), _huge_numbers, _as_json(_huge_lists)),
    "not quite JSON": _not_quite_json(),
    "valid": _as_json(_valid_messages),
    "mutated messages": _as_json(_mutated_messages()),
    "hostile texts": _as_json(_texts_for_fields),
    "wrong tokens": _as_json(st.builds(lambda token: {"action": "authenticate", "token": token}, tokens)),
    "wrong cursors": _as_json(
        st.builds(lambda cursor: {"action": "list_jobs", "cursor": cursor}, hostile_values.cursors)
    ),
}
