"""Every row of the fault table: jobs of two people side by side, and the checker over all that happened.

Rows that touch nothing but their own jobs run beside each other, in one history.
"""

import asyncio
import zlib
from collections import Counter
from contextlib import AsyncExitStack
from pathlib import Path
from random import Random
from typing import NamedTuple

import pytest

from faults.checker import violations
from faults.clients import Message
from faults.evidence import end_said
from faults.fault_table import ROWS, Row
from faults.faulty_stack import FaultyStack
from faults.scene import Scene

# As many rows beside each other as keep two cores busy; more would only wait for each other.
AT_A_TIME = 5


class Outcome(NamedTuple):
    """What became of a row's jobs, or what its scenario raised; and what of all rows that ran beside it."""

    ends: list[Message] | BaseException
    found: dict[str, list[str]]
    injected: Counter[str]


@pytest.fixture(scope="session")
def outcomes() -> dict[str, Outcome]:
    """What became of the rows that have run, by their names."""
    return {}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
async def test_everything_that_was_promised_holds_under(
    row: Row, faulty_stack: FaultyStack, outcomes: dict[str, Outcome], tmp_path: Path, pytestconfig: pytest.Config
) -> None:
    if row.name not in outcomes:
        rows = [row] if row.is_alone else [other for other in ROWS if not other.is_alone]
        outcomes |= await run(rows, faulty_stack, pytestconfig.getoption("seed"), tmp_path / "history.jsonl")
    outcome = outcomes[row.name]

    if isinstance(outcome.ends, BaseException):
        raise outcome.ends
    assert outcome.found == {}
    # A job's end: its status, or of a failed job its code.
    assert {end.get("code") or end_said(end) for end in outcome.ends} <= row.ends
    if row.is_partial:
        assert all(end["result"]["partial"] for end in outcome.ends)
    for fault in row.faults:
        assert (outcome.injected[fault.name] == 0) == row.never_comes, fault


async def run(rows: list[Row], stack: FaultyStack, seed: int, kept: Path) -> dict[str, Outcome]:
    """Run rows beside each other, and judge what has happened while all their tabs are still open."""
    # Each row throws dice of its own, whichever rows run before it.
    seeds = {row.name: zlib.crc32(f"{seed} {row.name}".encode()) for row in rows}
    limit = asyncio.Semaphore(AT_A_TIME)
    stack.begin([fault for row in rows for fault in row.faults], seeds[rows[0].name])
    async with AsyncExitStack() as tabs:

        async def play(row: Row) -> list[Message]:
            number = ROWS.index(row)
            async with limit:
                people = (stack.person(f"anna-{number}"), stack.person(f"bela-{number}"))
                return await row.scenario(Scene(stack, tabs, people, row.questions, Random(seeds[row.name])))

        try:
            ends = await asyncio.gather(*map(play, rows), return_exceptions=True)
            history = await asyncio.to_thread(stack.finish)
        finally:
            stack.proxy.heal()
            stack.proxy.history.save(kept)
        found = violations(history)
    return {row.name: Outcome(ended, found, stack.proxy.injected.copy()) for row, ended in zip(rows, ends, strict=True)}
