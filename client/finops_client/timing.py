"""How long the client waits for what, and the time that it goes by."""

import asyncio
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Timing:
    """How long to wait, in seconds.

    - `opening`: a handshake runs a function, which may have to start first.
    - `answer`: a little over the 29 seconds that API Gateway gives a function.
    - `silence`: a job under way says something every 10 seconds. After six times that something was lost on the
      way, perhaps the end itself, and the job's state is asked for.
    - `closing`: a person who has pressed Ctrl-C is waiting.
    - `first_wait`, `longest_wait`, `attempts`, `give_up_after`: before a lost connection is made again, and before what
      has failed is tried again. Longer than a deployment or a network change takes, shorter than a person waits in
      front of a dead screen.
    """

    opening: float = 15.0
    answer: float = 30.0
    silence: float = 60.0
    closing: float = 2.0
    first_wait: float = 0.5
    longest_wait: float = 20.0
    attempts: int = 10
    give_up_after: float = 120.0

    def waits(self) -> Iterator[float]:
        """Give the wait before each attempt: exponential back-off with full jitter.

        So the clients which a restarted server lost together do not come back together.
        https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
        """
        limit = self.first_wait
        for _ in range(self.attempts):
            yield random.uniform(0, limit)  # noqa: S311 - chance, no secret
            limit = min(self.longest_wait, 2 * limit)

    def now(self) -> float:
        """Give the seconds since some fixed moment; never goes back."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Return after `seconds`."""
        await asyncio.sleep(seconds)
