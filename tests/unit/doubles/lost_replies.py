"""Replies that get lost on their way back, so that the SDK asks again for what has been done already."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def lost_reply(client: Any, service: str, operation: str, which: int = 1) -> Iterator[list[str]]:
    """Lose one reply to an operation, the first or which it is; the list notes each reply, the lost one included.

    The SDK asks the handlers of its event `needs-retry` after how many seconds to try again; None is no.
    """
    replies: list[str] = []

    def retry_one(**_event: Any) -> int | None:
        replies.append(operation)
        return 0 if len(replies) == which else None

    event = f"needs-retry.{service}.{operation}"
    client.meta.events.register_first(event, retry_one)
    try:
        yield replies
    finally:
        client.meta.events.unregister(event, retry_one)
