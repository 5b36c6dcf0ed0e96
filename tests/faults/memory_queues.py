"""SQS as far as the product uses it, with a clock that a test can set: moto's visibility goes by the machine's."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import EndpointConnectionError

# As the template's maxReceiveCount.
MOST_RECEIVES = 3


@dataclass
class Message:
    """A message in a queue. Times are in epoch seconds."""

    message_id: str
    body: str
    sent_at: float
    visible_at: float
    receives: int = 0

    def to_record(self, queue: str) -> dict[str, Any]:
        """Give it as Lambda gets it."""
        return {
            "messageId": self.message_id,
            "receiptHandle": self.message_id,
            "body": self.body,
            "attributes": {"SentTimestamp": str(int(self.sent_at * 1000))},
            "eventSourceARN": f"arn:aws:sqs:us-east-1:123456789012:{queue}",
        }


class MemoryQueues:
    """Two queues, of messages by their ids: `main`, and `dead`, to which goes what was received three times."""

    def __init__(self, clock: Callable[[], float], visibility: float) -> None:
        """Hide each received message for `visibility` seconds at first."""
        self._clock = clock
        self._visibility = visibility
        self.main: dict[str, Message] = {}
        self.dead: dict[str, Message] = {}
        self._sent = 0
        self.is_down = False

    def send_message(self, *, QueueUrl: str, MessageBody: str, MessageGroupId: str = "") -> dict[str, Any]:  # noqa: N803
        self._fail_if_down()
        self._sent += 1
        message_id = f"message-{self._sent}"
        self.queue(QueueUrl)[message_id] = Message(message_id, MessageBody, self._clock(), self._clock())
        return {"MessageId": message_id}

    def change_message_visibility(self, *, QueueUrl: str, ReceiptHandle: str, VisibilityTimeout: int) -> None:  # noqa: N803
        self._fail_if_down()
        if message := self.queue(QueueUrl).get(ReceiptHandle):
            message.visible_at = self._clock() + VisibilityTimeout

    def queue(self, name: str) -> dict[str, Message]:
        return self.main if name == "main" else self.dead

    def receive(self, name: str) -> Message | None:
        """Give the oldest visible message of a queue; None if there is none."""
        for message in list(self.queue(name).values()):
            if message.visible_at > self._clock():
                continue
            if name == "main" and message.receives == MOST_RECEIVES:
                self.dead[message.message_id] = self.main.pop(message.message_id)
                continue
            message.receives += 1
            message.visible_at = self._clock() + self._visibility
            return message
        return None

    def in_flight(self) -> list[Message]:
        """Give the main queue's messages that somebody has."""
        return [message for message in self.main.values() if message.visible_at > self._clock()]

    def lose_jobs(self) -> None:
        """Lose the jobs' messages in the main queue, and no foreign bodies."""
        self.main = {key: message for key, message in self.main.items() if not message.body.startswith("{")}

    def _fail_if_down(self) -> None:
        if self.is_down:
            raise EndpointConnectionError(endpoint_url="sqs")
