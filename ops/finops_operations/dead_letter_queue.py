"""The dead-letter queue: how much lies there, what of it can be received now, and its deletion."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from finops_operations.errors import OperationFailed
from finops_websocket.errors import NotAJob
from finops_websocket.job_queue import job_id_of

if TYPE_CHECKING:
    from types_boto3_sqs.client import SQSClient
    from types_boto3_sqs.literals import QueueAttributeNameType

# Seconds for which nobody else gets a message that is held: long enough to think about a question, and to hold as many.
HELD_SECONDS = 300
MOST_HELD = 1_000

# As many as SQS takes in one call.
_BATCH = 10


@dataclass(frozen=True)
class QueueCounts:
    """How many messages can be received and how many cannot, about, as SQS counts; `hidden_seconds` at the longest."""

    visible: int
    hidden: int
    hidden_seconds: int


@dataclass(frozen=True)
class DeadMessage:
    """A message; `job_id` is None where it names no job, `sent_at` is in epoch seconds."""

    message_id: str
    job_id: str | None
    body: str
    sent_at: int
    receives: int


class DeadLetterQueue:
    """Looks into the queue. Its calls raise botocore's ClientError when SQS refuses."""

    def __init__(self, sqs: SQSClient, queue_url: str, clock: Callable[[], float] = time.monotonic) -> None:
        """Keep the client and the queue's address; `clock` is in seconds."""
        self._sqs = sqs
        self._queue_url = queue_url
        self._clock = clock
        self._handles: dict[str, str] = {}
        self._held_until = 0.0

    def arn(self) -> str:
        """The queue's ARN."""
        return self._attributes()["QueueArn"]

    def counts(self) -> QueueCounts:
        """How much lies there."""
        attributes = self._attributes()
        return QueueCounts(
            visible=int(attributes["ApproximateNumberOfMessages"]),
            hidden=int(attributes["ApproximateNumberOfMessagesNotVisible"]),
            hidden_seconds=int(attributes["VisibilityTimeout"]),
        )

    @contextmanager
    def hold(self) -> Iterator[tuple[DeadMessage, ...]]:
        """The messages that can be received now, at most 1,000, the oldest first; the context's end puts them back.

        Nobody else gets them meanwhile, for five minutes. A process that dies leaves them hidden for so long.
        """
        self._held_until = self._clock() + HELD_SECONDS
        found: dict[str, DeadMessage] = {}
        try:
            while len(found) < MOST_HELD:
                received = self._receive()
                if all(message.message_id in found for message in received):
                    break
                found.update((message.message_id, message) for message in received)
            yield tuple(sorted(found.values(), key=lambda message: (message.sent_at, message.message_id)))
        finally:
            self._put_back()

    def delete(self, message: DeadMessage) -> None:
        """Delete a message that is held.

        Raises:
            OperationFailed: it is held no longer, so that SQS might say yes and not delete it:
                https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_DeleteMessage.html
        """
        if self._clock() >= self._held_until:
            raise OperationFailed("The messages were held for five minutes, which are over. Run this again.")
        self._sqs.delete_message(QueueUrl=self._queue_url, ReceiptHandle=self._handles[message.message_id])
        del self._handles[message.message_id]

    def _receive(self) -> list[DeadMessage]:
        received = self._sqs.receive_message(
            QueueUrl=self._queue_url,
            MaxNumberOfMessages=_BATCH,
            VisibilityTimeout=HELD_SECONDS,
            # Above 0, all of SQS's servers are asked and not some:
            # https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-short-and-long-polling.html
            WaitTimeSeconds=1,
            MessageSystemAttributeNames=["SentTimestamp", "ApproximateReceiveCount"],
        ).get("Messages", [])
        messages = []
        for message in received:
            # The latest handle counts.
            self._handles[message["MessageId"]] = message["ReceiptHandle"]
            attributes = message.get("Attributes", {})
            messages.append(
                DeadMessage(
                    message_id=message["MessageId"],
                    job_id=_job_id_in(message["Body"]),
                    body=message["Body"],
                    sent_at=int(attributes.get("SentTimestamp", 0)) // 1000,
                    receives=int(attributes.get("ApproximateReceiveCount", 0)),
                )
            )
        return messages

    def _put_back(self) -> None:
        handles = list(self._handles.values())
        self._handles.clear()
        for first in range(0, len(handles), _BATCH):
            self._sqs.change_message_visibility_batch(
                QueueUrl=self._queue_url,
                Entries=[
                    {"Id": str(number), "ReceiptHandle": handle, "VisibilityTimeout": 0}
                    for number, handle in enumerate(handles[first : first + _BATCH])
                ],
            )

    def _attributes(self) -> Mapping[QueueAttributeNameType, str]:
        return self._sqs.get_queue_attributes(
            QueueUrl=self._queue_url,
            AttributeNames=[
                "QueueArn",
                "ApproximateNumberOfMessages",
                "ApproximateNumberOfMessagesNotVisible",
                "VisibilityTimeout",
            ],
        )["Attributes"]


def _job_id_in(body: str) -> str | None:
    try:
        return job_id_of(body)
    except NotAJob:
        return None
