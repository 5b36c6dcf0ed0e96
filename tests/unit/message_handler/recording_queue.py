"""A queue that keeps what it sends."""

from collections.abc import Callable
from typing import Any

from finops_websocket.errors import QueueUnavailable
from finops_websocket.job_queue import JobQueue


class RecordingQueue(JobQueue):
    """Keeps what it sends; refuses while it `is_down`. `before_refusal` happens before it says so."""

    def __init__(self, sqs: Any, queue_url: str) -> None:
        super().__init__(sqs, queue_url)
        self.sent: list[tuple[str, str]] = []
        self.is_down = False
        self.before_refusal: Callable[[str], object] = lambda _job_id: None

    def send(self, job_id: str, user_id: str) -> None:
        if self.is_down:
            self.before_refusal(job_id)
            raise QueueUnavailable("The queue is down.") from ConnectionError()
        super().send(job_id, user_id)
        self.sent.append((job_id, user_id))
