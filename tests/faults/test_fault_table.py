"""Every row of the fault table: jobs of two people side by side, and the checker over all that happened.

Rows that touch nothing but their own jobs run beside each other, in one history.
"""

import asyncio
import zlib
from collections import Counter
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from faults.checker import violations
from faults.clients import Message, end_state
from faults.fault_table import ROWS, Row
from faults.faulty_stack import FaultyStack
from faults.report import Report
from faults.scene import Scene

# As many rows beside each other as keep two cores busy; more would only wait for each other.
AT_A_TIME = 5


@dataclass(frozen=True)
class Outcome:
    """What became of a row's jobs, or what its scenario raised; and what of all rows that ran beside it."""

    ends: list[Message] | BaseException
    found: list[str]
    injected: Counter[str]


@pytest.fixture(scope="session")
def outcomes() -> dict[str, Outcome]:
    """What became of the rows that have run, by their names."""
    return {}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
async def test_everything_that_was_promised_holds_under(
    row: Row,
    faulty_stack: FaultyStack,
    outcomes: dict[str, Outcome],
    reports: list[Report],
    tmp_path: Path,
    pytestconfig: pytest.Config,
) -> None:
    if row.name not in outcomes:
        rows = [row] if row.is_alone else [other for other in ROWS if not other.is_alone]
        outcomes |= await run(rows, faulty_stack, pytestconfig.getoption("seed"), reports, tmp_path / "history.jsonl")
    outcome = outcomes[row.name]

    if isinstance(outcome.ends, BaseException):
        raise outcome.ends
    assert outcome.found == []
    assert faulty_stack.proxy.failures == []
    assert {status_of(end) for end in outcome.ends} <= row.ends
    if row.is_partial:
        assert all(end["result"]["partial"] for end in outcome.ends)
    assert outcome.injected.total() > 0
    for fault in row.faults:
        assert (outcome.injected[fault.name] == 0) == row.never_comes, fault


async def run(rows: list[Row], stack: FaultyStack, seed: int, reports: list[Report], kept: Path) -> dict[str, Outcome]:
    """Run rows beside each other, and judge what has happened while all their tabs are still open."""
    # Each row throws dice of its own, whichever rows run before it.
    seeds = {row.name: zlib.crc32(f"{seed} {row.name}".encode()) for row in rows}
    limit = asyncio.Semaphore(AT_A_TIME)
    stack.begin([fault for row in rows for fault in row.faults], seeds[rows[0].name])
    async with AsyncExitStack() as scenes:

        async def play(row: Row) -> list[Message]:
            number = ROWS.index(row)
            async with limit:
                people = (stack.person(f"anna-{number}"), stack.person(f"bela-{number}"))
                scene = await scenes.enter_async_context(Scene(stack, people, row.questions, seeds[row.name]))
                return await row.scenario(scene)

        try:
            ends = await asyncio.gather(*map(play, rows), return_exceptions=True)
            history = await asyncio.to_thread(stack.finish)
        finally:
            stack.proxy.heal()
            stack.proxy.history.save(kept)
        found = violations(history)
    name = rows[0].name if len(rows) == 1 else f"{len(rows)} rows beside each other"
    reports.append(Report.of(name, stack.proxy.injected, history, found))
    return {row.name: Outcome(ended, found, stack.proxy.injected.copy()) for row, ended in zip(rows, ends, strict=True)}


def status_of(end: Message) -> str:
    """A job's end: its status, or of a failed job its code."""
    return str(end["code"]) if end_state(end) == "failed" else str(end_state(end))
