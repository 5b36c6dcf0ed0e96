"""Random schedules over many jobs and people: one by default, and with `--minutes N` new ones until the time is up."""

import time
from itertools import count

import pytest

from faults.faulty_stack import FaultyStack
from faults.history import Injected
from faults.random_run import RandomRun
from local_cloud.running_cloud import ROOT

# Where the history of a run that shows a violation is kept.
KEPT = ROOT / ".local" / "faults"


async def test_every_promise_is_kept_in_random_schedules(
    faulty_stack: FaultyStack, pytestconfig: pytest.Config, capsys: pytest.CaptureFixture[str]
) -> None:
    ends_at = time.monotonic() + pytestconfig.getoption("minutes") * 60
    for seed in count(pytestconfig.getoption("seed")):
        history, found = await RandomRun(faulty_stack, seed).carried_out()
        injected = sum(isinstance(event, Injected) for event in history.events)
        with capsys.disabled():  # a long run shows that it goes on
            print(f"\nseed {seed}: {injected} faults, {len(history.final_items)} jobs", end="", flush=True)  # noqa: T201
        if found:
            KEPT.mkdir(parents=True, exist_ok=True)
            history.save(KEPT / f"seed-{seed}.jsonl")
            told = "\n".join(found)
            pytest.fail(f"Repeat with --seed {seed}; the history is in {KEPT}.\n{told}", pytrace=False)
        if time.monotonic() >= ends_at:
            break
