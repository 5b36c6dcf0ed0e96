"""Tries of optimistic writes: an item is written only as it was read, and who was overtaken reads and tries again."""

import random
import time
from collections.abc import Callable, Iterator

# With pauses of up to so many seconds, doubled each time, the tries take three seconds at most: a client waits.
_TRIES = 7
_FIRST_PAUSE = 0.025


def optimistic_tries(sleep: Callable[[float], None] = time.sleep) -> Iterator[int]:
    """Number the tries that there are, from 0, with a pause before each but the first; `sleep` is in seconds."""
    for number in range(_TRIES):
        if number:
            # Not predictable on purpose: those that overtook each other must not come back together.
            sleep(random.uniform(0, _FIRST_PAUSE * 2**number))  # noqa: S311 (no secret)
        yield number
