"""A forecast by linear trend with a prediction interval. Pure.

The method: a straight line by least squares through the newest 6 to 12 complete months, continued. The range
is the 80 % prediction interval of that line, from the scatter of the n months around it, with Student's t for
n - 2 degrees of freedom. The sum of m future months x has the variance s² (m + m²/n + (Σ(x - mean))² / Sxx).
No seasonality: a year of history cannot show any.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

FEWEST_MONTHS = 6  # below it, the interval is wider than the costs
MOST_MONTHS = 12  # older months say little about the present trend

# Student's t, 90th percentile (the 80 % two-sided interval), for the degrees of freedom n - 2 of 6 to 12 months.
_STUDENT_T = [Decimal(t) for t in ("1.533", "1.476", "1.440", "1.415", "1.397", "1.383", "1.372")]


@dataclass(frozen=True)
class Estimate:
    """An expected amount and the ends of its 80 % range."""

    low: Decimal
    expected: Decimal
    high: Decimal


@dataclass(frozen=True)
class Trend:
    """A straight line through monthly amounts; month 0 is the oldest of them."""

    months: int
    intercept: Decimal
    slope: Decimal  # change of the amount per month
    residual_variance: Decimal
    never_negative: bool  # no amount was below zero, so no estimate is

    @classmethod
    def through(cls, amounts: Sequence[Decimal]) -> "Trend":
        """Fit the line to the newest `MOST_MONTHS` amounts, oldest first; at least `FEWEST_MONTHS`."""
        used = amounts[-MOST_MONTHS:]
        count = len(used)
        middle = Decimal(count - 1) / 2
        mean = sum(used, Decimal(0)) / count
        slope = sum(((x - middle) * y for x, y in enumerate(used)), Decimal(0)) / _spread(count)
        intercept = mean - slope * middle
        squares = sum(((y - intercept - slope * x) ** 2 for x, y in enumerate(used)), Decimal(0))
        return cls(count, intercept, slope, squares / (count - 2), min(used) >= 0)

    def estimate(self, ahead: Sequence[int]) -> Estimate:
        """The total of some future months; 1 is the month after the newest amount."""
        count = len(ahead)
        positions = [self.months - 1 + step for step in ahead]
        expected = sum((self.intercept + self.slope * x for x in positions), Decimal(0))
        middle = Decimal(self.months - 1) / 2
        distance = sum((x - middle for x in positions), Decimal(0))
        factor = count + Decimal(count**2) / self.months + distance**2 / _spread(self.months)
        margin = _STUDENT_T[self.months - FEWEST_MONTHS] * (self.residual_variance * factor).sqrt()
        least = Decimal(0) if self.never_negative else Decimal("-Infinity")
        return Estimate(*(max(value, least) for value in (expected - margin, expected, expected + margin)))


def _spread(count: int) -> Decimal:
    """The sum of squared distances of 0 to count - 1 from their mean."""
    return Decimal(count * (count**2 - 1)) / 12
