"""SQS as a received message needs it, without a queue."""

from collections.abc import Callable
from typing import Any


class RecordingSqs:
    """Keeps for how many seconds a message was hidden each time, and when it is seen again by the given clock.

    While `refusal` is an error, it is raised instead.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self.asked: list[dict[str, Any]] = []
        self.refusal: Exception | None = None
        self.seen_again_at = clock()

    @property
    def hidden_for(self) -> list[int]:
        return [asked["VisibilityTimeout"] for asked in self.asked]

    def change_message_visibility(self, **asked: Any) -> None:
        self.asked.append(asked)
        if self.refusal is not None:
            raise self.refusal
        self.seen_again_at = self._clock() + asked["VisibilityTimeout"]
