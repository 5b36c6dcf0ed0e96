"""The dead-letter queue, and its reader: the event source mapping that takes its messages to the background processor.

While the reader is on, it hides each message that it cannot use for the queue's visibility timeout, again and again.
Paused, it lets an operator see them; a job that dies meanwhile is not ended before it reads again, or the sweep comes.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from finops_operations.errors import OperationFailed
from finops_operations.waiting import Clock
from finops_websocket.errors import NotAJob
from finops_websocket.jobs.queue import job_id_of

if TYPE_CHECKING:
    from types_boto3_lambda.client import LambdaClient
    from types_boto3_sqs.client import SQSClient
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
    """How many messages can be received and how many cannot, about, as SQS counts; `hidden_minutes` at the longest."""

    visible: int
    hidden: int
    hidden_minutes: int


@dataclass(frozen=True)
class DeadMessage:
    """A message; `job_id` is None where it names no job, `sent_at` is in epoch seconds."""

    message_id: str
    job_id: str | None
    body: str
    sent_at: int
    receives: int

    @classmethod
    def received(cls, message: MessageTypeDef) -> DeadMessage:
        """Return a message as SQS gives it, with its attributes."""
        try:
            job_id = job_id_of(message["Body"])
        except NotAJob:
            job_id = None
        attributes = message.get("Attributes", {})
        sent_at = int(attributes.get("SentTimestamp", 0)) // 1000
        receives = int(attributes.get("ApproximateReceiveCount", 0))
        return cls(message["MessageId"], job_id, message["Body"], sent_at, receives)

    def __str__(self) -> str:
        """Name it as operators do."""
        return f"message {self.message_id}"


@dataclass
class DeadLetterQueue:
    """Looks into the queue. Its calls raise botocore's ClientError when SQS refuses."""

    sqs: SQSClient
    url: str
    clock: Clock = field(default_factory=Clock)
    _handles: dict[str, str] = field(default_factory=dict)
    """By a held message's id, its latest receipt, which counts."""
    _held_until: float = 0.0

    def arn(self) -> str:
        """Give the queue's ARN."""
        return self.sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]

    def counts(self) -> QueueCounts:
        """Count what lies there."""
        attributes = self.sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=["All"])["Attributes"]
        return QueueCounts(
            visible=int(attributes["ApproximateNumberOfMessages"]),
            hidden=int(attributes["ApproximateNumberOfMessagesNotVisible"]),
            hidden_minutes=-(-int(attributes["VisibilityTimeout"]) // 60),
        )

    @contextmanager
    def hold(self) -> Iterator[tuple[DeadMessage, ...]]:
        """Hold the messages that can be received now, at most 1,000, the oldest first, until the context ends.

        Nobody else gets them meanwhile, for five minutes. A process that dies leaves them hidden for so long.
        """
        self._held_until = self.clock.now() + HELD_SECONDS
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
        if self.clock.now() >= self._held_until:
            raise OperationFailed("The messages were held for five minutes, which are over. Run this again.")
        self.sqs.delete_message(QueueUrl=self.url, ReceiptHandle=self._handles[message.message_id])
        del self._handles[message.message_id]

    def _receive(self) -> list[DeadMessage]:
        received = self.sqs.receive_message(
            QueueUrl=self.url,
            MaxNumberOfMessages=_BATCH,
            VisibilityTimeout=HELD_SECONDS,
            # Above 0, all of SQS's servers are asked and not some:
            # https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-short-and-long-polling.html
            WaitTimeSeconds=1,
            MessageSystemAttributeNames=["SentTimestamp", "ApproximateReceiveCount"],
        ).get("Messages", [])
        self._handles.update((message["MessageId"], message["ReceiptHandle"]) for message in received)
        return [DeadMessage.received(message) for message in received]

    def _put_back(self) -> None:
        handles = list(self._handles.values())
        self._handles.clear()
        for first in range(0, len(handles), _BATCH):
            self.sqs.change_message_visibility_batch(
                QueueUrl=self.url,
                Entries=[
                    {"Id": str(number), "ReceiptHandle": handle, "VisibilityTimeout": 0}
                    for number, handle in enumerate(handles[first : first + _BATCH])
                ],
            )


@dataclass(frozen=True)
class Reader:
    """The reader: its state, and since when it has been changing or so, in epoch seconds. A missing one has no id."""

    state: str
    since: int = 0
    uuid: str = ""

    @property
    def is_on(self) -> bool:
        """Tell whether it reads, or is about to."""
        return self.state not in {OFF, "Disabling", MISSING}


@dataclass(frozen=True)
class DeadLetterReader:
    """Looks at the reader, pauses and resumes it. Its calls raise botocore's ClientError when Lambda refuses.

    `function` is the background processor's name, `way_back` the commands that bring a missing reader back.
    """

    client: LambdaClient
    function: str
    queue_arn: str
    way_back: str
    clock: Clock

    def look(self) -> Reader:
        """Give the reader as it now is."""
        found = self.client.list_event_source_mappings(EventSourceArn=self.queue_arn, FunctionName=self.function)
        for mapping in found["EventSourceMappings"]:
            return Reader(mapping["State"], int(mapping["LastModified"].timestamp()), mapping["UUID"])
        return Reader(MISSING)

    def switch(self, wanted: str) -> Reader:
        """Switch it ON or OFF, if it is not yet, and wait until it is.

        Raises:
            OperationFailed: there is no reader, or it takes too long.
        """
        reader = self.look()
        if reader.state == MISSING:
            raise OperationFailed(
                f"Nothing reads {self.queue_arn}. Bring its event source mapping back:\n{self.way_back}"
            )
        if reader.is_on != (wanted == ON):
            self.client.update_event_source_mapping(UUID=reader.uuid, Enabled=wanted == ON)
        for _ in self.clock.looks(_BETWEEN_LOOKS, _LONGEST_CHANGE):
            reader = self.look()
            if reader.state == wanted:
                return reader
        raise OperationFailed(
            f"The reader is not {wanted} after {_LONGEST_CHANGE} seconds, it is {reader.state}. Run this again."
        )
