"""Periods side by side, and growth from each unit of time to the next."""

from collections.abc import Collection, Sequence
from datetime import timedelta
from decimal import Decimal

from sample_agents.answering.asked import Asked, Body, Covered, Measure
from sample_agents.answering.figures import MARK, Column, Figure, Row
from sample_agents.answering.sections import by_measure, nothing, or_zero, reservations
from sample_agents.answering.sql import Group
from sample_agents.answering.tables import (
    Bucket,
    Sums,
    Values,
    field_columns,
    period_buckets,
    rest_cells,
    time_label,
    value_cells,
)
from sample_agents.calendar_units import in_words, unit_before, unit_label, unit_of, units_in, year_before
from sample_agents.errors import UnanswerableError
from sample_agents.query import Direction, Field, Period, Unit
from sample_agents.writing import bullets, change, count, paragraphs, percent


def relative(before: Decimal, after: Decimal) -> Decimal | None:
    """The change in per cent; None where there was nothing before."""
    if before == after:
        return Decimal(0)
    return 100 * (after - before) / abs(before) if before else None


def change_columns(measure: Measure) -> list[Column]:
    """The columns of a change."""
    return [measure.column("change", "Change", signed=True), Column("percent", "Change in %", "percent", signed=True)]


def change_cells(before: Decimal, after: Decimal) -> Row:
    """The cells of a change."""
    return {"change": after - before, "percent": relative(before, after)}


def comparison(asked: Asked) -> Body:
    """The periods side by side, and the change from the first to the last."""
    query = asked.query
    if len(query.periods) < 2:
        raise UnanswerableError("I compare two periods or more, and found one: name the other, too.")
    if query.every:
        raise UnanswerableError(f"I compare whole periods, not by {query.every.value}: ask for each of them by itself.")
    covered = [asked.cover(period) for period in query.periods]
    groups = or_zero(asked, asked.sums(query.periods))
    if not groups:
        return nothing(covered)
    unlike = unlikeness(covered)
    sections, figures = [], []
    for measure, part in by_measure(asked, groups):
        sums = Sums(asked, measure, part, period_buckets(covered))
        figure = _values_compared(sums) if query.by else _periods_compared(sums, covered)
        amounts = [sums.of(buckets=[number]) for number in range(len(covered))]
        said = (
            _changed(asked, measure, covered, amounts)
            if len(covered) == 2
            else _side_by_side(asked, measure, covered, amounts)
        )
        sections.append(f"**{said}{reservations(asked, measure, part)}{unlike and f', {unlike}'}**.")
        if unlike:
            sections.append(_by_day(measure, covered, amounts))
        sections.append(figure.markdown())
        figures.append(figure)
    return Body(sections, figures, groups, covered, like_for_like(covered) if unlike else [])


def _changed(asked: Asked, measure: Measure, covered: Sequence[Covered], amounts: Sequence[Decimal]) -> str:
    before, after = amounts
    opening = f"{asked.metric}{asked.subject} {covered[1].when}: {measure.say(after)}"
    if before == after:
        return f"{opening}, the same as {covered[0].when}"
    more = "more" if after > before else "less"
    return (
        f"{opening}, {measure.say(abs(after - before))} {more} than {covered[0].when} "
        f"with {measure.say(before)} ({change(before, after)})"
    )


def _side_by_side(asked: Asked, measure: Measure, covered: Sequence[Covered], amounts: Sequence[Decimal]) -> str:
    each = [f"{measure.say(value)} {part.when}" for part, value in zip(covered, amounts, strict=True)]
    return f"{asked.metric}{asked.subject}: {'; '.join(each)}"


def unlikeness(covered: Sequence[Covered]) -> str:
    """Why the periods are no like for like; "" if they are the same unit of the calendar, whole, or as many days."""
    days = [len(part.days) for part in covered]
    same_unit = any(
        all(unit_of(unit, part.period.first) == Period(part.period.first, part.period.end) for part in covered)
        for unit in Unit
    )
    if len(set(days)) == 1 or (same_unit and not any(part.limits for part in covered)):
        return ""
    return f"not like for like: {' against '.join(count(number, 'day') for number in days)}"


def _by_day(measure: Measure, covered: Sequence[Covered], amounts: Sequence[Decimal]) -> str:
    days = [len(part.days) for part in covered]
    means = [value / number for value, number in zip(amounts, days, strict=True)]
    return f"Per day that the data have: {', then '.join(map(measure.say, means))} ({change(means[0], means[-1])})."


def like_for_like(covered: Sequence[Covered]) -> list[str]:
    """The question that compares as many days of each of two periods, from their beginnings."""
    if len(covered) != 2 or any(part.first > part.period.first or part.gaps for part in covered):
        return []
    days = timedelta(days=min(len(part.days) for part in covered))
    first, last = (in_words(Period(part.first, part.first + days)) for part in covered)
    return [f'Like for like would be: "Compare {first} and {last}".']


