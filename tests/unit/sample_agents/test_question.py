import pytest

from sample_agents.costs import Dimension
from sample_agents.known_names import Named
from sample_agents.month import Month, Period
from sample_agents.question import Question
from sample_agents.question_words import Kind

MAY = Period(Month(2026, 5), Month(2026, 5))
JUNE = Period(Month(2026, 6), Month(2026, 6), "the newest month")
S3 = Named(Dimension.SERVICE, "Amazon S3", frozenset({"S3"}))
EC2 = Named(Dimension.SERVICE, "Amazon EC2", frozenset({"EC2", "EC2 - Other"}))
REGION = Named(Dimension.REGION, "us|east", frozenset({"us|east"}))


@pytest.mark.parametrize(
    ("question", "text"),
    [
        (Question(Kind.COST, (MAY,), (S3,), by_month=True), "cost of Amazon S3 in May 2026, by month"),
        (
            Question(Kind.COST, (MAY,), (S3, EC2, REGION), by=Dimension.SERVICE, top=3),
            r"cost of Amazon S3 and Amazon EC2 in region us\|east in May 2026, by service, the 3 highest",
        ),
        (
            Question(Kind.COMPARISON, (MAY, JUNE)),
            "cost of all services in May 2026 compared with June 2026 (the newest month)",
        ),
        (Question(Kind.FORECAST, (MAY,)), "forecast of the cost of all services for May 2026"),
        (Question(Kind.SAVINGS, names=(S3,)), "savings in Amazon S3"),
    ],
)
def test_what_was_understood(question, text):
    assert str(question) == text


def test_values_of_one_dimension_count_together():
    selection = Question(Kind.COST, names=(S3, EC2, REGION)).selection
    assert selection == {
        Dimension.SERVICE: {"S3", "EC2", "EC2 - Other"},
        Dimension.REGION: {"us|east"},
    }
