"""Waiting for what AWS does: how long, and how often to look."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Clock:
    """What tells how time passes, and lets it pass. In seconds."""

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep

    def looks(self, pause: float, longest: float) -> Iterator[float]:
        """Give the seconds that have passed, for each look until `longest` are over, with a pause between two."""
        begin = self.now()
        while True:
            yield self.now() - begin
            if self.now() - begin >= longest:
                return
            self.sleep(pause)
