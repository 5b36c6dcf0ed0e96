import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from background_processor.agent_answer import MAX_PAYLOAD_BYTES, content_of
from finops_websocket.errors import AgentFailed
from finops_websocket.plain_text import plain_text

SENTENCES = {
    "It could not answer the question.",
    "It gave an answer that could not be read.",
    "It gave an empty answer.",
}
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
        {"statusCode": 200.0, "body": ANSWER, "isBase64Encoded": False},
    ],
)
def test_an_answer_is_read_in_each_form_that_agents_use(payload: dict[str, Any]) -> None:
    assert content_of(json.dumps(payload).encode()) == ANSWER["response"]


@pytest.mark.parametrize(
    "beside",
    [
        "NaN",
        "-Infinity",
        "1e999999",
        "0." + "0" * 100_000 + "1",
        "9" * 4300,
        "[" * 200 + "]" * 200,
        json.dumps("body"),
    ],
)
def test_what_stands_beside_an_answer_does_not_matter(beside: str) -> None:
    assert content_of(f'{{"response": "Costs rose.", "more": {beside}}}'.encode()) == "Costs rose."


def test_of_two_values_of_a_name_the_last_counts() -> None:
    assert content_of(b'{"statusCode": 500, "response": "a", "statusCode": 200, "response": "b"}') == "b"
    with pytest.raises(AgentFailed):
        content_of(b'{"statusCode": 200, "response": "a", "statusCode": 500}')


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
        b"[" * 5_000_000,
        b'{"response":' * 500_000,
        b'{"response": "a", "more": ' + b"9" * 1_000_000 + b"}",
        b'{"response": "a", "response": 7}',
        b'{"body": {"body": {"response": "a"}}}',
        b'{"body": "{\\"body\\": {\\"response\\": \\"a\\"}}"}',
        b'{"body": "\\"{}\\""}',
        b'{"statusCode": 200, "isBase64Encoded": true, "body": "' + base64.b64encode(b'{"response": "a"}') + b'"}',
        b'{"response": {"response": "a"}}',
        b'{"response": true}',
        b'{"body": [{"response": "a"}]}',
        b'{"Response": "a"}',
    ],
    # Else a test's name would have megabytes.
    ids=lambda payload: str(payload[:40]),
)
def test_what_is_no_answer_is_the_agent_s_failure(payload: bytes) -> None:
    with pytest.raises(AgentFailed, match="could not be read"):
        content_of(payload)


def test_more_than_lambda_passes_on_is_not_read() -> None:
    around = len(b'{"response": ""}')
    most = b'{"response": "' + b"a" * (MAX_PAYLOAD_BYTES - around) + b'"}'
    assert len(content_of(most)) == MAX_PAYLOAD_BYTES - around
    with pytest.raises(AgentFailed, match="could not be read"):
        content_of(most + b" ")


@pytest.mark.parametrize("text", ["", " \n\t", "\u2003", "\x00\x1b[31m\x1b[0m", "\u202e\u200b\ufeff", "\ud83d"])
def test_an_empty_answer_is_a_failure(text: str) -> None:
    with pytest.raises(AgentFailed, match="empty"):
        content_of(json.dumps({"response": text}).encode())


@pytest.mark.parametrize(
    "status", [500, 404, "200", None, 201, True, [200], {"code": 200}, 200.5, float("nan"), float("inf"), "secret"]
)
def test_an_agent_that_says_it_failed_has_failed_and_its_words_stay_here(status: object) -> None:
    with pytest.raises(AgentFailed) as raised:
        content_of(json.dumps({"statusCode": status, "body": {"response": "secret", "error": "secret"}}).encode())
    assert "secret" not in str(raised.value)


def test_unseen_characters_are_taken_out_and_markdown_stays() -> None:
    hostile = "a\r\n\x1b]0;title\x07\x00\u202eb\ud83d <script>alert(1)</script> [c](javascript:alert(1)) ![d](http://e)"
    plain = "a\nb <script>alert(1)</script> [c](javascript:alert(1)) ![d](http://e)"
    assert content_of(json.dumps({"response": hostile}).encode()) == plain
    assert content_of(b'{"response": "\\ud83d\\ude00"}') == "\U0001f600"


def test_a_fence_that_an_answer_leaves_open_is_closed() -> None:
    assert content_of(json.dumps({"response": "Run:\r\n```sh\r\naws s3 ls"}).encode()) == (
        "Run:\n```sh\naws s3 ls\n```"
    )


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_categories=())),
    lambda values: (
        st.lists(values, max_size=3)
        | st.dictionaries(st.sampled_from(["statusCode", "body", "response"]), values, max_size=3)
    ),
    max_leaves=8,
)


# Agents' own serialisers write what JSON does not have, and give names twice.
ANY_TEXT = st.lists(
    st.sampled_from(
        ['{"response":', '{"body":', '{"statusCode":200,', '"', "\\", "\\u", "}", "]", "[", ",", "NaN", "1e9"]
    )
    | st.text(max_size=3)
).map("".join)


@given(st.binary() | ANY_TEXT.map(str.encode) | ANY_JSON.map(lambda value: json.dumps(value).encode()))
def test_any_payload_is_a_text_that_can_be_sent_or_a_failure_in_our_words(payload: bytes) -> None:
    try:
        content = content_of(payload)
    except AgentFailed as failure:
        assert str(failure) in SENTENCES
        assert failure.__cause__ is None
        assert failure.__context__ is None or failure.__suppress_context__
    else:
        assert content.strip()
        assert plain_text(content) == content
        assert content.encode().decode() == content
