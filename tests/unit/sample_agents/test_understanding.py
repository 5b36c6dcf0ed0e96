import pytest
from hypothesis import given
from hypothesis import strategies as st

from sample_agents.costs import Dimension
from sample_agents.errors import UnanswerableError
from sample_agents.question_words import Kind
from sample_agents.understanding import EXAMPLES, understand


@pytest.mark.parametrize(
    ("text", "understood"),
    [
        ("What was my S3 spend in May?", "cost of Amazon S3 in May 2026, by month"),
        (
            "top 5 services last month",
            "cost of all services in October 2026 (the newest complete month of the data), by service, the 5 highest",
        ),
        ("forecast", "forecast of the cost of all services for November 2026 to January 2027"),
        ("compare April and May by service", "cost of all services in April 2026 compared with May 2026, by service"),
        ("spend by region in Q3", "cost of all services in Q3 2026, by region"),
        ("Where can I save money?", "savings in all services"),
        ("next quarter", "forecast of the cost of all services for Q1 2027"),
        ("S3 in Oregon, 2026-05", "cost of Amazon S3 in region us-west-2 in May 2026, by month"),
        ("EC2 vs RDS in June", "cost of Amazon EC2 and Amazon RDS in June 2026, by service"),
        ("What will Lambda cost in December?", "forecast of the cost of AWS Lambda for December 2026"),
        (
            "costs of the staging account in May",
            "cost of all services in account staging (444455556666) in May 2026, by service",
        ),
        (
            "monthly AWS bill this year",
            "cost of all services at AWS in January 2026 to November 2026 (the year of the newest month), by month",
        ),
    ],
)
def test_questions(shipped, text, understood):
    assert str(understand(text, shipped)) == understood


@pytest.mark.parametrize("text", EXAMPLES)
def test_examples_work(shipped, text):
    assert understand(text, shipped)


@pytest.mark.parametrize("text", ["What is the weather?", "hello", "", "???", "weather in May", "weather in Oregon"])
def test_what_is_no_cost_question_gets_examples(shipped, text):
    with pytest.raises(UnanswerableError, match="Questions that work:") as caught:
        understand(text, shipped)
    assert EXAMPLES[0] in str(caught.value)


@pytest.mark.parametrize("text", ["my Foobar spend in May", "cost of Foobar", "spend in foobar last month"])
def test_unknown_name_is_refused(shipped, text):
    with pytest.raises(UnanswerableError, match='called "foobar" in the data'):
        understand(text, shipped)


def test_unknown_breakdown_is_refused(shipped):
    with pytest.raises(UnanswerableError, match='I cannot break costs down by "team"'):
        understand("cost by team", shipped)


def test_service_that_the_data_lack_gets_those_there_are(shipped):
    with pytest.raises(UnanswerableError, match="Azure SQL Database is not in the data") as caught:
        understand("Azure SQL in May", shipped)
    assert "- Amazon Relational Database Service" in str(caught.value)


def test_words_without_effect_are_named(shipped):
    question = understand("please show a beautiful table of costs by region", shipped)
    assert 'I did not use "beautiful".' in question.notes


def test_second_breakdown_is_noted(shipped):
    question = understand("cost by service and region", shipped)
    assert question.by is Dimension.SERVICE
    assert "I break down by one thing at a time, here by service." in question.notes


def test_named_account_is_not_broken_down_by_itself(shipped):
    assert understand("cost of account staging in May", shipped).by is Dimension.SERVICE


VOCABULARY = """
    s3 ec2 cost spend may q2 2026 last next month forecast compare save by per of in top 5 region service account foo
    | and to
"""
vocabulary = st.sampled_from(VOCABULARY.split())


@given(st.one_of(st.text(), st.lists(vocabulary, max_size=10).map(" ".join)))
def test_any_text_is_understood_or_refused_with_a_reason(shipped, text):
    try:
        question = understand(text, shipped)
    except UnanswerableError as error:
        assert str(error)
    else:
        assert str(question)
        assert question.kind is Kind.SAVINGS or question.periods
