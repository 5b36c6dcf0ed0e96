"""Finds the periods that a question names: months, quarters, years, and those relative to the data. Pure."""

import calendar as calendars
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sample_agents.errors import UnanswerableError
from sample_agents.months import Calendar, Month, Period
from sample_agents.question_words import NUMBER_WORDS, Mention, QuestionText
from sample_agents.vocabulary import Words, words_of

_LONGEST_RUN = 36  # months in "last N months"


@dataclass(frozen=True)
class _Named:
    """A month or a quarter of some year, or (from January, 12 months long) a year."""

    number: int
    length: int

    def of_year(self, year: int) -> Period:
        return Period.starting(Month(year, self.number), self.length)


_YEAR = _Named(1, 12)
_YEARS: dict[Words, int] = {(str(year),): year for year in range(2000, 2100)}
_NAMED: dict[Words, _Named] = {
    **{
        (name.lower(),): _Named(number, 1)
        for names in (calendars.month_name, calendars.month_abbr)
        for number, name in enumerate(names)
        if name
    },
    ("sept",): _Named(9, 1),
    **{
        words_of(phrase): _Named(3 * quarter - 2, 3)
        for quarter, (word, figure) in enumerate(
            [("first", "1st"), ("second", "2nd"), ("third", "3rd"), ("fourth", "4th")], start=1
        )
        for phrase in (f"q{quarter}", f"quarter {quarter}", f"{word} quarter", f"{figure} quarter")
    },
}

_Relative = Callable[[Calendar], Period]


def _complete(calendar: Calendar) -> Month:
    if calendar.newest_complete is None:
        raise UnanswerableError(f"The data have no complete month: they cover a part of {calendar}.")
    return calendar.newest_complete


def _last_months(count: int) -> _Relative:
    meaning = "the newest complete month" if count == 1 else f"the newest {count} complete months"

    def resolve(calendar: Calendar) -> Period:
        last = _complete(calendar)
        return Period(last.plus(1 - count), last, f"{meaning} of the data")

    return resolve


def _next_months(count: int) -> _Relative:
    return lambda calendar: Period.starting(calendar.newest.plus(1), count)


def _quarter_of(month: Month) -> Period:
    return Period.starting(month.plus(-((month.number - 1) % 3)), 3)


def _last_quarter(calendar: Calendar) -> Period:
    quarter = _quarter_of(_complete(calendar).plus(1)).before()
    return Period(quarter.first, quarter.last, "the newest complete quarter")


def _phrases(meanings: dict[str, _Relative], counted: str, count: Callable[[int], _Relative]) -> dict[Words, _Relative]:
    """The phrases, and those such as "last 3 months": each opening in `counted` with each number."""
    numbers = {str(number): number for number in range(1, _LONGEST_RUN + 1)} | NUMBER_WORDS
    return {words_of(phrase): meaning for phrases, meaning in meanings.items() for phrase in phrases.split(", ")} | {
        words_of(f"{opening} {word} {unit}"): count(number)
        for opening in counted.split()
        for word, number in numbers.items()
        for unit in ("month", "months", "complete months", "full months")
    }


_PAST = _phrases(
    {
        "last month, previous month, prior month, past month, last complete month": _last_months(1),
        "month before last, month before, month before that": lambda calendar: _last_months(1)(calendar).before(),
        "this month, current month, month to date, mtd, so far this month": lambda calendar: Period(
            calendar.newest, calendar.newest, "the newest month of the data"
        ),
        "this quarter, current quarter": lambda calendar: _quarter_of(calendar.newest),
        "last quarter, previous quarter, past quarter": _last_quarter,
        "this year, current year, year to date, ytd": lambda calendar: Period(
            Month(calendar.newest.year, 1), calendar.newest, "the year of the newest month"
        ),
        "last year, previous year": lambda calendar: _YEAR.of_year(calendar.newest.year - 1),
        "past year": _last_months(12),
        "all time, ever, all months, whole period, entire period": lambda calendar: Period(
            calendar.first, calendar.newest, "all data"
        ),
    },
    "last past previous",
    _last_months,
)
_AHEAD = _phrases(
    {
        "next month, coming month": _next_months(1),
        "next quarter, coming quarter": lambda calendar: _quarter_of(_quarter_of(calendar.newest).last.plus(1)),
        "next year": lambda calendar: _YEAR.of_year(calendar.newest.year + 1),
        "rest of the year, rest of this year, end of the year, end of year, year end": lambda calendar: Period(
            calendar.newest, Month(calendar.newest.year, 12)
        ),
    },
    "next coming",
    _next_months,
)
_DAYS_AND_WEEKS = "day days daily today yesterday week weeks weekly weekend hour hours hourly"
_TOO_FINE: dict[Words, str] = {(word,): word for word in _DAYS_AND_WEEKS.split()}
_DAYS = frozenset(f"{day}{ending}" for day in range(1, 32) for ending in ("", "st", "nd", "rd", "th"))
_RANGE_WORDS = frozenset({"to", "through", "thru", "until", "till"})
_JOINING_WORDS = _RANGE_WORDS | {"and", "or", "with", "vs", "versus"}


