"""What is asked is understood, or refused: nothing between."""

import json
import time
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sample_agents.costs.load import load_costs
from sample_agents.errors import UnanswerableError
from sample_agents.query import Dimension, Filter, Shape, Tag
from sample_agents.understanding import understand
from sample_agents.understanding.vocabulary import _TABLES, GRAMMAR, UNANSWERABLE, listed
from sample_agents.understanding.wording import in_words
from unit.sample_agents.query_strategies import TODAY, queries
from unit.sample_agents.rich_export import write_rich_export

MANY = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
_MEANINGS = Path(__file__).with_name("meanings.tsv").read_text(encoding="utf-8").splitlines()[1:]
MEANINGS = [tuple(line.split("\t")) for line in _MEANINGS]  # what the shipped data are asked; nothing: it is refused
NUMBER_CHANGING = Path(__file__).with_name("number_changing_words.txt").read_text(encoding="utf-8").split()


@pytest.fixture(scope="session")
def rich(tmp_path_factory):
    """Three providers with tags."""
    path = tmp_path_factory.mktemp("rich") / "rich.csv"
    write_rich_export(path)
    return load_costs([path])


@pytest.fixture
def odd(load):
    """Names that are words of questions, that look alike, and that have what punctuation there is."""
    names = [
        "Total",
        "excluding",
        'a "b" c',
        "May 2026",
        "top 5",
        "2026",
        "a-b",
        "a b",
        "Müller & Söhne, GmbH",
        "R&D",
        "in",
    ]
    return load(
        [{
            "ServiceName": name, "SubAccountId": f"{number}", "SubAccountName": name, "ResourceId": f"{name}/{number}",
            "Tags": json.dumps({"team": name, "Team": "x", "month": "excluding"}),
            "ChargePeriodStart": f"2026-{month:02}-01T00:00:00Z", "ChargePeriodEnd": f"2026-{month:02}-02T00:00:00Z",
        }
        for number, name in enumerate(names, start=1)
        for month in range(1, 10)]
    )  # fmt: skip


@pytest.fixture(params=["shipped", "rich", "odd"])
def costs(request):
    return request.getfixturevalue(request.param)


def understood(question, costs):
    """The query's parts, or None if the question is refused."""
    try:
        return understand(question, costs, TODAY)
    except UnanswerableError as refusal:
        assert str(refusal)
        return None


@pytest.mark.parametrize(("question", "meaning"), MEANINGS, ids=[question for question, _ in MEANINGS])
def test_what_people_ask(shipped, question, meaning):
    parts = understood(question, shipped) or []
    assert " | ".join(in_words(query, shipped) for query in parts) == meaning


@MANY
@given(data=st.data())
def test_a_query_in_words_is_understood_as_that_query(costs, data):
    query = data.draw(queries(costs, TODAY))
    words = in_words(query, costs)
    assert understand(words, costs, TODAY) == [query], words


@pytest.mark.parametrize(
    ("question", "said_already"),
    [
        ("What did S3 cost in May 2026?", "within"),
        ("EC2 spend by region last month", "over complete october within each"),
        ("What were my costs excluding us-east-1 in Q3?", "but everything within"),
        ("Compare April and May by service", "april compared delta difference variance versus each"),
        ("top 3 services in June 2026", "june top highest largest most priciest within"),
        ("How much tax did we pay in September?", "september tax taxes vat within"),
        ("What share of the cost in May is EC2?", "percent percentage proportion within"),
        ("What will we spend this year?", "estimated expected forecast predicted projected"),
    ],
)
def test_a_word_that_can_change_a_number_is_used_or_refused(shipped, question, said_already):
    query, words = understood(question, shipped), question.rstrip("?").split()
    assert query
    unused = [
        f"{' '.join(words[:place])} {word} {' '.join(words[place:])}"
        for number, word in enumerate(NUMBER_CHANGING)
        if word not in said_already.split()
        for place in range(number % 3, len(words) + 1, 3)  # of all places, which take a minute, a third
        if understood(" ".join([*words[:place], word, *words[place:]]), shipped) == query
    ]
    assert unused == []


