"""Finds the periods that a question names: months, quarters, years, and those relative to the data. Pure."""

import calendar as calendars
import re
from collections.abc import Iterator

from sample_agents.errors import UnanswerableError
from sample_agents.months import Calendar, Month, Period
from sample_agents.question import Kind
from sample_agents.question_text import Mention, QuestionText
from sample_agents.vocabulary import NUMBER_WORDS, Words, listed

# The first month and the length of what has a name: `may` and `q2` of some year.
_MONTHS = {
    name.lower(): (number, 1)
    for names in (calendars.month_name, calendars.month_abbr)
    for number, name in enumerate(names)
    if name
} | {"sept": (9, 1)}
_NAMED = _MONTHS | {
    phrase: (3 * quarter - 2, 3)
    for quarter, words in enumerate(("first 1st", "second 2nd", "third 3rd", "fourth 4th"), start=1)
    for phrase in (f"q{quarter}", f"quarter {quarter}", *(f"{word} quarter" for word in words.split()))
}
_NAME, _MONTH, _DAY = "|".join(_NAMED), "|".join(_MONTHS), r"(?:[1-9]|[12]\d|3[01])(?:st|nd|rd|th)?"
_TOO_FINE = "days?|daily|today|yesterday|weeks?|weekly|weekend|hours?|hourly"
_DAY_OF_MONTH = re.compile(rf"\b({_DAY} (of )?({_MONTH})|({_MONTH}) {_DAY})\b")  # `May 5`, `5th of May`
_NUMBERS = NUMBER_WORDS | {str(number): number for number in range(1, 37)}
_MONTH_COUNT = rf"({'|'.join(_NUMBERS)}) (?:complete |full )?months?"
_RANGE_WORDS = frozenset({"to", "through", "thru", "until", "till"})
_JOINING_WORDS = _RANGE_WORDS | {"and", "or", "with", "vs", "versus"}


def take_periods(text: QuestionText, calendar: Calendar, kind: Kind | None) -> tuple[tuple[Period, ...], bool]:
    """Take the question's periods, in reading order; and whether a phrase such as "next month" looked ahead.

    A month without a year is the most recent one in the data; in a forecast, the next.

    Raises UnanswerableError for days and weeks, and for a month that the data do not reach.
    """
    if text.find(_TOO_FINE, bool) or _DAY_OF_MONTH.search(" ".join(text.words)):
        raise UnanswerableError("I know costs by month, not by day or week: ask for a month.")
    past, ahead = _take_past(text, calendar), _take_ahead(text, calendar.newest)
    dated = [
        *text.find(rf"({_NAME}) (?:of |in )?(20\d\d)", lambda found: _of_year(found[1], int(found[2]))),
        *text.find(rf"(20\d\d) ({_NAME})", lambda found: _of_year(found[2], int(found[1]))),
        *text.find(r"20\d\d", lambda found: _of_year("", int(found[0]))),
    ]
    mentions = [*past, *ahead, *dated]
    for start, end, name in reversed(text.find(_NAME, lambda found: found[0])):
        # In "April and May 2025", the year counts for April too.
        linked = (
            later.meaning.first
            for later in dated
            if later.start >= end and _JOINING_WORDS.issuperset(text.words[end : later.start])
        )
        period = _without_year(name, calendar, next(linked, None), forecast=kind is Kind.FORECAST)
        mentions.append(Mention(start, end, period))
    mentions.sort(key=lambda mention: mention.start)
    periods = tuple(found.meaning for found in mentions)
    return periods if kind is Kind.COMPARISON else tuple(_ranges(text, mentions, calendar.newest)), bool(ahead)


def _of_year(name: str, year: int) -> Period:
    number, length = _NAMED.get(name, (1, 12))  # without a name, all of it
    return Period.starting(Month(year, number), length)


def _quarter_of(month: Month) -> Period:
    return Period.starting(month.plus(-((month.number - 1) % 3)), 3)


