"""Replies whose Date header says what a test wants, whatever time it is."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.utils import formatdate
from typing import Any


@contextmanager
def dated_replies(client: Any, clock: Callable[[], float] | None) -> Iterator[None]:
    """Date each reply to a client by `clock`, in epoch seconds; without a clock, leave the header out."""

    def date(parsed: dict[str, Any], **_event: Any) -> None:
        headers = parsed["ResponseMetadata"]["HTTPHeaders"]
        headers.pop("date", None)
        if clock is not None:
            headers["date"] = formatdate(clock(), usegmt=True)

    # Before whatever else looks at the replies.
    client.meta.events.register_first("after-call", date)
    try:
        yield
    finally:
        client.meta.events.unregister("after-call", date)
