"""Forecasts of monthly amounts: a few simple methods, of which back-tests on the amounts themselves choose one. Pure.

A back-test forecasts months that are over from the months before them alone. The chosen method's errors in its
back-tests make the range: so wide that the outcome lay inside 8 times of 10.
"""

import math
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

FEWEST_MONTHS = 6
MOST_MONTHS_AHEAD = 18
_FEWEST_TO_LEARN = 3  # the months that the first back-test knows
ENOUGH = 5  # back-tests without which their errors say too little of how wide the range must be
_HELD = 0.8
_SEASON = 12

Amounts = Sequence[float]
# How a running month ends: of what the method expects of it, what is spent so far, and which part of a month usually
# has come by then.
Way = Callable[[float, float, float], float]


class Method(NamedTuple):
    """A way to continue amounts by so many months."""

    name: str
    needs: int  # months
    forecast: Callable[[Amounts, int], list[float]]


def _mean(months: int) -> Callable[[Amounts, int], list[float]]:
    return lambda known, steps: [statistics.fmean(known[-months:])] * steps


def _line(known: Amounts) -> tuple[float, float]:
    """The slope, and the height at the newest month, of the straight line through the newest 12 months."""
    newest = known[-_SEASON:]
    line = statistics.linear_regression(range(1 - len(newest), 1), newest)
    return line.slope, line.intercept


def _trend(known: Amounts, steps: int) -> list[float]:
    slope, height = _line(known)
    return [height + slope * step for step in range(1, steps + 1)]


def _damped_trend(known: Amounts, steps: int) -> list[float]:
    slope, height = _line(known)
    amounts = []
    for _ in range(steps):
        slope *= 0.8
        height += slope
        amounts.append(height)
    return amounts


def _season(known: Amounts, steps: int) -> list[float]:
    return [known[len(known) - _SEASON + step % _SEASON] for step in range(steps)]


def _season_and_level(known: Amounts, steps: int) -> list[float]:
    before, now = sum(known[-_SEASON - 3 : -_SEASON]), sum(known[-3:])
    ratio = now / before if before > 0 and now > 0 else 1.0
    return [amount * ratio for amount in _season(known, steps)]


METHODS = (
    Method("the newest month, repeated", 1, _mean(1)),
    Method("the mean of the newest 3 months", 3, _mean(3)),
    Method("the mean of the newest 6 months", 6, _mean(6)),
    Method("a straight line through the newest 12 months", 3, _trend),
    Method("a straight line through the newest 12 months that flattens", 3, _damped_trend),
    Method("the same month a year before", 12, _season),
    Method("the same month a year before, at the level of the newest 3 months", 15, _season_and_level),
)


@dataclass(frozen=True)
class Running:
    """A month that has begun: how much of each month had come by then."""

    part: float  # of the month's days, those that the data have
    so_far: float
    by_then: Amounts  # of each month of the history, what it had come to when so much of it was over


