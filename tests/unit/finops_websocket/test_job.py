from dataclasses import fields
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finops_websocket.job import CANCELLED, COMPLETED, FAILED, OPEN, PROCESSING, QUEUED, Job
from unit.finops_websocket.sample_jobs import COST, a_job

TEXTS = st.text(max_size=20)
NUMBERS = st.integers(0, 2**40)
JOBS = st.builds(
    Job,
    job_id=TEXTS,
    user_id=TEXTS,
    query=TEXTS,
    agents=st.lists(TEXTS, max_size=3).map(tuple),
    status=st.sampled_from([QUEUED, PROCESSING, COMPLETED, FAILED, CANCELLED]),
    progress=NUMBERS,
    message=TEXTS,
    seq=NUMBERS,
    created_at=NUMBERS,
    updated_at=NUMBERS,
    ttl=NUMBERS,
    request_id=st.none() | TEXTS,
    followers=st.frozensets(TEXTS, max_size=3),
    completed_agents=st.lists(TEXTS, max_size=3).map(tuple),
    attempts=NUMBERS,
    lease_owner=st.none() | TEXTS,
    lease_message=st.none() | TEXTS,
    lease_until=NUMBERS,
    queued_at=NUMBERS,
    requeues=NUMBERS,
    partial=st.booleans(),
    error=st.none() | TEXTS,
    code=st.none() | TEXTS,
    dead_letter=st.none() | st.dictionaries(TEXTS, TEXTS, max_size=3),
    end_id=st.none() | TEXTS,
    is_open=st.booleans(),
)


def as_dynamodb_gives_it(value: Any) -> Any:
    return Decimal(value) if isinstance(value, int) and not isinstance(value, bool) else value


@given(JOBS)
def test_a_job_comes_back_from_its_item_as_it_was(job: Job) -> None:
    stored = {name: as_dynamodb_gives_it(value) for name, value in job.to_item().items()}
    read = Job.from_item(stored)
    assert read == job
    assert not any(isinstance(value, Decimal) for value in vars(read).values())


@given(JOBS)
def test_an_item_holds_nothing_that_dynamodb_refuses(job: Job) -> None:
    for value in job.to_item().values():
        assert value is not None
        assert value != set()


def test_what_an_older_item_lacks_is_as_in_a_new_job() -> None:
    item = a_job(followers=frozenset()).to_item()
    for name in ("completedAgents", "attempts", "leaseUntil", "queuedAt", "requeues", "partial"):
        del item[name]
    assert Job.from_item(item) == a_job(followers=frozenset())


def test_every_field_has_an_attribute() -> None:
    """One that is forgotten in the item would come back as its default."""
    job = a_job(
        request_id="request-1",
        completed_agents=(COST,),
        attempts=1,
        lease_owner="worker-1",
        lease_message="message-1",
        lease_until=1,
        requeues=1,
        partial=True,
        error="An error.",
        code="INTERNAL",
        dead_letter={"body": "{}"},
        end_id="end-1",
    )
    assert None not in vars(job).values()
    assert len(job.to_item()) == len(fields(Job))


def test_the_index_of_open_jobs_holds_open_jobs_alone() -> None:
    assert a_job().to_item()["open"] == OPEN
    assert "open" not in a_job(is_open=False).to_item()


@pytest.mark.parametrize(
    ("status", "is_finished"),
    [(QUEUED, False), (PROCESSING, False), (COMPLETED, True), (FAILED, True), (CANCELLED, True)],
)
def test_a_job_has_three_ends(status: str, is_finished: bool) -> None:
    assert a_job(status=status).is_finished is is_finished
