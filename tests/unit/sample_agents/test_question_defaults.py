import pytest

from sample_agents.costs import Dimension
from sample_agents.errors import UnanswerableError
from sample_agents.known_names import Named
from sample_agents.month import Calendar, Month, Period
from sample_agents.question import Question
from sample_agents.question_defaults import FARTHEST_FORECAST, complete
from sample_agents.question_words import Kind

CALENDAR = Calendar(Month(2025, 11), Month(2026, 11), Month(2026, 10), frozenset({Month(2026, 11)}))
ONLY_PARTIAL = Calendar(Month(2026, 11), Month(2026, 11), None, frozenset({Month(2026, 11)}))
S3 = Named(Dimension.SERVICE, "Amazon S3", frozenset({"S3"}))
EC2 = Named(Dimension.SERVICE, "Amazon EC2", frozenset({"EC2"}))


def month(year, number):
    return Period(Month(year, number), Month(year, number))


def labels(question):
    return [period.label for period in question.periods]


def test_cost_without_a_period_is_of_the_newest_complete_month():
    question = complete(Question(Kind.COST), CALENDAR)
    assert labels(question) == ["October 2026"]
    assert question.by is Dimension.SERVICE
    assert labels(complete(Question(Kind.COST), ONLY_PARTIAL)) == ["November 2026"]


def test_cost_by_month_without_a_period_is_of_all_data():
    assert labels(complete(Question(Kind.COST, by_month=True), CALENDAR)) == ["November 2025 to November 2026"]


def test_breakdown_that_nobody_asked_for():
    assert complete(Question(Kind.COST, (month(2026, 5),), (S3,)), CALENDAR).by_month
    assert complete(Question(Kind.COST, (Period(Month(2026, 4), Month(2026, 5)),)), CALENDAR).by_month


def test_breakdown_by_two_things_puts_the_months_side_by_side():
    question = Question(Kind.COST, (Period(Month(2026, 4), Month(2026, 6)),), by=Dimension.REGION, by_month=True)
    completed = complete(question, CALENDAR)
    assert completed.kind is Kind.COMPARISON
    assert labels(completed) == ["April 2026", "May 2026", "June 2026"]


def test_comparison_takes_the_period_before():
    assert labels(complete(Question(Kind.COMPARISON), CALENDAR)) == ["September 2026", "October 2026"]
    assert labels(complete(Question(Kind.COMPARISON, (month(2026, 5),)), CALENDAR)) == ["April 2026", "May 2026"]
    with pytest.raises(UnanswerableError, match="nothing to compare November 2025 with"):
        complete(Question(Kind.COMPARISON, (month(2025, 11),)), CALENDAR)


def test_comparison_is_in_order_of_time():
    question = Question(Kind.COMPARISON, (month(2026, 5), month(2026, 4)))
    assert labels(complete(question, CALENDAR)) == ["April 2026", "May 2026"]


def test_comparison_of_services_is_a_breakdown():
    question = Question(Kind.COMPARISON, (month(2026, 5),), (S3, EC2), by=Dimension.SERVICE)
    completed = complete(question, CALENDAR)
    assert (completed.kind, completed.by, labels(completed)) == (Kind.COST, Dimension.SERVICE, ["May 2026"])


def test_forecast_starts_after_the_newest_complete_month():
    assert labels(complete(Question(Kind.FORECAST), CALENDAR)) == ["November 2026 to January 2027"]
    year = Question(Kind.FORECAST, (Period(Month(2026, 1), Month(2026, 12)),))
    assert labels(complete(year, CALENDAR)) == ["November 2026 to December 2026"]


def test_forecast_of_the_past_is_its_cost():
    completed = complete(Question(Kind.FORECAST, (month(2026, 5),)), CALENDAR)
    assert completed.kind is Kind.COST
    assert completed.notes == ("May 2026 is over, so this is what it cost.",)


def test_forecast_has_an_end():
    last = Month(2026, 10).plus(FARTHEST_FORECAST)
    complete(Question(Kind.FORECAST, (Period(last, last),)), CALENDAR)
    beyond = last.plus(1)
    with pytest.raises(UnanswerableError, match=f"to {last}"):
        complete(Question(Kind.FORECAST, (Period(beyond, beyond),)), CALENDAR)
    with pytest.raises(UnanswerableError, match="only a part of November 2026"):
        complete(Question(Kind.FORECAST), ONLY_PARTIAL)


def test_period_outside_the_data():
    with pytest.raises(UnanswerableError, match="May 2024 is not in the data, which cover November 2025 to"):
        complete(Question(Kind.COST, (month(2024, 5),)), CALENDAR)
    with pytest.raises(UnanswerableError, match="Ask for a forecast"):
        complete(Question(Kind.COST, (month(2027, 5),)), CALENDAR)


def test_period_covered_in_part_is_noted():
    question = complete(Question(Kind.COST, (Period(Month(2025, 1), Month(2025, 12)),)), CALENDAR)
    assert question.notes == ("Of 2025, the data cover November 2025 to December 2025.",)


def test_savings_are_left_alone():
    question = Question(Kind.SAVINGS, names=(S3,))
    assert complete(question, CALENDAR) is question
