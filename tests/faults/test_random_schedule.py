"""Random schedules over many jobs and people: one by default, and with `--minutes N` new ones until the time is up."""

import time
from collections import Counter
from itertools import count

import pytest

from faults.faulty_stack import FaultyStack
from faults.history import History, Injected
from faults.random_run import RandomRun
from faults.random_schedule import Schedule
from faults.report import Report
from local_cloud.running_cloud import ROOT

# Where the history of a run that shows a violation is kept.
KEPT = ROOT / ".local" / "faults"


async def test_every_promise_is_kept_in_random_schedules(
    faulty_stack: FaultyStack, pytestconfig: pytest.Config, reports: list[Report], capsys: pytest.CaptureFixture[str]
) -> None:
    ends_at = time.monotonic() + pytestconfig.getoption("minutes") * 60
    for seed in count(pytestconfig.getoption("seed")):
        history, found = await RandomRun(faulty_stack, Schedule.of(seed)).carried_out()
        reports.append(Report.of(f"seed {seed}", injected_in(history), history, found))
        assert faulty_stack.proxy.failures == []
        with capsys.disabled():
            print(f"\n{' | '.join(reports[-1].cells())}", end="", flush=True)  # noqa: T201  (a long run shows that it goes on)
        if found:
            KEPT.mkdir(parents=True, exist_ok=True)
            history.save(KEPT / f"seed-{seed}.jsonl")
            told = "\n".join(found)
            pytest.fail(f"Repeat with --seed {seed}; the history is in {KEPT}.\n{told}", pytrace=False)
        if time.monotonic() >= ends_at:
            break


def injected_in(history: History) -> Counter[str]:
    return Counter(event.fault for event in history.events if isinstance(event, Injected))
