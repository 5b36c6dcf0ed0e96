"""Random schedules over many jobs and people: one by default, and with `--minutes N` new ones until the time is up."""

import time
from collections import Counter
from itertools import count

import pytest

from faults.faulty_stack import FaultyStack
from faults.random_run import Outcome, RandomRun
from faults.random_schedule import Schedule
from local_cloud.running_cloud import ROOT

# Where the history of a run that shows a violation is kept.
KEPT = ROOT / ".local" / "faults"


async def test_every_promise_is_kept_in_random_schedules(
    faulty_stack: FaultyStack, pytestconfig: pytest.Config, capsys: pytest.CaptureFixture[str]
) -> None:
    ends_at = time.monotonic() + pytestconfig.getoption("minutes") * 60
    outcomes = []
    for seed in count(pytestconfig.getoption("seed")):
        outcome = await RandomRun(faulty_stack, Schedule.of(seed)).outcome()
        outcomes.append(outcome)
        assert faulty_stack.proxy.failures == []
        with capsys.disabled():
            print(f"\n{outcome}", end="", flush=True)  # noqa: T201  (a long run shows that it goes on)
        if outcome.violations:
            KEPT.mkdir(parents=True, exist_ok=True)
            outcome.history.save(KEPT / f"seed-{seed}.jsonl")
            found = "\n".join(outcome.violations)
            pytest.fail(f"Repeat with --seed {seed}; the history is in {KEPT}.\n{found}", pytrace=False)
        if time.monotonic() >= ends_at:
            break
    with capsys.disabled():
        print("\n" + "\n".join(totals(outcomes)))  # noqa: T201


def totals(outcomes: list[Outcome]) -> list[str]:
    ends: Counter[str] = Counter()
    injected: Counter[str] = Counter()
    for outcome in outcomes:
        ends += outcome.ends
        injected += outcome.injected
    return [
        f"{len(outcomes)} schedules, {ends.total()} jobs ({dict(ends)}), {injected.total()} injections:",
        *(f"{number:6} {fault}" for fault, number in injected.most_common()),
    ]
