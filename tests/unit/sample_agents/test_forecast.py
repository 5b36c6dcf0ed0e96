import statistics
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sample_agents.cost_agent.forecast import FEWEST_MONTHS, MOST_MONTHS, Trend

amounts = st.lists(
    st.decimals(0, 10**9, places=2), min_size=FEWEST_MONTHS, max_size=MOST_MONTHS
)  # months of costs that are never negative


def trend(*values):
    return Trend([Decimal(value) for value in values])


@given(amounts, st.integers(1, 18))
@example([Decimal("0.01"), *[Decimal(0)] * 5], 13)
def test_line_is_the_one_of_the_statistics_module_and_its_range_surrounds_it(values, step):
    slope, intercept = statistics.linear_regression(range(len(values)), [float(value) for value in values])
    line = max(0, intercept + slope * (len(values) - 1 + step))  # costs stay costs
    estimate = Trend(values).estimate([step])
    assert float(estimate.expected) == pytest.approx(line, rel=1e-6, abs=1e-3)
    assert 0 <= estimate.low <= estimate.expected <= estimate.high


@given(amounts, st.integers(1, 17))
def test_range_widens_with_distance(values, step):
    below_zero = Trend([-1 - value for value in values])  # where no range is cut off
    near, far = below_zero.estimate([step]), below_zero.estimate([step + 1])
    assert near.high - near.low <= far.high - far.low + Decimal("1e-9")


def test_range_by_hand():
    # Six months 1, 3, 2, 4, 3, 5: slope 22/35, residual variance 102/175, t(4) = 1.533.
    line = trend(1, 3, 2, 4, 3, 5)
    squares = 10 - (22 / 35) ** 2 * 17.5
    margin = 1.533 * (squares / 4 * (1 + 1 / 6 + 3.5**2 / 17.5)) ** 0.5
    estimate = line.estimate([1])
    assert float(line.slope) == pytest.approx(22 / 35)
    assert float(estimate.expected) == pytest.approx(3 + 22 / 35 * 3.5)
    assert float(estimate.high - estimate.expected) == pytest.approx(margin)


def test_range_of_a_sum_is_wider_than_of_its_months_apart_but_not_their_sum():
    line = trend(1, 3, 2, 4, 3, 5, 4, 6)
    first, second, total = (line.estimate(ahead) for ahead in ([1], [2], [1, 2]))
    margins = [estimate.high - estimate.expected for estimate in (first, second, total)]
    assert margins[1] < margins[2] < margins[0] + margins[1]


def test_only_the_newest_months_count_and_credits_may_go_below_zero():
    assert trend(*[10**6] * 5, *[100] * MOST_MONTHS).estimate([1]) == (100, 100, 100)
    assert trend(0, -1, -2, -3, -4, -5).estimate([1]).expected == -6
