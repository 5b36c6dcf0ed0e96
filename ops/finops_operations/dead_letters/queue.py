"""The dead-letter queue, and its reader: the event source mapping that takes its messages to the background processor.

While the reader is on, it hides each message that it cannot use for the queue's visibility timeout, again and again.
Paused, it lets an operator see them; a job that dies meanwhile is not ended before it reads again, or the sweep comes.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from finops_operations.errors import OperationFailed
from finops_websocket.errors import NotAJob
from finops_websocket.jobs.queue import job_id_of

if TYPE_CHECKING:
    from types_boto3_lambda.client import LambdaClient
    from types_boto3_sqs.client import SQSClient
    from types_boto3_sqs.literals import QueueAttributeNameType
    from types_boto3_sqs.type_defs import MessageTypeDef

# Seconds for which nobody else gets a message that is held: long enough to think about a question, and to hold as many.
HELD_SECONDS = 300
MOST_HELD = 1_000
# As many as SQS takes in one call.
_BATCH = 10

# The reader's states, in Lambda's words: https://docs.aws.amazon.com/lambda/latest/api/API_EventSourceMappingConfiguration.html
ON, OFF = "Enabled", "Disabled"
# Not one of Lambda's: there is no mapping.
MISSING = "Missing"
# Seconds: Lambda takes up to a minute or so for a change of a mapping.
_LONGEST_CHANGE = 180
_BETWEEN_LOOKS = 2


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


@dataclass(frozen=True)
class Reader:
    """The reader: its state, and since when it has been changing or so, in epoch seconds."""

    uuid: str
    state: str
    since: int
    way_back: str = ""
    """The commands that bring it back if it is missing."""

    @property
    def is_on(self) -> bool:
        """Tell whether it reads, or is about to."""
        return self.state not in {OFF, "Disabling", MISSING}

    @property
    def is_missing(self) -> bool:
        """Tell whether there is none; then it has no id, and `since` is 0."""
        return self.state == MISSING


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
        """Give the queue's ARN."""
        return self._attributes()["QueueArn"]

    def counts(self) -> QueueCounts:
        """Count what lies there."""
        attributes = self._attributes()
        return QueueCounts(
            visible=int(attributes["ApproximateNumberOfMessages"]),
            hidden=int(attributes["ApproximateNumberOfMessagesNotVisible"]),
            hidden_seconds=int(attributes["VisibilityTimeout"]),
        )

    @contextmanager
    def hold(self) -> Iterator[tuple[DeadMessage, ...]]:
        """Hold the messages that can be received now, at most 1,000, the oldest first, until the context ends.

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
        # The latest handle counts.
        self._handles.update((message["MessageId"], message["ReceiptHandle"]) for message in received)
        return [_dead_message(message) for message in received]

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


@dataclass(frozen=True)
class DeadLetterReader:
    """Looks at the reader, pauses and resumes it. Its calls raise botocore's ClientError when Lambda refuses.

    `function` is the background processor's name, `way_back` the commands that bring a missing reader back; `clock` and
    `sleep` are in seconds.
    """

    client: LambdaClient
    function: str
    queue_arn: str
    way_back: str = ""
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep

    def look(self) -> Reader:
        """Give the reader as it now is."""
        found = self.client.list_event_source_mappings(EventSourceArn=self.queue_arn, FunctionName=self.function)
        for mapping in found["EventSourceMappings"]:
            return Reader(mapping["UUID"], mapping["State"], int(mapping["LastModified"].timestamp()))
        return Reader("", MISSING, 0, self.way_back)

    def switch(self, wanted: str) -> Reader:
        """Switch it ON or OFF, if it is not yet, and wait until it is.

        Raises:
            OperationFailed: there is no reader, or it takes too long.
        """
        reader = self.look()
        if reader.is_missing:
            raise OperationFailed(
                f"Nothing reads {self.queue_arn}. Bring its event source mapping back:\n{reader.way_back}"
            )
        if reader.is_on != (wanted == ON):
            self.client.update_event_source_mapping(UUID=reader.uuid, Enabled=wanted == ON)
            reader = self.look()
        deadline = self.clock() + _LONGEST_CHANGE
        while reader.state != wanted:
            if self.clock() >= deadline:
                raise OperationFailed(
                    f"The reader is not {wanted} after {_LONGEST_CHANGE} seconds, it is {reader.state}. Run this again."
                )
            self.sleep(_BETWEEN_LOOKS)
            reader = self.look()
        return reader


def _dead_message(message: MessageTypeDef) -> DeadMessage:
    try:
        job_id = job_id_of(message["Body"])
    except NotAJob:
        job_id = None
    attributes = message.get("Attributes", {})
    return DeadMessage(
        message_id=message["MessageId"],
        job_id=job_id,
        body=message["Body"],
        sent_at=int(attributes.get("SentTimestamp", 0)) // 1000,
        receives=int(attributes.get("ApproximateReceiveCount", 0)),
    )
