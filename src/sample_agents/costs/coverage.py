"""Which days and months the data cover, for each provider by itself. Pure.

The clock is today or the start of the newest charge, whichever is later: data that begin in December prove that
November is over.
"""

import itertools
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import NamedTuple

from sample_agents.calendar_units import DAY, day_in_words, month_after, months_in
from sample_agents.query import Period
from sample_agents.writing import plain

_LONG_GAP = 7  # days
_FEWEST_DAYS = 3  # with fewer charges it cannot be told whether they are for each day


class MonthOfCharges(NamedTuple):
    """What a provider's charges of one month show of how far its data reach."""

    provider: str
    month: date  # its first day
    first: date  # the day of the oldest charge
    newest: date  # the day of the newest charge
    end: date  # the first day that no charge reaches whole
    short_end: date | None  # likewise, of charges for a day or less; None if there are none
    days: tuple[date, ...]  # those with a charge for a day or less, oldest first


@dataclass(frozen=True)
class ProviderCoverage:
    """How far a provider's charges reach: `end` is the first day that they do not cover whole."""

    first: date
    end: date
    newest: date  # the day of the newest charge: of hours, it may be covered in part
    is_daily: bool  # it charges by the day or hour; a monthly fee, known in advance, then shows nothing of its reach
    missing: tuple[date, ...]  # months without any charge between first and end, by their first days
    months: frozenset[date]  # months with charges
    missing_days: tuple[Period, ...] = ()  # days without any charge, of a provider that has them on nearly all

    @property
    def long_gaps(self) -> list[Period]:
        """Missing days that can be no chance: a month with some is not whole."""
        return [gap for gap in self.missing_days if gap.days >= _LONG_GAP]

    def has_gap(self, period: Period) -> bool:
        """Whether such days lie in the period."""
        return any(_meet(gap, period) for gap in self.long_gaps)


@dataclass(frozen=True)
class Coverage:
    """The days that the data cover."""

    providers: Mapping[str, ProviderCoverage]
    clock: date

    @classmethod
    def of(cls, months: Iterable[MonthOfCharges], today: date) -> "Coverage":
        """The coverage that charges show."""
        of_provider: dict[str, list[MonthOfCharges]] = {}
        for month in sorted(months, key=lambda month: (month.provider, month.month)):
            of_provider.setdefault(month.provider, []).append(month)
        clock = max([today, *(month.newest for charges in of_provider.values() for month in charges)])
        alone = {name: _provider_coverage(charges, clock) for name, charges in of_provider.items()}
        daily = [cover for cover in alone.values() if cover.is_daily]
        return cls({name: _with_others(cover, daily, of_provider[name]) for name, cover in alone.items()}, clock)

    @property
    def first(self) -> date:
        """The first day with a charge."""
        return min(cover.first for cover in self.providers.values())

    @property
    def end(self) -> date:
        """The day after the newest day that is covered, or has a charge, of any provider: after all of the charges."""
        return max(max(cover.end, cover.newest + DAY) for cover in self.providers.values())

    def is_complete(self, month: date, providers: Collection[str] | None = None) -> bool:
        """Whether the month is over and the data have all of it, for each provider that has charges in it."""
        there = [cover for cover in self._of(providers).values() if month in cover.months]
        after = month_after(month, 1)
        return (
            bool(there)
            and after <= self.clock
            and all(cover.first <= month and cover.end >= after for cover in there)
            and not any(cover.has_gap(Period(month, after)) for cover in there)
        )

    @property
    def newest_complete(self) -> date | None:
        """The newest month that is complete for any provider, by its first day; `remarks` names those that lack it."""
        months = (
            month for name, cover in self.providers.items() for month in cover.months if self.is_complete(month, [name])
        )
        return max(months, default=None)

    def gaps(self, period: Period) -> list[date]:
        """The period's months, by their first days, that lie inside the data and have no charge of any provider."""
        months = {month for cover in self.providers.values() for month in cover.months}
        inside = months_in(max(period.first, self.first), min(period.end, self.end))
        return [month for month in inside if month not in months]

    def remarks(self, period: Period, providers: Collection[str] | None = None) -> list[str]:
        """What a reader must know of a period: where the data begin or end inside it, and what is missing."""
        found = []
        for name, cover in sorted(self._of(providers).items()):
            of = f" of {plain(name) or 'charges without a provider'}" if len(self.providers) > 1 else ""
            if period.first < cover.first < period.end:
                found.append(f"The data{of} begin on {day_in_words(cover.first)}.")
            if cover.first < period.end and cover.end < period.end:
                within = f"; {day_in_words(cover.newest)} is not whole" if cover.newest == cover.end else ""
                found.append(f"The data{of} end with {day_in_words(cover.end - DAY)}{within}.")
            if months := [f"{month:%B %Y}" for month in cover.missing if period.first <= month < period.end]:
                found.append(f"The data{of} lack {', '.join(months)}.")
            if days := [_days_in_words(days) for days in cover.missing_days if _meet(days, period)]:
                found.append(f"The data{of} have no charge on {', '.join(days)}.")
        return found

    def _of(self, providers: Collection[str] | None) -> Mapping[str, ProviderCoverage]:
        return {name: cover for name, cover in self.providers.items() if providers is None or name in providers}


