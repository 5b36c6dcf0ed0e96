"""Finds the periods that a question names: months, quarters, years, and those relative to the data. Pure."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sample_agents.errors import UnanswerableError
from sample_agents.month import Calendar, Month, Period
from sample_agents.question_text import Mention, QuestionText
from sample_agents.service_names import Words, words_of

_MONTHS = (
    "january jan|february feb|march mar|april apr|may|june jun|july jul|august aug|"
    "september sep sept|october oct|november nov|december dec"
)
_ONE_TO_TWELVE = "one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve"
NUMBER_WORDS = {word: number for number, word in enumerate(_ONE_TO_TWELVE.split("|"), start=1)}
_ORDINALS = ("first 1st", "second 2nd", "third 3rd", "fourth 4th")
_LONGEST_RUN = 36  # months in "last N months"


@dataclass(frozen=True)
class _Named:
    """A month or a quarter of some year, or (from January, 12 months long) a year."""

    number: int
    length: int

    def of_year(self, year: int) -> Period:
        first = Month(year, self.number)
        return Period(first, first.plus(self.length - 1))


_Relative = Callable[[Calendar], Period]

_NAMED: dict[Words, _Named] = {
    **{
        (name,): _Named(number, 1) for number, names in enumerate(_MONTHS.split("|"), start=1) for name in names.split()
    },
    **{(f"q{quarter}",): _Named(3 * quarter - 2, 3) for quarter in range(1, 5)},
    **{("quarter", str(quarter)): _Named(3 * quarter - 2, 3) for quarter in range(1, 5)},
    **{
        (ordinal, "quarter"): _Named(3 * quarter - 2, 3)
        for quarter, ordinals in enumerate(_ORDINALS, start=1)
        for ordinal in ordinals.split()
    },
}
_YEARS: dict[Words, int] = {(str(year),): year for year in range(2000, 2100)}


def _complete(calendar: Calendar) -> Month:
    if calendar.newest_complete is None:
        raise UnanswerableError(f"The data have no complete month: they cover a part of {calendar}.")
    return calendar.newest_complete


def _last_months(count: int) -> _Relative:
    def resolve(calendar: Calendar) -> Period:
        last = _complete(calendar)
        meaning = "the newest complete month" if count == 1 else f"the newest {count} complete months"
        return Period(last.plus(1 - count), last, f"{meaning} of the data")

    return resolve


def _next_months(count: int) -> _Relative:
    return lambda calendar: Period(calendar.newest.plus(1), calendar.newest.plus(count))


def _quarter_of(month: Month) -> Period:
    return _Named((month.number - 1) // 3 * 3 + 1, 3).of_year(month.year)


def _last_quarter(calendar: Calendar) -> Period:
    quarter = _quarter_of(_complete(calendar).plus(1)).before()
    return Period(quarter.first, quarter.last, "the newest complete quarter")


def _this_year(calendar: Calendar) -> Period:
    return Period(Month(calendar.newest.year, 1), calendar.newest, "the year of the newest month")


def _this_month(calendar: Calendar) -> Period:
    return Period(calendar.newest, calendar.newest, "the newest month of the data")


def _next_quarter(calendar: Calendar) -> Period:
    return _quarter_of(_quarter_of(calendar.newest).last.plus(1))


def _rest_of_year(calendar: Calendar) -> Period:
    december = Month(calendar.newest.year, 12)
    return Period(calendar.newest, december)


def _phrases(*pairs: tuple[str, _Relative]) -> Iterator[tuple[Words, _Relative]]:
    for alternatives, resolve in pairs:
        for phrase in alternatives.split(", "):
            yield words_of(phrase), resolve


def _counted(openings: str, resolve: Callable[[int], _Relative]) -> Iterator[tuple[Words, _Relative]]:
    numbers = {str(number): number for number in range(1, _LONGEST_RUN + 1)} | NUMBER_WORDS
    for opening in openings.split():
        for word, number in numbers.items():
            for unit in ("month", "months", "complete months", "full months"):
                yield (opening, word, *unit.split()), resolve(number)


_PAST: dict[Words, _Relative] = dict(
    [
        *_phrases(
            ("last month, previous month, prior month, past month, last complete month", _last_months(1)),
            ("month before last", lambda calendar: _last_months(1)(calendar).before()),
            ("month before, month before that", lambda calendar: _last_months(1)(calendar).before()),
            ("this month, current month, month to date, mtd, so far this month", _this_month),
            ("this quarter, current quarter", lambda calendar: _quarter_of(calendar.newest)),
            ("last quarter, previous quarter, past quarter", _last_quarter),
            ("this year, current year, year to date, ytd", _this_year),
            ("last year, previous year", lambda calendar: _Named(1, 12).of_year(calendar.newest.year - 1)),
            ("past year", _last_months(12)),
            (
                "all time, ever, all months, whole period, entire period",
                lambda calendar: Period(calendar.first, calendar.newest, "all data"),
            ),
        ),
        *_counted("last past previous", _last_months),
    ]
)
_AHEAD: dict[Words, _Relative] = dict(
    [
        *_phrases(
            ("next month, coming month", _next_months(1)),
            ("next quarter, coming quarter", _next_quarter),
            ("next year", lambda calendar: _Named(1, 12).of_year(calendar.newest.year + 1)),
            ("rest of the year, rest of this year, end of the year, end of year, year end", _rest_of_year),
        ),
        *_counted("next coming", _next_months),
    ]
)
_DAYS_AND_WEEKS = "day|days|daily|today|yesterday|week|weeks|weekly|weekend|hour|hours|hourly"
_TOO_FINE: dict[Words, str] = {(word,): word for word in _DAYS_AND_WEEKS.split("|")}
_DAYS = frozenset(f"{day}{ending}" for day in range(1, 32) for ending in ("", "st", "nd", "rd", "th"))
_RANGE_WORDS = frozenset({"to", "through", "thru", "until", "till"})


@dataclass(frozen=True)
class Periods:
    """The periods named, in reading order, and whether a phrase such as "next month" looked ahead."""

    named: tuple[Period, ...]
    ahead: bool


def take_periods(text: QuestionText, calendar: Calendar, *, forecast: bool, compare: bool) -> Periods:
    """Take the question's periods.

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
            linked = following is not None and _joined(text, mention.end, following.start)
            latest = following.meaning.first if following and linked else None
            period = _without_year(mention.meaning, calendar, forecast=forecast, before=latest)
        else:
            period = mention.meaning.of_year(year)
        mentions.append(Mention(mention.start, mention.end, period))
        following = mentions[-1] if year is not None else None
    mentions.sort(key=lambda mention: mention.start)
    return Periods(tuple(_ranges(text, mentions, calendar, compare=compare)), ahead=bool(ahead))


