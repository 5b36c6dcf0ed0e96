import json
from typing import Any

import pytest

from frames.frame_service import Answer
from frames.frame_verdict import assert_answered
from frames.planted_jobs import MARKER, OTHER_USER

HANDLED = {"statusCode": 200}
REFUSAL: dict[str, Any] = {"type": "error", "code": "INVALID_MESSAGE", "message": "It is no JSON.", "timestamp": 1}
SIGNED_IN: dict[str, Any] = {
    "type": "authenticated",
    "message": "Welcome ada!",
    "userId": "user-1",
    "connectionId": "connection-1",
    "verified": True,
    "expiresAt": 1,
    "activeJobs": [],
}


def answer(wire: dict[str, Any], outcome: Any = HANDLED, connection_id: str = "connection-1") -> Answer:
    return Answer(outcome, [(connection_id, json.dumps(wire))], log="")


@pytest.mark.parametrize("wire", [REFUSAL, SIGNED_IN])
def test_an_answer_of_the_contract_passes(wire: dict[str, Any]) -> None:
    assert assert_answered("connection-1", set(), "frame", answer(wire)) == [wire.get("code", wire["type"])]


@pytest.mark.parametrize(
    "bad",
    [
        answer(REFUSAL, outcome={"statusCode": 500}),
        answer(REFUSAL, outcome={"raised": "ValueError()"}),
        Answer(HANDLED, [], log=""),
        answer(REFUSAL, connection_id="connection-2"),
        answer(REFUSAL | {"code": "INTERNAL"}),
        answer(REFUSAL | {"code": "NO_CODE"}),
        answer({"type": "error", "code": "INVALID_MESSAGE"}),
        answer(REFUSAL | {"message": "a" * 128 * 1024}),
        answer(REFUSAL | {"message": f"There is {MARKER}."}),
        answer(REFUSAL | {"message": "KeyError: 'jobId'"}),
        answer(REFUSAL | {"message": "arn:aws:dynamodb:us-east-1:123456789012:table/t"}),
        answer(REFUSAL | {"message": "in JobsTable"}),
        answer(REFUSAL | {"message": "at /var/task"}),
        answer(SIGNED_IN | {"userId": OTHER_USER}),
    ],
)
def test_any_other_answer_fails(bad: Answer) -> None:
    with pytest.raises(AssertionError):
        assert_answered("connection-1", set(), "frame", bad)


def test_another_connection_of_the_user_may_hear_of_it_too() -> None:
    both = Answer(HANDLED, answer(REFUSAL).posted + answer(SIGNED_IN, connection_id="connection-2").posted, log="")
    assert assert_answered("connection-1", {"connection-2"}, "frame", both) == ["INVALID_MESSAGE", "authenticated"]
    with pytest.raises(AssertionError):
        assert_answered("connection-1", {"connection-3"}, "frame", both)


def test_words_of_the_frame_itself_may_come_back() -> None:
    wire = REFUSAL | {"message": "There is no boto3."}
    assert assert_answered("connection-1", set(), '{"query": "boto3"}', answer(wire)) == ["INVALID_MESSAGE"]
