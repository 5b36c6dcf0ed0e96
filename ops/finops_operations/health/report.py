"""What the checks have found, for a person at a terminal and for a program."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime

from rich.console import Console
from rich.table import Table
from rich.text import Text

from finops_operations.health.check import Finding, State

_STYLES = {State.OK: "green", State.WARNING: "yellow", State.FAILED: "bold red", State.SKIPPED: "dim"}
_LABELS = {State.OK: "ok", State.WARNING: "warning", State.FAILED: "RED", State.SKIPPED: "skipped"}

# Of a file or a pipe, which has no width of its own.
_WIDTH_OF_FILES = 100


def is_healthy(findings: Mapping[str, Finding]) -> bool:
    """Tell whether nothing has failed. What is skipped needs something that has."""
    return all(finding.state is not State.FAILED for finding in findings.values())


def print_table(findings: Mapping[str, Finding], console: Console | None = None) -> None:
    """Print a row for each check and, below what is not as it should be, what to do.

    That stands on lines of its own, which nothing but the terminal breaks: a command can be copied whole.
    """
    console = console or Console(highlight=False, width=None if sys.stdout.isatty() else _WIDTH_OF_FILES)
    names = max(map(len, findings))
    for name, finding in findings.items():
        row = Table.grid(padding=(0, 2))
        row.add_column(width=names)
        row.add_column(width=max(map(len, _LABELS.values())))
        row.add_column(overflow="fold")
        row.add_row(Text(name), Text(_LABELS[finding.state], style=_STYLES[finding.state]), Text(finding.found))
        console.print(row)
        for line in finding.remedy.splitlines():
            console.print(Text(f"    {line}"), soft_wrap=True)
    counted = Counter(finding.state for finding in findings.values())
    counts = ", ".join(f"{counted[state]} {_LABELS[state]}" for state in State if counted[state])
    console.print(Text(f"{'Healthy' if is_healthy(findings) else 'Not healthy'}: {counts}.", style="bold"))


def as_json(findings: Mapping[str, Finding], stack: str, region: str) -> str:
    """Give the same as one JSON object; `checkedAt` is in UTC."""
    report = {
        "stack": stack,
        "region": region,
        "healthy": is_healthy(findings),
        "checkedAt": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "checks": [
            {"check": name, "state": str(finding.state), "found": finding.found, "remedy": finding.remedy}
            for name, finding in findings.items()
        ],
    }
    return json.dumps(report, indent=2, ensure_ascii=False)