def _is_day(text: QuestionText, mention: Mention[_Named]) -> bool:
    """Whether the number of a day stands beside a month: `May 5`, `5th of May`."""
    before = mention.start - 1
    if text.word(before) == "of":
        before -= 1
    return mention.meaning.length == 1 and (text.word(before) in _DAYS or text.word(mention.end) in _DAYS)


def _joined(text: QuestionText, end: int, start: int) -> bool:
    between = text.words[end:start]
    return all(word in _RANGE_WORDS or word in ("and", "or", "with", "vs", "versus") for word in between)


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
    paired += [(Mention(year.start, year.end, _Named(1, 12)), year.meaning) for year in year_at.values()]
    return sorted(paired, key=lambda pair: pair[0].start)


def _without_year(named: _Named, calendar: Calendar, *, forecast: bool, before: Month | None) -> Period:
    if before is not None:
        period = named.of_year(before.year)
        return period if period.first < before else named.of_year(before.year - 1)
    if forecast:
        period = named.of_year(calendar.newest.year)
        return period if period.last >= calendar.newest else named.of_year(calendar.newest.year + 1)
    for year in range(calendar.newest.year, calendar.first.year - 1, -1):
        period = named.of_year(year)
        if period.first <= calendar.newest and period.last >= calendar.first:
            return period
    name = named.of_year(calendar.newest.year).label.removesuffix(f" {calendar.newest.year}")
    raise UnanswerableError(f"{name} is not in the data, which cover {calendar}.")


def _ranges(
    text: QuestionText, mentions: list[Mention[Period]], calendar: Calendar, *, compare: bool
) -> Iterator[Period]:
    """The periods, with `from March to May`, `between March and May` and `since March` as one each."""
    position = 0
    while position < len(mentions):
        mention = mentions[position]
        position += 1
        period = mention.meaning
        if not compare and position < len(mentions):
            after = mentions[position]
            between = text.words[mention.end : after.start]
            is_between = between == ("and",) and text.word(mention.start - 1) == "between"
            if is_between or (len(between) == 1 and between[0] in _RANGE_WORDS):
                first, last = period.first, after.meaning.last
                period = Period(first if first <= last else Month(first.year - 1, first.number), last)
                position += 1
        elif not compare and text.word(mention.start - 1) == "since":
            period = Period(period.first, max(period.first, calendar.newest))
        yield period
