"""Which days and months the data cover, for each provider by itself. Pure.

The clock is today or the start of the newest charge, whichever is later: data that begin in December prove that
November is over.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

from sample_agents.query import Period

_DAY = timedelta(days=1)


class MonthOfCharges(NamedTuple):
    """What a provider's charges of one month show of how far its data reach."""

    provider: str
    month: date  # its first day
    first: date  # the day of the oldest charge
    newest: date  # the day of the newest charge
    end: date  # the first day that no charge reaches whole
    short_end: date | None  # likewise, of charges for a day or less; None if there are none
    days: int  # days with a charge for a day or less


@dataclass(frozen=True)
class ProviderCoverage:
    """A provider's charges: `end` is the first day that they do not cover whole."""

    first: date
    end: date
    is_daily: bool  # its charges are for a day or less: a monthly fee is known before its month is over
    missing: tuple[date, ...]  # months without any charge between first and end, by their first days
    months: frozenset[date]  # months with charges


@dataclass(frozen=True)
class Coverage:
    """The days that the data cover."""

    providers: Mapping[str, ProviderCoverage]
    clock: date

    @classmethod
    def of(cls, months: Iterable[MonthOfCharges], today: date) -> "Coverage":
        """The coverage that charges show."""
        of_provider: dict[str, list[MonthOfCharges]] = {}
        for month in sorted(months):
            of_provider.setdefault(month.provider, []).append(month)
        clock = max([today, *(month.newest for charges in of_provider.values() for month in charges)])
        providers = {name: _provider_coverage(charges, clock) for name, charges in of_provider.items()}
        return cls(providers, clock)

    @property
    def first(self) -> date:
        """The first day with a charge."""
        return min(provider.first for provider in self.providers.values())

    @property
    def end(self) -> date:
        """The day after the newest covered day of any provider."""
        return max(provider.end for provider in self.providers.values())

    def is_complete(self, month: date, providers: Collection[str] | None = None) -> bool:
        """Whether the month is over and the data reach its end, for each provider that has charges in it."""
        there = [cover for cover in self._of(providers).values() if month in cover.months]
        after = next_month(month)
        return (
            bool(there)
            and after <= self.clock
            and all(cover.end >= after and (cover.first <= month or cover.first >= after) for cover in there)
        )

    @property
    def newest_complete(self) -> date | None:
        """The newest complete month, by its first day."""
        months = {month for cover in self.providers.values() for month in cover.months}
        return max((month for month in months if self.is_complete(month)), default=None)

    def gaps(self, period: Period) -> list[date]:
        """The period's months, by their first days, that lie inside the data and have no charge of any provider."""
        months = {month for cover in self.providers.values() for month in cover.months}
        inside = months_between(max(period.first, self.first), min(period.end, self.end))
        return [month for month in inside if month not in months]

    def remarks(self, period: Period, providers: Collection[str] | None = None) -> list[str]:
        """What a reader must know of a period: where the data end or begin inside it, and what is missing."""
        found = []
        several = len(self.providers) > 1
        for name, cover in sorted(self._of(providers).items()):
            of = f" of {name or '(no provider)'}" if several else ""
            if period.first < cover.first < period.end:
                found.append(f"The data{of} begin on {_in_words(cover.first)}.")
            if period.first < cover.end < min(period.end, self.clock) or cover.end <= self.clock < period.end:
                found.append(f"The data{of} reach to {_in_words(cover.end - _DAY)}.")
            missing = [month for month in cover.missing if period.first <= month < period.end]
            if missing:
                found.append(f"{', '.join(f'{month:%B %Y}' for month in missing)} is missing from the data{of}.")
        return found

    def _of(self, providers: Collection[str] | None) -> Mapping[str, ProviderCoverage]:
        return {name: cover for name, cover in self.providers.items() if providers is None or name in providers}


def next_month(day: date) -> date:
    """The first day of the month after the day's."""
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1)


def months_between(first: date, end: date) -> list[date]:
    """The months of the days from the first to before the end, by their first days."""
    months, month = [], first.replace(day=1)
    while month < end:
        months.append(month)
        month = next_month(month)
    return months


def _provider_coverage(months: list[MonthOfCharges], clock: date) -> ProviderCoverage:
    newest = months[-1]
    is_daily = 2 * sum(month.short_end is not None for month in months) >= len(months)
    end = (newest.short_end or newest.month) if is_daily else newest.end
    there = frozenset(month.month for month in months)
    end = min(end, next_month(newest.month))
    if end > clock > newest.newest:  # a month to date
        end = clock
    missing = tuple(month for month in months_between(months[0].first, newest.month) if month not in there)
    return ProviderCoverage(months[0].first, end, is_daily, missing, there)


def _in_words(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
