"""Every row of the fault table: jobs of two people side by side, and the checker over all that happened."""

import asyncio
import zlib
from pathlib import Path

import pytest

from faults.checker import violations
from faults.clients import Message, Person, end_state
from faults.fault_table import ROWS, Row
from faults.faulty_stack import FaultyStack
from faults.report import Report
from faults.scene import Scene


@pytest.fixture
def people(faulty_stack: FaultyStack, row: Row) -> tuple[Person, Person]:
    """Two people who have no jobs yet."""
    number = ROWS.index(row)
    return faulty_stack.person(f"anna-{number}"), faulty_stack.person(f"bela-{number}")


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
async def test_everything_that_was_promised_holds_under(
    row: Row,
    faulty_stack: FaultyStack,
    people: tuple[Person, Person],
    reports: list[Report],
    tmp_path: Path,
    pytestconfig: pytest.Config,
) -> None:
    # Each row throws dice of its own, whichever rows run beside it.
    seed = zlib.crc32(f"{pytestconfig.getoption('seed')} {row.name}".encode())
    faulty_stack.begin(row.faults, seed)
    async with Scene(faulty_stack, people, row.questions, seed) as scene:
        try:
            ends = await row.scenario(scene)
            history = await asyncio.to_thread(faulty_stack.finish)
        finally:
            faulty_stack.proxy.heal()
            faulty_stack.proxy.history.save(tmp_path / "history.jsonl")
        found = violations(history)
    reports.append(Report.of(row.name, faulty_stack.proxy.injected, history, found))

    assert found == []
    assert faulty_stack.proxy.failures == []
    assert {outcome(end) for end in ends} <= row.ends
    if row.is_partial:
        assert all(result_of(end)["partial"] for end in ends)
    assert faulty_stack.proxy.injected.total() > 0
    for fault in row.faults:
        assert faulty_stack.proxy.injected[fault.name] > 0, fault


def outcome(end: Message) -> str:
    """A job's end: its status, or of a failed job its code."""
    return str(end["code"]) if end_state(end) == "failed" else str(end_state(end))


def result_of(end: Message) -> Message:
    result: Message = end["result"]
    return result
