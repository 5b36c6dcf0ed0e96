"""Sums by value and by time, ranked and cut, as a figure."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Any, NamedTuple

from sample_agents.answering.asked import Asked, Covered, Measure
from sample_agents.answering.figures import MARK, Cell, Column, Figure, Row
from sample_agents.answering.sql import Group
from sample_agents.calendar_units import DAY, day_in_words, in_words, months_in, unit_label, units_in
from sample_agents.query import Dimension, Direction, Field, Period, Unit

_MOST_VALUES = 50  # rows of a breakdown for which no limit is asked; the others are one row together
_MOST_BUCKETS_ACROSS = 13  # a year by month fits side by side; more buckets stand below each other
_MOST_VALUES_ACROSS = 8

Values = tuple[str, ...]


@dataclass(frozen=True)
class Bucket:
    """A stretch of time with sums of its own: a period that was asked for, or a unit of one."""

    period: int  # the position of the period
    start: date | None  # of a unit, its first day
    cell: Cell  # its name, as a figure has it
    label: str
    mark: str = ""  # what the data lack of it
    is_gap: bool = False
    divisor: int = 1  # of an average: how many units its sum is divided by


def period_buckets(covered: Sequence[Covered]) -> list[Bucket]:
    """A bucket for each period."""
    return [
        Bucket(number, None, in_words(part.period), in_words(part.period), f"({part.limits})" if part.limits else "")
        for number, part in enumerate(covered)
    ]


def unit_buckets(covered: Sequence[Covered], every: Unit) -> list[Bucket]:
    """A bucket for each unit of time in each period; one that the period or the data cut short says so."""
    buckets = []
    for number, part in enumerate(covered):
        for unit in units_in(every, part.first, part.end):
            label = unit_label(every, unit)
            cell: Cell = unit.first if every in (Unit.DAY, Unit.WEEK, Unit.MONTH) else label
            first, end = max(unit.first, part.first), min(unit.end, part.end)
            months = months_in(first, end)
            missing = [month for month in months if month in part.gaps]
            limits = [f"from {day_in_words(first)}"] * (first > unit.first)
            limits += [f"to {day_in_words(end - DAY)}"] * (end < unit.end)
            if missing:
                limits = ["not in the data"] if missing == months else [f"without {m:%B %Y}" for m in missing]
            mark = f"({', '.join(limits)})" if limits else ""
            buckets.append(Bucket(number, unit.first, cell, label, mark, missing == months))
    return buckets


class Sums:
    """What the groups of one measure add up to, by value and by bucket."""

    def __init__(self, asked: Asked, measure: Measure, groups: Iterable[Group], buckets: Sequence[Bucket]) -> None:
        """Add up the groups; those of no bucket are left out."""
        self.asked, self.measure, self.buckets = asked, measure, buckets
        self._sums: dict[tuple[Values, int], Decimal] = defaultdict(Decimal)
        positions = {(bucket.period, bucket.start): number for number, bucket in enumerate(buckets)}
        for group in groups:
            if (group.period, group.start) in positions:
                self._sums[group.values, positions[group.period, group.start]] += group.amount
        self.values: list[Values] = sorted({values for values, _ in self._sums})

    def of(self, values: Collection[Values] | None = None, buckets: Collection[int] | None = None) -> Decimal:
        """The sum over the values and buckets, over all of them unless given."""
        wanted = range(len(self.buckets)) if buckets is None else buckets
        return sum(
            (
                self._sums[value, bucket] / self.buckets[bucket].divisor
                for value in (self.values if values is None else values)
                for bucket in wanted
                if (value, bucket) in self._sums
            ),
            Decimal(0),
        )


class Ranked(NamedTuple):
    """Values in the order in which they are shown; the others are one row."""

    shown: list[Values]
    others: list[Values]


def ranked(sums: Sums, key: dict[Values, Decimal], most: int = _MOST_VALUES) -> Ranked:
    """The values by their amounts, the highest first unless the lowest are asked for.

    Charges without a value have no rank among the so many that a question asks for: they stand behind them.
    """
    query = sums.asked.query
    sign = 1 if query.direction is Direction.LOWEST else -1
    order = sorted(sums.values, key=lambda values: (sign * key[values], values))
    if query.limit is None:
        cut = most if len(order) > most + 1 else len(order)  # a single row left over is shown as what it is
        return Ranked(order[:cut], order[cut:])
    named = [values for values in order if all(values)]
    blank = [values for values in order if not all(values)] if sums.asked.query.by else []
    shown = named[: query.limit]
    if len(blank) > 1:
        return Ranked(shown, named[query.limit :] + blank)
    return Ranked(shown + blank, named[query.limit :])


def field_columns(asked: Asked, fields: Sequence[Field]) -> list[Column]:
    """The columns that name a row's values."""
    return [Column(f"by{number}", field_name(asked, one).capitalize()) for number, one in enumerate(fields)]


