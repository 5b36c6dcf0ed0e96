"""Jobs that nobody works on: queued again or given up, when somebody looks at them and by the sweep."""

from dataclasses import replace
from functools import partial

import pytest
from botocore.exceptions import EndpointConnectionError

from background_processor.sweep import sweep
from finops_websocket import metrics
from finops_websocket.delivery.stuck_jobs import GIVEN_UP, MOST_ATTEMPTS, Need, need_of
from finops_websocket.jobs.job import CANCELLED, COMPLETED, FAILED, PROCESSING, QUEUED
from unit.doubles.aws_calls import just_before
from unit.doubles.embedded_metrics import names
from unit.doubles.sample_jobs import STUCK_AFTER, a_job, store, stored
from unit.doubles.scripted_agents import fails

QUEUED_AT = 1_000_000
STUCK_AT = QUEUED_AT + STUCK_AFTER
LEASE_END = QUEUED_AT + 300
LOST = {"status": PROCESSING, "lease_owner": "worker-1", "lease_until": LEASE_END, "attempts": 1}
# A job whose last worker has died, and when that is found.
HOPELESS = {**LOST, "attempts": MOST_ATTEMPTS, "seq": 4}
HOPELESS_AT = LEASE_END + STUCK_AFTER
# Time for any number of jobs.
ENOUGH = partial(float, 60)


@pytest.mark.parametrize(
    ("changes", "due", "need"),
    [
        ({}, STUCK_AT, Need.REQUEUE),
        # Each wait is twice as long as the one before, and counts from the last time.
        ({"requeues": 1}, QUEUED_AT + 2 * STUCK_AFTER, Need.REQUEUE),
        ({"requeues": 4, "created_at": 0}, QUEUED_AT + 16 * STUCK_AFTER, Need.REQUEUE),
        ({"requeues": 5}, QUEUED_AT + 32 * STUCK_AFTER, Need.GIVE_UP),
        # A worker holds it, or did a moment ago; each attempt has cost one its life.
        (LOST, LEASE_END + STUCK_AFTER, Need.REQUEUE),
        ({**LOST, "attempts": 2}, LEASE_END + STUCK_AFTER, Need.REQUEUE),
        (HOPELESS, HOPELESS_AT, Need.GIVE_UP),
    ],
)
def test_what_a_job_needs_and_from_when_on(changes, due, need):
    job = a_job(**changes)
    assert need_of(job, due - 1, STUCK_AFTER) is Need.NOTHING
    assert need_of(job, due, STUCK_AFTER) is need
    for status in (COMPLETED, FAILED, CANCELLED):
        assert need_of(replace(job, status=status), 10 * due, STUCK_AFTER) is Need.NOTHING


def test_a_stuck_job_is_queued_again_once_however_many_find_it(services):
    job = store(services.jobs)
    services.clock.set(STUCK_AT - 1)
    assert services.stuck_jobs.recover(job) == job
    services.clock.set(STUCK_AT)
    recovered = services.stuck_jobs.recover(job)
    assert recovered == stored(services.jobs) == a_job(requeues=1, queued_at=STUCK_AT)
    assert services.stuck_jobs.recover(job) == recovered
    assert services.sqs.job_ids() == ["job-1"]


def test_a_job_that_is_not_queued_though_that_was_noted_is_due_again_later(services):
    job = store(services.jobs)
    services.clock.set(STUCK_AT)
    services.sqs.is_down = True
    services.stuck_jobs.recover(job)
    services.sqs.is_down = False
    noted = stored(services.jobs)
    assert (noted.requeues, noted.queued_at, services.sqs.sent) == (1, STUCK_AT, [])
    services.clock.set(STUCK_AT + 2 * STUCK_AFTER)
    services.stuck_jobs.recover(noted)
    assert services.sqs.job_ids() == ["job-1"]


def test_a_job_that_is_given_up_has_an_end_which_its_followers_are_told_and_which_counts_once(services, measured):
    job = store(services.jobs, **HOPELESS)
    services.clock.set(HOPELESS_AT)
    given_up = services.stuck_jobs.recover(job)
    assert (given_up.status, given_up.code, given_up.error, given_up.seq) == (FAILED, "PROCESSING_FAILED", GIVEN_UP, 5)
    [told] = services.channel.to("connection-1")
    assert (told["type"], told["code"], told["error"], told["seq"]) == ("job_failed", "PROCESSING_FAILED", GIVEN_UP, 5)
    assert stored(services.jobs) == replace(given_up, followers=frozenset(), is_open=False)
    sweep(services, ENOUGH)
    assert names(measured()) == {metrics.JOBS_FAILED: 1}


def stuck(services, job_id="job-1", **changes):
    """Store a job that nobody has taken for as long as the clock allows."""
    return store(services.jobs, job_id=job_id, **{"queued_at": QUEUED_AT - STUCK_AFTER, **changes})


def test_the_sweep_queues_what_is_stuck_tells_what_is_untold_and_leaves_the_rest(services):
    stuck(services)
    left = [
        stuck(services, "waiting", queued_at=QUEUED_AT + 1 - STUCK_AFTER),
        stuck(services, "at-work", status=PROCESSING, lease_until=QUEUED_AT + 1 - STUCK_AFTER),
        # DynamoDB's to delete.
        stuck(services, "expired", ttl=QUEUED_AT),
    ]
    store(services.jobs, job_id="untold", status=COMPLETED, progress=100, seq=7)
    store(services.jobs, job_id="nobody-follows", status=COMPLETED, followers=frozenset())
    for _ in range(2):
        sweep(services, ENOUGH)
    assert services.sqs.job_ids() == ["job-1"]
    assert [services.jobs.find(job.job_id) for job in left[:2]] == left[:2]
    [told] = services.channel.to("connection-1")
    assert (told["type"], told["jobId"]) == ("job_completed", "untold")
    for job_id in ("untold", "nobody-follows"):
        assert not stored(services.jobs, job_id).is_open


@pytest.mark.parametrize("error", [EndpointConnectionError(endpoint_url="dynamodb"), KeyError("a bug")])
@pytest.mark.parametrize(
    ("operation", "status"),
    [("UpdateItem", QUEUED), ("UpdateItem", COMPLETED), ("GetItem", QUEUED)],
    ids=["when it is recovered", "when its end is told", "when it is read"],
)
def test_an_error_of_one_job_is_logged_and_raised_when_the_younger_ones_have_been_looked_at(
    services, caplog, operation, status, error
):
    stuck(services, status=status, created_at=999_998)
    stuck(services, "job-2", created_at=999_999)
    store(services.jobs, job_id="job-3", status=COMPLETED, followers=frozenset({"connection-3"}))
    # Job-1's call is the first.
    with pytest.raises(type(error)), just_before(services.jobs.table.client, operation, fails(error)):
        sweep(services, ENOUGH)
    assert services.sqs.job_ids() == ["job-2"]
    assert services.channel.kinds_to("connection-3") == ["job_completed"]
    assert [record.jobId for record in caplog.records if record.levelname == "ERROR"] == ["job-1"]


def test_the_sweep_looks_at_the_oldest_jobs_first_and_at_the_rest_when_there_is_time(services):
    for age in (1, 3, 2):
        stuck(services, f"job-{age}", created_at=QUEUED_AT - age)
    times = iter([60.0, 60.0, 59.9])
    sweep(services, lambda: next(times))
    assert services.sqs.job_ids() == ["job-3", "job-2"]
    sweep(services, ENOUGH)
    assert services.sqs.job_ids() == ["job-3", "job-2", "job-1"]
