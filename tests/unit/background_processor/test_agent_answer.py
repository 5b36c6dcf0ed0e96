import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from background_processor.agent_answer import content_of
from finops_websocket.errors import AgentFailed

ANSWER = {"response": "# Costs\n\nThey rose."}


@pytest.mark.parametrize(
    "payload",
    [
        {"statusCode": 200, "body": json.dumps(ANSWER)},
        {"statusCode": 200, "body": ANSWER},
        {"body": ANSWER},
        {"body": json.dumps(ANSWER)},
        ANSWER,
        {"statusCode": 200, "response": "# Costs\n\nThey rose."},
        {"statusCode": 200, "body": {**ANSWER, "more": [1]}, "headers": {}},
    ],
)
def test_an_answer_is_read_in_each_form_that_agents_use(payload: dict[str, Any]) -> None:
    assert content_of(json.dumps(payload).encode()) == ANSWER["response"]


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"\xff\xfe\x00",
        b"not json",
        b"null",
        b"[]",
        b"{}",
        b'"text"',
        b'{"statusCode": 200}',
        b'{"statusCode": 200, "body": null}',
        b'{"statusCode": 200, "body": 7}',
        b'{"statusCode": 200, "body": "not json"}',
        b'{"statusCode": 200, "body": "[]"}',
        b'{"statusCode": 200, "body": {"response": null}}',
        b'{"statusCode": 200, "body": {"response": ["a"]}}',
        b"[" * 100_000,
        b'{"body": "' + b"[" * 100_000 + b'"}',
    ],
)
def test_what_is_no_answer_is_the_agent_s_failure(payload: bytes) -> None:
    with pytest.raises(AgentFailed, match="could not be read"):
        content_of(payload)


@pytest.mark.parametrize("text", ["", " \n\t", "\u2003"])
def test_an_empty_answer_is_a_failure(text: str) -> None:
    with pytest.raises(AgentFailed, match="empty"):
        content_of(json.dumps({"response": text}).encode())


@pytest.mark.parametrize("status", [500, 404, "200", None, 201])
def test_an_agent_that_says_it_failed_has_failed_and_its_words_stay_here(status: object) -> None:
    with pytest.raises(AgentFailed) as raised:
        content_of(json.dumps({"statusCode": status, "body": {"response": "secret", "error": "secret"}}).encode())
    assert "secret" not in str(raised.value)


def test_half_a_character_is_replaced() -> None:
    assert content_of(b'{"response": "a \\ud83d b"}') == "a ? b"
    assert content_of(b'{"response": "\\ud83d\\ude00"}') == "😀"


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_categories=())),
    lambda values: (
        st.lists(values, max_size=3)
        | st.dictionaries(st.sampled_from(["statusCode", "body", "response"]), values, max_size=3)
    ),
    max_leaves=8,
)


@given(st.binary() | ANY_JSON.map(lambda value: json.dumps(value).encode()))
def test_any_payload_is_a_text_that_can_be_sent_or_a_failure(payload: bytes) -> None:
    try:
        content = content_of(payload)
    except AgentFailed as failure:
        assert str(failure)
    else:
        assert content.strip()
        assert content.encode("utf-8").decode() == content
