"""The simulation keeps what it simulates: nobody lost, no limit exceeded, and waits that can be worked out by hand."""

import math
import random
from itertools import accumulate

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finops_benchmarks.simulation import Setting, simulate

# All processors are there, and warm.
AT_ONCE = {"first_processors": math.inf, "cold_start": 0.0}


@settings(max_examples=60, deadline=None)
@given(
    st.builds(
        Setting,
        processors=st.integers(1, 20),
        functions=st.integers(1, 40),
        agent_functions=st.one_of(st.just(math.inf), st.integers(1, 10)),
        agents=st.integers(1, 2),
        agent_seconds=st.sampled_from([(0.1, 0.2), (5.0, 60.0), (250.0, 400.0)]),
        crashes=st.sampled_from([0.0, 0.3, 1.0]),
        frames=st.sampled_from([0.0, 0.5]),
    ),
    st.lists(st.floats(0, 300), min_size=1, max_size=40),
)
def test_every_question_ends_once_and_no_limit_is_exceeded(setting: Setting, arrivals: list[float]) -> None:
    outcome = simulate(setting, arrivals)
    assert outcome.ended == len(arrivals)
    assert outcome.most_processors <= setting.processors
    assert outcome.most_functions <= setting.functions
    assert all(waited >= 0 for waited in outcome.waited)


def test_the_same_seed_gives_the_same() -> None:
    setting = Setting(functions=25, crashes=0.1, frames=3)
    one, again, other = (simulate(setting, [0.0] * 50, seed) for seed in (1, 1, 2))
    assert one == again
    assert one != other


def test_nobody_waits_where_there_is_room_for_all() -> None:
    setting = Setting(processors=500, functions=math.inf, **AT_ONCE)
    assert simulate(setting, [0.0] * 500).waited == pytest.approx([0] * 500)


def test_a_burst_waits_as_worked_out_by_hand() -> None:
    # 25 at once, 10 at a time, 3 s each: ten wait 0 s, ten 3 s, five 6 s.
    setting = Setting(agents=1, agent_seconds=(2.0, 2.0), own_seconds=1.0, **AT_ONCE)
    assert simulate(setting, [0.0] * 25).waited == pytest.approx([0.0] * 10 + [3.0] * 10 + [6.0] * 5)


def test_a_steady_load_waits_as_queueing_theory_says() -> None:
    # M/D/1 at 80 %: the mean wait is load * service / (2 * (1 - load)), so twice the service time.
    # https://en.wikipedia.org/wiki/M/D/1_queue
    gaps = random.Random(7)
    arrivals = list(accumulate(gaps.expovariate(0.8) for _ in range(40_000)))
    setting = Setting(processors=1, agents=1, agent_seconds=(1.0, 1.0), own_seconds=0.0, cold_start=0.0)
    waited = simulate(setting, arrivals).waited
    assert sum(waited) / len(waited) == pytest.approx(2.0, rel=0.1)


def test_the_mapping_begins_with_five_processors_and_adds_five_a_second() -> None:
    setting = Setting(processors=20, agents=1, agent_seconds=(60.0, 60.0), cold_start=0.0)
    waited = simulate(setting, [0.0] * 20).waited
    assert waited == pytest.approx([0.0] * 5 + [number / 5 for number in range(1, 16)])


def test_processors_that_take_all_places_leave_their_agents_none() -> None:
    full = simulate(Setting(processors=10, functions=10), [0.0] * 10)
    assert (full.waited, full.failed) == ([], 10)
    assert simulate(Setting(processors=2, functions=10), [0.0] * 10).failed == 0


def test_throttled_agents_begin_at_most_their_longest_pause_after_there_is_room() -> None:
    setting = Setting(agent_functions=2, agents=1, agent_seconds=(10.0, 10.0), **AT_ONCE)
    first, second, *others = sorted(simulate(setting, [0.0] * 4).waited)
    assert (first, second) == pytest.approx((0, 0))
    assert all(10 <= waited <= 15 for waited in others)


def test_what_is_killed_each_time_becomes_a_dead_letter_and_is_not_lost() -> None:
    outcome = simulate(Setting(crashes=1.0), [0.0] * 4)
    assert (outcome.dead_letters, outcome.ended) == (4, 4)
