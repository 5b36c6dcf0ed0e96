"""What nobody may read in a log is found wherever it stands and however it is written, and is not repeated."""

import base64
import json
from urllib.parse import quote, quote_plus

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_cloud.log_search import SHORTEST_QUESTION, search

QUESTION = 'What did "Amazon S3" cost in März?\nAnd why?'
PASSWORD = "Correct-Horse-9"
CLEAN = '{"level":"INFO","message":"A question was taken.","jobId":"1","duplicate":false}\n'
TOKEN = jwt.encode({"sub": "user-1"}, "a key of enough bytes for this algorithm", "HS256")
UNSIGNED = jwt.encode({"sub": "user-1"}, None, "none")


def found(line: str) -> list[str]:
    return search({"a": CLEAN, "b": f"{CLEAN}{line}\n{CLEAN}"}, [QUESTION], [PASSWORD]).findings


@pytest.mark.parametrize(
    "line",
    [
        QUESTION,
        f"before {QUESTION} after",
        json.dumps({"query": QUESTION}),
        json.dumps({"query": QUESTION}, ensure_ascii=False),
        json.dumps({"body": json.dumps({"query": QUESTION})}),
        repr({"query": QUESTION}),
        f"ValueError: {QUESTION!r}",
        f"GET /?query={quote(QUESTION)}",
        f"query={quote_plus(QUESTION)}&x=y",
        base64.b64encode(QUESTION.encode()).decode(),
        'cut off: WHAT  did "Amazon S3" Cost ',
        json.dumps('What did "Amazon S3" cost and'),
    ],
)
def test_a_question_is_found_in_every_spelling(line: str) -> None:
    assert found(line) == ["b, line 2, has a question in it"]


@pytest.mark.parametrize("token", [TOKEN, UNSIGNED, UNSIGNED.rstrip(".") + "."])
@pytest.mark.parametrize("line", ["{}", 'token: "{}"', "?token={}&x=y", '{{\\"token\\": \\"{}\\"}}'])
def test_a_token_is_found_signed_or_not(line: str, token: str) -> None:
    assert found(line.format(token)) == ["b, line 2, has a token in it"]


def test_passwords_and_signed_addresses_are_found() -> None:
    assert found(f'{{"PASSWORD": "{PASSWORD}"}}') == ["b, line 2, has a password in it"]
    assert found("https://bucket.example/a?X-Amz-Signature=0a1b") == ["b, line 2, has a signed address in it"]


@pytest.mark.parametrize("written", [quote(f"{PASSWORD}!"), base64.b64encode(f"{PASSWORD}!".encode()).decode()])
def test_a_password_is_found_encoded(written: str) -> None:
    assert search({"a": written}, [], [f"{PASSWORD}!"]).findings == ["a, line 1, has a password in it"]


@pytest.mark.parametrize("kind", ["AKIA", "ASIA"])
def test_an_access_key_is_found_but_for_that_of_examples(kind: str) -> None:
    assert found(f"key {kind}{'Q2' * 8}.") == ["b, line 2, has an access key in it"]
    assert found("AKIAIOSFODNN7EXAMPLE") == []  # pragma: allowlist secret (AWS's own example)


def test_a_transcript_may_have_questions_and_no_tokens_and_passwords() -> None:
    searched = search({}, [QUESTION], [PASSWORD], {"t": f"{QUESTION}\n{TOKEN}\n{PASSWORD}\n"})
    assert sorted(searched.findings) == ["t, line 3, has a token in it", "t, line 4, has a password in it"]


def test_a_short_question_is_not_searched_for_nor_what_only_looks_like_a_token() -> None:
    short = "x" * (SHORTEST_QUESTION - 1)
    assert search({"a": f"{short}\n"}, [short, "x" * SHORTEST_QUESTION], []).findings == []
    # A token's first part tells its algorithm, and a cursor is one part.
    assert found(TOKEN.split(".")[0]) == []


@given(st.text(max_size=40), st.text(min_size=SHORTEST_QUESTION, max_size=40), st.text(max_size=40))
def test_any_question_is_found_in_plain_text_and_in_json(before: str, question: str, after: str) -> None:
    for line in (before + question + after, json.dumps([before, {"query": question}, after])):
        assert search({"a": line}, [question], []).findings
