"""How long the client waits for what, and the time that it goes by."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Backoff:
    """A bounded series of waits. All times are seconds.

    Exponential back-off with full jitter: the wait is random between zero and a limit that doubles, so that the
    clients which a restarted server lost together do not come back together.
    https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/

    The defaults allow about ten attempts over at most two minutes: longer than a deployment or a network
    change takes, shorter than a person waits in front of a dead screen.
    """

    first: float = 0.5
    longest: float = 20.0
    attempts: int = 10
    total: float = 120.0
    random: random.Random = field(default_factory=random.SystemRandom)

    def delays(self) -> Iterator[float]:
        """Give the wait before each attempt, at most `attempts` of them."""
        for attempt in range(self.attempts):
            # Doubling stops early: 2 ** attempt would overflow a float for a caller who allows thousands.
            yield self.random.uniform(0, min(self.longest, self.first * 2.0 ** min(attempt, 60)))


@dataclass(frozen=True)
class Timing:
    """How long to wait, in seconds.

    - `opening`: a handshake runs a function, which may have to start first.
    - `answer`: a little over the 29 seconds that API Gateway gives a function.
    - `heartbeat`: API Gateway closes a connection that is idle for 10 minutes; this leaves one ping to lose.
    - `silence`: a job under way says something every 10 seconds. After six times that something was lost on the
      way, perhaps the end itself, and the job's state is asked for.
    - `closing`: a person who has pressed Ctrl-C is waiting.
    - `backoff`: before a lost connection is made again, and before what has failed is tried again.
    """

    opening: float = 15.0
    answer: float = 30.0
    heartbeat: float = 240.0
    silence: float = 60.0
    closing: float = 2.0
    backoff: Backoff = Backoff()

    def now(self) -> float:
        """Give the seconds since some fixed moment; never goes back."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Return after `seconds`."""
        await asyncio.sleep(seconds)
