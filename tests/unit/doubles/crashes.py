"""A worker that dies at one of its calls to DynamoDB: just before it is made, or just after it is done."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

BEFORE, AFTER = "before-call", "after-call"


class Crash(BaseException):
    """Like a process's end, it is nothing that the code could catch."""


@contextmanager
def calls_to(client: Any, moment: str = BEFORE, crash_at: int | None = None) -> Iterator[list[str]]:
    """Note the operations that a client is asked for; raise Crash at the one with that number, counted from 0."""
    operations: list[str] = []

    def note(model: Any, **_event: Any) -> None:
        operations.append(model.name)
        if len(operations) - 1 == crash_at:
            raise Crash

    client.meta.events.register(moment, note)
    try:
        yield operations
    finally:
        client.meta.events.unregister(moment, note)
