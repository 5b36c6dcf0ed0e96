import pytest
from hypothesis import given
from hypothesis import strategies as st

from sample_agents.errors import UnanswerableError
from sample_agents.month import Calendar, Month
from sample_agents.period_words import take_periods
from sample_agents.question_text import QuestionText

# November 2025 to November 2026, whose last month is partial.
CALENDAR = Calendar(Month(2025, 11), Month(2026, 11), Month(2026, 10), frozenset({Month(2026, 11)}))
# All of 2025 and the first quarter of 2026.
COMPLETE = Calendar(Month(2025, 1), Month(2026, 3), Month(2026, 3), frozenset())


def periods(text, calendar=CALENDAR, *, forecast=False, compare=False):
    found = take_periods(QuestionText(text), calendar, forecast=forecast, compare=compare)
    return [period.label for period in found.named]


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        ("in May", ["May 2026"]),
        ("may", ["May 2026"]),
        ("sept", ["September 2026"]),
        ("November", ["November 2026"]),
        ("December", ["December 2025"]),
        ("May 2026", ["May 2026"]),
        ("May of 2026", ["May 2026"]),
        ("2026 May", ["May 2026"]),
        ("2026-05", ["May 2026"]),
        ("May 2024", ["May 2024"]),
        ("last month", ["October 2026"]),
        ("this month", ["November 2026"]),
        ("last 3 months", ["August 2026 to October 2026"]),
        ("past three months", ["August 2026 to October 2026"]),
        ("this year", ["January 2026 to November 2026"]),
        ("last year", ["2025"]),
        ("2026", ["2026"]),
        ("Q2", ["Q2 2026"]),
        ("Q2 2026", ["Q2 2026"]),
        ("second quarter", ["Q2 2026"]),
        ("Q4", ["Q4 2026"]),
        ("last quarter", ["Q3 2026"]),
        ("this quarter", ["Q4 2026"]),
        ("next month", ["December 2026"]),
        ("next quarter", ["Q1 2027"]),
        ("next 2 months", ["December 2026 to January 2027"]),
        ("rest of the year", ["November 2026 to December 2026"]),
        ("April and May", ["April 2026", "May 2026"]),
        ("from April to June", ["Q2 2026"]),
        ("March-May", ["March 2026 to May 2026"]),
        ("between March and May", ["March 2026 to May 2026"]),
        ("November to February", ["November 2025 to February 2026"]),
        ("since September", ["September 2026 to November 2026"]),
        ("no period at all", []),
    ],
)
def test_periods(text, labels):
    assert periods(text) == labels


def test_last_quarter_and_month_of_complete_data():
    assert periods("last quarter", COMPLETE) == ["Q1 2026"]
    assert periods("last month", COMPLETE) == ["March 2026"]


def test_most_recent_month_of_longer_data():
    assert periods("February", COMPLETE) == ["February 2026"]
    assert periods("May", COMPLETE) == ["May 2025"]


def test_a_year_counts_for_the_month_before_it():
    assert periods("January and February 2025", COMPLETE, compare=True) == ["January 2025", "February 2025"]
    assert periods("December and January 2026", COMPLETE, compare=True) == ["December 2025", "January 2026"]
    assert periods("March and April", CALENDAR, compare=True) == ["March 2026", "April 2026"]


def test_compared_months_are_no_range():
    assert periods("from April to May", compare=True) == ["April 2026", "May 2026"]
    assert periods("between April and May", compare=True) == ["April 2026", "May 2026"]


def test_a_forecast_looks_ahead():
    assert periods("December", forecast=True) == ["December 2026"]
    assert periods("March", forecast=True) == ["March 2027"]
    assert take_periods(QuestionText("next month"), CALENDAR, forecast=False, compare=False).ahead


@pytest.mark.parametrize("text", ["yesterday", "per week", "on 2026-05-14", "May 5", "5 May", "5th of May", "daily"])
def test_days_and_weeks_are_refused(text):
    with pytest.raises(UnanswerableError, match="not by day or week"):
        periods(text)


def test_month_that_the_data_lack():
    september = Calendar(Month(2024, 9), Month(2024, 9), Month(2024, 9), frozenset())
    with pytest.raises(UnanswerableError, match=r"^May is not in the data, which cover September 2024"):
        periods("May", september)
    partial = Calendar(Month(2024, 9), Month(2024, 9), None, frozenset({Month(2024, 9)}))
    with pytest.raises(UnanswerableError, match="no complete month"):
        periods("last month", partial)


VOCABULARY = """
    may april q2 2025 2026 last next this month months quarter year 3 from to and between since of compare ever
"""
words = st.sampled_from(VOCABULARY.split())


@given(st.lists(words, max_size=8).map(" ".join), st.booleans(), st.booleans())
def test_any_order_of_words_gives_periods_or_a_reason(text, forecast, compare):
    try:
        found = take_periods(QuestionText(text), CALENDAR, forecast=forecast, compare=compare)
    except UnanswerableError as error:
        assert str(error)
    else:
        assert all(period.first <= period.last for period in found.named)