def _periods_compared(sums: Sums, covered: Sequence[Covered]) -> Figure:
    measure, rows = sums.measure, list[Row]()
    for number, bucket in enumerate(sums.buckets):
        amount = sums.of(buckets=[number])
        row: Row = {
            "period": bucket.label,
            MARK: bucket.mark,
            "days": Decimal(len(covered[number].days)),
            "amount": amount,
        }
        before = sums.of(buckets=[number - 1]) if number else None
        rows.append(row | ({"change": None, "percent": None} if before is None else change_cells(before, amount)))
    columns = (
        Column("period", "Period"),
        Column("days", "Days", "number"),
        measure.column("amount", sums.asked.metric),
    )
    title = f"{sums.asked.title}, compared"
    chart = {"kind": "bar", "x": "period", "y": "amount"}
    return Figure(title, (*columns, *change_columns(measure)), tuple(rows), chart=chart)


def _values_compared(sums: Sums) -> Figure:
    """A row for each value, those that changed most first."""
    columns = [
        sums.measure.column(f"b{number}", f"{bucket.label} {bucket.mark}".strip())
        for number, bucket in enumerate(sums.buckets)
    ]

    return changes_table(sums, f"{sums.asked.title}, compared", sums.asked.query.by, columns)


def changes_table(sums: Sums, title: str, fields: Sequence[Field], columns: Sequence[Column], most: int = 20) -> Figure:
    """A row for each value with its buckets `b0`, `b1` … and the change from the first to the last of them.

    Those that changed most come first; only those that rose or fell, if the question asks for either. All others are
    one row, so that the changes add up to that of the total.
    """
    query, numbers = sums.asked.query, range(len(sums.buckets))
    change_of = {values: sums.of([values], [numbers[-1]]) - sums.of([values], [0]) for values in sums.values}
    is_last = query.limit is not None  # what has no value is none of so many
    order = sorted(sums.values, key=lambda values: (is_last and not all(values), -abs(change_of[values]), values))
    if query.direction in (Direction.HIGHEST, Direction.LOWEST):
        sign = 1 if query.direction is Direction.LOWEST else -1
        order.sort(key=lambda values: sign * sums.of([values], [numbers[-1]]))
    wanted = [values for values in order if is_wanted(change_of[values], query.direction)]
    limit = query.limit or (most if len(wanted) > most + 1 else len(wanted))
    shown = wanted[:limit]
    others = wanted[limit:] + [values for values in order if not is_wanted(change_of[values], query.direction)]

    def amounts(values: Collection[Values]) -> Row:
        row: Row = {f"b{number}": sums.of(values, [number]) for number in numbers}
        return row | change_cells(sums.of(values, [0]), sums.of(values, [numbers[-1]]))

    rows = [value_cells(sums.asked, fields, values) | amounts([values]) for values in shown]
    if others:
        rows.append(rest_cells(fields, others) | amounts(others))
    total = {"by0": "Total"} | amounts(sums.values)
    chart = {"kind": "bar", "x": "by0", "y": "change"} if len(fields) == 1 else None
    every = (*field_columns(sums.asked, fields), *columns, *change_columns(sums.measure))
    return Figure(title, every, tuple(rows), total, chart)


def is_wanted(difference: Decimal, direction: Direction | None) -> bool:
    """Whether the change goes the way that is asked for."""
    if direction is Direction.ROSE:
        return difference > 0
    return difference < 0 if direction is Direction.FELL else True


def growth(asked: Asked) -> Body:
    """The change from each unit of time to the next, or to the same one a year later: only of whole units."""
    query = asked.query
    every = query.every or Unit.MONTH
    if query.limit and not query.by:
        raise UnanswerableError(f"I show growth {every.value} by {every.value}, in the order of time, and rank none.")
    covered = [asked.cover(period, every) for period in query.periods]
    pairs, missing = [], []
    for part in covered:
        for unit in units_in(every, part.period.first, min(part.period.end, part.end)):
            before = year_before(every, unit) if query.year_on_year else unit_before(every, unit)
            if reason := _no_growth(asked, every, unit, before, part):
                missing.append(reason)
            else:
                pairs.append((before, unit))
    if not pairs:
        raise UnanswerableError(paragraphs("I cannot tell that growth:", bullets(missing)))
    span = Period(min(before.first for before, _ in pairs), max(unit.end for _, unit in pairs))
    groups = [group for group in asked.sums([span], every=every) if any(_has(pair, group) for pair in pairs)]
    if not groups:
        return nothing(covered)
    units = sorted({unit for pair in pairs for unit in pair}, key=lambda unit: unit.first)
    buckets = [Bucket(0, unit.first, unit.first, unit_label(every, unit)) for unit in units]
    limits = "".join(f", {limit}" for unit in pairs[-1] if (limit := asked.cover(unit).limits))
    way = "year on year" if query.year_on_year else f"{every.value} on {every.value}"
    sections, figures = [], []
    for measure, of_measure in by_measure(asked, groups):
        sums = Sums(asked, measure, of_measure, buckets)
        amounts = {unit: sums.of(buckets=[number]) for number, unit in enumerate(units)}
        said = _growth_said(asked, measure, every, way, pairs, amounts)
        sections.append(f"**{said}{reservations(asked, measure, of_measure)}{limits}**.")
        figure = (
            _growth_by_value(asked, measure, every, of_measure, pairs)
            if query.by
            else _growth_by_unit(asked, measure, every, way, pairs, amounts)
        )
        sections.append(figure.markdown())
        figures.append(figure)
    notes = [f"Only whole {every.value}s are compared.", *missing]
    if query.by and len(pairs) > 1:
        notes.append("The table is of the first and the last of them.")
    whole = [asked.cover(Period(unit.first, unit.end)) for unit in units]
    return Body(sections, figures, groups, whole[:1] if len(whole) == 1 else _ends(asked, units), notes)


