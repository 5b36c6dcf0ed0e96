"""A job and its item in the table."""

from collections.abc import Mapping
from dataclasses import fields
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finops_websocket.agents import AgentCatalogue
from finops_websocket.errors import UnknownAgent
from finops_websocket.jobs.job import CANCELLED, COMPLETED, FAILED, OPEN, PROCESSING, QUEUED, Job, new_job
from unit.doubles.sample_jobs import CATALOGUE, COST, SAVINGS, a_job

TEXTS = st.text(max_size=20)
NUMBERS = st.integers(0, 2**40)
VALUES: dict[Any, st.SearchStrategy[Any]] = {
    str: TEXTS,
    str | None: st.none() | TEXTS,
    int: NUMBERS,
    bool: st.booleans(),
    tuple[str, ...]: st.lists(TEXTS, max_size=3).map(tuple),
    frozenset[str]: st.frozensets(TEXTS, max_size=3),
    Mapping[str, Any] | None: st.none() | st.dictionaries(TEXTS, TEXTS, max_size=3),
}
JOBS = st.builds(Job, **{each.name: VALUES[each.type] for each in fields(Job)})


def as_dynamodb_gives_it(value: Any) -> Any:
    if isinstance(value, int) and not isinstance(value, bool):
        return Decimal(value)
    return list(value) if isinstance(value, tuple) else value


@given(JOBS)
def test_a_job_comes_back_from_its_item_as_it_was(job: Job) -> None:
    item = job.to_item()
    # DynamoDB refuses empty sets; nothing is written where there is nothing.
    assert not any(value is None or value == set() for value in item.values())
    read = Job.from_item({name: as_dynamodb_gives_it(value) for name, value in item.items()})
    assert read == job
    assert list(map(type, vars(read).values())) == list(map(type, vars(job).values()))
    # The index of open jobs holds the items that have this.
    assert (item.get("open") == OPEN) is job.is_open


def test_what_an_older_item_lacks_is_as_in_a_new_job() -> None:
    item = a_job(followers=frozenset()).to_item()
    for name in ("completedAgents", "attempts", "leaseUntil", "queuedAt", "requeues", "partial"):
        del item[name]
    # What it has besides, nobody reads any more.
    assert Job.from_item({**item, "endId": "end-1"}) == a_job(followers=frozenset())


@pytest.mark.parametrize(
    ("status", "is_finished", "is_held"),
    [
        (QUEUED, False, False),
        (PROCESSING, False, True),
        (COMPLETED, True, False),
        (FAILED, True, False),
        (CANCELLED, True, False),
    ],
)
def test_a_job_has_three_ends_and_is_held_while_a_lease_runs(status: str, is_finished: bool, is_held: bool) -> None:
    job = a_job(status=status, lease_until=1_000)
    assert (job.is_finished, job.is_held(999), job.is_held(1_000)) == (is_finished, is_held, False)


def test_a_question_that_is_asked_is_a_job_of_its_own_that_waits_as_the_contract_says() -> None:
    first, second = (
        new_job("user-1", "Why?", (COST,), now=100, retention=50, request_id="request-1", followers=frozenset({"a"}))
        for _ in range(2)
    )
    assert first.job_id != second.job_id
    assert len(first.job_id) == 36
    assert (first.status, first.progress, first.seq, first.message) == (QUEUED, 5, 1, "Your question is queued.")
    assert (first.created_at, first.updated_at, first.queued_at, first.ttl) == (100, 100, 100, 150)
    assert (first.request_id, first.followers, first.is_open) == ("request-1", {"a"}, True)


def test_agents_are_found_by_name_in_the_order_asked_for_each_once_and_have_headings_for_people() -> None:
    assert CATALOGUE.named([SAVINGS, COST, SAVINGS]) == (SAVINGS, COST)
    assert [CATALOGUE.title_of(name) for name in (COST, SAVINGS)] == ["Cost analysis", "Optimisation"]
    # One that has left the deployment since.
    assert CATALOGUE.title_of("former-agent") == "former-agent"


def test_an_unknown_agent_is_refused_with_the_names_that_there_are_and_not_with_its_own() -> None:
    with pytest.raises(UnknownAgent, match=r"The agents are: costs, savings\.") as refused:
        AgentCatalogue("costs", "savings").named(["costs", "nobody-knows-me"])
    assert "nobody-knows-me" not in str(refused.value)