def _provider_coverage(months: list[MonthOfCharges], clock: date) -> ProviderCoverage:
    there = frozenset(month.month for month in months)
    first, newest = months[0].first, months[-1]
    days = [day for month in months for day in month.days]
    # Charges for a day on most days, and to the end: not a correction in a year of monthly fees.
    is_daily = any(month.days for month in months[-2:]) and 2 * len(days) >= sum(
        (month.days[-1] - month.days[0]).days + 1 for month in months if month.days
    )
    # Of monthly charges, a credit at the month's end is for a day too.
    if any(month.end != month.short_end for month in months):
        is_daily = is_daily and len(days) >= _FEWEST_DAYS * sum(bool(month.days) for month in months)
    end = max(month.short_end for month in months if month.short_end) if is_daily else newest.end
    # What is charged in advance ends in the future: of it, the days up to now are there.
    end = min(end, month_after(newest.month, 1), max(clock, newest.newest + DAY))
    missing = tuple(month for month in months_in(first, newest.month) if month not in there)
    return ProviderCoverage(
        first, end, newest.newest, is_daily, missing, there, _missing_days(days) if is_daily else ()
    )


def _with_others(
    cover: ProviderCoverage, daily: Collection[ProviderCoverage], months: list[MonthOfCharges]
) -> ProviderCoverage:
    """A provider that charges now and then, beside others: its months are delivered as far as theirs are."""
    few = sum(len(month.days) for month in months) < _FEWEST_DAYS
    now_and_then = (few or not cover.is_daily) and all(month.end == month.short_end for month in months)
    if not (now_and_then and any(other is not cover for other in daily)):
        return cover
    first = max(cover.first.replace(day=1), min(other.first for other in daily))
    end = min(month_after(months[-1].month, 1), max(other.end for other in daily))
    return replace(cover, first=min(first, cover.first), end=max(end, cover.end), is_daily=False)


def _missing_days(days: list[date]) -> tuple[Period, ...]:
    """Days without charges; none where they are nothing special, and whole months are `missing`."""
    gaps = [
        Period(day + DAY, after)
        for day, after in itertools.pairwise(days)
        if (after - day).days > 1
        and not any(day < month < month_after(month, 1) <= after for month in months_in(day, after))
    ]
    short = sum(gap.days for gap in gaps if gap.days < _LONG_GAP)
    return tuple(gaps) if 10 * short <= len(days) and 2 * sum(gap.days for gap in gaps) <= len(days) else ()


def _meet(days: Period, period: Period) -> bool:
    return days.first < period.end and period.first < days.end


def _days_in_words(days: Period) -> str:
    last = days.end - DAY
    return day_in_words(last) if days.days == 1 else f"{day_in_words(days.first)} to {day_in_words(last)}"
