"""How long to wait before each attempt to connect again.

Exponential back-off with full jitter: the wait is random between zero and a limit that doubles, so that the
clients which a restarted server lost together do not come back together.
https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Backoff:
    """A bounded series of waits. All times are seconds.

    The defaults allow about ten attempts over at most two minutes: longer than a deployment or a network
    change takes, shorter than a person waits in front of a dead screen.
    """

    first: float = 0.5
    longest: float = 20.0
    attempts: int = 10
    total: float = 120.0
    random: random.Random = field(default_factory=random.SystemRandom)

    def delays(self) -> Iterator[float]:
        """The wait before each attempt, at most `attempts` of them."""
        for attempt in range(self.attempts):
            # Doubling stops early: 2 ** attempt would overflow a float for a caller who allows thousands.
            yield self.random.uniform(0, min(self.longest, self.first * 2.0 ** min(attempt, 60)))
