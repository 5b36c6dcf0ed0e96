"""Days, weeks, months, quarters, halves and years: where each begins and ends, and how it is called. Pure."""

from datetime import date, timedelta

from sample_agents.query import Period, Unit

DAY = timedelta(days=1)
_MONTHS = {Unit.MONTH: 1, Unit.QUARTER: 3, Unit.HALF: 6, Unit.YEAR: 12}


def unit_of(unit: Unit, day: date) -> Period:
    """The unit in which the day lies."""
    if unit is Unit.DAY:
        return Period(day, day + DAY)
    if unit is Unit.WEEK:
        monday = day - timedelta(days=day.weekday())
        return Period(monday, monday + timedelta(days=7))
    months = _MONTHS[unit]
    first = date(day.year, (day.month - 1) // months * months + 1, 1)
    return Period(first, month_after(first, months))


def month_after(first: date, months: int) -> date:
    """The first day of the month that comes so many months after the day's; before it, if negative."""
    number = first.year * 12 + first.month - 1 + months
    return date(number // 12, number % 12 + 1, 1)


def units_in(unit: Unit, first: date, end: date) -> list[Period]:
    """The whole units that have a day from the first to before the end."""
    units: list[Period] = []
    day = first
    while day < end:
        units.append(unit_of(unit, day))
        day = units[-1].end
    return units


def months_in(first: date, end: date) -> list[date]:
    """The months that have a day from the first to before the end, by their first days."""
    return [month.first for month in units_in(Unit.MONTH, first, end)]


def unit_before(unit: Unit, period: Period) -> Period:
    """The unit that ends where this one begins."""
    return unit_of(unit, period.first - DAY)


def year_before(unit: Unit, period: Period) -> Period:
    """The same unit a year earlier; of a week, the one 52 weeks before."""
    if unit is Unit.WEEK:
        return Period(period.first - timedelta(weeks=52), period.end - timedelta(weeks=52))
    if unit is Unit.DAY:
        leap_day = (period.first.month, period.first.day) == (2, 29)
        return unit_of(unit, period.first.replace(year=period.first.year - 1, day=28 if leap_day else period.first.day))
    return unit_of(unit, month_after(period.first, -12))


def unit_label(unit: Unit, period: Period) -> str:
    """A unit's name: `2026-05-01` of days and weeks, otherwise as in `in_words`."""
    return period.first.isoformat() if unit in (Unit.DAY, Unit.WEEK) else in_words(period)


def in_words(period: Period) -> str:
    """The days of a period: `May 2026`, `Q3 2026`, `March to May 2026`, `1 to 15 May 2026`."""
    first, last = period.first, period.end - DAY
    if first == last:
        return day_in_words(first)
    if first.day == period.end.day == 1:
        for unit, name in (
            (Unit.MONTH, f"{first:%B %Y}"),
            (Unit.QUARTER, f"Q{(first.month + 2) // 3} {first.year}"),
            (Unit.HALF, f"H{(first.month + 5) // 6} {first.year}"),
            (Unit.YEAR, str(first.year)),
        ):
            if period == unit_of(unit, first):
                return name
        start = f"{first:%B}" if first.year == last.year else f"{first:%B %Y}"
        return f"{start} to {last:%B %Y}"
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day} to {day_in_words(last)}"
    start = f"{first.day} {first:%B}" if first.year == last.year else day_in_words(first)
    return f"{start} to {day_in_words(last)}"


def when(period: Period) -> str:
    """The period as part of a sentence: `in May 2026`, `on 5 May 2026`, `from 1 to 15 May 2026`."""
    if period.days == 1:
        return f"on {in_words(period)}"
    is_unit = any(unit_of(unit, period.first) == period for unit in _MONTHS)
    return f"{'in' if is_unit else 'from'} {in_words(period)}"


def day_in_words(day: date) -> str:
    """A day, as `5 May 2026`."""
    return f"{day.day} {day:%B %Y}"