def field_name(asked: Asked, field: Field) -> str:
    """What a field is called."""
    if not isinstance(field, Dimension):
        return field.key or "tags"
    return "project" if field is Dimension.ACCOUNT and asked.costs.is_project else field.value


def value_cells(asked: Asked, fields: Sequence[Field], values: Values) -> Row:
    """The cells that name a row's values."""
    return {
        f"by{number}": asked.costs.label(field, value)
        for number, (field, value) in enumerate(zip(fields, values, strict=True))
    }


def rest_cells(fields: Sequence[Field], others: Sequence[Values]) -> Row:
    """The cells that name the row of all others."""
    return {"by0": f"{len(others)} more"} | {f"by{number}": None for number in range(1, len(fields))}


def time_table(sums: Sums, title: str, label: str, *, is_additive: bool, order: Sequence[int] | None = None) -> Figure:
    """A row for each bucket; in the order given, and then only those, with the others as one row."""
    everything = list(range(len(sums.buckets)))
    shown = everything if order is None else list(order)
    rows: list[Row] = [
        {
            "period": sums.buckets[number].cell,
            "amount": None if sums.buckets[number].is_gap else sums.of(buckets=[number]),
            MARK: sums.buckets[number].mark,
        }
        for number in shown
    ]
    column = _time_column(sums.buckets, label)
    others = [number for number in everything if number not in shown]
    if others and is_additive:
        rows.append({"period": f"{len(others)} more", "amount": sums.of(buckets=others)})
        column = Column(column.key, column.label)
        for number, row in zip(shown, rows, strict=False):
            row["period"] = sums.buckets[number].label
    total: Row | None = {"period": "Total", "amount": sums.of()} if is_additive and len(rows) > 1 else None
    chart: dict[str, Any] = {"kind": "bar" if len(rows) < 3 or order else "line", "x": "period", "y": "amount"}
    if not order and (partial := [row["period"] for row in rows if row.get(MARK)]):
        chart["partial"] = column.value(partial[-1])
    return Figure(title, (column, sums.measure.column("amount", sums.asked.metric)), tuple(rows), total, chart)


def _time_column(buckets: Sequence[Bucket], label: str) -> Column:
    kind = "text"
    if all(isinstance(bucket.cell, date) for bucket in buckets):
        kind = "month" if label == "Month" else "date"
    return Column("period", label, kind)


def value_table(sums: Sums, title: str, fields: Sequence[Field], label: str, *, is_additive: bool) -> Figure:
    """A row for each value, a column for each bucket; if those are too many, the other way round."""
    asked, measure = sums.asked, sums.measure
    if len(sums.buckets) > _MOST_BUCKETS_ACROSS:
        return _values_across(sums, title, fields, label, is_additive=is_additive)
    ranking = ranked(sums, {values: sums.of([values]) for values in sums.values})
    numbers = range(len(sums.buckets))
    single = len(sums.buckets) == 1
    whole = sums.of()
    columns = field_columns(asked, fields)
    if single:
        columns.append(measure.column("b0", asked.metric))
    else:
        columns += [
            measure.column(f"b{number}", " ".join(filter(None, (bucket.label, bucket.mark))))
            for number, bucket in enumerate(sums.buckets)
        ]
        if is_additive:
            columns.append(measure.column("total", "Total"))
    has_share = single and is_additive and whole > 0
    if has_share:
        columns.append(Column("share", "Share", "percent"))

    def amounts(values: Collection[Values]) -> Row:
        row: Row = {
            f"b{number}": None if sums.buckets[number].is_gap else sums.of(values, [number]) for number in numbers
        }
        if is_additive and not single:
            row["total"] = sums.of(values)
        if has_share:
            row["share"] = 100 * sums.of(values) / whole
        return row

    rows = [value_cells(asked, fields, values) | amounts([values]) for values in ranking.shown]
    if ranking.others:
        rows.append(rest_cells(fields, ranking.others) | amounts(ranking.others))
    total = {"by0": "Total"} | amounts(sums.values)
    chart = {"kind": "bar", "x": "by0", "y": "b0" if single else "total" if is_additive else f"b{numbers[-1]}"}
    return Figure(title, tuple(columns), tuple(rows), total, chart if len(fields) == 1 else None)


