"""Fills in the period and breakdown that a question leaves open, and checks them with the data. Pure."""

from dataclasses import replace

from sample_agents.costs import Dimension
from sample_agents.errors import UnanswerableError
from sample_agents.month import Calendar, Period
from sample_agents.question import Question
from sample_agents.question_words import Kind

FARTHEST_FORECAST = 18  # months, as far as AWS Cost Explorer forecasts
_MOST_COLUMNS = 13  # months side by side in one table: a year and the running month


def complete(question: Question, calendar: Calendar) -> Question:
    """The question with its periods and breakdown settled, and notes on what the data cover in part.

    Raises UnanswerableError if the data do not reach the periods asked for.
    """
    match question.kind:
        case Kind.COST:
            return _complete_cost(question, calendar)
        case Kind.COMPARISON:
            return _complete_comparison(question, calendar)
        case Kind.FORECAST:
            return _complete_forecast(question, calendar)
        case Kind.SAVINGS:
            return question  # savings are looked for in the newest complete month, whatever the period


def _complete_cost(question: Question, calendar: Calendar) -> Question:
    if not question.periods:
        if question.by_month:
            period = Period(calendar.first, calendar.newest, "all data")
        else:
            month = calendar.newest_complete or calendar.newest
            period = Period(month, month, "no period named: the newest complete month of the data")
        question = replace(question, periods=(period,))
    question = _covered(question, calendar)
    if question.by and question.by_month:
        months = [month for period in question.periods for month in period if calendar.covers(month)]
        columns = tuple(Period(month, month) for month in months[-_MOST_COLUMNS:])
        return replace(question, kind=Kind.COMPARISON, periods=columns, by_month=False)
    if question.by or question.by_month:
        return question
    one_month = len(question.periods) == 1 and len(question.periods[0]) == 1
    if one_month and Dimension.SERVICE not in question.selection:
        return replace(question, by=Dimension.SERVICE)
    return replace(question, by_month=True)


def _complete_comparison(question: Question, calendar: Calendar) -> Question:
    periods = tuple(sorted(set(question.periods), key=lambda period: period.first))
    if question.by and len(question.selection.get(question.by, ())) > 1 and len(periods) < 2:
        return _complete_cost(replace(question, kind=Kind.COST), calendar)
    if not periods:
        month = calendar.newest_complete or calendar.newest
        periods = (Period(month, month, "the newest complete month"),)
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
    asked = question.periods or (Period(start, start.plus(2)),)
    first, last = min(period.first for period in asked), max(period.last for period in asked)
    if last <= history_end:
        note = f"{Period(first, last).label} is over, so this is what it cost."
        past = replace(question, kind=Kind.COST, notes=(*question.notes, note))
        return _complete_cost(past, calendar)
    if len(Period(start, last)) > FARTHEST_FORECAST:
        raise UnanswerableError(
            f"I forecast at most {FARTHEST_FORECAST} months ahead, to {start.plus(FARTHEST_FORECAST - 1)}: "
            f"the data end in {calendar.newest}."
        )
    period = Period(max(first, start), last)
    return replace(question, periods=(period,), by=None, by_month=False, top=None)


def _covered(question: Question, calendar: Calendar) -> Question:
    """With a note for each period that the data cover in part. Raises UnanswerableError for one they lack."""
    notes = []
    for period in question.periods:
        there = [month for month in period if calendar.covers(month)]
        if not there:
            hint = ' Ask for a forecast, as in "forecast for next month".' if period.first > calendar.newest else ""
            raise UnanswerableError(f"{period.label} is not in the data, which cover {calendar}.{hint}")
        if len(there) < len(period):
            notes.append(f"Of {period.label}, the data cover {Period(there[0], there[-1]).label}.")
    return replace(question, notes=(*question.notes, *notes))
