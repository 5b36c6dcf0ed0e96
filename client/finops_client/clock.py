"""The time that the client goes by, as an object, so that a test can bring its own."""

from __future__ import annotations

import asyncio
import time


class Clock:
    """The real time."""

    def now(self) -> float:
        """Seconds since some fixed moment; never goes back."""
        return time.monotonic()

    def unix_time(self) -> float:
        """Seconds since 1970, UTC. Goes on while the computer sleeps, which `now` may not, and can be set back."""
        return time.time()

    async def sleep(self, seconds: float) -> None:
        """Returns after `seconds`."""
        await asyncio.sleep(seconds)
