"""The costs, added up once from an export's charges; every answer is a sum over these cells. Pure."""

from collections import defaultdict
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from sample_agents.charge import Charge
from sample_agents.month import Calendar, Month
from sample_agents.usage_kind import UsageKind, usage_kind


class Dimension(StrEnum):
    """What costs can be broken down and selected by, month aside."""

    PROVIDER = "provider"
    SERVICE = "service"
    REGION = "region"
    ACCOUNT = "account"


class Group(NamedTuple):
    """What the charges of one cell have in common."""

    month: Month
    currency: str
    provider: str
    service: str
    region: str
    account: str
    kind: UsageKind
    tagged: bool

    def value(self, dimension: Dimension) -> str:
        """The group's value of a dimension."""
        return str(getattr(self, dimension.value))


@dataclass
class Cell:
    """The sums of one group, in its currency."""

    cost: Decimal = Decimal(0)
    list_cost: Decimal = Decimal(0)


# The values that count, per dimension; a dimension that is not named does not select.
Selection = Mapping[Dimension, frozenset[str]]


@dataclass(frozen=True)
class Costs:
    """All costs of one export."""

    cells: Mapping[Group, Cell]
    calendar: Calendar
    covered_until: datetime  # UTC, excluded: where the newest charge ends
    rows: int
    names: Mapping[Dimension, Mapping[str, str]]  # each value's name in the export, empty if it has none

    @property
    def currencies(self) -> list[str]:
        """The billing currencies, which are never added up."""
        return sorted({group.currency for group in self.cells})

    def values(self, dimension: Dimension) -> list[str]:
        """A dimension's values, in alphabetical order."""
        return sorted(self.names[dimension])

    def label(self, dimension: Dimension, value: str) -> str:
        """A value as people know it: an account's name with its number, otherwise the value."""
        name = self.names[dimension].get(value, "")
        return f"{name} ({value})" if name and dimension is Dimension.ACCOUNT else value

    def select(self, selection: Selection, months: Container[Month] | None = None) -> "list[tuple[Group, Cell]]":
        """The cells of a selection, in some months or in all."""
        return [
            (group, cell)
            for group, cell in self.cells.items()
            if (months is None or group.month in months)
            and all(group.value(dimension) in values for dimension, values in selection.items())
        ]

    def by_month(self, currency: str, selection: Selection) -> dict[Month, Decimal]:
        """The selection's cost per month that has any, in one currency."""
        sums: dict[Month, Decimal] = defaultdict(Decimal)
        for group, cell in self.select(selection):
            if group.currency == currency:
                sums[group.month] += cell.cost
        return dict(sums)

    def by_value(
        self, currency: str, dimension: Dimension, selection: Selection, months: Container[Month]
    ) -> dict[str, Decimal]:
        """The selection's cost in some months per value of a dimension, in one currency."""
        sums: dict[str, Decimal] = defaultdict(Decimal)
        for group, cell in self.select(selection, months):
            if group.currency == currency:
                sums[group.value(dimension)] += cell.cost
        return dict(sums)

    def total(self, currency: str, selection: Selection, months: Container[Month] | None = None) -> Decimal:
        """The selection's cost in some months or in all, in one currency."""
        cells = self.select(selection, months)
        return sum((cell.cost for group, cell in cells if group.currency == currency), Decimal(0))


def add_up(charges: Iterable[Charge]) -> Costs:
    """Add up the charges, at least one. A charge counts in the month in which its period starts."""
    cells: dict[Group, Cell] = defaultdict(Cell)
    names: dict[Dimension, dict[str, str]] = {dimension: {} for dimension in Dimension}
    coverage = _Coverage()
    rows = 0
    for charge in charges:
        rows += 1
        coverage.add(charge)
        cell = cells[
            Group(
                Month.of(charge.start),
                charge.currency,
                charge.provider,
                charge.service,
                charge.region,
                charge.account,
                usage_kind(charge),
                charge.tagged,
            )
        ]
        cell.cost += charge.cost
        cell.list_cost += charge.list_cost
        names[Dimension.PROVIDER][charge.provider] = ""
        names[Dimension.SERVICE][charge.service] = ""
        names[Dimension.REGION][charge.region] = charge.region_name
        names[Dimension.ACCOUNT][charge.account] = charge.account_name
    return Costs(dict(cells), coverage.calendar(), coverage.until(), rows, names)


class _Coverage:
    """Which months the charges cover in full.

    Charges for a day or less show how far the data reach; a monthly fee is known before its month is over,
    so fees count only in a month that has nothing shorter.
    """

    def __init__(self) -> None:
        self._first = datetime.max
        self._newest = Month(datetime.min.year, 1)
        self._newest_end = datetime.min
        self._newest_daily_end = datetime.min

    def add(self, charge: Charge) -> None:
        self._first = min(self._first, charge.start)
        month = Month.of(charge.start)
        if month > self._newest:
            self._newest, self._newest_end, self._newest_daily_end = month, datetime.min, datetime.min
        if month == self._newest:
            self._newest_end = max(self._newest_end, charge.end)
            if charge.end - charge.start <= timedelta(days=1):
                self._newest_daily_end = max(self._newest_daily_end, charge.end)

    def until(self) -> datetime:
        end = self._newest_daily_end if self._newest_daily_end > datetime.min else self._newest_end
        return min(end, self._newest.plus(1).start)

    def calendar(self) -> Calendar:
        first = Month.of(self._first)
        partial = set()
        if self._first >= first.start + timedelta(days=1):
            partial.add(first)
        if self.until() < self._newest.plus(1).start:
            partial.add(self._newest)
        newest_complete = self._newest if self._newest not in partial else self._newest.plus(-1)
        known = newest_complete >= first and newest_complete not in partial
        return Calendar(first, self._newest, newest_complete if known else None, frozenset(partial))
