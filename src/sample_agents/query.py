"""The typed query: all that an answer depends on. Whoever fills it in, this is what is computed and said back. Pure.

Values are those of the data (`Amazon Simple Storage Service`, an account's number), not the words of the question.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum


class Shape(StrEnum):
    """What is made of the charges."""

    TOTAL = "total"  # of each period, broken down by `by` and `every`
    AVERAGE = "average"  # the total divided by the number of `every` in the period
    SHARE = "share"  # of `filters` in what `whole` selects
    COMPARISON = "comparison"  # of the periods, oldest first, side by side
    GROWTH = "growth"  # to each `every` in the period from the one before it, or from a year before (`year_on_year`)
    MOVERS = "movers"  # what rose or fell most between two periods, and why
    FORECAST = "forecast"  # what is spent of the period, and what is expected for the rest
    ANOMALIES = "anomalies"  # days that differ from what is usual
    SAVINGS = "savings"  # the advisor's findings


class Metric(StrEnum):
    """What is added up."""

    EFFECTIVE = "effective cost"  # EffectiveCost: amortised, after discounts
    BILLED = "billed cost"  # BilledCost: what the invoice says
    LIST = "list cost"
    CONTRACTED = "contracted cost"
    SAVED = "savings against list"  # ListCost - EffectiveCost
    QUANTITY = "consumed quantity"  # ConsumedQuantity, of each ConsumedUnit by itself
    UTILISATION = "commitment utilisation"  # the used part of what commitments cost
    COVERAGE = "commitment coverage"  # the part of what could be committed that commitments cover


class Dimension(StrEnum):
    """What charges can be selected and broken down by; each is a column of `charges`."""

    PROVIDER = "provider"
    SERVICE = "service"
    SERVICE_CATEGORY = "service category"
    REGION = "region"
    ACCOUNT = "account"
    RESOURCE = "resource"
    PRODUCT = "product"  # what is billed under another service: EBS volumes and NAT gateways under Amazon EC2
    CHARGE_CATEGORY = "charge category"
    PRICING_CATEGORY = "pricing category"

    @property
    def column(self) -> str:
        """The column of `charges`."""
        return self.value.replace(" ", "_")


@dataclass(frozen=True)
class Tag:
    """A tag's key, which is a dimension too."""

    key: str


# Whether a charge has a tag at all: "" for those without one, "tagged" for the others.
ANY_TAG = Tag("")

Field = Dimension | Tag


class Unit(StrEnum):
    """A stretch of the calendar; weeks begin on Monday."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    HALF = "half"
    YEAR = "year"


class Direction(StrEnum):
    """Which end of a ranking."""

    HIGHEST = "highest"
    LOWEST = "lowest"
    ROSE = "rose"  # of movers: only increases
    FELL = "fell"  # of movers: only decreases


class Finding(StrEnum):
    """What the advisor looks for."""

    IDLE = "idle resources"  # what the bill itself calls idle or unattached
    UNUSED_COMMITMENT = "unused commitments"  # the unused part of each commitment, and its utilisation
    ON_DEMAND = "on-demand usage"  # steady, and at a price that a commitment would lower
    PREVIOUS_GENERATION = "previous generations"  # volumes and machines that have a cheaper successor
    GROWTH = "fast growth"
    UNTAGGED = "untagged spend"
    SNAPSHOTS = "snapshots"  # and backups, which grow until somebody gives them an end
    DATA_TRANSFER = "traffic between zones"  # and through NAT gateways


@dataclass(frozen=True)
class Filter:
    """The charges whose field has one of these values, or (`excluded`) has none of them."""

    field: Field
    values: tuple[str, ...]  # in alphabetical order; "" is the charges without a value
    excluded: bool = False


@dataclass(frozen=True)
class Period:
    """Days in UTC; `end` is the first day that is not in it."""

    first: date
    end: date
    # What the question's words called it, where dates alone do not say: "the newest complete month". Changes no number.
    name: str = field(default="", compare=False)

    @property
    def days(self) -> int:
        """How many days."""
        return (self.end - self.first).days

    def __iter__(self) -> Iterator[date]:
        """The days, oldest first."""
        return (self.first + timedelta(days=number) for number in range(self.days))


@dataclass(frozen=True)
class Query:
    """What is asked for."""

    shape: Shape
    metric: Metric = Metric.EFFECTIVE
    filters: tuple[Filter, ...] = ()
    currency: str | None = None  # only charges billed in it
    unit: str | None = None  # of QUANTITY: only what is consumed in it, as the data write it
    periods: tuple[Period, ...] = ()  # TOTAL: each by itself; COMPARISON and MOVERS: in the order of time
    by: tuple[Field, ...] = ()  # at most two
    every: Unit | None = None
    year_on_year: bool = False  # of GROWTH
    whole: tuple[Filter, ...] = ()  # of SHARE: the filters of what `filters` are a part of
    limit: int | None = None  # so many rows of the breakdown; without `by`, so many of `every`
    direction: Direction | None = None
    finding: Finding | None = None  # of SAVINGS: only this kind; None: all of them
