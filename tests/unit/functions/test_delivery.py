"""Telling clients about a job: each step to who follows it, and its end to each of them once."""

import itertools
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from botocore.stub import Stubber
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from finops_websocket.connections.channel import Posted
from finops_websocket.connections.identity import Connection
from finops_websocket.delivery import messages
from finops_websocket.errors import EndNotTold
from finops_websocket.jobs.job import CANCELLED, COMPLETED, FAILED, PROCESSING, QUEUED, Job
from finops_websocket.wire.server_messages import JobCancelled
from unit.doubles.all_services import AllServices
from unit.doubles.sample_answers import an_answer
from unit.doubles.sample_jobs import COST, SAVINGS, store, stored

FOLLOWERS = ("connection-1", "connection-2", "connection-3")
END = JobCancelled("job-1", 1_000_000, 7)

job_numbers = itertools.count()


@pytest.fixture(autouse=True)
def all_signed_in(signed_in: Callable[..., Connection]) -> None:
    for connection_id in FOLLOWERS:
        signed_in(connection_id)


def followed(services: AllServices, status: str = PROCESSING, **changes: Any) -> Job:
    """Store a job that all three follow."""
    return store(services.jobs, status=status, seq=7, **{"followers": frozenset(FOLLOWERS), **changes})


def known(services: AllServices) -> list[str]:
    return [each for each in FOLLOWERS if services.connections.find(each) is not None]


def test_a_step_is_sent_to_every_follower_and_only_the_gone_are_forgotten(services: AllServices) -> None:
    job = followed(services)
    step = messages.progress_update(job)
    assert services.delivery.broadcast(job, step)
    assert services.channel.sent == [(connection_id, step) for connection_id in FOLLOWERS]
    assert stored(services.jobs) == job
    services.channel.results = {"connection-1": Posted.GONE, "connection-2": Posted.FAILED}
    assert not services.delivery.broadcast(job, step)
    assert len(services.channel.sent) == 6
    assert stored(services.jobs).followers == {"connection-2", "connection-3"}
    assert known(services) == ["connection-2", "connection-3"]


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    attempts=st.lists(st.fixed_dictionaries({follower: st.sampled_from(Posted) for follower in FOLLOWERS}), max_size=4)
)
def test_each_follower_is_told_the_end_once_however_often_it_takes(
    services: AllServices, attempts: list[dict[str, Posted]]
) -> None:
    job = followed(services, CANCELLED, job_id=f"job-{next(job_numbers)}")
    left = set(FOLLOWERS)
    for results in attempts:
        services.channel.results = dict(results)
        services.channel.sent.clear()
        all_know = services.delivery.broadcast(job, END)
        assert {receiver for receiver, _ in services.channel.sent} == left
        left = {follower for follower in left if results[follower] is Posted.FAILED}
        assert all_know is (not left)
        job = stored(services.jobs, job.job_id)
        assert (job.followers, job.is_open) == (left, bool(left))


@pytest.mark.parametrize(
    ("status", "kind"), [(COMPLETED, "job_completed"), (FAILED, "job_failed"), (CANCELLED, "job_cancelled")]
)
def test_an_end_is_told_from_the_store_until_everybody_knows_it(services: AllServices, status: str, kind: str) -> None:
    job = followed(services, status)
    services.answers.put(job, an_answer(COST))
    services.answers.put(job, an_answer(SAVINGS, "Delete the disk."))
    services.channel.results = {"connection-1": Posted.FAILED, "connection-2": Posted.GONE}
    for _ in range(2):
        with pytest.raises(EndNotTold):
            services.delivery.announce_end(stored(services.jobs))
    services.channel.results = {}
    services.delivery.announce_end(stored(services.jobs))
    first, again, told = services.channel.to("connection-1")
    assert first == again == told
    assert (told["type"], told["seq"]) == (kind, 7)
    if status == COMPLETED:
        parts = f"## Title of {COST}\n\nCosts rose.\n\n## Title of {SAVINGS}\n\nDelete the disk."
        assert told["result"]["response"] == parts
    assert services.channel.kinds_to("connection-3") == [kind]
    assert (stored(services.jobs).followers, stored(services.jobs).is_open) == (frozenset(), False)
    # Those who know it are open still, and may ask for something else.
    assert known(services) == ["connection-1", "connection-3"]
    count = len(services.channel.sent)
    with Stubber(services.jobs.table.meta.client):
        # Any call would be one too many for the stubber.
        services.delivery.announce_end(replace(job, followers=frozenset(), is_open=False))
    assert len(services.channel.sent) == count


@pytest.mark.parametrize("status", [QUEUED, PROCESSING, FAILED])
def test_a_job_that_goes_on_has_no_end_and_one_that_nobody_follows_is_closed_without_a_word(
    services: AllServices, status: str
) -> None:
    job = followed(services, status, followers=frozenset() if status == FAILED else frozenset(FOLLOWERS))
    services.delivery.announce_end(job)
    assert services.channel.sent == []
    assert stored(services.jobs) == replace(job, is_open=status != FAILED)


@pytest.mark.parametrize("asker", ["connection-1", "connection-9"])
def test_who_asks_for_an_end_and_all_who_follow_are_told_it_once_each(services: AllServices, asker: str) -> None:
    job = followed(services, CANCELLED)
    services.channel.results["connection-2"] = Posted.FAILED
    services.delivery.tell_end(asker, job)
    for connection_id in {*FOLLOWERS, asker}:
        assert services.channel.kinds_to(connection_id) == ["job_cancelled"]
    # It is left to the sweep, and no failure of the asker's.
    assert (stored(services.jobs).followers, stored(services.jobs).is_open) == ({"connection-2"}, True)


def test_when_all_know_the_end_only_the_asker_is_told(services: AllServices) -> None:
    job = followed(services, CANCELLED, followers=frozenset(), is_open=False)
    services.delivery.tell_end("connection-1", job)
    assert [receiver for receiver, _ in services.channel.sent] == ["connection-1"]
