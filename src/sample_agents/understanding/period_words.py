"""Finds the periods that a question names: days to fiscal years, ranges, and those relative to the data. Pure."""

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import pairwise

from sample_agents.calendar_units import DAY, month_after, unit_of
from sample_agents.errors import UnanswerableError
from sample_agents.query import Period, Unit
from sample_agents.understanding.question_text import MONTH, MONTHS, Word

_ONE_TO_TWELVE = "one two three four five six seven eight nine ten eleven twelve"
NUMBERS = {word: number for number, word in enumerate(_ONE_TO_TWELVE.split(), start=1)}
_MOST = 120  # of so many units back or ahead


@dataclass(frozen=True)
class Calendar:
    """What periods are relative to."""

    first: date
    end: date  # the first day that the data do not cover
    newest_complete: date | None  # the newest complete month
    today: date
    fiscal_year_start: int | None
    is_daily: bool = True  # whether all charges are by the day

    @property
    def newest_day(self) -> date:
        """The newest day of the data."""
        return self.end - DAY

    def newest(self, unit: Unit, count: int = 1) -> Period:
        """The newest so many units that the data cover whole."""
        if unit is Unit.DAY:
            return Period(self.end - timedelta(days=count), self.end, f"the newest {_counted(count, unit)} of the data")
        if unit is Unit.WEEK:
            end = unit_of(unit, self.end).first
            return Period(end - timedelta(weeks=count), end, f"the newest {_complete(count, unit)} of the data")
        if self.newest_complete is None:
            raise UnanswerableError("The data have no complete month.")
        end = unit_of(unit, month_after(self.newest_complete, 1)).first
        months = count * _LENGTHS[unit]
        return Period(month_after(end, -months), end, f"the newest {_complete(count, unit)} of the data")

    def running(self, unit: Unit, *, whole: bool) -> Period:
        """The unit in which the newest day lies, to its end or as far as the data reach."""
        period = unit_of(unit, self.newest_day)
        name = f"the {unit} of the newest day in the data"
        if whole:
            return replace(period, name=name)
        return Period(period.first, self.end if self.is_daily else period.end, f"{name}, so far")

    def all(self) -> Period:
        """All days of the data."""
        return Period(self.first, self.end, "all data")


@dataclass(frozen=True)
class Mention:
    """A period in the question: the positions of its words, and what they name."""

    start: int
    end: int  # excluded
    period: Period
    ends: tuple[Period, Period] | None = None  # of a range: "from April to May"
    is_ahead: bool = False  # "next month"
    is_so_far: bool = False  # "this month", which is not over
    relative: Callable[[Period], Period] | None = None  # "the same month last year", of another period
    needs: str = ""  # the month or quarter without a year, to be found


_LENGTHS = {Unit.MONTH: 1, Unit.QUARTER: 3, Unit.HALF: 6, Unit.YEAR: 12}
_COUNT = rf"(\d{{1,3}}|{'|'.join(NUMBERS)})"
_UNIT = "(day|week|month|quarter|year)"
_YEAR = r"(20\d\d)"
_D = r"(\d{1,2})(?:st|nd|rd|th)?"
_ORDINALS = {"first": 1, "1st": 1, "second": 2, "2nd": 2, "third": 3, "3rd": 3, "fourth": 4, "4th": 4}
# Q1, quarter 1, first quarter, H1, first half.
_PART = r"(?:the )?(?:(q[1-4]|h[12])|quarter ([1-4])|(first|1st|second|2nd|third|3rd|fourth|4th) (quarter|half))"
_PAST = "(?:the )?(?:last|past|previous|prior|preceding|trailing|latest|most recent)"
_OPENING = r"(?:(?:over|across|throughout|during|in|for|within) )?"


