"""SQS as the functions use it, without queues."""

import json
from collections.abc import Callable
from typing import Any

from botocore.exceptions import EndpointConnectionError


class RecordingSqs:
    """Keeps what is sent, and for how many seconds a message was hidden each time.

    While it `is_down` it refuses, after `before_refusal` has happened.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self.sent: list[dict[str, Any]] = []
        self.hidden_for: list[int] = []
        self.is_down = False
        self.before_refusal: Callable[[], object] = lambda: None
        # Of a message that is received: the queue's own visibility timeout.
        self.seen_again_at = clock() + 16 * 60

    def job_ids(self) -> list[str]:
        """Give the ids of the jobs that were sent."""
        return [json.loads(message["MessageBody"])["jobId"] for message in self.sent]

    def send_message(self, **message: Any) -> None:
        self._refuse_if_down()
        self.sent.append(message)

    def change_message_visibility(self, **asked: Any) -> None:
        self.hidden_for.append(asked["VisibilityTimeout"])
        self._refuse_if_down()
        self.seen_again_at = self._clock() + asked["VisibilityTimeout"]

    def _refuse_if_down(self) -> None:
        if self.is_down:
            self.before_refusal()
            raise EndpointConnectionError(endpoint_url="sqs")
