"""What the checks have found, for a person at a terminal and for a program."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime

from rich.console import Console
from rich.table import Table
from rich.text import Text

from finops_operations.health.check import Result, State

_STYLES = {State.OK: "green", State.WARNING: "yellow", State.FAILED: "bold red", State.SKIPPED: "dim"}
_LABELS = {State.OK: "ok", State.WARNING: "warning", State.FAILED: "RED", State.SKIPPED: "skipped"}

# Of a file or a pipe, which has no width of its own.
_WIDTH_OF_FILES = 100


def is_healthy(results: Sequence[Result]) -> bool:
    """Tell whether nothing has failed. What is skipped needs something that has."""
    return all(result.finding.state is not State.FAILED for result in results)


def print_table(results: Sequence[Result], console: Console | None = None) -> None:
    """Print a row for each check and, below what is not as it should be, what to do.

    That stands on lines of its own, which nothing but the terminal breaks: a command can be copied whole.
    """
    console = console or Console(highlight=False, width=None if sys.stdout.isatty() else _WIDTH_OF_FILES)
    names = max(len(result.check) for result in results)
    for result in results:
        finding = result.finding
        row = Table.grid(padding=(0, 2))
        row.add_column(width=names)
        row.add_column(width=max(map(len, _LABELS.values())))
        row.add_column(overflow="fold")
        row.add_row(Text(result.check), Text(_LABELS[finding.state], style=_STYLES[finding.state]), Text(finding.found))
        console.print(row)
        for line in finding.remedy.splitlines():
            console.print(Text(f"    {line}"), soft_wrap=True)
    counted = {state: sum(result.finding.state is state for result in results) for state in State}
    counts = ", ".join(f"{count} {_LABELS[state]}" for state, count in counted.items() if count)
    console.print(Text(f"{'Healthy' if is_healthy(results) else 'Not healthy'}: {counts}.", style="bold"))


def as_json(results: Sequence[Result], stack: str, region: str) -> str:
    """Give the same as one JSON object; `checkedAt` is in UTC."""
    report = {
        "stack": stack,
        "region": region,
        "healthy": is_healthy(results),
        "checkedAt": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "checks": [
            {
                "check": result.check,
                "state": str(result.finding.state),
                "found": result.finding.found,
                "remedy": result.finding.remedy,
            }
            for result in results
        ],
    }
    return json.dumps(report, indent=2, ensure_ascii=False)
