"""Days that differ from what is usual, by service unless something else is asked for."""

import statistics
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from sample_agents.answering.asked import Asked, Body, Measure
from sample_agents.answering.figures import Column, Figure, Row
from sample_agents.answering.sections import by_measure, nothing, reservations
from sample_agents.answering.tables import Values, field_columns, value_cells
from sample_agents.calendar_units import DAY, day_in_words, in_words, month_after
from sample_agents.errors import UnanswerableError
from sample_agents.query import Dimension, Direction, Period, Unit
from sample_agents.writing import count, plain

_WINDOW = 28  # days before, whose median is what is usual; four of each weekday
_FEWEST_DAYS = 14  # of those, with data
_WEEKDAYS = 4
# How far from usual a day must be: so many times the usual distance from the median (scaled to a standard deviation),
# that part of what is usual, and that part of all that is selected. Together they leave out noise, and what is small.
_DEVIATIONS = 5
_SCALE = Decimal("1.4826")
_PART = Decimal("0.25")
_OF_ALL = Decimal("0.01")
_MOST_ROWS = 20

Days = Mapping[date, Decimal]


@dataclass
class _Run:
    """Days in a row on which one value differs from what is usual, to the same side."""

    values: Values
    first: date
    last: date
    amount: Decimal
    usual: Decimal

    @property
    def above(self) -> Decimal:
        """The amount above what is usual; negative below."""
        return self.amount - self.usual


def anomalies(asked: Asked) -> Body:
    """The days of the periods on which a service cost far more or less than usual."""
    query = asked.query
    if query.every not in (None, Unit.DAY):
        raise UnanswerableError(f"I look for anomalies by day, not by {query.every}.")
    covered = [asked.cover(period, Unit.DAY) for period in query.periods]
    fields = query.by or (Dimension.SERVICE,)
    first, end = min(part.first for part in covered), max(part.end for part in covered)
    # Before the first day: what was usual, and the same day a month and two before, for fees that come each month.
    reach = Period(month_after(first, -2), end)
    groups = asked.sums([reach], by=fields, every=Unit.DAY)
    if not groups:
        return nothing(covered)
    wanted = {day for part in covered for day in part.days}
    start = min(cover.first for cover in asked.providers.values())
    when = " and ".join(part.when for part in covered)
    sections, figures = [], []
    for measure, part in by_measure(asked, groups):
        series: dict[Values, dict[date, Decimal]] = defaultdict(dict)
        for group in part:
            if group.start:
                series[group.values][group.start] = group.amount
        notable = _OF_ALL * abs(sum((group.amount for group in part), Decimal(0))) / reach.days
        runs = [
            run
            for values, days in series.items()
            if max(map(abs, days.values())) > notable  # of many small ones, most need no look at each day
            for run in _runs(asked, values, days, sorted(wanted), start, notable)
        ]
        runs.sort(key=lambda run: (-abs(run.above), run.first, run.values))
        if not runs:
            sections.append(
                f"**No day stands out {when}** ({plain(measure.name)}){reservations(asked, measure, part)}."
            )
            continue
        figure = _figure(asked, measure, runs)
        name = " / ".join(plain(str(cell)) for cell in value_cells(asked, fields, runs[0].values).values())
        side = "above" if runs[0].above > 0 else "below"
        sections += [
            f"**{count(len(runs), 'anomaly', 'anomalies')} {when}; the largest: {name}, "
            f"{_days(runs[0])}, {measure.say(abs(runs[0].above))} {side} usual ({measure.say(runs[0].amount)} instead "
            f"of {measure.say(runs[0].usual)}){reservations(asked, measure, part)}**.",
            figure.markdown(),
        ]
        figures.append(figure)
    notes = [
        f"Usual is the median of the {_WINDOW} days before, or of the same weekday in them. A day stands out if it is "
        f"more than {_DEVIATIONS} times as far from that as days usually are, by more than {100 * _PART:.0f} % of what "
        f"is usual, and by more than {100 * _OF_ALL:.0f} % of a day's whole cost.",
        "A charge that came on the same day a month or two before, such as a monthly fee, is usual.",
        f"A day with fewer than {_FEWEST_DAYS} days of data before it is not looked at.",
    ]
    return Body(sections, figures, groups, covered, notes)


def _runs(
    asked: Asked, values: Values, days: Days, wanted: Sequence[date], start: date, notable: Decimal
) -> list[_Run]:
    runs: list[_Run] = []
    for day in wanted:
        usual = _usual(days, day, start, notable)
        if usual is None:
            continue
        amount = days.get(day, Decimal(0))
        is_above = amount > usual
        if asked.query.direction is Direction.ROSE and not is_above:
            continue
        if asked.query.direction is Direction.FELL and is_above:
            continue
        if runs and runs[-1].last == day - DAY and (runs[-1].above > 0) == is_above:
            runs[-1].last = day
            runs[-1].amount += amount
            runs[-1].usual += usual
        else:
            runs.append(_Run(values, day, day, amount, usual))
    return runs


def _usual(days: Days, day: date, start: date, notable: Decimal) -> Decimal | None:
    """What would have been usual on a day that stands out; None if it does not."""
    window = [day - number * DAY for number in range(1, _WINDOW + 1) if day - number * DAY >= start]
    if len(window) < _FEWEST_DAYS:
        return None
    amount = days.get(day, Decimal(0))
    alike = [day - timedelta(weeks=number) for number in range(1, _WEEKDAYS + 1)]
    samples = [window] + ([alike] if alike[-1] >= start else [])
    medians = []
    for sample in samples:
        known = [days.get(one, Decimal(0)) for one in sample]
        median = statistics.median(known)
        deviation = _SCALE * statistics.median(abs(one - median) for one in known)
        if abs(amount - median) <= max(_DEVIATIONS * deviation, _PART * abs(median), notable):
            return None
        medians.append(median)
    usual = medians[-1]
    for months in (1, 2):
        before = month_after(day, -months)
        for same in _same_days(day, before):
            if same >= start and abs(amount - days.get(same, Decimal(0))) <= max(_PART * abs(amount - usual), notable):
                return None
    return usual


def _same_days(day: date, month: date) -> list[date]:
    """The day of the month in another month; its last day, if the day is the last of its own."""
    last = month_after(month, 1) - DAY
    same = [month.replace(day=min(day.day, last.day))]
    return [*same, last] if (day + DAY).day == 1 else same


def _days(run: _Run) -> str:
    return day_in_words(run.first) if run.first == run.last else in_words(Period(run.first, run.last + DAY))


def _figure(asked: Asked, measure: Measure, runs: Sequence[_Run]) -> Figure:
    fields = asked.query.by or (Dimension.SERVICE,)
    rows: list[Row] = [
        value_cells(asked, fields, run.values)
        | {"first": run.first, "days": Decimal((run.last - run.first).days + 1), "amount": run.amount}
        | {"usual": run.usual, "change": run.above}
        for run in runs[: asked.query.limit or _MOST_ROWS]
    ]
    columns = (
        *field_columns(asked, fields),
        Column("first", "From", "date"),
        Column("days", "Days", "number"),
        measure.column("amount", asked.metric),
        measure.column("usual", "Usual"),
        measure.column("change", "Above usual", signed=True),
    )
    return Figure("Days that stand out", columns, tuple(rows))
