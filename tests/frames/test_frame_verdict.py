"""The judge of answers can fail: any answer that is not as the contract says is found."""

import json
from typing import Any

import pytest

from frames.frame_service import Answer
from frames.frame_verdict import assert_answered
from frames.planted_jobs import MARKER, OTHER_USER

HANDLED = {"statusCode": 200}
REFUSAL: dict[str, Any] = {"type": "error", "code": "INVALID_MESSAGE", "message": "There is no boto3.", "timestamp": 1}
SIGNED_IN: dict[str, Any] = {
    "type": "authenticated",
    "message": "Welcome ada!",
    "userId": OTHER_USER,
    "connectionId": "connection-1",
    "verified": True,
    "expiresAt": 1,
    "activeJobs": [],
}


def answer(wire: dict[str, Any], outcome: Any = HANDLED, connection_id: str = "connection-1") -> Answer:
    return Answer(outcome, [(connection_id, json.dumps(wire))], log="")


@pytest.mark.parametrize(
    "bad",
    [
        answer(REFUSAL, outcome={"statusCode": 500}),
        answer(REFUSAL, outcome={"raised": "ValueError()"}),
        Answer(HANDLED, [], log=""),
        Answer(HANDLED, [("connection-1", json.dumps(REFUSAL)), ("connection-2", json.dumps(REFUSAL))], log=""),
        answer(REFUSAL | {"code": "INTERNAL"}),
        answer(REFUSAL | {"code": "NO_CODE"}),
        answer({"type": "error", "code": "INVALID_MESSAGE"}),
        answer(REFUSAL | {"message": "a" * 128 * 1024}),
        answer(REFUSAL | {"message": f"There is {MARKER}."}),
        answer(REFUSAL | {"message": "KeyError: 'jobId'"}),
        answer(REFUSAL | {"message": "arn:aws:dynamodb:us-east-1:123456789012:table/t"}),
        answer(SIGNED_IN),
    ],
)
def test_what_is_wrong_with_an_answer_is_found(bad: Answer) -> None:
    # A word of the frame's own may come back.
    assert assert_answered("connection-1", set(), '{"query": "boto3"}', answer(REFUSAL)) == ["INVALID_MESSAGE"]
    with pytest.raises(AssertionError):
        assert_answered("connection-1", set(), '{"query": "boto3"}', bad)
