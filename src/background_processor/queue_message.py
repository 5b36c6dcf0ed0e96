"""One message of a queue, while this function has it: hidden from others for as long as its job is held.

The queue shows a message again only after the function's longest run, 16 minutes; a crash must not cost that. So the
message is hidden for little more than the lease, again and again while the worker lives. A dead worker's message is
seen again after its lease has run out.
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-visibility-timeout.html
"""

import math
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from types_boto3_sqs.client import SQSClient

logger = Logger(child=True)

# Of a dead message's body, which names a job in less than 200.
_KEPT_CHARACTERS = 1024


class QueueMessage:
    """A received message and what can be done with it."""

    def __init__(
        self,
        sqs: "SQSClient",
        queue_url: str,
        record: SQSRecord,
        lease: int,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Keep the record; its job is held for `lease` seconds after each step. `clock` is in seconds."""
        self._sqs = sqs
        self._queue_url = queue_url
        self._record = record
        self._lease = lease
        self._clock = clock
        self._hidden_at: float | None = None
        self.message_id = record.message_id
        self.body = record.body

    def keep_hidden(self) -> None:
        """Hide the message for a third longer than the lease and a second, unless that was done less than a third ago.

        So what is left is never shorter than the lease, and a job takes three calls a lease, not one a step.
        """
        now = self._clock()
        is_due = self._hidden_at is None or now - self._hidden_at >= self._lease / 3
        # Rounded up, as SQS counts in whole seconds, and one more for the time between this call and the step.
        if is_due and self.show_again_in(self._lease + math.ceil(self._lease / 3) + 1):
            self._hidden_at = now

    def show_again_in(self, seconds: int) -> bool:
        """Show the message to the next worker after so many seconds, two leases at most; tell whether SQS has agreed.

        If it has not, the message comes later than it could. Only a wrong clock asks for more than two leases.
        """
        try:
            self._sqs.change_message_visibility(
                QueueUrl=self._queue_url,
                ReceiptHandle=self._record.receipt_handle,
                VisibilityTimeout=min(seconds, 2 * self._lease),
            )
        except (ClientError, BotoCoreError) as error:
            logger.warning("A message's visibility could not be changed.", errorType=type(error).__name__)
            return False
        return True

    def to_item(self) -> Mapping[str, Any]:
        """Give what is kept of a dead message, so that it can be sent once more."""
        return {
            "messageId": self.message_id,
            # Ours is far shorter. Whole, somebody else's could make the job too large for its table.
            "body": self.body[:_KEPT_CHARACTERS],
            "sentAt": int(self._record.attributes.sent_timestamp) // 1000,
        }
