"""The costs of an export, added up by what charges have in common; every answer is a sum over them. Pure."""

from collections import defaultdict
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple, TypeVar

from sample_agents.months import Calendar, Month

Key = TypeVar("Key")


class Dimension(StrEnum):
    """What costs can be broken down and selected by, month aside."""

    PROVIDER = "provider"
    SERVICE = "service"
    REGION = "region"
    ACCOUNT = "account"


# The values that count, per dimension; a dimension that is not named does not select.
Selection = Mapping[Dimension, frozenset[str]]


class UsageKind(StrEnum):
    """The kinds of usage that findings of savings are made of."""

    COMMITTED = "committed"  # covered by a commitment discount
    UNUSED_COMMITMENT = "unused commitment"  # the part of a commitment that nothing used
    IDLE = "idle"  # the provider's own description calls the resource idle or unattached
    PREVIOUS_GENERATION = "previous generation"  # gp2 volumes, which gp3 replaces
    ON_DEMAND = "on demand"  # hours at the standard price that a commitment could cover
    OTHER = "other"  # what the charge's row does not say


class Group(NamedTuple):
    """What charges that are added up have in common."""

    month: Month  # in which ChargePeriodStart lies
    currency: str  # BillingCurrency
    provider: str  # ProviderName
    service: str  # ServiceName
    region: str  # RegionId, else RegionName
    account: str  # SubAccountId, else BillingAccountId
    kind: UsageKind
    tagged: bool  # False only for usage whose Tags cell is empty

    def value(self, dimension: Dimension) -> str:
        """The group's value of a dimension."""
        return str(getattr(self, dimension.value))


@dataclass
class Sums:
    """What a group cost, in its currency."""

    cost: Decimal = Decimal(0)  # EffectiveCost
    list_cost: Decimal = Decimal(0)  # ListCost


@dataclass(frozen=True)
class Costs:
    """All costs of an export, or a selection of them. Sums are of one currency: currencies are never added up."""

    groups: Mapping[Group, Sums]
    calendar: Calendar
    covered_until: datetime  # UTC, excluded: where the newest charge ends
    rows: int
    names: Mapping[Dimension, Mapping[str, str]]  # each value's name in the export, empty if it has none

    def values(self, dimension: Dimension) -> list[str]:
        """A dimension's values in the export, in alphabetical order."""
        return sorted(self.names[dimension])

    def label(self, dimension: Dimension, value: str) -> str:
        """A value as people know it: an account's name with its number, otherwise the value."""
        name = self.names[dimension].get(value, "")
        return f"{name} ({value})" if name and dimension is Dimension.ACCOUNT else value

    def select(self, selection: Selection) -> "Costs":
        """The costs that have the selection's values."""
        groups = {
            group: sums
            for group, sums in self.groups.items()
            if all(group.value(dimension) in values for dimension, values in selection.items())
        }
        return replace(self, groups=groups)

    def by_currency(self, months: Container[Month] | None = None) -> "dict[str, Costs]":
        """The costs in each billing currency that has any in some months or in all, in alphabetical order."""
        currencies = sorted({group.currency for group in self.groups if months is None or group.month in months})
        parts = {
            name: {group: self.groups[group] for group in self.groups if group.currency == name} for name in currencies
        }
        return {name: replace(self, groups=groups) for name, groups in parts.items()}

    def sums(
        self, key: Callable[[Group], Key], months: Container[Month] | None = None, *, at_list_price: bool = False
    ) -> dict[Key, Decimal]:
        """The cost per key, in some months or in all."""
        added: dict[Key, Decimal] = defaultdict(Decimal)
        for group, sums in self.groups.items():
            if months is None or group.month in months:
                added[key(group)] += sums.list_cost if at_list_price else sums.cost
        return dict(added)

    def total(self, months: Container[Month] | None = None) -> Decimal:
        """The cost in some months or in all."""
        return sum(self.sums(lambda group: group.month, months).values(), Decimal(0))