def find_periods(
    question: Sequence[Word], taken: Collection[int], calendar: Calendar, *, forecast: bool
) -> list[Mention]:
    """The periods that the question names, in reading order; the words at the positions taken are something else's.

    A month without a year is the newest one in the data; in a forecast, the next.

    Raises UnanswerableError for dates that can be read in two ways, and for fiscal periods of an unknown start.
    """
    words = ["_" if word.is_quoted or number in taken else word.text for number, word in enumerate(question)]
    for number, (before, after) in enumerate(pairwise(question), start=1):
        # "us-east-2 May" and "top 5 May" have no day of May.
        is_of_name = after.before == "-" and before.text.isalpha() and before.text not in MONTHS
        if after.text.isdigit() and len(after.text) < 3 and (is_of_name or before.text in ("top", "bottom")):
            words[number] = "_"
    for word in words:
        _refuse_ambiguous_date(word)
    # "May, 5 services" has no fifth of May.
    breaks = {number for number, word in enumerate(question) if "," in word.before and len(word.text) < 3}
    finder = _Finder(words, breaks, calendar, forecast=forecast)
    mentions = _resolved(finder.mentions(), words, calendar, forecast=forecast)
    return list(_ranges(mentions, words, calendar, forecast=forecast))


def _complete(count: int, unit: Unit) -> str:
    return f"complete {unit}" if count == 1 else f"{count} complete {unit}s"


def _counted(count: int, unit: Unit) -> str:
    return str(unit) if count == 1 else f"{count} {unit}s"


def _refuse_ambiguous_date(word: str) -> None:
    if found := re.fullmatch(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{2,4})", word):
        first, second, year = int(found[1]), int(found[2]), int(found[3]) + (2000 if int(found[3]) < 100 else 0)
        try:
            days = f"{date(year, first, second):%d %B %Y} or {date(year, second, first):%d %B %Y}"
        except ValueError:
            raise UnanswerableError(f"{word} is not a day of the calendar.") from None
        raise UnanswerableError(f"{word} can be {days}: write the month as a word, or the date as 2026-05-31.")
    if found := re.fullmatch(rf"({MONTH})-(\d\d)", word):
        month = found[1].capitalize()
        raise UnanswerableError(
            f"{word} can be {month} 20{found[2]} or the {found[2]}th of {month}: write one of them."
        )


