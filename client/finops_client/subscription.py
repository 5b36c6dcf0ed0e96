"""A look at everything that a client receives, for tests and tools that care for more than one job."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from types import TracebackType
from typing import Self, TypeVar

from finops_client.errors import NoAnswer
from finops_client.events import Event

Wanted = TypeVar("Wanted")


class Subscription:
    """Every event from the moment of subscribing, in the order of arrival; a context manager."""

    def __init__(self, unsubscribe: Callable[[Subscription], None]) -> None:
        """Made by `FinopsClient.subscribe`."""
        self._unsubscribe = unsubscribe
        self._events: asyncio.Queue[Event] = asyncio.Queue()

    def put(self, event: Event) -> None:
        """Takes in an event."""
        self._events.put_nowait(event)

    async def next(self, timeout: float = 10.0) -> Event:
        """The next event, waiting at most `timeout` seconds.

        Raises:
            NoAnswer: none came in time.
        """
        try:
            return await asyncio.wait_for(self._events.get(), timeout)
        except TimeoutError:
            raise NoAnswer("with any event", timeout) from None

    async def next_of(self, kind: type[Wanted], timeout: float = 10.0) -> Wanted:
        """The next event of a class, skipping others, waiting at most `timeout` seconds in all.

        Raises:
            NoAnswer: none came in time.
        """
        try:
            async with asyncio.timeout(timeout):
                while True:
                    event = await self._events.get()
                    if isinstance(event, kind):
                        return event
        except TimeoutError:
            raise NoAnswer(f"with {kind.__name__}", timeout) from None

    def __enter__(self) -> Self:
        """Subscribed already."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Unsubscribes."""
        self._unsubscribe(self)