def take_periods(
    text: QuestionText, calendar: Calendar, *, forecast: bool, compare: bool
) -> tuple[tuple[Period, ...], bool]:
    """Take the question's periods, in reading order; and whether a phrase such as "next month" looked ahead.

    A month without a year is the most recent one in the data; in a forecast, the next.

    Raises UnanswerableError for days and weeks, and for a month that the data do not reach.
    """
    past, ahead = text.take(_PAST), text.take(_AHEAD)
    named, years = text.take(_NAMED), text.take(_YEARS)
    if text.take(_TOO_FINE) or any(_is_day(text, mention) for mention in named):
        raise UnanswerableError("I know costs by month, not by day or week: ask for a month.")
    mentions = [Mention(found.start, found.end, found.meaning(calendar)) for found in (*past, *ahead)]
    following: Mention[Period] | None = None
    for mention, year in reversed(_with_years(text, named, years)):
        if year is None:
            # In "April and May 2025", the year counts for April too.
            linked = following is not None and set(text.words[mention.end : following.start]) <= _JOINING_WORDS
            latest = following.meaning.first if following and linked else None
            period = _without_year(mention.meaning, calendar, forecast=forecast, before=latest)
        else:
            period = mention.meaning.of_year(year)
        mentions.append(Mention(mention.start, mention.end, period))
        following = mentions[-1] if year is not None else None
    mentions.sort(key=lambda mention: mention.start)
    return tuple(_ranges(text, mentions, calendar, compare=compare)), bool(ahead)


def _is_day(text: QuestionText, mention: Mention[_Named]) -> bool:
    """Whether the number of a day stands beside a month: `May 5`, `5th of May`."""
    before = mention.start - 1
    if text.word(before) == "of":
        before -= 1
    return mention.meaning.length == 1 and (text.word(before) in _DAYS or text.word(mention.end) in _DAYS)


def _with_years(
    text: QuestionText, named: list[Mention[_Named]], years: list[Mention[int]]
) -> list[tuple[Mention[_Named], int | None]]:
    """Each month or quarter with the year that stands at it; a year on its own is a period of 12 months."""
    year_at = {year.start: year for year in years}
    paired: list[tuple[Mention[_Named], int | None]] = []
    for mention in named:
        skipped = 1 if text.word(mention.end) in ("of", "in") else 0
        year = year_at.pop(mention.end + skipped, None) or year_at.pop(mention.start - 1, None)
        if year is None:
            paired.append((mention, None))
        else:
            whole = Mention(min(mention.start, year.start), max(mention.end, year.end), mention.meaning)
            paired.append((whole, year.meaning))
    paired += [(Mention(year.start, year.end, _YEAR), year.meaning) for year in year_at.values()]
    return sorted(paired, key=lambda pair: pair[0].start)


def _without_year(named: _Named, calendar: Calendar, *, forecast: bool, before: Month | None) -> Period:
    if before is not None:
        period = named.of_year(before.year)
        return period if period.first < before else named.of_year(before.year - 1)
    this_year = named.of_year(calendar.newest.year)
    if forecast:
        return this_year if this_year.last >= calendar.newest else named.of_year(calendar.newest.year + 1)
    for year in range(calendar.newest.year, calendar.first.year - 1, -1):
        period = named.of_year(year)
        if period.first <= calendar.newest and period.last >= calendar.first:
            return period
    name = this_year.label.removesuffix(f" {calendar.newest.year}")
    raise UnanswerableError(f"{name} is not in the data, which cover {calendar}.")


def _ranges(
    text: QuestionText, mentions: list[Mention[Period]], calendar: Calendar, *, compare: bool
) -> Iterator[Period]:
    """The periods, with `from March to May`, `between March and May` and `since March` as one each."""
    remaining = iter(range(len(mentions)))
    for position in remaining:
        mention = mentions[position]
        period = mention.meaning
        if not compare and position + 1 < len(mentions):
            after = mentions[position + 1]
            between = text.words[mention.end : after.start]
            is_between = between == ("and",) and text.word(mention.start - 1) == "between"
            if is_between or (len(between) == 1 and between[0] in _RANGE_WORDS):
                first, last = period.first, after.meaning.last
                period = Period(first if first <= last else Month(first.year - 1, first.number), last)
                next(remaining)  # the range's end is no period of its own
        elif not compare and text.word(mention.start - 1) == "since":
            period = Period(period.first, max(period.first, calendar.newest))
        yield period
