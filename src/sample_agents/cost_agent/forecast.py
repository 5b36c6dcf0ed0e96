"""A forecast by linear trend with a prediction interval. Pure.

The method: a straight line by least squares through the newest 6 to 12 complete months, continued. The range
is the 80 % prediction interval of that line, from the scatter of the n months around it, with Student's t for
n - 2 degrees of freedom. The sum of m future months x has the variance s² (m + m²/n + (Σ(x - mean))² / Sxx).
No seasonality: a year of history cannot show any.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

FEWEST_MONTHS = 6  # below it, the interval is wider than the costs
MOST_MONTHS = 12  # older months say little about the present trend

# Student's t, 90th percentile (the 80 % two-sided interval), for the degrees of freedom n - 2 of 6 to 12 months.
_STUDENT_T = [Decimal(t) for t in ("1.533", "1.476", "1.440", "1.415", "1.397", "1.383", "1.372")]


class Estimate(NamedTuple):
    """An expected amount and the ends of its 80 % range."""

    expected: Decimal
    low: Decimal
    high: Decimal


class Trend:
    """The straight line through the newest `MOST_MONTHS` amounts, oldest first; at least `FEWEST_MONTHS`."""

    def __init__(self, amounts: Sequence[Decimal]) -> None:
        used = amounts[-MOST_MONTHS:]
        self.months = len(used)
        self.mean = sum(used, Decimal(0)) / self.months
        self._middle = Decimal(self.months - 1) / 2  # month 0 is the oldest
        self._spread = Decimal(self.months * (self.months**2 - 1)) / 12  # Sxx
        self.slope = sum(((x - self._middle) * y for x, y in enumerate(used)), Decimal(0)) / self._spread  # a month
        self._intercept = self.mean - self.slope * self._middle
        squares = sum(((y - self._intercept - self.slope * x) ** 2 for x, y in enumerate(used)), Decimal(0))
        self._variance = squares / (self.months - 2)
        # If no amount was below zero, no estimate is.
        self._least = Decimal(0) if min(used) >= 0 else Decimal("-Infinity")

    def estimate(self, ahead: Sequence[int]) -> Estimate:
        """The total of some future months; 1 is the month after the newest amount."""
        positions = [self.months - 1 + step for step in ahead]
        expected = sum((self._intercept + self.slope * x for x in positions), Decimal(0))
        distance = sum((x - self._middle for x in positions), Decimal(0))
        factor = len(ahead) + Decimal(len(ahead) ** 2) / self.months + distance**2 / self._spread
        margin = _STUDENT_T[self.months - FEWEST_MONTHS] * (self._variance * factor).sqrt()
        return Estimate(*(max(value, self._least) for value in (expected, expected - margin, expected + margin)))
