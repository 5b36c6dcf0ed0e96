import uuid
from typing import Any

import pytest

from finops_operations.dead_letter_queue import HELD_SECONDS, DeadLetterQueue, DeadMessage
from finops_operations.errors import OperationFailed


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def queue_url(sqs: Any) -> str:
    url: str = sqs.create_queue(QueueName=f"dlq-{uuid.uuid4()}", Attributes={"VisibilityTimeout": "960"})["QueueUrl"]
    return url


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def queue(sqs: Any, queue_url: str, clock: Clock) -> DeadLetterQueue:
    return DeadLetterQueue(sqs, queue_url, clock)


def put(sqs: Any, queue_url: str, body: str) -> str:
    message_id: str = sqs.send_message(QueueUrl=queue_url, MessageBody=body)["MessageId"]
    return message_id


def held(queue: DeadLetterQueue) -> tuple[DeadMessage, ...]:
    with queue.hold() as messages:
        return messages


def test_messages_are_given_with_what_they_name(sqs: Any, queue_url: str, queue: DeadLetterQueue) -> None:
    named = put(sqs, queue_url, '{"jobId": "job-1"}')
    foreign = put(sqs, queue_url, "hello")
    found = {message.message_id: message for message in held(queue)}
    assert found.keys() == {named, foreign}
    assert (found[named].job_id, found[named].body, found[named].receives) == ("job-1", '{"jobId": "job-1"}', 1)
    assert (found[foreign].job_id, found[foreign].body) == (None, "hello")
    assert found[named].sent_at > 0


def test_nobody_else_gets_what_is_held_and_anybody_does_afterwards(
    sqs: Any, queue_url: str, queue: DeadLetterQueue
) -> None:
    put(sqs, queue_url, "hello")
    with queue.hold() as messages:
        assert len(messages) == 1
        assert (queue.counts().visible, queue.counts().hidden) == (0, 1)
        assert "Messages" not in sqs.receive_message(QueueUrl=queue_url)
    assert (queue.counts().visible, queue.counts().hidden) == (1, 0)


def test_what_is_held_is_put_back_when_something_goes_wrong(sqs: Any, queue_url: str, queue: DeadLetterQueue) -> None:
    put(sqs, queue_url, "hello")
    with pytest.raises(KeyboardInterrupt), queue.hold():
        raise KeyboardInterrupt
    assert queue.counts().visible == 1


def test_more_messages_than_sqs_gives_at_once_are_all_found_and_put_back(
    sqs: Any, queue_url: str, queue: DeadLetterQueue
) -> None:
    ids = {put(sqs, queue_url, f"message {number}") for number in range(23)}
    assert {message.message_id for message in held(queue)} == ids
    assert queue.counts().visible == 23


def test_a_deleted_message_is_gone_and_the_others_are_not(sqs: Any, queue_url: str, queue: DeadLetterQueue) -> None:
    kept = put(sqs, queue_url, "kept")
    deleted = put(sqs, queue_url, "deleted")
    with queue.hold() as messages:
        queue.delete(next(message for message in messages if message.message_id == deleted))
    assert [message.message_id for message in held(queue)] == [kept]


def test_a_message_that_may_be_another_s_by_now_is_not_deleted(
    sqs: Any, queue_url: str, queue: DeadLetterQueue, clock: Clock
) -> None:
    put(sqs, queue_url, "hello")
    with queue.hold() as (message,):
        clock.now += HELD_SECONDS
        with pytest.raises(OperationFailed, match="Run this again"):
            queue.delete(message)
    assert queue.counts().visible == 1


def test_messages_that_somebody_else_has_are_counted(sqs: Any, queue_url: str, queue: DeadLetterQueue) -> None:
    for body in ("one", "two"):
        put(sqs, queue_url, body)
    sqs.receive_message(QueueUrl=queue_url, MaxNumberOfMessages=1, VisibilityTimeout=600)
    counts = queue.counts()
    assert (counts.visible, counts.hidden, counts.hidden_seconds) == (1, 1, 960)
    assert len(held(queue)) == 1
    assert queue.arn().endswith(":" + queue_url.rsplit("/", 1)[1])


def test_an_empty_queue_has_nothing_to_hold(queue: DeadLetterQueue) -> None:
    assert held(queue) == ()
