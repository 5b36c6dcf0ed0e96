"""A table of an answer: as markdown, and as the `data` field's figure. Both show the same numbers. Pure."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from sample_agents.writing import (
    amount,
    percent,
    plain,
    quantity,
    rounded,
    rounded_percent,
    rounded_quantity,
    table,
)

Cell = str | Decimal | date | None
Row = dict[str, Cell]
MARK = "mark"  # a row's remark, which only the markdown shows, behind its first cell
_MOST_FIGURES = 4
_LONGEST_TITLE = 200
_MOST_BYTES = 32 * 1024 - 512  # the contract's 32 KB, less a little for how the list is written into the body


@dataclass(frozen=True)
class Column:
    """One column; `type` is text, number, money, percent, month or date."""

    key: str
    label: str
    type: str = "text"
    currency: str | None = None
    signed: bool = False  # a change: with its sign
    blank: str = ""  # what the markdown says where there is no value

    def shown(self, cell: Cell) -> str:
        """The cell as markdown."""
        if cell is None:
            return self.blank
        if isinstance(cell, Decimal):
            sign = "+" if self.signed and cell > 0 else ""
            match self.type:
                case "money":
                    return sign + amount(cell, self.currency or "")
                case "percent":
                    return percent(cell, signed=self.signed)
            return sign + quantity(cell)
        if isinstance(cell, date):
            return f"{cell:%B %Y}" if self.type == "month" else cell.isoformat()
        return plain(cell)

    def value(self, cell: Cell) -> str | None:
        """The cell as JSON; a number as the text of the decimal that the markdown shows."""
        if isinstance(cell, Decimal):
            match self.type:
                case "money":
                    return f"{rounded(cell, self.currency or ''):f}"
                case "percent":
                    return f"{rounded_percent(cell):f}"
            return f"{rounded_quantity(cell):f}"
        if isinstance(cell, date):
            return f"{cell:%Y-%m}" if self.type == "month" else cell.isoformat()
        return cell


@dataclass(frozen=True)
class Figure:
    """A table; every row has every column's key."""

    title: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    total: Row | None = None
    chart: dict[str, Any] | None = None

    def markdown(self) -> str:
        """The table as markdown, its total as the last row, in bold."""
        text_columns = next((n for n, column in enumerate(self.columns) if column.type in _NUMBERS), len(self.columns))
        header = [
            plain(f"{column.label} ({column.currency})" if column.currency else column.label) for column in self.columns
        ]
        cells = [[column.shown(row.get(column.key)) for column in self.columns] for row in self.rows]
        for row, shown in zip(self.rows, cells, strict=True):
            if row.get(MARK):
                shown[0] += f" {row[MARK]}"
            if row.get("change") and "percent" in row and row["percent"] is None:
                shown[-1] = "new"  # a change from nothing has no percentage
        if self.total is not None:
            shown = [
                column.shown(self.total[column.key]) if column.key in self.total else "" for column in self.columns
            ]
            cells.append([f"**{cell}**" if cell else "" for cell in shown])
        return table(header, cells, text_columns)

    def data(self) -> dict[str, Any]:
        """The figure as the contract has it."""
        figure: dict[str, Any] = {
            "title": self.title[:_LONGEST_TITLE],
            "columns": [
                {"key": column.key, "label": column.label, "type": column.type}
                | ({"currency": column.currency} if column.currency else {})
                for column in self.columns
            ],
            "rows": [self._values(row) for row in self.rows],
        }
        if self.total is not None:
            figure["total"] = self._values(self.total)
        return figure | ({"chart": self.chart} if self.chart else {})

    def cut(self, most: int) -> "Figure":
        """The figure with at most so many rows, the last of which is the sum of those left out."""
        if len(self.rows) <= most:
            return self
        kept, others = self.rows[: most - 1], self.rows[most - 1 :]
        rest: Row = {column.key: None for column in self.columns}
        for column in self.columns:
            amounts = [cell for row in others if isinstance(cell := row.get(column.key), Decimal)]
            if column.type in ("money", "number"):
                rest[column.key] = sum(amounts, Decimal(0))
        first = self.columns[0]
        if first.type == "text":
            rest[first.key] = f"{len(others)} more"
        return replace(self, rows=(*kept, rest))

    def _values(self, row: Row) -> dict[str, str | None]:
        return {column.key: column.value(row[column.key]) for column in self.columns if column.key in row}


_NUMBERS = ("number", "money", "percent")


def as_data(figures: Sequence[Figure]) -> list[dict[str, Any]]:
    """The first figures, cut so that all of them together stay within what a message may carry."""
    kept = list(figures[:_MOST_FIGURES])
    while len(json.dumps([figure.data() for figure in kept]).encode()) > _MOST_BYTES:
        longest = max(range(len(kept)), key=lambda number: len(json.dumps(kept[number].data())))
        if len(kept[longest].rows) < 4:  # wide, not long: better none than a broken one
            del kept[longest]
        else:
            kept[longest] = kept[longest].cut(len(kept[longest].rows) * 3 // 4)
    return [figure.data() for figure in kept]


@dataclass(frozen=True)
class Answer:
    """An answer for a person, the tables in it, and what the log says of it."""

    markdown: str
    figures: tuple[Figure, ...]
    kind: str  # what was asked for
    found: bool  # whether the data answer it