class _Finder:
    """Takes periods out of the words, the longest ways to name them first."""

    def __init__(self, words: Sequence[str], breaks: Collection[int], calendar: Calendar, *, forecast: bool) -> None:
        self.calendar = calendar
        self.forecast = forecast
        self.words = list(words)
        self.breaks = breaks
        self.found: list[Mention] = []

    def mentions(self) -> list[Mention]:
        self._fiscal()
        self._relative()
        self._ahead()
        self._dated()
        return sorted(self.found, key=lambda mention: mention.start)

    def take(self, pattern: str, meaning: Callable[[re.Match[str]], Period | Mention | None]) -> None:
        """Take every match whose meaning is a period."""
        text, starts = "", []
        for position, word in enumerate(self.words):
            text += ", " * (position in self.breaks)
            starts.append(len(text))
            text += word + " "
        for found in re.finditer(rf"(?<!\S)(?:{pattern})(?!\S)", text):
            if (given := meaning(found)) is not None:
                start, end = starts.index(found.start()), sum(start < found.end() for start in starts)
                mention = given if isinstance(given, Mention) else Mention(0, 0, given)
                self.found.append(replace(mention, start=start, end=end))
                self.words[start:end] = "_" * (end - start)

    def _relative(self) -> None:
        calendar = self.calendar
        year = calendar.newest_day.year

        def so_far(unit: Unit, *, to_date: bool = False) -> Mention:
            whole = self.forecast and not to_date
            return Mention(0, 0, calendar.running(unit, whole=whole), is_so_far=not whole)

        def newest(found: re.Match[str]) -> Period:
            return calendar.newest(Unit(found[2]), _number(found[1]))

        def clock(days: int) -> Callable[[re.Match[str]], Period]:
            day = calendar.today - timedelta(days=days)
            return lambda _: unit_of(Unit.DAY, day)

        def earlier(unit: str) -> Mention:
            months = -_LENGTHS[Unit(unit)]
            name = f"the {unit} before"
            return Mention(0, 0, calendar.all(), relative=lambda other: _shifted(other, months, name))

        year_before = Mention(0, 0, calendar.all(), relative=lambda other: _shifted(other, -12, "a year earlier"))
        self.take(r"(?:the )?(?:same|corresponding) (?:month|quarter|period|time|day|week) (?:of )?"
                  r"(?:(?:the )?(?:last|previous|prior) year|a year (?:ago|before|earlier)|the year before)",
                  lambda _: year_before)  # fmt: skip
        self.take(r"(?:a|one|1) year (?:ago|earlier|before)|(?:the )?year before", lambda _: year_before)
        self.take(r"(?:the )?(month|quarter) before last",
                  lambda found: _shifted(calendar.newest(Unit(found[1])), -_LENGTHS[Unit(found[1])], ""))  # fmt: skip
        self.take(r"the (month|quarter) before(?: (?:that|it))?|(?:the )?(?:previous|prior|preceding) (month|quarter)",
                  lambda found: earlier(found[1] or found[2]) if self._has_other(found) else None)  # fmt: skip
        self.take(rf"({MONTH}) (?:of )?(this|last) year",
                  lambda found: _month(MONTHS[found[1]], year - (found[2] == "last")))  # fmt: skip
        self.take(rf"{_PART} (?:of )?(this|last) year",
                  lambda found: _part(_part_name(found), year - (found[5] == "last")))  # fmt: skip
        self.take(
            rf"{_OPENING}{_PAST} {_COUNT} (?:full |complete )?(day|week|month|quarter)s?(?! of (?!the data))", newest
        )
        self.take(r"(?:the )?(?:last|previous|prior) (?:calendar )?year", lambda _: _of_year(year - 1))
        self.take(rf"{_OPENING}(?:the )?past year|{_OPENING}(?:the )?(?:last|past|trailing) 12 months",
                  lambda _: calendar.newest(Unit.MONTH, 12))  # fmt: skip
        self.take(rf"{_OPENING}{_PAST} (?:full |complete |completed |calendar )?(week|month|quarter)"
                  r"(?! of (?!the data))"
                  r"|the newest complete (?:week|month|quarter)(?: of the data)?",
                  lambda found: calendar.newest(Unit(found[1] or found[0].split()[3])))  # fmt: skip
        self.take(r"(?:this|current|the current|the) (week|month|quarter|year) (?:to date|so far)",
                  lambda found: so_far(Unit(found[1]), to_date=True))  # fmt: skip
        self.take(r"since (?:the )?(?:start|beginning) of (?:the|this) (month|quarter|year)",
                  lambda found: so_far(Unit(found[1]), to_date=True))  # fmt: skip
        self.take(r"so far (?:in )?(?:this|the|the current) (week|month|quarter|year)",
                  lambda found: so_far(Unit(found[1]), to_date=True))  # fmt: skip
        self.take(r"(week|month|quarter|year) to date|(ytd|mtd|qtd|wtd)",
                  lambda found: so_far(_TO_DATE[found[0][0]], to_date=True))  # fmt: skip
        self.take(r"(?:this|current|the current) (?:calendar )?(week|month|quarter|half|year)",
                  lambda found: so_far(Unit(found[1])))  # fmt: skip
        self.take("(?:all time|all data|all (?:the )?(?:months|days|periods)|(?:the )?(?:whole|entire) period|ever)",
                  lambda _: calendar.all())  # fmt: skip
        self.take("yesterday", clock(1))
        self.take("today", clock(0))

    def _ahead(self) -> None:
        newest = self.calendar.newest_day

        def coming(found: re.Match[str]) -> Mention:
            count, unit = _number(found[1] or "1"), Unit(found[2])
            first = self.calendar.end if unit is Unit.DAY else unit_of(unit, newest).end
            if unit in _LENGTHS:
                end = month_after(first, count * _LENGTHS[unit])
            else:
                end = first + timedelta(days=count * (7 if unit is Unit.WEEK else 1))
            return Mention(0, 0, Period(first, end, f"the coming {_counted(count, unit)}"), is_ahead=True)

        def rest(found: re.Match[str]) -> Mention:
            unit = Unit(found[1])
            period = Period(self.calendar.end, unit_of(unit, newest).end, f"the rest of the {unit}")
            return Mention(0, 0, period, is_ahead=True)

        def by_its_end(found: re.Match[str]) -> Mention | None:
            unit = next((group for group in found.groups() if group), None) or _TO_DATE[found[0][-1]]
            whole = self.calendar.running(Unit(unit), whole=True)
            return Mention(0, 0, whole, is_ahead=True) if self.forecast else None

        def to_its_end(found: re.Match[str]) -> None:
            if self.forecast:
                raise UnanswerableError(
                    f'From when? Ask for "this {found[1]}", which counts what is spent already, or for "the rest of '
                    f'the {found[1]}".'
                )

        self.take(rf"{_OPENING}(?:the )?(?:next|coming|following|upcoming) (?:{_COUNT} )?{_UNIT}s?", coming)
        self.take(r"(?:the )?(?:rest|remainder) of (?:the|this|the current) (week|month|quarter|half|year)", rest)
        self.take(
            r"(?:up to|to|until|till|through) (?:the )?end of (?:the |this )?(month|quarter|half|year)", to_its_end
        )
        self.take(r"(?:(?:by|at|for) )?(?:the )?end of (?:the |this )?(month|quarter|half|year)"
                  r"|(?:(?:by|at|for) )?(?:the )?(month|quarter|year) end|(?:(?:by|at) )?eo[mqy]"
                  r"|for the (month|quarter|year)|(?:the )?full (month|quarter|year)", by_its_end)  # fmt: skip

    def _fiscal(self) -> None:
        start = self.calendar.fiscal_year_start or 1
        newest = self.calendar.newest_day
        this_year = date(newest.year - (newest.month < start), start, 1)

        def known(meaning: Callable[[re.Match[str]], Period]) -> Callable[[re.Match[str]], Period]:
            def checked(found: re.Match[str]) -> Period:
                if self.calendar.fiscal_year_start is None:
                    raise UnanswerableError(
                        "I do not know in which month the fiscal year starts: the deployment says so "
                        '(`--fiscal-year-start`). Ask for calendar periods, as in "cost in Q3 2026" or "year to date".'
                    )
                return meaning(found)

            return checked

        def numbered(found: re.Match[str]) -> Period:
            """Fiscal year 2026 is the one that ends then, or the one that begins then: people mean both."""
            number = 2000 + int(found["last"]) if found["last"] else int(found["year"])
            if start != 1:
                ends = [f"{date(year - 1, start, 1):%B %Y} to {month_after(date(year, start, 1), -1):%B %Y}"
                        for year in (number, number + 1)]  # fmt: skip
                raise UnanswerableError(
                    f"Fiscal year {number} can be {' or '.join(ends)}: ask for one of them in these words, or for "
                    '"this fiscal year" or "last fiscal year".'
                )
            first = date(number, 1, 1)
            letter = found["part"] or found["of_part"]
            return quarter(first, letter[1]) if letter else Period(first, month_after(first, 12))

        def quarter(first: date, number: str) -> Period:
            first = month_after(first, 3 * (int(number) - 1))
            return Period(first, month_after(first, 3), f"fiscal quarter {number}")

        def relative(found: re.Match[str]) -> Period:
            is_quarter = found[0].endswith("quarter")
            months = 3 if is_quarter else 12
            first = (
                month_after(this_year, (month_after(newest, 0) - this_year).days // 88 * 3) if is_quarter else this_year
            )
            is_last = found[1] in ("last", "previous", "prior")
            first = month_after(first, -months if is_last else 0)
            period = Period(first, month_after(first, months), f"fiscal {'quarter' if is_quarter else 'year'}")
            if period.end > self.calendar.end and not self.forecast:
                return Period(first, self.calendar.end, f"{period.name}, so far")
            return period

        fiscal = "(?:fiscal|financial)"
        which = "(?:the )?(this|current|last|previous|prior)"
        self.take(rf"(?:(?P<part>q[1-4]) (?:of )?)?{fiscal} (?:year )?(?:(?P<of_part>q[1-4]) (?:of )?)?(?P<year>20\d\d)"
                  r"(?: (?P<last>\d\d))?", known(numbered))  # fmt: skip
        self.take(rf"{fiscal} q([1-4])", known(lambda found: quarter(this_year, found[1])))
        self.take(rf"{which} {fiscal} (?:year|quarter)|{fiscal} year to date|fytd", known(relative))
        self.take(
            rf"(?:the )?{fiscal}(?: (?:year|quarter|month))?",
            known(lambda _: Period(this_year, month_after(this_year, 12))),
        )

    def _dated(self) -> None:
        def day(number: str, month: str, year: str | None) -> Mention | Period | None:
            if year is None:
                return Mention(0, 0, self.calendar.all(), needs=f"{int(number)} {month}")
            return _day(int(year), MONTHS[month], int(number))

        self.take(
            r"(?:the )?week (?:of|from|starting|beginning)(?: on)? (20\d\d)-(\d\d)-(\d\d)",
            lambda found: _week(_day(*map(int, found.groups()))),
        )
        self.take(r"(20\d\d)-(\d\d)-(\d\d)", lambda found: _day(*map(int, found.groups())))
        self.take(r"(20\d\d)-(\d\d)", lambda found: _month(int(found[2]), int(found[1])))

        def days(first: str, last: str, month: str, year: str | None) -> Period | None:
            number = int(year) if year else self._year_for(month)
            ends = [_day(number, MONTHS[month], int(day)) for day in (first, last)]
            return Period(ends[0].first, ends[1].end) if ends[0] and ends[1] and ends[0].first < ends[1].end else None

        to = "(?:to|through|thru|until|till|-)"
        self.take(
            rf"between (?:the )?{_D} and (?:the )?{_D} (?:of )?({MONTH})(?: {_YEAR})?"
            rf"|(?:from )?(?:the )?{_D} {to} (?:the )?{_D} (?:of )?({MONTH})(?: {_YEAR})?",
            lambda found: days(*(found.groups()[:4] if found[1] else found.groups()[4:])),
        )
        self.take(
            rf"(?:from )?({MONTH}) {_D} {to} {_D}(?: {_YEAR})?",
            lambda found: days(found[2], found[3], found[1], found[4]),
        )
        self.take(rf"(?:the )?week (?:of|from|starting|beginning)(?: the| on)? {_D} (?:of )?({MONTH})(?: {_YEAR})?",
                  lambda found: _week(day(found[1], found[2], found[3] or str(self._year_for(found[2])))))  # fmt: skip
        self.take(rf"(?:the )?week (?:of|from|starting|beginning) ({MONTH}) {_D}(?: {_YEAR})?",
                  lambda found: _week(day(found[2], found[1], found[3] or str(self._year_for(found[1])))))  # fmt: skip
        self.take(rf"(?:the )?{_D} (?:of )?({MONTH})(?: (?:of )?{_YEAR})?",
                  lambda found: day(found[1], found[2], found[3]))  # fmt: skip
        self.take(rf"({MONTH}) (?:the )?{_D}(?: {_YEAR})?", lambda found: day(found[2], found[1], found[3]))
        self.take(rf"(?:the )?month of ({MONTH}) {_YEAR}", lambda found: _month(MONTHS[found[1]], int(found[2])))
        self.take(rf"(?:the )?month of ({MONTH})", lambda found: Mention(0, 0, self.calendar.all(), needs=found[1]))
        self.take(rf"({MONTH}) (?:of |in )?{_YEAR}", lambda found: _month(MONTHS[found[1]], int(found[2])))
        self.take(rf"{_YEAR} ({MONTH})", lambda found: _month(MONTHS[found[2]], int(found[1])))
        self.take(rf"{_PART} (?:of |in )?{_YEAR}", lambda found: _part(_part_name(found), int(found[5])))
        self.take(rf"{_PART}(?: of the year)?(?! of)",
                  lambda found: Mention(0, 0, self.calendar.all(), needs=_part_name(found)))  # fmt: skip
        self.take(rf"(?:(?:the )?(?:calendar )?year )?{_YEAR}", lambda found: _of_year(int(found[1])))
        self.take(rf"({MONTH})", lambda found: Mention(0, 0, self.calendar.all(), needs=found[1]))

    def _year_for(self, month: str) -> int:
        newest = self.calendar.newest_day
        return newest.year - (MONTHS[month] > newest.month)

    def _has_other(self, found: re.Match[str]) -> bool:
        """Whether another period is named, which "the month before" can be relative to."""
        others = " ".join(self.words).replace(found[0], " ", 1)
        named = rf"(?<!\S)(?:{MONTH}|q[1-4]|h[12]|20\d\d|20\d\d-\d\d|(?:last|previous|this) (?:month|quarter))(?!\S)"
        return bool(re.search(named, others)) or bool(self.found)


_TO_DATE = {"y": Unit.YEAR, "m": Unit.MONTH, "q": Unit.QUARTER, "w": Unit.WEEK}


def _number(text: str) -> int:
    number = NUMBERS.get(text) or int(text)
    if not 1 <= number <= _MOST:
        raise UnanswerableError(f"I count from 1 to {_MOST} days, weeks, months or quarters, not {number}.")
    return number


def _day(year: int, month: int, day: int) -> Period | None:
    try:
        return unit_of(Unit.DAY, date(year, month, day))
    except ValueError:
        return None


def _week(day: Period | Mention | None) -> Period | None:
    return unit_of(Unit.WEEK, day.first) if isinstance(day, Period) else None


def _month(number: int, year: int) -> Period:
    return unit_of(Unit.MONTH, date(year, number, 1))


def _of_year(year: int) -> Period:
    return unit_of(Unit.YEAR, date(year, 1, 1))


def _part(name: str, year: int) -> Period | None:
    """`q3` or `h1` of a year."""
    if name in ("h3", "h4"):
        return None
    months = 3 if name[0] == "q" else 6
    first = date(year, months * (int(name[1]) - 1) + 1, 1)
    return Period(first, month_after(first, months))


def _shifted(period: Period, months: int, name: str) -> Period:
    """The period so many months later; its end stays on the last day of a month if it is there."""

    def shifted(day: date) -> date:
        first = month_after(day, months)
        return min(first + timedelta(days=day.day - 1), month_after(first, 1) - DAY)

    end = shifted(period.end) if period.end.day == 1 else shifted(period.end - DAY) + DAY
    return Period(shifted(period.first), end, name)


def _part_name(found: re.Match[str]) -> str:
    """`q3` or `h1`, of a match of _PART."""
    return found[1] or (f"q{found[2]}" if found[2] else f"{found[4][0]}{_ORDINALS[found[3]]}")


def _in_year(needs: str, year: int) -> Period | None:
    """What needs a year, in this one: `may`, `5 may`, `q3`."""
    number, _, month = needs.rpartition(" ")
    if month not in MONTHS:
        return _part(month, year)
    return _day(year, MONTHS[month], int(number)) if number else _month(MONTHS[month], year)


def _resolved(mentions: list[Mention], words: Sequence[str], calendar: Calendar, *, forecast: bool) -> list[Mention]:
    """The mentions with the years that they need: of the period after, in "April and May 2025"; else the newest."""
    done: list[Mention] = []
    for position in range(len(mentions) - 1, -1, -1):
        mention = mentions[position]
        if not mention.needs:
            done.insert(0, mention)
            continue
        after = done[0] if done else None
        between = words[mention.end : after.start] if after else ()
        if after and not after.relative and set(between) <= _JOINING and len(between) <= 3 and not after.is_so_far:
            year = after.period.first.year
            period = _in_year(mention.needs, year)
            if period and period.first > (after.period.first if set(between) & _RANGE else calendar.newest_day):
                # In "November to February 2026" the year is that of the end.
                period = period if forecast and not set(between) & _RANGE else _in_year(mention.needs, year - 1)
        else:
            period = _newest_year(mention.needs, calendar, forecast=forecast)
        if period is None:
            raise UnanswerableError(f"{mention.needs} is not a day of the calendar.")
        done.insert(0, replace(mention, period=period))
    others = [mention.period for mention in done if not mention.relative]
    for position, mention in enumerate(done):
        if mention.relative:
            other = others[0] if others else calendar.newest(Unit.MONTH)
            done[position] = replace(mention, period=mention.relative(other))
    return done


def _newest_year(needs: str, calendar: Calendar, *, forecast: bool) -> Period | None:
    """In the newest year in which the data have begun it; in a forecast, the first in which it is not over."""
    newest = calendar.newest_day
    years = range(newest.year, newest.year + 5) if forecast else range(newest.year, newest.year - 5, -1)
    for year in years:
        period = _in_year(needs, year)
        if period and (period.end > calendar.end if forecast else period.first <= newest):
            return period
    return None


_RANGE = frozenset({"to", "through", "thru", "until", "till", "-", "up"})
_JOINING = _RANGE | {"and", "or", "with", "vs", "versus", "the", "in", "against", "than", "of"}


def _ranges(mentions: list[Mention], words: Sequence[str], calendar: Calendar, *, forecast: bool) -> Iterator[Mention]:
    """The mentions, with `from March to May`, `between March and May`, `since March` and `until May` as one each."""
    while mentions:
        mention, *mentions = mentions
        start, first = mention.start, mention.period
        following = mentions[0] if mentions else None
        between = [word for word in words[mention.end : following.start] if word != "the"] if following else []
        opening, two = (" ".join(words[max(0, start - count) : start]) for count in (1, 2))
        joined = between == ["and"] and (opening == "between" or two == "between the")
        if following and (joined or (between and set(between) <= _RANGE)) and not mention.relative:
            del mentions[0]
            last = following.period
            if last.first < first.first and not following.relative:
                raise UnanswerableError(f"The period ends before it begins: {last.first} lies before {first.first}.")
            if opening in ("from", "between"):
                start -= 1
            whole = Period(first.first, last.end)
            yield Mention(start, following.end, whole, (first, last), following.is_ahead, following.is_so_far)
        elif opening in ("since", "after") or two in ("starting in", "starting from", "starting on", "beginning in"):
            if forecast:
                raise UnanswerableError("What is to come is forecast for a period: name its end.")
            day = first.end if opening == "after" else first.first
            whole = Period(day, max(calendar.end, first.end))
            start -= 1 if opening in ("since", "after") else 2
            yield _not_empty(replace(mention, start=start, period=whole, is_so_far=True))
        elif (opening in ("until", "till", "through", "thru", "before") or two == "up to") and not mention.relative:
            if forecast:
                raise UnanswerableError(
                    'From when? Ask for a period from one month to another, or for "next 3 months".'
                )
            whole = Period(calendar.first, first.first if opening == "before" else first.end)
            yield _not_empty(replace(mention, start=start - (2 if two == "up to" else 1), period=whole))
        else:
            yield mention


def _not_empty(mention: Mention) -> Mention:
    if mention.period.first >= mention.period.end:
        raise UnanswerableError("The period has no day in the data.")
    return mention
