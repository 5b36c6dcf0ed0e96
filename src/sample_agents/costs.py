"""The costs, added up once from an export's charges; every answer is a sum over these cells. Pure."""

from collections import defaultdict
from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TypeVar

from sample_agents.focus_export import Charge, Dimension, Group
from sample_agents.months import Calendar, Month

Key = TypeVar("Key")


@dataclass
class Cell:
    """The sums of one group, in its currency."""

    cost: Decimal = Decimal(0)
    list_cost: Decimal = Decimal(0)


# The values that count, per dimension; a dimension that is not named does not select.
Selection = Mapping[Dimension, frozenset[str]]


@dataclass(frozen=True)
class Costs:
    """All costs of one export. Sums are of one billing currency; currencies are never added up."""

    cells: Mapping[Group, Cell]
    calendar: Calendar
    covered_until: datetime  # UTC, excluded: where the newest charge ends
    rows: int
    names: Mapping[Dimension, Mapping[str, str]]  # each value's name in the export, empty if it has none

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

    def currencies(self, selection: Selection | None = None, months: Container[Month] | None = None) -> list[str]:
        """The billing currencies of a selection or of everything, in alphabetical order."""
        return sorted({group.currency for group, _ in self.select(selection or {}, months)})

    def sums(
        self,
        currency: str,
        selection: Selection,
        months: Container[Month] | None,
        key: Callable[[Group], Key],
        only: Callable[[Group], bool] = lambda _: True,
    ) -> dict[Key, Decimal]:
        """The selection's cost per key, in some months or in all, of some groups or of all."""
        sums: dict[Key, Decimal] = defaultdict(Decimal)
        for group, cell in self.select(selection, months):
            if group.currency == currency and only(group):
                sums[key(group)] += cell.cost
        return dict(sums)

    def by_month(self, currency: str, selection: Selection) -> dict[Month, Decimal]:
        """The selection's cost per month that has any."""
        return self.sums(currency, selection, None, lambda group: group.month)

    def by_value(
        self, currency: str, dimension: Dimension, selection: Selection, months: Container[Month]
    ) -> dict[str, Decimal]:
        """The selection's cost in some months per value of a dimension."""
        return self.sums(currency, selection, months, lambda group: group.value(dimension))

    def total(self, currency: str, selection: Selection, months: Container[Month] | None = None) -> Decimal:
        """The selection's cost in some months or in all."""
        return self.sums(currency, selection, months, lambda _: "").get("", Decimal(0))


def add_up(charges: Iterable[Charge]) -> Costs:
    """Add up the charges, at least one. A charge counts in the month in which its period starts."""
    cells: dict[Group, Cell] = defaultdict(Cell)
    names: dict[Dimension, dict[str, str]] = {dimension: {} for dimension in Dimension}
    first, rows = datetime.max, 0
    ends: dict[Month, datetime] = {}
    daily_ends: dict[Month, datetime] = {}
    for charge in charges:
        rows += 1
        group = charge.group
        first = min(first, charge.start)
        ends[group.month] = max(ends.get(group.month, charge.end), charge.end)
        if charge.end - charge.start <= timedelta(days=1):
            daily_ends[group.month] = max(daily_ends.get(group.month, charge.end), charge.end)
        cells[group].cost += charge.cost
        cells[group].list_cost += charge.list_cost
        shown = {Dimension.REGION: charge.region_name, Dimension.ACCOUNT: charge.account_name}
        for dimension in Dimension:
            names[dimension][group.value(dimension)] = shown.get(dimension, "")
    newest = max(ends)
    # Charges for a day or less show how far the data reach; a monthly fee is known before its month is over,
    # so fees count only in a month that has nothing shorter.
    until = min(daily_ends.get(newest, ends[newest]), newest.plus(1).start)
    return Costs(dict(cells), _calendar(first, newest, until), until, rows, names)


def _calendar(first: datetime, newest: Month, until: datetime) -> Calendar:
    """The months from the first charge's to the newest, which are covered until a moment."""
    partial = set()
    oldest = Month.of(first)
    if first >= oldest.start + timedelta(days=1):
        partial.add(oldest)
    if until < newest.plus(1).start:
        partial.add(newest)
    return Calendar(oldest, newest, frozenset(partial))