def test_only_beside_what_it_limits_says_nothing_new_and_is_refused_elsewhere(shipped):
    assert understood("only S3 cost in May", shipped) == understood("S3 cost in May", shipped)
    assert understood("S3 cost only in May", shipped) is None


words = sorted({word for phrase in (*GRAMMAR, *UNANSWERABLE) for word in phrase})
WORDS = [
    "s3",
    "ec2",
    "us-east-1",
    "prod",
    "staging",
    "production",
    "shop",
    "web",
    "tax",
    "may",
    "2026",
    "q2",
    "5",
    "2026-05-01",
    "from",
    "to",
    ",",
    "?",
    '"',
    "=",
    "(",
    ")",
    "environment",
]
texts = st.one_of(
    st.text(max_size=200),
    st.lists(st.sampled_from([*words, *WORDS * 6]), max_size=12).map(" ".join),
    st.lists(st.sampled_from([" ".join(phrase) for phrase in GRAMMAR] + WORDS * 10), max_size=6).map(" ".join),
)


@settings(MANY, max_examples=300)
@given(text=texts)
def test_any_text_is_understood_or_refused_with_a_reason(shipped, text):
    for query in understood(text, shipped) or []:
        assert understand(in_words(query, shipped), shipped, TODAY) == [query], text


@pytest.mark.parametrize(
    "text", ["cost " * 800, "x" * 4000, '"' * 4000, "1" * 4000, "1/2/" * 1000, "may 1-" * 600, " - " * 1300]
)
def test_nothing_that_fits_in_a_question_takes_long(shipped, text):
    understood("cost", shipped)
    started = time.monotonic()
    understood(text[:4000], shipped)
    assert time.monotonic() - started < 2


def test_thousands_of_names_do_not_slow_a_question_down(load):
    costs = load(
        [
            {
                "ResourceId": f"arn:aws:s3:::bucket-{number}",
                "ResourceName": f"b{number}",
                "Tags": json.dumps({"team": f"t-{number}"}),
            }
            for number in range(5_000)
        ]
    )
    assert understood("cost of team t-4711 in May", costs)
    started = time.monotonic()
    for question in (
        "cost of team t-42 in May",
        "bucket arn:aws:s3:::bucket-7 in May",
        "b4999 in May",
        "t-5001 in May",
    ):
        understood(question, costs)
    assert time.monotonic() - started < 0.5
    [query] = understand("spend on arn:aws:s3:::bucket-77 in May", costs, TODAY)
    assert query.filters == (Filter(Dimension.RESOURCE, ("arn:aws:s3:::bucket-77",)),)


@pytest.mark.parametrize(
    ("question", "offered"),
    [
        ("cost on 05/06/2026", ["06 May 2026", "05 June 2026"]),
        ("staging spend", ['account "444455556666"', 'tag environment "staging"']),
        ("excluding EC2 in us-east-1", ["us east 1 without ec2", "everything except what is both"]),
        ("EC2 in us-east-1 and RDS in us-west-2", ["what is both", "what is either"]),
        (
            "EC2 cost in produciton",
            ["Did you mean production", 'effective cost of service "Amazon Elastic Compute Cloud"'],
        ),
        ("How much did we pay Snowflake in May?", ['"Snowflake" is not in the data']),
        ("What is our budget for May?", ["Budgets are not in a cost export"]),
        ("this month vs last month", ["1 to 21 October 2026", "1 to 21 November 2026"]),
        ("cost by team", ['cannot break costs down by "team"', "application"]),
        ("total cost this fiscal year", ["--fiscal-year-start"]),
    ],
)
def test_a_refusal_says_what_was_not_understood_and_what_works(shipped, question, offered):
    with pytest.raises(UnanswerableError) as refusal:
        understand(question, shipped, TODAY)
    assert [words for words in offered if words not in str(refusal.value)] == []
    assert "**" not in str(refusal.value)


