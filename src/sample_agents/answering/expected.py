"""What a period will have cost: what is spent of it, and what is expected of the rest."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sample_agents.answering.asked import Asked, Body, Measure
from sample_agents.answering.figures import Column, Figure, Row
from sample_agents.answering.forecast import ENOUGH, FEWEST_MONTHS, MOST_MONTHS_AHEAD, Model, Running
from sample_agents.answering.sections import by_measure, nothing, reservations
from sample_agents.calendar_units import DAY, in_words, month_after, months_in, unit_of, when
from sample_agents.errors import UnanswerableError
from sample_agents.query import Period, Unit
from sample_agents.writing import count, percent, plain, rounded

_ZERO = Decimal(0)


@dataclass(frozen=True)
class _Calendar:
    """The months that a forecast learns from, and where the data end."""

    months: tuple[date, ...]  # whole and without a gap, by their first days
    end: date  # the first day that not all providers' data have
    is_daily: bool

    @property
    def next(self) -> date:
        """The first month that is expected."""
        return month_after(self.months[-1], 1)

    def step(self, month: date) -> int:
        """How many months after the last whole one."""
        return (month.year - self.months[-1].year) * 12 + month.month - self.months[-1].month


def forecast_report(asked: Asked) -> Body:
    """The forecast of the period, in each currency."""
    query = asked.query
    if query.by or len(query.periods) != 1:
        raise UnanswerableError(
            "I forecast one total for one period: without a breakdown, for as many filters as you like."
        )
    if query.every not in (None, Unit.MONTH):
        raise UnanswerableError(f"I forecast by month, not by {query.every}.")
    (period,) = query.periods
    calendar = _calendar(asked, period)
    history = Period(min(calendar.months[0], period.first), max(calendar.end, calendar.next))
    groups = asked.sums([history], every=Unit.DAY)
    if not groups:
        return nothing([asked.cover(history)])
    limits = _limits(asked, calendar, period)
    sections, figures = [], list[Figure]()
    for measure, part in by_measure(asked, groups):
        days: dict[date, Decimal] = defaultdict(Decimal)
        for group in part:
            if group.start:
                days[group.start] += group.amount
        text, figure = _section(asked, measure, calendar, period, days, reservations(asked, measure, part) + limits)
        sections += [text, figure.markdown()] if figure else [text]
        figures += [figure] if figure else []
    notes = [
        "The range is so wide that outcomes lay inside it in 8 of 10 back-tests: forecasts of months that are over, "
        "from the months before them alone. It knows no plans and no one-off charges.",
    ]
    return Body(sections, figures, groups, [], [_learned(calendar), *notes])


def _calendar(asked: Asked, period: Period) -> _Calendar:
    """Raises UnanswerableError if the data cannot carry a forecast of the period."""
    covers = asked.providers.values()
    first, end = min(cover.first for cover in covers), max(cover.end for cover in covers)
    everything = months_in(first, end)
    whole = [month for month in everything if asked.is_whole(unit_of(Unit.MONTH, month), unit_of(Unit.MONTH, month))]
    last = whole[-1] if whole else first
    gaps = [month for month in everything if month < last and month not in whole and month != everything[0]]
    months = tuple(month for month in whole if month > max(gaps, default=date.min))
    if len(months) < FEWEST_MONTHS:
        missing = ", ".join(f"{month:%B %Y}" for month in gaps)
        why = f", because {missing} is not whole in the data, and I forecast over no gap" if gaps else ""
        raise UnanswerableError(
            f"I need at least {FEWEST_MONTHS} whole months for a forecast, and have {len(months)}{why}."
        )
    # What only some providers have delivered is expected like what none has.
    end = min(cover.end for cover in covers if cover.end > months[-1])
    if period.end <= end:
        raise UnanswerableError(
            f"{in_words(period)} is over in the data, so there is nothing to expect: ask what it cost."
        )
    calendar = _Calendar(months, end, all(cover.is_daily for cover in covers))
    if calendar.step(period.end - DAY) > MOST_MONTHS_AHEAD:
        raise UnanswerableError(
            f"I forecast at most {MOST_MONTHS_AHEAD} months ahead: to {month_after(last, MOST_MONTHS_AHEAD):%B %Y}."
        )
    return calendar


def _section(
    asked: Asked, measure: Measure, calendar: _Calendar, period: Period, days: Mapping[date, Decimal], limits: str
) -> tuple[str, Figure | None]:
    """The headline, qualified by the limits, with how the method did; and the table."""
    by_month: dict[date, Decimal] = defaultdict(Decimal)
    for day, amount in days.items():
        by_month[day.replace(day=1)] += amount
    # From the first month with a charge on; a later one without a charge cost nothing.
    known = [month for month in calendar.months if month >= min(by_month)]
    if len(known) < FEWEST_MONTHS:
        return (
            f"**No forecast in {plain(measure.name)}**: the selection has {count(len(known), 'whole month')} of "
            f"history, and a forecast needs at least {FEWEST_MONTHS}.",
            None,
        )
    model = _model(calendar, days, by_month, known)
    months = _months(measure, calendar, period, days, by_month, model)
    ahead = [month for month in months if month.weight]
    first, last = calendar.step(ahead[0].month), calendar.step(ahead[-1].month)
    spent = sum((month.spent for month in months), _ZERO)
    rest = sum((month.expected for month in months), _ZERO)
    # Of a month that is asked for in part, the range is that part of its own.
    weight = sum((month.weight for month in ahead), _ZERO) / len(ahead)
    low, high = _range(measure, model, rest, Decimal(repr(model.spread(first, last))) * weight)
    said = f"**Expected {asked.query.metric.value}{asked.subject} {when(period)}: {measure.say(spent + rest)}, between "
    said += f"{measure.say(spent + low)} and {measure.say(spent + high)}{limits}**"
    parts = _spent_in_words(measure, calendar, period, months)
    if parts:
        said += f": {', '.join(parts)} and {measure.say(rest)} expected for the rest"
    return f"{said}. {_backtests(model, first, last)}", _figure(asked, measure, calendar, period, months, (low, high))


@dataclass(frozen=True)
class _Month:
    """A month of the period."""

    month: date
    spent: Decimal  # of the period's days that the data have
    expected: Decimal  # of its other days
    off: Decimal  # by how much that may be wrong
    weight: Decimal  # the part of the month's open days that is asked for


def _months(
    measure: Measure,
    calendar: _Calendar,
    period: Period,
    days: Mapping[date, Decimal],
    by_month: Mapping[date, Decimal],
    model: Model,
) -> list[_Month]:
    amounts = [Decimal(repr(amount)) for amount in model.expected(calendar.step(period.end - DAY))]
    months = []
    for month in months_in(period.first, period.end):
        whole, step = unit_of(Unit.MONTH, month), calendar.step(month)
        first, end = max(period.first, month), min(period.end, whole.end)
        spent = sum((days[day] for day in Period(first, min(end, calendar.end)) if day in days), _ZERO)
        ahead, open_days = Period(max(first, calendar.end), end).days, Period(max(month, calendar.end), whole.end).days
        if step < 1 or ahead < 1:
            months.append(_Month(month, spent, _ZERO, _ZERO, _ZERO))
            continue
        rest = amounts[step - 1] - (by_month.get(month, _ZERO) if month < calendar.end else _ZERO)
        if model.is_positive:
            rest = max(rest, _ZERO)
        weight = Decimal(ahead) / open_days
        off = Decimal(repr(model.spread(step, step))) * weight
        months.append(_Month(month, spent, rounded(rest * weight, measure.name), off, weight))
    return months


def _range(measure: Measure, model: Model, expected: Decimal, off: Decimal) -> tuple[Decimal, Decimal]:
    low = max(expected - off, _ZERO) if model.is_positive else expected - off
    return rounded(low, measure.name), rounded(expected + off, measure.name)


def _model(
    calendar: _Calendar, days: Mapping[date, Decimal], by_month: Mapping[date, Decimal], known: Sequence[date]
) -> Model:
    history = [float(by_month[month]) for month in known]
    if not calendar.is_daily:
        return Model(history)
    months = [month_after(known[0], number) for number in range(len(known) + MOST_MONTHS_AHEAD + 1)]
    lengths = [unit_of(Unit.MONTH, month).days for month in months]
    return Model.of_months(history, _running(calendar, days, known), lengths)


def _running(calendar: _Calendar, days: Mapping[date, Decimal], known: Sequence[date]) -> Running | None:
    """The month that has begun; None if the data end with a month."""
    if not calendar.next < calendar.end < month_after(calendar.next, 1):
        return None
    part = Decimal((calendar.end - calendar.next).days) / unit_of(Unit.MONTH, calendar.next).days

    def by_then(month: date) -> float:
        # The same part of a longer or shorter month, which may end within a day.
        whole, day = divmod(part * unit_of(Unit.MONTH, month).days, 1)
        end = month + int(whole) * DAY
        amounts = [days[one] for one in Period(month, end) if one in days]
        return float(sum(amounts, day * days.get(end, _ZERO) if day else _ZERO))

    return Running(float(part), by_then(calendar.next), [by_then(month) for month in known])


def _spent_in_words(measure: Measure, calendar: _Calendar, period: Period, months: Sequence[_Month]) -> list[str]:
    """What is spent in the whole months of the period, and in the one that has begun."""
    past = [month for month in months if calendar.step(month.month) < 1]
    begun = [month for month in months if calendar.step(month.month) > 0 and month.month < calendar.end]
    parts = []
    for some in (past, begun):
        if some and period.first < calendar.end:
            days = Period(max(period.first, some[0].month), min(month_after(some[-1].month, 1), calendar.end))
            parts.append(f"{measure.say(sum((month.spent for month in some), _ZERO))} {when(days)}")
    return parts


def _backtests(model: Model, first: int, last: int) -> str:
    """How the method did."""
    tests = model.errors(first, last)
    ahead = f"{last} {'month' if last == 1 else 'months'} ahead"
    method = f"Method: {model.method}, which did best in back-tests."
    if len(tests) < 2:
        return f"{method} The data are too short for back-tests {ahead}: the range is widened from nearer ones."
    mean = percent(Decimal(repr(100 * sum(map(abs, tests)) / len(tests) / (last - first + 1))))
    return (
        f"{method} In {len(tests)} back-tests {ahead} it was off by {mean} of a month's cost a month on average, and "
        f"{model.held(first, last)} outcomes lay in a range of this width."
        + (" These are few: the range follows from nearer months." if len(tests) < ENOUGH else "")
    )


def _figure(
    asked: Asked,
    measure: Measure,
    calendar: _Calendar,
    period: Period,
    months: Sequence[_Month],
    total: tuple[Decimal, Decimal],
) -> Figure:
    has_spent = period.first < calendar.end
    columns = [Column("month", "Month", "month")]
    if has_spent:
        columns += [measure.column("spent", "Spent"), measure.column("expected", "Expected for the rest")]
    columns += [measure.column("amount", "Together" if has_spent else "Expected")]
    columns += [measure.column("low", "Low"), measure.column("high", "High")]
    rows: list[Row] = []
    for one in months:
        row: Row = {
            "month": one.month,
            "spent": one.spent,
            "expected": one.expected,
            "amount": one.spent + one.expected,
        }
        low = max(one.expected - one.off, _ZERO) if one.expected >= 0 else one.expected - one.off
        ends: Row = {
            "low": rounded(one.spent + low, measure.name),
            "high": rounded(one.spent + one.expected + one.off, measure.name),
        }
        rows.append(row | (ends if one.weight else {"low": None, "high": None}))
    spent, expected = sum((one.spent for one in months), _ZERO), sum((one.expected for one in months), _ZERO)
    whole: Row = {"month": "Total", "spent": spent, "expected": expected, "amount": spent + expected}
    whole |= {"low": spent + total[0], "high": spent + total[1]}
    chart = {"kind": "line", "x": "month", "y": "amount", "low": "low", "high": "high"}
    chart["forecastFrom"] = next(f"{one.month:%Y-%m}" for one in months if one.weight)
    title = f"{asked.title}: expected {when(period)}"
    return Figure(title, tuple(columns), tuple(rows), whole if len(rows) > 1 else None, chart)


def _learned(calendar: _Calendar) -> str:
    first, last = calendar.months[0], calendar.months[-1]
    return (
        f"It learns from {count(len(calendar.months), 'whole month')}, {in_words(Period(first, month_after(last, 1)))}."
    )


def _limits(asked: Asked, calendar: _Calendar, period: Period) -> str:
    """What the headline says of past days that the data lack, and of providers of which nothing is expected."""
    limits = [asked.ended(*one) for one in asked.providers.items() if one[1].end <= calendar.months[-1]]
    if period.first < calendar.end:
        limits.append(asked.cover(Period(period.first, calendar.end)).limits)
    return "".join(f", {limit}" for limit in dict.fromkeys(limits) if limit)
