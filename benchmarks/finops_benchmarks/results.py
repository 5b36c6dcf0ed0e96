"""What a part of the benchmarks gives, and how it is written: a table for readers, JSON for programs, a picture.

`results.json` holds each part's last result with its date, and the other files are made of it. So one part may be
measured anew, and no table or picture shows a figure that is not in the JSON.
"""

import json
import os
import platform
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pygal  # type: ignore[import-untyped]
from pygal.style import Style  # type: ignore[import-untyped]

# pygal looks for its plugins by a finder of a form that Python asks no more, and that pytest fails at.
sys.meta_path[:] = [finder for finder in sys.meta_path if hasattr(finder, "find_spec")]

Cell = str | int | float | None

# The floor's, then the others'.
_COLOURS = ("#9aa5b1", "#1f77b4", "#2ca02c", "#d62728", "#9467bd")


class NotMeasured(Exception):
    """There is nothing to measure. The text is for the person who started it."""


@dataclass(frozen=True)
class Options:
    """What the command line says to all parts."""

    rounds: int = 15
    """How often each side of a comparison is measured, in turn with the others."""

    checkouts: Mapping[str, Path] = field(default_factory=dict)
    """Other checkouts of this repository to measure beside this one, by the names that they get in the tables."""


@dataclass(frozen=True)
class Table:
    """Rows for a reader. A float is shown with two decimals, None as a dash."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""

    def markdown(self) -> str:
        """Give the table under its title, with its note below."""
        rows = [self.columns, ("---",) * len(self.columns), *(map(_shown, row) for row in self.rows)]
        lines = [f"| {' | '.join(row)} |" for row in rows]
        return "\n\n".join(filter(None, [f"### {self.title}", "\n".join(lines), self.note]))


@dataclass(frozen=True)
class Chart:
    """A picture: for each of the labels, a bar (or a point of a line) of each series."""

    name: str
    """The file's, without .svg."""

    title: str
    labels: tuple[str, ...]
    series: Mapping[str, Sequence[tuple[float, float, float]]]
    """A value with the ends of its spread, three times the same where it has none."""

    lines: bool = False

    def svg(self) -> bytes:
        """Draw it."""
        style = Style(font_family="sans-serif", background="white", plot_background="white", colors=_COLOURS)
        kind = pygal.Line if self.lines else pygal.Bar
        # No script of somebody's site, and a name in place of a random one: the same figures make the same picture.
        chart = kind(js=[], style=style, width=900, height=420, title=self.title, truncate_label=-1)
        chart.uuid = self.name
        chart.x_labels = self.labels
        chart.range = (0, max(high for values in self.series.values() for _, _, high in values))
        for name, values in self.series.items():
            spreads = [{"value": value, "ci": {"low": low, "high": high}} for value, low, high in values]
            chart.add(name, spreads)
        return bytes(chart.render())


@dataclass(frozen=True)
class Result:
    """What a part has measured."""

    title: str
    tables: tuple[Table, ...]
    charts: tuple[Chart, ...] = ()
    figures: Mapping[str, Any] = field(default_factory=dict)
    """What the tables are made of, for programs: JSON's types only."""


def write(name: str, result: Result, directory: Path) -> None:
    """Replace a part's earlier result in a directory by a new one, and make its readable files anew."""
    directory.mkdir(parents=True, exist_ok=True)
    stored = directory / "results.json"
    parts = json.loads(stored.read_text(encoding="utf-8")) if stored.exists() else {}
    parts[name] = {"measured": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC", "machine": _machine(), **asdict(result)}
    stored.write_text(json.dumps(parts, indent=1) + "\n", encoding="utf-8")
    (directory / "results.md").write_text(_report(parts), encoding="utf-8")
    for part in parts.values():
        for chart in part["charts"]:
            (directory / f"{chart['name']}.svg").write_bytes(Chart(**chart).svg())


def write_into_document(document: str, part: str, tables: Iterable[Table]) -> None:
    """Write a part's tables into a document of the repository, by its path, between the part's two markers."""
    path = Path(__file__).resolve().parents[2] / document
    begin, end = f"<!-- {part}: made by ./benchmarks/run.sh {part} -->\n\n", f"\n\n<!-- end of {part} -->"
    before, _, rest = path.read_text(encoding="utf-8").partition(begin)
    made = "\n\n".join(table.markdown() for table in tables)
    path.write_text(f"{before}{begin}{made}{end}{rest.partition(end)[2]}", encoding="utf-8")


def _report(parts: Mapping[str, Any]) -> str:
    sections = ["# Results of the benchmarks", "Made by `./benchmarks/run.sh`; [what each figure means](../README.md)."]
    for name, part in parts.items():
        sections.append(f"## {part['title']}\n\n`{name}`, measured {part['measured']} on {part['machine']}.")
        sections.extend(Table(**table).markdown() for table in part["tables"])
        sections.extend(f"![{chart['title']}]({chart['name']}.svg)" for chart in part["charts"])
    return "\n\n".join(sections) + "\n"


def _machine() -> str:
    """Say what figures depend on, and nothing that tells whose machine it is."""
    return f"{os.cpu_count()} processors ({platform.machine()}), Python {platform.python_version()}"


def _shown(cell: Cell) -> str:
    if cell is None:
        return "-"
    return f"{cell:,.2f}" if isinstance(cell, float) else f"{cell:,}" if isinstance(cell, int) else cell
