"""A typed query answered: what is computed is the query, and the answer says how much of it the data have."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal

from sample_agents.answering.anomalies import anomalies
from sample_agents.answering.asked import Asked, Body, Covered, Measure
from sample_agents.answering.changes import comparison, growth
from sample_agents.answering.expected import forecast_report
from sample_agents.answering.figures import Answer, Column, Figure, Row
from sample_agents.answering.movers import movers
from sample_agents.answering.ratios import ratio
from sample_agents.answering.sections import by_measure, nothing, or_zero, reservations
from sample_agents.answering.sql import Group
from sample_agents.answering.tables import (
    Bucket,
    Sums,
    are_disjoint,
    field_name,
    period_buckets,
    ranked,
    share_table,
    time_label,
    time_table,
    unit_buckets,
    value_cells,
    value_table,
)
from sample_agents.calendar_units import DAY, in_words, units_in, when
from sample_agents.costs.charges import Costs
from sample_agents.errors import UnanswerableError
from sample_agents.query import Direction, Metric, Period, Query, Shape, Unit
from sample_agents.writing import count, percent, plain

_MOST_UNITS = 4  # of a quantity, with a table each


def answer(query: Query, costs: Costs, today: date) -> Answer:
    """The answer. Raises UnanswerableError, whose text is one too, if the data cannot answer."""
    asked = Asked(query, costs, today)
    asked.check_metric()
    if not query.periods:
        raise UnanswerableError("I need to know when: a day, a month, a quarter, a year, or from when to when.")
    return asked.compose((ratio if asked.is_ratio else _SHAPES[query.shape])(asked))


def _total(asked: Asked) -> Body:
    """The periods, each by itself, broken down by fields and units of time."""
    query = asked.query
    covered = [asked.cover(period, query.every) for period in query.periods]
    groups = or_zero(asked, asked.sums(query.periods, every=query.every))
    if not groups:
        return nothing(covered)
    buckets = unit_buckets(covered, query.every) if query.every else period_buckets(covered)
    measures = by_measure(asked, groups)
    if len(measures) > _MOST_UNITS:
        return _by_unit(asked, covered, measures)
    sections, figures = [], []
    for measure, part in measures:
        sums = Sums(asked, measure, part, buckets)
        times = " and ".join(one.when for one in covered)
        is_additive = are_disjoint(query.periods)
        title = f"{asked.title} {' and '.join(when(period) for period in query.periods)}"
        label = time_label(query.every)
        order = None
        if query.by:
            figure = value_table(sums, title, query.by, label, is_additive=is_additive)
        else:
            if query.limit is not None and query.every:
                order = _ranked_buckets(sums)
            figure = time_table(sums, title, label, is_additive=is_additive, order=order)
        ranking = _ranking(sums, order)
        if len(covered) == 1:
            said = f"{asked.metric}{asked.subject} {times}{reservations(asked, measure, part)}"
            headline = f"**{said}: {ranking or measure.say(sums.of())}**"
            if ranking:
                headline += f", of {measure.say(sums.of())} in all"
        else:
            amounts = _of_periods(sums, covered)
            each = [f"{measure.say(amount)} {one.when}" for amount, one in zip(amounts, covered, strict=True)]
            together = [f"together {measure.say(sums.of())}"] if is_additive else []
            headline = (
                f"**{asked.metric}{asked.subject}{reservations(asked, measure, part)}: {'; '.join(each + together)}**"
            )
            if ranking:
                headline += f"; {ranking}"
        sections += [f"{headline}.", figure.markdown()]
        figures.append(figure)
    return Body(sections, figures, groups, covered, _unlisted(asked, groups))


def _by_unit(asked: Asked, covered: Sequence[Covered], measures: Sequence[tuple[Measure, list[Group]]]) -> Body:
    """A quantity in many units, as a table of them; broken down, there would be as many tables."""
    names = ", ".join(plain(measure.name) or "(no unit)" for measure, _ in measures)
    if asked.query.by or asked.query.every or len(covered) > 1:
        raise UnanswerableError(f"This is consumed in {len(measures)} units, which I do not add: name one of {names}.")
    rows: list[Row] = [
        {"unit": measure.name or "(no unit)", "amount": sum((group.amount for group in groups), Decimal(0))}
        for measure, groups in measures
    ]
    columns = (Column("unit", "Unit"), Column("amount", asked.metric, "number"))
    figure = Figure(f"{asked.title} {when(covered[0].period)}", columns, tuple(rows))
    said = f"{asked.metric}{asked.subject} {covered[0].when}"
    headline = f"**{said}: in {len(measures)} units**, which are not added to each other."
    return Body([headline, figure.markdown()], [figure], [group for _, part in measures for group in part], covered)


def _of_periods(sums: Sums, covered: Sequence[Covered]) -> list[Decimal]:
    """What each period adds up to."""
    return [
        sums.of(buckets=[place for place, bucket in enumerate(sums.buckets) if bucket.period == number])
        for number, _ in enumerate(covered)
    ]


def _ranked_buckets(sums: Sums) -> list[int]:
    """The units with the highest or lowest amounts, of those that the data have."""
    there = [number for number, bucket in enumerate(sums.buckets) if not bucket.is_gap]
    sign = 1 if sums.asked.query.direction is Direction.LOWEST else -1
    # A month that is not whole is not the cheapest one.
    is_last = {number: sign == 1 and sums.buckets[number].mark != "" for number in there}
    there.sort(key=lambda number: (is_last[number], sign * sums.of(buckets=[number])))
    return there[: sums.asked.query.limit]


def _ranking(sums: Sums, order: Sequence[int] | None) -> str:
    """What the headline says of the highest or lowest that were asked for."""
    query, asked = sums.asked.query, sums.asked
    if query.limit is None:
        return ""
    end = "lowest" if query.direction is Direction.LOWEST else "highest"
    if order is not None:
        first = sums.buckets[order[0]]
        name, of_it, number = f"{first.label} {first.mark}".strip(), sums.of(buckets=order), len(order)
        what = query.every.value if query.every else "period"
    elif query.by:
        named = [values for values in ranked(sums, {one: sums.of([one]) for one in sums.values}).shown if all(values)]
        if not named:
            return ""
        name = " / ".join(plain(asked.costs.label(*pair)) for pair in zip(query.by, named[0], strict=True))
        of_it, number = sums.of(named[: query.limit]), min(query.limit, len(named))
        what = " and ".join(field_name(asked, one) for one in query.by)
    else:
        return ""
    if number == 1:
        return f"the {end} {what} is {name} with {sums.measure.say(of_it)}"
    return f"the {number} {end} by {what} have {sums.measure.say(of_it)} together, first {name}"


def _average(asked: Asked) -> Body:
    """The total of the whole units that a period has, divided by their number."""
    query = asked.query
    if query.every is None:
        raise UnanswerableError("I need to know per what the average is: a day, a week, a month, a quarter or a year.")
    covered = [asked.cover(period, query.every) for period in query.periods]
    units = [_whole_units(asked, part, query.every) for part in covered]
    groups = [
        group._replace(start=None)
        for group in asked.sums(query.periods, every=query.every)
        if any(group.start == unit.first for unit in units[group.period])
    ]
    if not groups:
        return nothing(covered)
    buckets = [
        Bucket(bucket.period, None, bucket.cell, bucket.label, bucket.mark, divisor=len(units[bucket.period]))
        for bucket in period_buckets(covered)
    ]
    over = []
    for one, whole in zip(covered, units, strict=True):
        run = in_words(Period(whole[0].first, whole[-1].end))
        said = "" if run == in_words(one.period) else f" ({run})"
        over.append(f"{count(len(whole), query.every.value)}{said} of {one.words}")
    sections, figures = [], []
    for measure, part in by_measure(asked, groups):
        sums = Sums(asked, measure, part, buckets)
        title = f"{asked.title}: average per {query.every.value}"
        if query.by:
            figure = value_table(sums, title, query.by, "Period", is_additive=False)
        else:
            figure = time_table(sums, title, "Period", is_additive=False)
        each = [
            f"{measure.say(sums.of(buckets=[number]))} per {query.every.value}, over {said}"
            for number, said in enumerate(over)
        ]
        headline = (
            f"**Average {query.metric.value}{asked.subject}{reservations(asked, measure, part)}: {'; '.join(each)}**."
        )
        sections += [headline, figure.markdown()]
        figures.append(figure)
    left_out = (
        "Only days that the data have count."
        if query.every is Unit.DAY
        else (
            f"Only whole {query.every.value}s count: one that the period or the data cut short is left out; "
            "one that the data have, without a charge, counts as 0."
        )
    )
    return Body(sections, figures, groups, covered, [left_out, *_unlisted(asked, groups)])


def _whole_units(asked: Asked, part: Covered, every: Unit) -> list[Period]:
    """The units of the period that the data have whole."""
    if every is Unit.DAY:
        return [Period(day, day + DAY) for day in part.days]
    units = [unit for unit in units_in(every, part.first, part.end) if asked.is_whole(unit, part.period)]
    if not units:
        raise UnanswerableError(
            f"The data have no whole {every.value} in {in_words(part.period)}: there is no average per {every.value}."
        )
    return units


def _share(asked: Asked) -> Body:
    """The part of what `filters` select in what `whole` selects, in per cent."""
    query = asked.query
    if query.by and query.every:
        raise UnanswerableError(
            f"I tell shares by {field_name(asked, query.by[0])} or by {query.every.value}, not by both."
        )
    covered = [asked.cover(period, query.every) for period in query.periods]
    # The part lies in the whole, whether its filters say so again or not.
    within = (*query.whole, *(one for one in query.filters if one not in query.whole))
    parts = asked.sums(query.periods, every=query.every, filters=within)
    wholes = asked.sums(query.periods, by=(), every=query.every, filters=query.whole)
    if not wholes:
        return nothing(covered)
    buckets = unit_buckets(covered, query.every) if query.every else period_buckets(covered)
    sections, figures = [], []
    by_name = {measure.name: groups for measure, groups in by_measure(asked, parts)}
    for measure, groups in by_measure(asked, wholes):
        whole = Sums(asked, measure, groups, buckets)
        part = Sums(asked, measure, by_name.get(measure.name, []), buckets)
        if whole.of() <= 0:
            sections.append(
                f"**No share in {measure.name}**: the whole is {measure.say(whole.of())} {covered[0].when}, of which "
                "nothing can be a part."
            )
            continue
        figure = share_table(part, whole, time_label(query.every))
        said = f"{_share_said(part, whole, covered)} of {measure.say(whole.of())}"
        sections += [f"**{said}{reservations(asked, measure, groups)}**.", figure.markdown()]
        figures.append(figure)
    selected = asked.selection(query.filters)
    notes = [f"The part: {selected}." if selected else "The part is everything.", *_unlisted(asked, wholes)]
    return Body(sections, figures, wholes, covered, notes)


def _share_said(part: Sums, whole: Sums, covered: Sequence[Covered]) -> str:
    """The share in words; of a breakdown of everything, the first one's."""
    asked, query, times = part.asked, part.asked.query, " and ".join(one.when for one in covered)
    of = f"the {query.metric.value}{asked.named(query.whole)} {times}"
    narrower = [one for one in query.filters if one not in query.whole]
    if query.by and not narrower:
        first = (ranked(part, {values: part.of([values]) for values in part.values}).shown or part.values)[0]
        name = " " + " / ".join(plain(str(cell)) for cell in value_cells(asked, query.by, first).values())
        amount = part.of([first])
    else:
        name, amount = asked.named(narrower).removeprefix(" of"), part.of()
    return f"{percent(100 * amount / whole.of())} of {of} is{name}: {part.measure.say(amount)}"


def _unlisted(asked: Asked, groups: Sequence[Group]) -> list[str]:
    """Of savings against list: how much cost has no list price to compare with."""
    if asked.query.metric is not Metric.SAVED:
        return []
    costs: dict[str, Decimal] = defaultdict(Decimal)
    for group in groups:
        costs[group.measure] += group.base
    return [
        f"Effective cost without a list price, which is not in it: {Measure(name, is_money=True).say(cost)}."
        for name, cost in sorted(costs.items())
        if cost
    ]


_SHAPES: dict[Shape, Callable[[Asked], Body]] = {
    Shape.TOTAL: _total,
    Shape.AVERAGE: _average,
    Shape.SHARE: _share,
    Shape.COMPARISON: comparison,
    Shape.GROWTH: growth,
    Shape.MOVERS: movers,
    Shape.FORECAST: forecast_report,
    Shape.ANOMALIES: anomalies,
}