def _values_across(sums: Sums, title: str, fields: Sequence[Field], label: str, *, is_additive: bool) -> Figure:
    """A row for each bucket, a column for each of the first values, one for the others, one for all."""
    asked, measure = sums.asked, sums.measure
    key = {values: sums.of([values]) for values in sums.values}
    ranking = ranked(sums, key, _MOST_VALUES_ACROSS)
    if len(ranking.shown) > _MOST_VALUES_ACROSS + 1:
        cut = ranking.shown[_MOST_VALUES_ACROSS:]
        ranking = Ranked(ranking.shown[:_MOST_VALUES_ACROSS], cut + ranking.others)
    parts = [(" / ".join(map(str, value_cells(asked, fields, one).values())), [one]) for one in ranking.shown]
    if ranking.others:
        parts.append((f"{len(ranking.others)} more", ranking.others))
    parts.append(("Total", sums.values))
    columns = [_time_column(sums.buckets, label)]
    columns += [measure.column(f"v{number}", name[:150]) for number, (name, _) in enumerate(parts)]
    rows: list[Row] = []
    for number, bucket in enumerate(sums.buckets):
        cells: Row = {"period": bucket.cell, MARK: bucket.mark}
        for place, (_, values) in enumerate(parts):
            cells[f"v{place}"] = None if bucket.is_gap else sums.of(values, [number])
        rows.append(cells)
    total: Row | None = None
    if is_additive:
        total = {"period": "Total"} | {f"v{place}": sums.of(values) for place, (_, values) in enumerate(parts)}
    chart = {"kind": "line", "x": "period", "y": f"v{len(parts) - 1}"}
    return Figure(title, tuple(columns), tuple(rows), total, chart)


def time_label(every: Unit | None) -> str:
    """The heading of a column of periods or units."""
    if every is None:
        return "Period"
    return "Week from" if every is Unit.WEEK else every.value.capitalize()


def are_disjoint(periods: Sequence[Period]) -> bool:
    """Whether no day lies in two of the periods, so that they can be added."""
    ordered = sorted(periods, key=lambda period: period.first)
    return all(before.end <= after.first for before, after in pairwise(ordered))


def share_table(part: Sums, whole: Sums, label: str) -> Figure:
    """What each value, or each bucket, is in per cent of the whole."""
    asked, measure, fields = part.asked, part.measure, part.asked.query.by
    columns = [measure.column("part", asked.metric), measure.column("whole", "Of"), Column("share", "Share", "percent")]

    def amounts(values: Collection[Values] | None, buckets: Collection[int] | None) -> Row:
        of_it, of_all = part.of(values, buckets), whole.of(buckets=buckets)
        return {"part": of_it, "whole": of_all, "share": 100 * of_it / of_all if of_all > 0 else None}

    title = f"{asked.title}: share"
    if not fields:
        numbers = range(len(part.buckets))
        rows = tuple(
            {"period": part.buckets[number].cell, MARK: part.buckets[number].mark} | amounts(None, [number])
            for number in numbers
        )
        chart = {"kind": "bar", "x": "period", "y": "share"}
        return Figure(title, (_time_column(part.buckets, label), *columns), rows, chart=chart)
    ranking = ranked(part, {values: part.of([values]) for values in part.values})
    shown = [value_cells(asked, fields, values) | amounts([values], None) for values in ranking.shown]
    if ranking.others:
        shown.append(rest_cells(fields, ranking.others) | amounts(ranking.others, None))
    total = {"by0": "Total"} | amounts(None, None)
    return Figure(title, (*field_columns(asked, fields), *columns), tuple(shown), total)