def _take_past(text: QuestionText, calendar: Calendar) -> list[Mention[Period]]:
    newest, last = calendar.newest, calendar.newest_complete or calendar.newest
    this_year = Period(Month(newest.year, 1), newest, "the year of the newest month")
    this_month = Period(newest, newest, "the newest month of the data")
    running = {
        "this month, current month, month to date, mtd, so far this month": this_month,
        "this quarter, current quarter": _quarter_of(newest),
        "this year, current year, year to date, ytd": this_year,
        "last year, previous year": _of_year("", newest.year - 1),
        "all time, ever, all months, whole period, entire period": Period(calendar.first, newest, "all data"),
    }

    def newest_months(count: int) -> Period:
        meaning = "the newest complete month" if count == 1 else f"the newest {count} complete months"
        return Period(last.plus(1 - count), last, f"{meaning} of the data")

    quarter = _quarter_of(last.plus(1)).before()
    last_quarter = Period(quarter.first, quarter.last, "the newest complete quarter")
    complete = {
        "last month, previous month, prior month, past month, last complete month": newest_months(1),
        "month before last, month before, month before that": newest_months(1).before(),
        "last quarter, previous quarter, past quarter": last_quarter,
        "past year": newest_months(12),
    }
    counted = text.find(rf"(?:last|past|previous) {_MONTH_COUNT}", lambda found: newest_months(_NUMBERS[found[1]]))
    past = text.take(_phrases(running))
    counted += text.take(_phrases(complete))
    if counted and calendar.newest_complete is None:
        raise UnanswerableError(f"The data have no complete month: they cover a part of {calendar}.")
    return past + counted


def _take_ahead(text: QuestionText, newest: Month) -> list[Mention[Period]]:
    following, end_of_year = newest.plus(1), Period(newest, Month(newest.year, 12))
    ahead = {
        "next month, coming month": Period(following, following),
        "next quarter, coming quarter": _quarter_of(_quarter_of(newest).last.plus(1)),
        "next year": _of_year("", newest.year + 1),
        "rest of the year, rest of this year, end of the year, end of year, year end": end_of_year,
    }
    counted = text.find(
        rf"(?:next|coming) {_MONTH_COUNT}", lambda found: Period.starting(following, _NUMBERS[found[1]])
    )
    return counted + text.take(_phrases(ahead))


def _phrases(periods: dict[str, Period]) -> dict[Words, Period]:
    return {phrase: period for phrases, period in periods.items() for phrase in listed(phrases)}


def _without_year(name: str, calendar: Calendar, before: Month | None, *, forecast: bool) -> Period:
    if before is not None:
        period = _of_year(name, before.year)
        return period if period.first < before else _of_year(name, before.year - 1)
    this_year = _of_year(name, calendar.newest.year)
    if forecast:
        return this_year if this_year.last >= calendar.newest else _of_year(name, calendar.newest.year + 1)
    for year in range(calendar.newest.year, calendar.first.year - 1, -1):
        period = _of_year(name, year)
        if period.first <= calendar.newest and period.last >= calendar.first:
            return period
    label = this_year.label.removesuffix(f" {calendar.newest.year}")
    raise UnanswerableError(f"{label} is not in the data, which cover {calendar}.")


def _ranges(text: QuestionText, mentions: list[Mention[Period]], newest: Month) -> Iterator[Period]:
    """The periods, with `from March to May`, `between March and May` and `since March` as one each."""
    while mentions:
        (start, end, period), *mentions = mentions
        before, between = text.word(start - 1), text.words[end : mentions[0].start] if mentions else ()
        if (between == ("and",) and before == "between") or (len(between) == 1 and between[0] in _RANGE_WORDS):
            first, last = period.first, mentions.pop(0).meaning.last  # the range's end is no period of its own
            if first > last:  # from November to February: begin before the end, whatever year was found
                first = Month(last.year - (first.number > last.number), first.number)
            period = Period(first, last)
        elif before == "since" and not mentions:
            period = Period(period.first, max(period.first, newest))
        yield period
