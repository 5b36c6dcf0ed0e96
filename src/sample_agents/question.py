"""A question about costs as understood, and the period and breakdown of one that leaves them open. Pure."""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import NamedTuple

from sample_agents.costs import Dimension, Selection
from sample_agents.errors import UnanswerableError
from sample_agents.months import Calendar, Month, Period
from sample_agents.writing import plain

_FARTHEST_FORECAST = 18  # months, as far as AWS Cost Explorer forecasts
_MOST_COLUMNS = 13  # months side by side in one table: a year and the running month


class Kind(StrEnum):
    """What a question asks for; the first of these that its words ask for decides."""

    SAVINGS = "savings"  # "how much money could I save" is about savings
    FORECAST = "forecast"
    COMPARISON = "comparison"
    COST = "cost"


class Named(NamedTuple):
    """What a phrase names: the values of a dimension, none if the data lack it."""

    dimension: Dimension
    label: str
    values: frozenset[str]


@dataclass(frozen=True)
class Question:
    """What is asked for; `str` says it in words."""

    kind: Kind
    periods: tuple[Period, ...] = ()
    names: tuple[Named, ...] = ()
    by: Dimension | None = None
    by_month: bool = False
    top: int | None = None
    notes: tuple[str, ...] = ()  # inert markdown: what the reader must know about how this was understood

    @property
    def months(self) -> set[Month]:
        """The months of all periods."""
        return {month for period in self.periods for month in period}

    @property
    def selection(self) -> Selection:
        """The values asked for; several of one dimension count together."""
        return {
            dimension: frozenset().union(*(named.values for named in self.names if named.dimension is dimension))
            for dimension in (named.dimension for named in self.names)
        }

    @property
    def subject(self) -> str:
        """What the costs are of, as inert markdown: `Amazon S3 in region us-east-1`."""
        labels = {
            dimension: " and ".join(plain(named.label) for named in self.names if named.dimension is dimension)
            for dimension in self.selection
        }
        parts = [labels.pop(Dimension.SERVICE, "all services")]
        parts += [f"{'at' if name == 'provider' else f'in {name}'} {label}" for name, label in labels.items()]
        return " ".join(parts)

    def __str__(self) -> str:
        """What was understood, as inert markdown: `cost of Amazon S3 in May 2026, by month`."""
        if self.kind is Kind.SAVINGS:
            return f"savings in {self.subject}"
        if self.kind is Kind.FORECAST:
            return f"forecast of the cost of {self.subject} for {self.periods[0]}"
        joint = " and "
        if self.kind is Kind.COMPARISON:
            joint = " compared with " if len(self.periods) == 2 else ", "
        parts = [f"cost of {self.subject} in {joint.join(map(str, self.periods))}"]
        parts.append(f"by {self.by.value}" if self.by else "by month" if self.by_month else "")
        parts.append(f"the {self.top} highest" if self.top else "")
        return ", ".join(filter(None, parts))

    def noted(self, *notes: str) -> "Question":
        """The question with more notes."""
        return replace(self, notes=self.notes + notes)


def complete(question: Question, calendar: Calendar) -> Question:
    """The question with its periods and breakdown settled, and notes on what the data cover in part.

    Raises UnanswerableError if the data do not reach the periods asked for.
    """
    if question.kind is Kind.SAVINGS:
        return question  # savings are looked for in the newest complete month, whatever the period
    steps = {Kind.COST: _complete_cost, Kind.COMPARISON: _complete_comparison, Kind.FORECAST: _complete_forecast}
    return steps[question.kind](question, calendar)


def _usual_period(calendar: Calendar, meaning: str) -> tuple[Period, ...]:
    month = calendar.newest_complete or calendar.newest
    return (Period(month, month, meaning),)


def _complete_cost(question: Question, calendar: Calendar) -> Question:
    periods = question.periods
    if not periods and question.by_month:
        periods = (Period(calendar.first, calendar.newest, "all data"),)
    elif not periods:
        periods = _usual_period(calendar, "no period named: the newest complete month of the data")
    question = _covered(replace(question, periods=periods), calendar)
    if question.by and question.by_month:
        months = [month for period in periods for month in period if calendar.covers(month)]
        columns = tuple(Period(month, month) for month in months[-_MOST_COLUMNS:])
        return replace(question, kind=Kind.COMPARISON, periods=columns, by_month=False)
    if question.by or question.by_month:
        return question
    if len(periods) == len(periods[0]) == 1 and Dimension.SERVICE not in question.selection:
        return replace(question, by=Dimension.SERVICE)
    return replace(question, by_month=True)


def _complete_comparison(question: Question, calendar: Calendar) -> Question:
    periods = tuple(sorted(dict.fromkeys(question.periods), key=lambda period: period.first))
    if question.by and len(question.selection.get(question.by, ())) > 1 and len(periods) < 2:
        return _complete_cost(replace(question, kind=Kind.COST), calendar)
    periods = periods or _usual_period(calendar, "the newest complete month")
    if len(periods) == 1:
        before = periods[0].before()
        if not any(map(calendar.covers, before)):
            raise UnanswerableError(f"There is nothing to compare {periods[0].label} with: the data cover {calendar}.")
        periods = (before, periods[0])
    by = question.by or (None if Dimension.SERVICE in question.selection else Dimension.SERVICE)
    return _covered(replace(question, periods=periods, by=by, by_month=False), calendar)


def _complete_forecast(question: Question, calendar: Calendar) -> Question:
    history_end = calendar.newest_complete
    if history_end is None:
        raise UnanswerableError(f"I cannot forecast: the data cover only a part of {calendar}.")
    start = history_end.plus(1)
    asked = question.periods or (Period.starting(start, 3),)
    first, last = min(period.first for period in asked), max(period.last for period in asked)
    if last <= history_end:
        past = question.noted(f"{Period(first, last).label} is over, so this is what it cost.")
        return _complete_cost(replace(past, kind=Kind.COST), calendar)
    if len(Period(start, last)) > _FARTHEST_FORECAST:
        raise UnanswerableError(
            f"I forecast at most {_FARTHEST_FORECAST} months ahead, to {start.plus(_FARTHEST_FORECAST - 1)}: "
            f"the data end in {calendar.newest}."
        )
    return replace(question, periods=(Period(max(first, start), last),), by=None, by_month=False, top=None)


def _covered(question: Question, calendar: Calendar) -> Question:
    """With a note for each period that the data cover in part. Raises UnanswerableError for one they lack."""
    for period in question.periods:
        there = [month for month in period if calendar.covers(month)]
        if not there:
            hint = ' Ask for a forecast, as in "forecast for next month".' if period.first > calendar.newest else ""
            raise UnanswerableError(f"{period.label} is not in the data, which cover {calendar}.{hint}")
        if len(there) < len(period):
            question = question.noted(f"Of {period.label}, the data cover {Period(there[0], there[-1]).label}.")
    return question
