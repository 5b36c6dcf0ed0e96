"""resume_job and cancel_job: what a user sees of a job that is there, and how it is ended."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from finops_websocket import metrics
from finops_websocket.connections.channel import Posted
from finops_websocket.connections.identity import Connection
from finops_websocket.delivery.stuck_jobs import MOST_REQUEUES
from finops_websocket.errors import (
    JobFinished,
    JobNotFound,
    NotSent,
    RequestError,
    SessionExpired,
    Unauthenticated,
)
from finops_websocket.jobs.job import CANCELLED, COMPLETED, FAILED, PROCESSING
from finops_websocket.wire.client_messages import CancelJob, ResumeJob
from message_handler.jobs import cancel_job, resume_job
from unit.doubles.all_services import AllServices
from unit.doubles.embedded_metrics import Measurement, names
from unit.doubles.interleaved_calls import just_before
from unit.doubles.sample_answers import an_answer, complete
from unit.doubles.sample_jobs import COST, SAVINGS, claim, store, stored

SignedIn = Callable[..., Connection]
Act = Callable[[AllServices, Connection, str], None]

STRANGER = Connection("a-stranger-s")
CANCELLED_AT_2 = {"type": "job_cancelled", "jobId": "job-1", "timestamp": 1_000_000, "seq": 2}


def resume(services: AllServices, connection: Connection, job_id: str = "job-1") -> None:
    resume_job(services, connection, ResumeJob(job_id))


def cancel(services: AllServices, connection: Connection, job_id: str = "job-1") -> None:
    cancel_job(services, connection, CancelJob(job_id))


both = pytest.mark.parametrize("act", [resume, cancel])


@both
@pytest.mark.parametrize("job_id", ["job-1", "nowhere"])
@pytest.mark.parametrize(
    ("mode", "changes", "error"),
    [
        ("cognito", {"user_id": "user-2"}, JobNotFound),
        ("cognito", {"verified": False, "user_id": None}, Unauthenticated),
        ("cognito", {"verified": False, "user_id": "claimed#user-1"}, Unauthenticated),
        ("cognito", {"expires_at": 1_000_000}, SessionExpired),
        ("open", {"user_id": "user-2"}, JobNotFound),
        ("open", {"verified": False, "user_id": "claimed#user-1"}, JobNotFound),
    ],
)
def test_who_may_not_see_a_job_learns_nothing_and_changes_nothing(
    services: AllServices,
    signed_in: SignedIn,
    act: Act,
    job_id: str,
    mode: str,
    changes: dict[str, Any],
    error: type[RequestError],
) -> None:
    # Stuck for good: who may not see it does not recover it either.
    job = store(services.jobs, requeues=MOST_REQUEUES, queued_at=0)
    with pytest.raises(error) as refused:
        act(replace(services, auth_mode=mode), replace(signed_in(), **changes), job_id)
    assert "job-1" not in str(refused.value)
    assert stored(services.jobs) == job
    assert services.channel.sent == []


@both
def test_a_job_whose_time_has_run_out_is_not_there_also_if_that_happens_meanwhile(
    services: AllServices, signed_in: SignedIn, act: Act
) -> None:
    store(services.jobs, ttl=1_000_001)
    connection = signed_in()
    with (
        just_before(services.jobs.table.meta.client, "UpdateItem", lambda: services.clock.set(1_000_001)),
        pytest.raises(JobNotFound),
    ):
        act(services, connection, "job-1")
    with pytest.raises(JobNotFound):
        act(services, connection, "job-1")
    assert services.channel.sent == []


def test_the_whole_state_is_the_first_answer_and_the_connection_follows(
    services: AllServices, signed_in: SignedIn
) -> None:
    store(services.jobs)
    job = claim(services.jobs)
    # One whose step is not stored yet is not in it: its agent_completed comes with a later seq.
    for agent in (COST, SAVINGS):
        services.answers.put(job, an_answer(agent))
    job = services.jobs.record_step(job, services.lease, progress=52, message="One of two.", completedAgents=(COST,))
    for _ in range(2):
        resume(services, signed_in("connection-2"))
    first, again = services.channel.to("connection-2")
    assert (
        first
        == again
        == {
            "type": "job_snapshot",
            "jobId": "job-1",
            "status": PROCESSING,
            "progress": 52,
            "message": "One of two.",
            "query": "Why did my costs rise?",
            "agents": [COST, SAVINGS],
            "completed_agents": [COST],
            "results": [
                {
                    "agent": COST,
                    "title": f"Title of {COST}",
                    "content": "Costs rose.",
                    "status": "completed",
                    "timestamp": 1_000_030,
                }
            ],
            "createdAt": 1_000_000,
            "updatedAt": 1_000_000,
            "seq": 3,
        }
    )
    assert stored(services.jobs) == replace(job, followers=frozenset({"connection-1", "connection-2"}))
    assert services.channel.to("connection-1") == []


def test_a_step_that_comes_before_it_is_followed_is_in_the_snapshot(services: AllServices, signed_in: SignedIn) -> None:
    store(services.jobs)
    connection = signed_in("connection-2")
    with just_before(services.jobs.table.meta.client, "UpdateItem", lambda: claim(services.jobs)):
        resume(services, connection)
    [snapshot] = services.channel.to("connection-2")
    assert (snapshot["status"], snapshot["seq"]) == (PROCESSING, 2)


def test_a_completed_job_is_given_with_its_answer_and_not_followed(services: AllServices, signed_in: SignedIn) -> None:
    store(services.jobs)
    ended = complete(services)
    resume(services, signed_in("connection-2"))
    [snapshot] = services.channel.to("connection-2")
    assert (snapshot["status"], snapshot["progress"], snapshot["seq"]) == (COMPLETED, 100, ended.seq)
    assert snapshot["result"]["response"] == "Costs rose."
    assert stored(services.jobs).followers == {"connection-1"}


def test_a_state_that_cannot_be_sent_is_an_error_unless_the_connection_is_gone(
    services: AllServices, signed_in: SignedIn
) -> None:
    store(services.jobs)
    services.channel.results = {"connection-2": Posted.FAILED, "connection-3": Posted.GONE}
    with pytest.raises(NotSent):
        resume(services, signed_in("connection-2"))
    resume(services, signed_in("connection-3"))
    # It follows all the same.
    assert "connection-2" in stored(services.jobs).followers


def test_a_job_that_is_given_up_when_it_is_looked_at_is_shown_as_failed(
    services: AllServices, signed_in: SignedIn
) -> None:
    store(services.jobs, requeues=MOST_REQUEUES, queued_at=0)
    resume(services, signed_in("connection-2"))
    [snapshot] = services.channel.to("connection-2")
    assert (snapshot["type"], snapshot["status"], snapshot["code"]) == ("job_snapshot", FAILED, "PROCESSING_FAILED")
    assert services.channel.kinds_to("connection-1") == ["job_failed"]


@pytest.mark.parametrize("asker", ["connection-1", "connection-2"])
def test_a_cancelled_job_has_ended_once_for_its_asker_and_all_who_follow_it(
    services: AllServices, signed_in: SignedIn, measured: Callable[[], list[Measurement]], asker: str
) -> None:
    store(services.jobs, followers=frozenset({"connection-1", "connection-0"}))
    cancel(services, signed_in(asker))
    for connection_id in {"connection-0", "connection-1", asker}:
        assert services.channel.to(connection_id) == [CANCELLED_AT_2]
    once = stored(services.jobs)
    assert (once.status, once.seq, once.followers, once.is_open) == (CANCELLED, 2, frozenset(), False)
    # Again it stays as it is, and only the asker hears of it.
    cancel(services, signed_in("connection-3"))
    assert stored(services.jobs) == once
    assert services.channel.to("connection-3") == [CANCELLED_AT_2]
    assert len(services.channel.to("connection-0")) == 1
    assert names(measured()) == {metrics.JOBS_CANCELLED: 1}


@pytest.mark.parametrize("status", [COMPLETED, FAILED])
def test_a_job_that_ended_otherwise_also_meanwhile_is_finished_and_nobody_is_told_another_end(
    services: AllServices, signed_in: SignedIn, status: str
) -> None:
    store(services.jobs)
    connection = signed_in()
    for end in (lambda: store(services.jobs, status=status), lambda: None):
        with (
            just_before(services.jobs.table.meta.client, "UpdateItem", end),
            pytest.raises(JobFinished, match=status),
        ):
            cancel(services, connection)
    assert stored(services.jobs).status == status
    assert services.channel.sent == []