@pytest.mark.parametrize(
    ("question", "start", "period"),
    [
        ("cost this fiscal year", 2, (date(2026, 2, 1), date(2026, 11, 22))),
        ("cost last fiscal quarter", 2, (date(2026, 8, 1), date(2026, 11, 1))),
        ("cost in fiscal Q1", 4, (date(2026, 4, 1), date(2026, 7, 1))),
        ("cost in FY26", 1, (date(2026, 1, 1), date(2027, 1, 1))),
        ("cost in FY26", 4, None),  # that of which year is meant: both are usual
    ],
)
def test_fiscal_periods(shipped, question, start, period):
    try:
        [query] = understand(question, shipped, TODAY, start)
    except UnanswerableError:
        assert period is None
    else:
        assert [(found.first, found.end) for found in query.periods] == [period]


@pytest.mark.parametrize(
    ("is_gcp", "tags", "by"),
    [
        (False, {}, Dimension.ACCOUNT),
        (True, {}, Dimension.ACCOUNT),
        (False, {"project": "x"}, Tag("project")),
        (True, {"project": "x"}, None),  # both are called so
    ],
)
def test_what_a_project_is(load, is_gcp, tags, by):
    costs = load([{"SubAccountType": "Project" if is_gcp else "Account", "Tags": json.dumps(tags)}])
    parts = understood("cost by project in May", costs)
    assert (parts and parts[0].by) == (by and (by,))


def test_a_name_of_two_accounts_is_both(load):
    costs = load([{"SubAccountId": "1"}, {"SubAccountId": "2"}, {"SubAccountId": "3", "SubAccountName": "x"}])
    [query] = understand("production in May", costs, TODAY)
    assert query.filters == (Filter(Dimension.ACCOUNT, ("1", "2")),)


def test_no_phrase_has_two_meanings():
    phrases = [
        words
        for kind in ("filler", "metric", "shape", "rank", "exclude", "link", "field", "time", "currency", "refused")
        for table in _TABLES[kind].values()
        for words in listed(table)
    ]
    assert sorted(phrase for phrase in set(phrases) if phrases.count(phrase) > 1) == []


@pytest.mark.parametrize(
    ("question", "shapes"),
    [
        ("What did S3 cost in May and where can we save?", [Shape.TOTAL, Shape.SAVINGS]),
        ("Where can we save? And what did S3 cost in May?", [Shape.SAVINGS, Shape.TOTAL]),
        ("What did S3 cost in May? What did EC2 cost in June?", [Shape.TOTAL, Shape.TOTAL]),
    ],
)
def test_a_question_of_two_parts_is_two_queries(shipped, question, shapes):
    assert [query.shape for query in understand(question, shipped, TODAY)] == shapes


@pytest.mark.parametrize("question", ["S3 cost in May and how much in June?", "S3 cost in May? And EC2?"])
def test_a_part_that_leaves_something_out_is_not_guessed(shipped, question):
    assert understood(question, shipped) is None


def test_a_name_is_whole(load):
    names = {"1": "prod", "2": "azure-prod"}
    costs = load([{"SubAccountId": number, "SubAccountName": name} for number, name in names.items()])
    [query] = understand("prod in May", costs, TODAY)
    assert query.filters == (Filter(Dimension.ACCOUNT, ("1",)),)


def test_a_value_that_is_a_common_word_is_known_beside_its_key(load):
    costs = load([{"Tags": '{"team": "data"}'}, {"Tags": '{"team": "total"}'}])
    for question, team in (
        ("data team in May", "data"),
        ("team total in May", "total"),
        ('cost of "total" in May', "total"),
    ):
        [query] = understand(question, costs, TODAY)
        assert query.filters == (Filter(Tag("team"), (team,)),)
    assert understood("total data in May", costs) is None  # everything, or this team
