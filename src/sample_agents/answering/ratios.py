"""Utilisation and coverage of commitments: parts of a whole, which are divided and never added."""

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal

from sample_agents.answering.asked import Asked, Body, Measure
from sample_agents.answering.figures import MARK, Column, Figure, Row
from sample_agents.answering.sections import by_measure, reservations
from sample_agents.answering.sql import COMMITMENT, Group
from sample_agents.answering.tables import Values, field_columns, period_buckets, time_label, unit_buckets, value_cells
from sample_agents.errors import UnanswerableError
from sample_agents.query import Metric, Shape
from sample_agents.writing import percent

_PARTS = {
    Metric.UTILISATION: ("Used", "Unused", "is used", "no commitment, used or unused,"),
    Metric.COVERAGE: ("Covered", "On demand", "is covered", "no usage that a commitment covers or could cover"),
}
_MOST_VALUES = 50


def ratio(asked: Asked) -> Body:
    """The ratio of each period, and of each value and unit of time that is asked for."""
    query = asked.query
    if query.shape not in (Shape.TOTAL, Shape.COMPARISON):
        raise UnanswerableError(
            f"I tell {query.metric.value} of a period, by month or of two periods side by side, and no "
            f"{query.shape.value} of it."
        )
    covered = [asked.cover(period, query.every) for period in query.periods]
    by = query.by or ((COMMITMENT,) if query.metric is Metric.UTILISATION and not query.every else ())
    groups = asked.sums(query.periods, by=by, every=query.every)
    done, rest, verb, none = _PARTS[query.metric]
    when = " and ".join(part.when for part in covered)
    if not any(group.base for group in groups):
        raise UnanswerableError(f"There is {none} for this selection {when}.")
    buckets = unit_buckets(covered, query.every) if query.every else period_buckets(covered)
    sections, figures = [], []
    for measure, part in by_measure(asked, groups):
        whole = sum((group.base for group in part), Decimal(0))
        if not whole:
            continue
        each = []
        for number, one in enumerate(covered):
            of_it = [group for group in part if group.period == number]
            amount, base = _of(of_it)
            if base:
                each.append(
                    f"{percent(100 * amount / base)} {verb} {one.when} ({measure.say(amount)} {done.lower()}, "
                    f"{measure.say(base - amount)} {rest.lower()})"
                )
            else:
                each.append(f"nothing {one.when}")
        sections.append(f"**{asked.metric}{asked.subject}{reservations(asked, measure, part)}: {'; '.join(each)}**.")
        rows: list[Row] = []
        for bucket in buckets:
            of_it = [group for group in part if (group.period, group.start) == (bucket.period, bucket.start)]
            values: dict[Values, list[Group]] = defaultdict(list)
            for group in of_it:
                values[group.values].append(group)
            for value in sorted(values, key=lambda value: (-_of(values[value])[1], value)):
                names: Row = {"by0": value[0] if value else None}
                if query.by:
                    names = value_cells(asked, query.by, value)
                when_cells: Row = {"period": bucket.label, MARK: bucket.mark}
                rows.append({**names, **when_cells, **_cells(values[value])})
        figure = _figure(asked, measure, rows[:_MOST_VALUES], _cells(part))
        sections.append(figure.markdown())
        figures.append(figure)
    return Body(sections, figures, groups, covered)


def _of(groups: Sequence[Group]) -> tuple[Decimal, Decimal]:
    return sum((group.amount for group in groups), Decimal(0)), sum((group.base for group in groups), Decimal(0))


def _cells(groups: Sequence[Group]) -> Row:
    amount, base = _of(groups)
    return {"part": amount, "rest": base - amount, "ratio": 100 * amount / base if base else None}


def _figure(asked: Asked, measure: Measure, rows: Sequence[Row], total: Row) -> Figure:
    query = asked.query
    done, rest, _, _ = _PARTS[query.metric]
    columns = [Column("period", time_label(query.every))]
    columns += field_columns(asked, query.by)
    if not query.by and query.metric is Metric.UTILISATION and not query.every:
        columns.append(Column("by0", "Commitment"))
    columns += [measure.column("part", done), measure.column("rest", rest), Column("ratio", asked.metric, "percent")]
    chart = {"kind": "bar", "x": "period" if query.every or not query.by else "by0", "y": "ratio"}
    whole: Row = {"period": "Total", **total}
    return Figure(asked.title, tuple(columns), tuple(rows), whole if len(rows) > 1 else None, chart)
