import statistics
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sample_agents.cost_agent.forecast import FEWEST_MONTHS, MOST_MONTHS, Trend

amounts = st.lists(
    st.decimals(0, 10**9, places=2), min_size=FEWEST_MONTHS, max_size=MOST_MONTHS
)  # months of costs that are never negative


def test_straight_line_is_continued_without_scatter():
    trend = Trend.through([Decimal(100 + 10 * month) for month in range(12)])
    next_month = trend.estimate([1])
    assert (next_month.low, next_month.expected, next_month.high) == (220, 220, 220)
    assert trend.estimate([1, 2, 3]).expected == 220 + 230 + 240


@given(amounts, st.integers(1, 18))
def test_line_is_the_one_of_the_statistics_module(values, step):
    slope, intercept = statistics.linear_regression(range(len(values)), [float(value) for value in values])
    trend = Trend.through(values)
    expected = trend.intercept + trend.slope * (len(values) - 1 + step)
    assert float(expected) == pytest.approx(intercept + slope * (len(values) - 1 + step), rel=1e-6, abs=1e-3)


@given(amounts, st.integers(1, 18))
@example([Decimal("0.01"), *[Decimal(0)] * 5], 13)
def test_range_surrounds_the_expected_amount_and_costs_stay_costs(values, step):
    estimate = Trend.through(values).estimate([step])
    assert 0 <= estimate.low <= estimate.expected <= estimate.high


@given(amounts, st.integers(1, 17))
def test_range_widens_with_distance(values, step):
    trend = Trend.through([-1 - value for value in values])  # below zero, where no range is cut off
    near, far = trend.estimate([step]), trend.estimate([step + 1])
    assert near.high - near.low <= far.high - far.low + Decimal("1e-9")


def test_range_by_hand():
    # Six months 1, 3, 2, 4, 3, 5: slope 22/35, residual variance 102/175, t(4) = 1.533.
    trend = Trend.through([Decimal(value) for value in (1, 3, 2, 4, 3, 5)])
    assert float(trend.slope) == pytest.approx(22 / 35)
    squares = 10 - (22 / 35) ** 2 * 17.5
    margin = 1.533 * (squares / 4 * (1 + 1 / 6 + 3.5**2 / 17.5)) ** 0.5
    estimate = trend.estimate([1])
    assert float(estimate.expected) == pytest.approx(3 + 22 / 35 * 3.5)
    assert float(estimate.high - estimate.expected) == pytest.approx(margin)


def test_range_of_a_sum_is_wider_than_of_its_months_apart_but_not_their_sum():
    trend = Trend.through([Decimal(value) for value in (1, 3, 2, 4, 3, 5, 4, 6)])
    total = trend.estimate([1, 2])
    first, second = trend.estimate([1]), trend.estimate([2])
    margins = [estimate.high - estimate.expected for estimate in (first, second, total)]
    assert margins[1] < margins[2] < margins[0] + margins[1]


def test_only_the_newest_months_count():
    old = [Decimal(10**6)] * 5
    new = [Decimal(100)] * MOST_MONTHS
    assert Trend.through(old + new).estimate([1]).expected == 100


def test_credits_may_go_below_zero():
    trend = Trend.through([Decimal(-month) for month in range(6)])
    assert trend.estimate([1]).expected == -6
    falling = Trend.through([Decimal(50 - 10 * month) for month in range(6)])
    assert falling.estimate([3]).expected == 0
