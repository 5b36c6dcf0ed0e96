"""Which question is understood as what: the first line of the cost agent's answer."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sample_agents.cost_agent.handler import answer
from sample_agents.errors import UnanswerableError
from sample_agents.understanding import EXAMPLES
from sample_agents.vocabulary import DIMENSION_WORDS, FILLER_WORDS, KIND_WORDS, RANKING_WORDS

NEWEST = "(the newest complete month of the data)"
UNNAMED = "(no period named: the newest complete month of the data)"


def understood(given):
    opening, _, _ = given.markdown.partition("\n")
    return opening.removeprefix("I understood: ").removesuffix(".")


def days(first, after):
    return {"ChargePeriodStart": first, "ChargePeriodEnd": after}


@pytest.mark.parametrize(
    ("question", "meaning"),
    [
        ("What was my S3 spend in May?", "cost of Amazon S3 in May 2026, by month"),
        ("top 5 services last month", f"cost of all services in October 2026 {NEWEST}, by service, the 5 highest"),
        ("ten most expensive regions in May", "cost of all services in May 2026, by region, the 10 highest"),
        ("biggest service in May", "cost of all services in May 2026, by service, the 5 highest"),
        ("how much?", f"cost of all services in October 2026 {UNNAMED}, by service"),
        ("cost by month", "cost of all services in November 2025 to November 2026 (all data), by month"),
        ("cost in April and May", "cost of all services in April 2026 and May 2026, by month"),
        ("EC2 vs RDS in June", "cost of Amazon EC2 and Amazon RDS in June 2026, by service"),
        ("S3 in Oregon, 2026-05", "cost of Amazon S3 in region us-west-2 in May 2026, by month"),
        ("staging in May", "cost of all services in account staging (444455556666) in May 2026, by service"),
        ("us-west-2 by region, May", "cost of all services in region us-west-2 in May 2026, by service"),
        ("AWS cost by region, May", "cost of all services at AWS in May 2026, by region"),
        ("May I see my costs in June", "cost of all services in June 2026, by service"),
        ("compare April and May by region", "cost of all services in April 2026 compared with May 2026, by region"),
        ("compare May and April", "cost of all services in April 2026 compared with May 2026, by service"),
        ("compare S3 from April to May", "cost of Amazon S3 in April 2026 compared with May 2026"),
        ("why did S3 go up in May", "cost of Amazon S3 in April 2026 compared with May 2026"),
        ("S3 mom", "cost of Amazon S3 in September 2026 compared with October 2026 (the newest complete month)"),
        ("cost by region and month in Q2", "cost of all services in April 2026, May 2026, June 2026, by region"),
        ("forecast", "forecast of the cost of all services for November 2026 to January 2027"),
        ("What will Lambda cost in December?", "forecast of the cost of AWS Lambda for December 2026"),
        ("predict March", "forecast of the cost of all services for March 2027"),
        ("forecast 2026", "forecast of the cost of all services for November 2026 to December 2026"),
        ("forecast for May 2026", "cost of all services in May 2026, by service"),
        ("next quarter", "forecast of the cost of all services for Q1 2027"),
        ("next year", "forecast of the cost of all services for 2027"),
        ("next 2 months", "forecast of the cost of all services for December 2026 to January 2027"),
        ("rest of the year", "forecast of the cost of all services for November 2026 to December 2026"),
    ],
)  # fmt: skip
def test_questions(ask, question, meaning):
    assert understood(ask(question)) == meaning


@pytest.mark.parametrize(
    ("words", "period"),
    [
        ("in May", "May 2026"),
        ("November", "November 2026"),
        ("December", "December 2025"),
        ("May of 2026", "May 2026"),
        ("2026 May", "May 2026"),
        ("05/2026", "May 2026"),
        ("May '26", "May 2026"),
        ("last month", f"October 2026 {NEWEST}"),
        ("month before last", "September 2026"),
        ("this month", "November 2026 (the newest month of the data)"),
        ("last 3 months", "August 2026 to October 2026 (the newest 3 complete months of the data)"),
        ("this year", "January 2026 to November 2026 (the year of the newest month)"),
        ("last year", "2025"),
        ("past year", "November 2025 to October 2026 (the newest 12 complete months of the data)"),
        ("2026", "2026"),
        ("Q2", "Q2 2026"),
        ("2026-Q2", "Q2 2026"),
        ("second quarter", "Q2 2026"),
        ("last quarter", "Q3 2026 (the newest complete quarter)"),
        ("this quarter", "Q4 2026"),
        ("ever", "November 2025 to November 2026 (all data)"),
        ("from April to June", "Q2 2026"),
        ("March-May", "March 2026 to May 2026"),
        ("April \u2013 Jun", "Q2 2026"),
        ("between March and May", "March 2026 to May 2026"),
        ("November to February", "November 2025 to February 2026"),
        ("Q4 2026 to May 2026", "October 2025 to May 2026"),  # no range is backwards
        ("since September", "September 2026 to November 2026"),
    ],
)
def test_periods(ask, words, period):
    assert understood(ask(f"total by region {words}")) == f"cost of all services in {period}, by region"


@pytest.mark.parametrize(
    ("words", "period"),
    [
        ("last quarter", "Q1 2026 (the newest complete quarter)"),
        ("last month", f"March 2026 {NEWEST}"),
        ("February", "February 2026"),
        ("May", "May 2025"),
        ("January and February 2025", "January 2025 and February 2025"),
        ("December and January 2026", "December 2025 and January 2026"),
    ],
)
def test_periods_in_longer_data(ask, make_costs, words, period):
    all_of_2025_and_a_quarter = make_costs([days("2025-01-01", "2025-02-01"), days("2026-03-01", "2026-04-01")])
    given = ask(f"cost by region {words}", all_of_2025_and_a_quarter)
    assert understood(given) == f"cost of all services in {period}, by region"


@pytest.mark.parametrize(
    ("question", "note"),
    [
        ("please show a beautiful table of costs by region", 'I did not use "beautiful".'),
        ("cost by service and region", "I break down by one thing at a time, here by service."),
        ("cost in 2025", "Of 2025, the data cover November 2025 to December 2025."),
        ("forecast for May 2026", "May 2026 is over, so this is what it cost."),
        ("Where can I save?", "Where to save is the advisor's question; this is where the money goes."),
        ("compare Q2 with July", "The periods differ in length, so the change is not like for like."),
        ("S3 this month", "November 2026 is partial: the newest charge ends on 22 November 2026, 00:00 UTC."),
    ],
)
def test_what_the_reader_must_know_is_noted(ask, question, note):
    assert f"\n- {note}\n" in ask(question).markdown


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        *((text, "Questions that work:") for text in ("What is the weather?", "hello", "???", "weather in Oregon")),
        *((text, "not by day or week") for text in ("cost yesterday", "spend per week", "cost on 2026-05-14")),
        *((text, "not by day or week") for text in ("cost of May 5", "5 May", "5th of May", "daily cost")),
        *((text, 'called "foobar" in the data') for text in ("my Foobar spend in May", "cost of Foobar")),
        ("cost by team", 'I cannot break costs down by "team"'),
        ("Azure SQL in May", "Azure SQL Database is not in the data. Each service there:\n\n- AWS Lambda"),
        ("cost in May 2024", "May 2024 is not in the data, which cover November 2025 to November 2026."),
        ("cost in May 2027", "Ask for a forecast"),
        ("compare November 2025", "nothing to compare November 2025 with"),
        ("forecast May 2028", "at most 18 months ahead, to April 2028: the data end in November 2026."),
    ],
)  # fmt: skip
def test_what_cannot_be_answered_gets_a_reason(ask, question, sentence):
    with pytest.raises(UnanswerableError) as refusal:
        ask(question)
    assert sentence in str(refusal.value)


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        ("cost last month", "The data have no complete month: they cover a part of May 2026."),
        ("forecast", "I cannot forecast: the data cover only a part of May 2026."),
        ("cost in June", "June is not in the data, which cover May 2026."),
    ],
)
def test_data_of_a_part_of_a_month(ask, make_costs, question, sentence):
    costs = make_costs([days("2026-05-10", "2026-05-11")])
    with pytest.raises(UnanswerableError) as refusal:
        ask(question, costs)
    assert str(refusal.value) == sentence
    assert "May 2026 is partial" in ask("cost", costs).markdown
    assert "- May 2026 is partial" in ask("cost in May", costs).markdown


@pytest.mark.parametrize("question", EXAMPLES)
def test_questions_that_are_said_to_work_do(ask, question):
    assert ask(question).found


@pytest.fixture
def names(make_costs):
    """Names in an export; some of them are words of questions, too."""
    columns = ("ServiceName", "ProviderName", "RegionId", "RegionName", "SubAccountId", "SubAccountName")
    rows = (
        ("Amazon Simple Storage Service", "AWS", "us-east-1", "US East (N. Virginia)", "1111", "production"),
        ("AmazonCloudWatch", "AWS", "us-west-1", "US West (N. California)", "1111", "production"),
        ("Azure SQL Database", "Microsoft", "westeurope", "West Europe", "555", "Data Platform"),
        ("Total", "AWS", "us-east-1", "US East (N. Virginia)", "999", "production"),
        ("COMPUTE", "Oracle", "us-east-1", "US East (N. Virginia)", "1111", "production"),
    )
    return make_costs([dict(zip(columns, row, strict=True)) for row in rows])


@pytest.mark.parametrize(
    ("name", "subject"),
    [
        ("S3", "Amazon S3"),
        ("simple storage service", "Amazon S3"),
        ("Azure SQL", "Azure SQL Database"),
        ("compute", "COMPUTE"),
        ("us-west-1", "all services in region us-west-1"),
        ("California", "all services in region us-west-1"),
        ("Data Platform", "all services in account Data Platform (555)"),
        ("999", "all services in account production (999)"),
        ("Azure", "all services at Microsoft"),
        ("AWS", "all services at AWS"),
        ("S3 and CloudWatch", "Amazon S3 and Amazon CloudWatch"),
        ("total", "all services"),
    ],
)
def test_names(ask, names, name, subject):
    assert understood(ask(f"cost of {name} by month in May", names)).startswith(f"cost of {subject} in May 2026")


def test_one_name_of_two_accounts_means_both(ask, make_costs):
    costs = make_costs([{"SubAccountId": "1"}, {"SubAccountId": "2"}, {"SubAccountId": "3", "SubAccountName": "x"}])
    assert "cost 2.00 USD in May 2026" in ask("production in May", costs).markdown


def test_no_word_of_questions_has_two_meanings():
    tables = [KIND_WORDS, DIMENSION_WORDS, RANKING_WORDS, FILLER_WORDS]
    phrases = [phrase for table in tables for phrase in table]
    assert len(phrases) == len(set(phrases))


WORDS = """
    s3 ec2 cost spend may april q2 2025 2026 last next this month months quarter year forecast compare save by per of
    in top 5 3 region service account foo | from to and between since ever
"""
questions = st.one_of(st.text(), st.lists(st.sampled_from(WORDS.split()), max_size=10).map(" ".join))


@given(questions)
def test_any_text_is_understood_or_refused_with_a_reason(shipped, text):
    try:
        given = answer(text, shipped)
    except UnanswerableError as error:
        assert str(error)
    else:
        assert given.markdown.startswith("I understood: ")
