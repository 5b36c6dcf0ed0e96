import random

from hypothesis import given
from hypothesis import strategies as st

from finops_client.backoff import Backoff


class Longest(random.Random):
    def uniform(self, a: float, b: float) -> float:
        return b


def test_the_limit_doubles_up_to_the_longest() -> None:
    assert list(Backoff(first=1, longest=5, attempts=5, random=Longest()).delays()) == [1, 2, 4, 5, 5]


@given(st.randoms(use_true_random=True), st.floats(0.001, 10), st.floats(0.001, 100), st.integers(0, 200))
def test_every_wait_is_between_zero_and_the_longest(
    source: random.Random, first: float, longest: float, attempts: int
) -> None:
    delays = list(Backoff(first=first, longest=longest, attempts=attempts, random=source).delays())
    assert len(delays) == attempts
    assert all(0 <= delay <= longest for delay in delays)


def test_full_jitter_uses_the_whole_range() -> None:
    delays = list(Backoff(first=8, longest=8, attempts=500).delays())
    assert min(delays) < 1
    assert max(delays) > 7


def test_thousands_of_attempts_do_not_overflow() -> None:
    assert len(list(Backoff(attempts=3000).delays())) == 3000
