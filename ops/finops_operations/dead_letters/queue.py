"""The dead-letter queue, and its reader: the event source mapping that takes its messages to the background processor.

While the reader is on, it hides each message that it cannot use for the queue's visibility timeout, again and again.
Paused, it lets an operator see them; a job that dies meanwhile is not ended before it reads again, or the sweep comes.
What cannot be done is an OperationFailed.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
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

# https://docs.aws.amazon.com/lambda/latest/api/API_EventSourceMappingConfiguration.html
ON, OFF = "Enabled", "Disabled"
# Not one of Lambda's states: there is no mapping.
MISSING = "Missing"
# Seconds: Lambda takes up to a minute or so for a change of a mapping.
_LONGEST_CHANGE = 180
_BETWEEN_LOOKS = 2


@dataclass(frozen=True)
class QueueState:
    """What lies in the queue, and its reader's state, in Lambda's words or MISSING.

    `visible` messages can be received and `hidden` ones cannot, about, as SQS counts; `hidden_minutes` at the longest.
    `since` is when the reader last changed, in epoch seconds.
    """

    arn: str
    visible: int
    hidden: int
    hidden_minutes: int
    reader: str = MISSING
    since: int = 0
    reader_id: str = ""

    @property
    def is_read(self) -> bool:
        """Tell whether the reader reads, or is about to."""
        return self.reader not in {OFF, "Disabling", MISSING}


@dataclass(frozen=True)
class DeadMessage:
    """A message; `job_id` is None where it names no job, `sent_at` is in epoch seconds."""

    message_id: str
    job_id: str | None
    body: str
    sent_at: int
    receives: int
    receipt: str = field(repr=False)

    def __str__(self) -> str:
        """Name it as operators do."""
        return f"message {self.message_id}"


class DeadLetterQueue:
    """Looks into the queue and at its reader, which is a function's; `way_back` brings a missing reader back."""

    def __init__(
        self, sqs: SQSClient, url: str, functions: LambdaClient, function: str, way_back: str, clock: Clock
    ) -> None:
        self._sqs, self._url = sqs, url
        self._functions, self._function = functions, function
        self.way_back = way_back
        self._clock = clock
        self._held: dict[str, DeadMessage] = {}
        self._held_until = 0.0

    def look(self) -> QueueState:
        """Give the queue's state."""
        attributes = self._sqs.get_queue_attributes(QueueUrl=self._url, AttributeNames=["All"])["Attributes"]
        state = QueueState(
            arn=attributes["QueueArn"],
            visible=int(attributes["ApproximateNumberOfMessages"]),
            hidden=int(attributes["ApproximateNumberOfMessagesNotVisible"]),
            hidden_minutes=-(-int(attributes["VisibilityTimeout"]) // 60),
        )
        found = self._functions.list_event_source_mappings(EventSourceArn=state.arn, FunctionName=self._function)
        for mapping in found["EventSourceMappings"]:
            since = int(mapping["LastModified"].timestamp())
            return replace(state, reader=mapping["State"], since=since, reader_id=mapping["UUID"])
        return state

    @contextmanager
    def hold(self) -> Iterator[list[DeadMessage]]:
        """Hold the messages that can be received now, at most 1,000, the oldest first, until the context ends.

        Nobody else gets them meanwhile, for five minutes. A process that dies leaves them hidden for so long.
        """
        self._held_until = self._clock.now() + HELD_SECONDS
        try:
            while len(self._held) < MOST_HELD:
                known = len(self._held)
                # Of a message that comes again, the latest receipt counts.
                self._held |= {message.message_id: message for message in self._receive()}
                if len(self._held) == known:
                    break
            yield sorted(self._held.values(), key=lambda message: (message.sent_at, message.message_id))
        finally:
            self._put_back()

    def delete(self, message: DeadMessage) -> None:
        """Delete a message that is held. Of one that is held no longer, SQS might say yes and not delete it.

        https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_DeleteMessage.html
        """
        if self._clock.now() >= self._held_until:
            raise OperationFailed("The messages were held for five minutes, which are over. Run this again.")
        self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=message.receipt)
        del self._held[message.message_id]

    def switch_reader(self, wanted: str) -> QueueState:
        """Switch the reader ON or OFF, if it is not yet, and wait until it is."""
        state = self.look()
        if state.reader == MISSING:
            raise OperationFailed(f"Nothing reads {state.arn}. Bring its event source mapping back:\n{self.way_back}")
        if state.is_read != (wanted == ON):
            self._functions.update_event_source_mapping(UUID=state.reader_id, Enabled=wanted == ON)
        for _ in self._clock.looks(_BETWEEN_LOOKS, _LONGEST_CHANGE):
            state = self.look()
            if state.reader == wanted:
                return state
        raise OperationFailed(
            f"The reader is not {wanted} after {_LONGEST_CHANGE} seconds, it is {state.reader}. Run this again."
        )

    def _receive(self) -> list[DeadMessage]:
        received = self._sqs.receive_message(
            QueueUrl=self._url,
            MaxNumberOfMessages=_BATCH,
            VisibilityTimeout=HELD_SECONDS,
            # Above 0, all of SQS's servers are asked and not some:
            # https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-short-and-long-polling.html
            WaitTimeSeconds=1,
            MessageSystemAttributeNames=["SentTimestamp", "ApproximateReceiveCount"],
        ).get("Messages", [])
        return [_dead_message(message) for message in received]

    def _put_back(self) -> None:
        receipts = [message.receipt for message in self._held.values()]
        self._held.clear()
        for first in range(0, len(receipts), _BATCH):
            self._sqs.change_message_visibility_batch(
                QueueUrl=self._url,
                Entries=[
                    {"Id": str(number), "ReceiptHandle": receipt, "VisibilityTimeout": 0}
                    for number, receipt in enumerate(receipts[first : first + _BATCH])
                ],
            )


def _dead_message(message: MessageTypeDef) -> DeadMessage:
    try:
        job_id = job_id_of(message["Body"])
    except NotAJob:
        job_id = None
    attributes = message["Attributes"]
    return DeadMessage(
        message_id=message["MessageId"],
        job_id=job_id,
        body=message["Body"],
        sent_at=int(attributes["SentTimestamp"]) // 1000,
        receives=int(attributes["ApproximateReceiveCount"]),
        receipt=message["ReceiptHandle"],
    )