def _ends(asked: Asked, units: Sequence[Period]) -> list[Covered]:
    return [asked.cover(units[0]), asked.cover(units[-1])]


def _has(pair: tuple[Period, Period], group: Group) -> bool:
    return group.start in (pair[0].first, pair[1].first)


def _no_growth(asked: Asked, every: Unit, unit: Period, before: Period, part: Covered) -> str:
    """Why the unit's growth cannot be told; "" if it can."""
    name, other = unit_label(every, unit), unit_label(every, before)
    if not asked.is_whole(unit, part.period):
        reason = f"{name} is not whole in the data or in what is asked for"
        days = Period(max(unit.first, part.first), min(unit.end, part.end))
        shift = before.first - unit.first
        earlier = Period(days.first + shift, min(days.end + shift, before.end))
        if days.first == unit.first and asked.has_days(earlier):
            return f'{reason}. Like for like would be: "Compare {in_words(earlier)} and {in_words(days)}".'
        return f"{reason}."
    if not asked.is_whole(before, before):
        return f"{name} against {other}: {other} is not whole in the data."
    return ""


def _growth_said(
    asked: Asked,
    measure: Measure,
    every: Unit,
    way: str,
    pairs: Sequence[tuple[Period, Period]],
    amounts: dict[Period, Decimal],
) -> str:
    before, after = pairs[-1]
    first, last = amounts[before], amounts[after]
    step = (
        f"{change(first, last)} from {unit_label(every, before)} to {unit_label(every, after)}: "
        f"{measure.say(first)}, then {measure.say(last)}"
    )
    if len(pairs) == 1:
        return f"{asked.metric}{asked.subject}, {way}: {step}"
    known = [one for pair in pairs if (one := relative(amounts[pair[0]], amounts[pair[1]])) is not None]
    between = f"between {percent(min(known), signed=True)} and {percent(max(known), signed=True)}; " if known else ""
    return f"{asked.metric}{asked.subject}, {way}, in {count(len(pairs), 'step')}: {between}last {step}"


def _growth_by_unit(
    asked: Asked,
    measure: Measure,
    every: Unit,
    way: str,
    pairs: Sequence[tuple[Period, Period]],
    amounts: dict[Period, Decimal],
) -> Figure:
    rows: list[Row] = []
    for before, unit in pairs:
        names: Row = {"period": unit_label(every, unit), "other": unit_label(every, before)}
        ends: Row = {"before": amounts[before], "amount": amounts[unit]}
        rows.append(names | ends | change_cells(amounts[before], amounts[unit]))
    columns = (
        Column("period", time_label(every)),
        Column("other", "Against"),
        measure.column("before", "Before"),
        measure.column("amount", asked.metric),
        *change_columns(measure),
    )
    chart = {"kind": "bar", "x": "period", "y": "percent"}
    return Figure(f"{asked.title}: growth, {way}", columns, tuple(rows), chart=chart)


def _growth_by_value(
    asked: Asked, measure: Measure, every: Unit, groups: Sequence[Group], pairs: Sequence[tuple[Period, Period]]
) -> Figure:
    """The growth of each value from the first unit to the last."""
    ends = [pairs[0][0], pairs[-1][1]]
    buckets = [Bucket(0, unit.first, unit.first, unit_label(every, unit)) for unit in ends]
    sums = Sums(asked, measure, groups, buckets)
    columns = [measure.column(f"b{number}", bucket.label) for number, bucket in enumerate(buckets)]
    title = f"{asked.title}: growth from {buckets[0].label} to {buckets[1].label}"
    return changes_table(sums, title, asked.query.by, columns)