@dataclass(frozen=True)
class Model:
    """The method that back-tests choose for monthly amounts without a gap, oldest first; at least FEWEST_MONTHS.

    Step 1 is the month after them; if that is the running one, what is spent of it counts.
    """

    history: Amounts
    running: Running | None = None
    days: Sequence[int] = ()  # of the months to come, if the amounts are those of a day
    _memory: dict[tuple[int, int], list[float]] = field(default_factory=dict, compare=False)

    @classmethod
    def of_months(cls, history: Amounts, running: Running | None, days: Sequence[int]) -> "Model":
        """The better of two: of the months' amounts, and of their amounts a day, as months differ in length.

        `days` are those of the history's months and of the months to come.
        """
        a_day = None
        if running:
            so_far = running.so_far / days[len(history)]
            by_then = [amount / number for amount, number in zip(running.by_then, days, strict=False)]
            a_day = Running(running.part, so_far, by_then)
        means = [amount / number for amount, number in zip(history, days, strict=False)]
        return min(cls(history, running), cls(means, a_day, days[len(history) :]), key=lambda model: model._choice[2])

    @cached_property
    def _choice(self) -> tuple[Method, Way | None, float]:
        """The method, how it ends a running month, and by how much both were off in back-tests."""
        known = len(self.history)
        usable = [one for one in METHODS if one.needs <= _FEWEST_TO_LEARN or known >= one.needs + 4]
        ways: tuple[Way | None, ...] = _WAYS if self.running else (None,)
        # As many months ahead as most questions look, and as leave back-tests to choose by.
        steps = range(1, max(1, min(3, (known - _FEWEST_TO_LEARN) // 3)) + 1)
        choices = [
            (
                method,
                way,
                statistics.fmean(abs(error) for step in steps for error in self._errors(method, way, step, step)),
            )
            for method in usable
            for way in ways
        ]
        return min(choices, key=lambda choice: choice[2])

    @property
    def method(self) -> str:
        """The chosen method, in words."""
        return self._choice[0].name + (", by its cost a day" if self.days else "")

    @property
    def is_positive(self) -> bool:
        """Whether no month is below zero, as one with more credits than costs would be."""
        return all(amount >= 0 for amount in self.history)

    def expected(self, steps: int) -> list[float]:
        """The amounts of the next months; of the running one with what is spent of it."""
        so_far = (self.running.so_far, statistics.median(self._shares(len(self.history)))) if self.running else None
        method, way, _ = self._choice
        amounts = _continued(method, way, self.history, so_far, steps)
        if self.is_positive:
            amounts = [max(amount, 0.0) for amount in amounts]
        return [amount * number for amount, number in zip(amounts, self.days or [1] * steps, strict=False)]

    def spread(self, first: int, last: int) -> float:
        """How far the sum of these steps may be off, to either side, in 8 cases of 10."""
        days = statistics.fmean(self.days[first - 1 : last]) if self.days else 1
        return self._spread(first, last) * _level(self.history) * days

    def held(self, first: int, last: int) -> int:
        """How many of the back-tests of these steps ended inside a range of that size."""
        return sum(abs(error) <= self._spread(first, last) for error in self.errors(first, last))

    def _spread(self, first: int, last: int) -> float:
        errors = self.errors(first, last)
        if len(errors) >= ENOUGH:
            return _quantile(errors)
        if self.running and last > 1:
            # The running month, of which much is known, tells little of those after it.
            month = _quantile(self.errors(1, 1)) if first == 1 else 0.0
            return month + Model(self.history)._spread(max(first - 1, 1), last - 1)
        # Too few back-tests look so far ahead: the errors of single months add up, and grow as those of a random walk.
        single = 0.0
        for step in range(1, last + 1):
            errors = self.errors(step, step)
            if step > 1 and len(errors) < ENOUGH:
                break
            single = max(single, _quantile(errors) / math.sqrt(step))
        return sum(single * math.sqrt(step) for step in range(first, last + 1))

    def errors(self, first: int, last: int) -> list[float]:
        """By how much back-tests of the sum of these steps were off, in parts of what a month was like until then."""
        if (first, last) not in self._memory:
            self._memory[first, last] = self._errors(self._choice[0], self._choice[1], first, last)
        return self._memory[first, last]

    def _errors(self, method: Method, way: Way | None, first: int, last: int) -> list[float]:
        errors = []
        for known in range(max(method.needs, _FEWEST_TO_LEARN), len(self.history) - last + 1):
            so_far = None
            if self.running:
                so_far = self.running.by_then[known], statistics.median(self._shares(known))
            forecast = _continued(method, way, self.history[:known], so_far, last)
            off = sum(self.history[known + first - 1 : known + last]) - sum(forecast[first - 1 :])
            errors.append(off / _level(self.history[:known]))
        return errors

    def _shares(self, known: int) -> list[float]:
        """Which part of each of the known months had come by the running month's day."""
        running = self.running
        if running is None:
            return []
        pairs = zip(running.by_then[:known], self.history[:known], strict=True)
        return [part / whole for part, whole in pairs if whole] or [running.part]


_WAYS: tuple[Way, ...] = (
    lambda whole, so_far, share: so_far + whole * (1 - share),
    lambda whole, so_far, share: so_far / share if share > 0 else so_far + whole,
    lambda whole, so_far, _share: max(whole, so_far),
)


def _continued(
    method: Method, way: Way | None, known: Amounts, so_far: tuple[float, float] | None, steps: int
) -> list[float]:
    if way is None or so_far is None:
        return method.forecast(known, steps)
    month = way(method.forecast(known, 1)[0], *so_far)
    return [month, *(method.forecast([*known, month], steps - 1) if steps > 1 else [])]


def _level(amounts: Amounts) -> float:
    return statistics.fmean(map(abs, amounts[-6:])) or 1.0


def _quantile(errors: Sequence[float]) -> float:
    """The size within which 8 errors of 10 lie, as of a further one: hence the 1 that is added to their number."""
    sizes = sorted(map(abs, errors))
    place = math.ceil((len(sizes) + 1) * _HELD)
    return sizes[place - 1] if place <= len(sizes) else sizes[-1] * 1.5
