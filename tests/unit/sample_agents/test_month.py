from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sample_agents.month import Calendar, Month, Period

months = st.builds(Month, st.integers(2000, 2099), st.integers(1, 12))


@given(months, st.integers(-500, 500))
def test_plus_and_back_is_the_same_month(month, steps):
    assert month.plus(steps).plus(-steps) == month
    assert 1 <= month.plus(steps).number <= 12


@given(months, st.integers(0, 40))
def test_period_has_as_many_months_as_its_length_and_follows_the_one_before(month, length):
    period = Period(month, month.plus(length))
    assert len(list(period)) == len(period) == length + 1
    assert period.before().last.plus(1) == period.first
    assert len(period.before()) == len(period)


@pytest.mark.parametrize(
    ("period", "label"),
    [
        (Period(Month(2026, 5), Month(2026, 5)), "May 2026"),
        (Period(Month(2026, 7), Month(2026, 9)), "Q3 2026"),
        (Period(Month(2026, 8), Month(2026, 10)), "August 2026 to October 2026"),
        (Period(Month(2025, 1), Month(2025, 12)), "2025"),
        (Period(Month(2025, 2), Month(2026, 1)), "February 2025 to January 2026"),
    ],
)
def test_label(period, label):
    assert period.label == str(period) == label


def test_meaning_is_said_after_the_label():
    assert str(Period(Month(2026, 5), Month(2026, 5), "the newest")) == "May 2026 (the newest)"


def test_month_of_a_moment_and_its_start():
    assert Month.of(datetime(2026, 5, 31, 23)).start == datetime(2026, 5, 1)


def test_calendar_covers_its_ends_and_nothing_beyond():
    calendar = Calendar(Month(2026, 1), Month(2026, 3), Month(2026, 2), frozenset())
    assert [calendar.covers(Month(2026, 1).plus(step)) for step in range(-1, 4)] == [False, True, True, True, False]
