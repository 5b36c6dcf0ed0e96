"""What a question and a connection cost is counted, and does not grow: not with history, and with followers only in
messages. The counts are here, and nowhere else; whoever saves a call lowers them."""

from collections import Counter
from pathlib import Path

import pytest

from finops_benchmarks import work
from finops_benchmarks.prices import Prices
from finops_benchmarks.recorded_work import Work
from finops_benchmarks.work_scenarios import FOLLOWERS

REPOSITORY = Path(__file__).resolve().parents[3]

POST = "apigatewaymanagementapi.PostToConnection"

ONE_AGENT = Counter(
    {
        "dynamodb.UpdateItem": 4,
        "dynamodb.TransactWriteItems": 1,
        "dynamodb.PutItem": 1,
        "sqs.SendMessage": 1,
        "sqs.ChangeMessageVisibility": 1,
        "lambda.Invoke": 1,
        POST: 5,
    }
)
MORE_FOR_A_SECOND_AGENT = Counter({"dynamodb.UpdateItem": 1, "dynamodb.PutItem": 1, "lambda.Invoke": 1, POST: 1})
MORE_FOR_A_HEARTBEAT = Counter({"dynamodb.UpdateItem": 1, POST: 1})
CONNECTION = {
    "connect": Counter({"dynamodb.PutItem": 1}),
    "authenticate": Counter({"dynamodb.UpdateItem": 2, "dynamodb.GetItem": 2, "dynamodb.PutItem": 1, POST: 1}),
    "ping": Counter({"dynamodb.UpdateItem": 1, POST: 1}),
    "ping, first frame of its minute": Counter({"dynamodb.UpdateItem": 1, POST: 1}),
    "disconnect": Counter({"dynamodb.DeleteItem": 1, "dynamodb.UpdateItem": 1}),
}

MESSAGES = Counter(
    {"job_queued": 1, "progress_update": 1, "analysis_started": 1, "agent_completed": 1, "job_completed": 1}
)

WRITE_UNITS = {"one agent": 17, "two agents": 20}
READ_UNITS = 0
CONNECTION_WRITE_UNITS = 7
"""Of `$connect`, signing in, a ping and `$disconnect`."""


def test_a_question_makes_these_calls_and_no_more(works: dict[str, Work]) -> None:
    assert works["one agent"].calls_by_kind() == ONE_AGENT
    assert works["two agents"].calls_by_kind() == ONE_AGENT + MORE_FOR_A_SECOND_AGENT
    assert works["one agent, silent for a heartbeat"].calls_by_kind() == ONE_AGENT + MORE_FOR_A_HEARTBEAT


@pytest.mark.parametrize("kind", CONNECTION)
def test_a_connection_s_life_makes_these_calls_and_no_more(works: dict[str, Work], kind: str) -> None:
    assert works[kind].calls_by_kind() == CONNECTION[kind]


def test_a_client_gets_these_messages_and_no_more(works: dict[str, Work]) -> None:
    assert works["one agent"].messages() == MESSAGES
    assert works["two agents"].messages() == MESSAGES + Counter({"agent_completed": 1})


def test_a_question_costs_so_many_units(works: dict[str, Work]) -> None:
    assert {kind: works[kind].write_units for kind in WRITE_UNITS} == WRITE_UNITS
    assert works["one agent"].read_units == works["two agents"].read_units == READ_UNITS
    life = ("connect", "authenticate", "ping", "disconnect")
    assert sum(works[kind].write_units for kind in life) == CONNECTION_WRITE_UNITS


def test_figures_cost_a_write_unit_for_each_kb_and_no_call(works: dict[str, Work]) -> None:
    with_figures, without = works["one agent, with figures"], works["one agent"]
    assert with_figures.calls_by_kind() == without.calls_by_kind()
    assert with_figures.messages() == without.messages()
    # 20,000 bytes, once.
    assert with_figures.write_units - without.write_units == 20
    assert with_figures.read_units == without.read_units


def test_after_many_questions_one_costs_what_the_first_did(works: dict[str, Work]) -> None:
    first, later = works["one agent"], works["one agent, after many questions"]
    assert later.calls_by_kind() == first.calls_by_kind()
    assert (later.write_units, later.read_units) == (first.write_units, first.read_units)


def test_more_followers_cost_messages_and_nothing_else(works: dict[str, Work]) -> None:
    alone, followed = works["one agent"], works[f"one agent, {FOLLOWERS} followers"]
    # All but job_queued, which only the asker gets.
    more = (FOLLOWERS - 1) * (MESSAGES.total() - 1)
    assert followed.calls_by_kind() == alone.calls_by_kind() + Counter({POST: more})
    assert (followed.write_units, followed.read_units) == (alone.write_units, alone.read_units)


@pytest.mark.parametrize("name", work.DOCUMENTS)
def test_the_documents_have_the_prices_of_what_is_counted(works: dict[str, Work], name: str) -> None:
    """./benchmarks/run.sh work writes them."""
    text = (REPOSITORY / name).read_text(encoding="utf-8")
    assert text == work.with_tables(text, work.DOCUMENTS[name](Prices(works.values())))
