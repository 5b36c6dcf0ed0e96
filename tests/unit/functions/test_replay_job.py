"""replay_job: an operator has the question of a job that failed for good asked once more."""

from dataclasses import replace

import pytest

from finops_websocket.agents import AgentCatalogue
from finops_websocket.jobs.admission import active_jobs_of
from finops_websocket.jobs.job import CANCELLED, COMPLETED, FAILED, PROCESSING, QUEUED
from message_handler.replay import replay_job
from unit.doubles.crashes import BEFORE, Crash, calls_to
from unit.doubles.sample_answers import complete
from unit.doubles.sample_jobs import COST, a_job, stored
from unit.doubles.sample_jobs import store as store_any

NOW = 1_000_500
DEAD = {
    "status": FAILED,
    "code": "PROCESSING_FAILED",
    "error": "Please ask again.",
    "seq": 9,
    "attempts": 3,
    "followers": frozenset(),
    "is_open": False,
    "dead_letter": {"messageId": "message-1", "body": '{"jobId": "job-1"}', "sentAt": 1_000_000},
}


@pytest.fixture(autouse=True)
def later(services):
    services.clock.set(NOW)


def store(services, **changes):
    """Store a job that has failed for good."""
    return store_any(services.jobs, **{**DEAD, **changes})


def replay(services, job_id="job-1"):
    """Have a job replayed, and give the new one."""
    return stored(services.jobs, replay_job(services, job_id)["replayedAs"])


def test_a_dead_job_s_question_is_asked_once_more_by_a_job_of_its_own(services):
    dead = store(services)
    outcome = replay_job(services, "job-1")
    job = stored(services.jobs, outcome["replayedAs"])
    assert outcome == {"replayedAs": job.job_id, "queued": True}
    times = {"created_at": NOW, "updated_at": NOW, "queued_at": NOW, "ttl": NOW + services.retention}
    assert job == a_job(job_id=job.job_id, request_id="job-1", followers=frozenset(), **times)
    assert services.sqs.job_ids() == [job.job_id]
    # The dead one keeps its end, and says which one replays it.
    assert stored(services.jobs) == dead
    assert services.jobs.table.get_item(Key={"jobId": "job-1"})["Item"]["replayedAs"] == job.job_id
    # The user finds the new one in its list, and follows it when it signs in.
    assert active_jobs_of(services.jobs, "user-1") == [job.job_id]
    assert job.job_id in {listed.job_id for listed in services.jobs.page_of("user-1", 10, None).jobs}


def test_a_job_is_replayed_once_however_often_that_is_asked(services):
    store(services)
    first = replay_job(services, "job-1")
    assert replay_job(services, "job-1") == first
    # The first message may have been lost, and a job is claimed once.
    assert services.sqs.job_ids() == [first["replayedAs"]] * 2
    complete(services, first["replayedAs"])
    assert replay_job(services, "job-1") == first
    assert len(services.sqs.sent) == 2


def test_a_replay_that_dies_before_it_is_noted_is_taken_up_by_the_next(services):
    store(services)
    client = services.jobs.table.meta.client
    with calls_to(client) as calls:
        replay_job(services, "job-1")
    assert calls[-1] == "UpdateItem"
    store(services, job_id="job-2", user_id="user-2")
    with calls_to(client, BEFORE, len(calls) - 1), pytest.raises(Crash):
        replay_job(services, "job-2")
    assert len(services.sqs.sent) == 1
    [waiting] = active_jobs_of(services.jobs, "user-2")
    assert replay_job(services, "job-2") == {"replayedAs": waiting, "queued": True}


def test_a_replay_that_failed_for_good_too_can_be_replayed(services):
    store(services)
    second = replay(services)
    store(services, job_id=second.job_id)
    third = replay(services, second.job_id)
    assert len({"job-1", second.job_id, third.job_id}) == 3


@pytest.mark.parametrize(
    "changes",
    [
        *({"status": status} for status in (QUEUED, PROCESSING, COMPLETED, CANCELLED)),
        # Its agents were asked, and none had an answer.
        *({"code": "AGENTS_FAILED"}, {"ttl": NOW}, {"job_id": "another"}),
    ],
    ids=str,
)
def test_what_has_not_failed_for_good_is_not_replayed(services, changes):
    store(services, **changes)
    before = services.jobs.table.scan()["Items"]
    refusal = {"refused": "JOB_NOT_FOUND", "message": "No job of this id has failed for good."}
    assert replay_job(services, "job-1") == refusal
    assert (services.jobs.table.scan()["Items"], services.sqs.sent) == (before, [])


@pytest.mark.parametrize(
    ("limits", "code"), [({"active_jobs": 1}, "TOO_MANY_JOBS"), ({"queries_per_minute": 1}, "RATE_LIMITED")]
)
def test_a_user_s_limits_hold(services, limits, code):
    services = services.with_limits(**limits)
    for job_id in ("job-1", "job-2"):
        store(services, job_id=job_id)
    assert replay_job(services, "job-1")["queued"]
    outcome = replay_job(services, "job-2")
    assert outcome["refused"] == code
    assert outcome["retryAfter"] >= 1
    assert outcome["message"].startswith("At most 1 question")
    assert "replayedAs" not in services.jobs.table.get_item(Key={"jobId": "job-2"})["Item"]


def test_a_replay_that_cannot_be_queued_is_left_to_the_sweep(services):
    store(services)
    services.sqs.is_down = True
    outcome = replay_job(services, "job-1")
    assert not outcome["queued"]
    assert stored(services.jobs, outcome["replayedAs"]).status == QUEUED
    assert list(services.jobs.open_jobs()) == [outcome["replayedAs"]]


def test_the_agents_that_were_chosen_are_asked_again_unless_the_stack_has_others_since(services):
    for job_id in ("job-1", "job-2"):
        store(services, job_id=job_id, agents=(COST,), query="What can I save?")
    assert replay(services).agents == (COST,)
    services = replace(services, catalogue=AgentCatalogue("new-cost-agent", "new-savings-agent"))
    assert replay(services, "job-2").agents == ("new-savings-agent",)
