from dataclasses import replace
from typing import Any

import pytest
from botocore.stub import Stubber
from hypothesis import given, settings
from hypothesis import strategies as st

from finops_websocket.client_channel import Delivery
from finops_websocket.job import CANCELLED, COMPLETED, FAILED, PROCESSING, QUEUED, Job
from finops_websocket.job_lease import JobLease
from finops_websocket.job_queue import job_id_of
from finops_websocket.overdue import GIVEN_UP, MOST_ATTEMPTS, MOST_REQUEUES, Need, OverdueJobs, need_of
from unit.finops_websocket.interleaved_calls import just_before
from unit.finops_websocket.lost_replies import lost_reply
from unit.finops_websocket.recording_channel import RecordingChannel
from unit.finops_websocket.sample_jobs import STUCK_AFTER, a_job, stored_job
from unit.finops_websocket.settable_clock import SettableClock
from unit.finops_websocket.submitting_job_store import SubmittingJobStore

QUEUED_AT = 1_000_000
STUCK_AT = QUEUED_AT + STUCK_AFTER
LEASE_END = QUEUED_AT + 300
LOST = {"status": PROCESSING, "lease_owner": "worker-1", "lease_until": LEASE_END, "attempts": 1}


@pytest.mark.parametrize(
    ("job", "now", "need"),
    [
        (a_job(), QUEUED_AT, Need.NOTHING),
        (a_job(), STUCK_AT - 1, Need.NOTHING),
        (a_job(), STUCK_AT, Need.REQUEUE),
        # Each wait is twice as long as the one before, and counts from the last time.
        (a_job(requeues=1), QUEUED_AT + 2 * STUCK_AFTER - 1, Need.NOTHING),
        (a_job(requeues=1), QUEUED_AT + 2 * STUCK_AFTER, Need.REQUEUE),
        (a_job(requeues=4), QUEUED_AT + 16 * STUCK_AFTER, Need.REQUEUE),
        (a_job(requeues=1, created_at=0, queued_at=QUEUED_AT), STUCK_AT, Need.NOTHING),
        (a_job(requeues=5), QUEUED_AT + 32 * STUCK_AFTER - 1, Need.NOTHING),
        (a_job(requeues=5), QUEUED_AT + 32 * STUCK_AFTER, Need.GIVE_UP),
        # A worker holds it, or did a moment ago.
        (a_job(**LOST), LEASE_END - 1, Need.NOTHING),
        (a_job(**LOST), STUCK_AT, Need.NOTHING),
        (a_job(**LOST), LEASE_END + STUCK_AFTER - 1, Need.NOTHING),
        (a_job(**LOST), LEASE_END + STUCK_AFTER, Need.REQUEUE),
        (a_job(**{**LOST, "lease_until": 10 * STUCK_AT}), 9 * STUCK_AT, Need.NOTHING),
        # Each attempt has cost a worker its life.
        (a_job(**{**LOST, "attempts": 2}), LEASE_END + STUCK_AFTER, Need.REQUEUE),
        (a_job(**{**LOST, "attempts": 3}), LEASE_END + STUCK_AFTER - 1, Need.NOTHING),
        (a_job(**{**LOST, "attempts": 3}), LEASE_END + STUCK_AFTER, Need.GIVE_UP),
        (a_job(status=COMPLETED), 10 * STUCK_AT, Need.NOTHING),
        (a_job(status=FAILED, requeues=5), 10 * STUCK_AT, Need.NOTHING),
        (a_job(status=CANCELLED, attempts=3), 10 * STUCK_AT, Need.NOTHING),
    ],
)
def test_what_a_job_needs(job: Job, now: int, need: Need) -> None:
    assert need_of(job, now, STUCK_AFTER) is need


MOMENTS = st.integers(0, 10**6)
JOBS = st.builds(
    a_job,
    status=st.sampled_from([QUEUED, PROCESSING, COMPLETED, FAILED, CANCELLED]),
    created_at=MOMENTS,
    queued_at=MOMENTS,
    lease_until=st.just(0) | MOMENTS,
    attempts=st.integers(0, 5),
    requeues=st.integers(0, 7),
)


@given(job=JOBS, now=st.integers(0, 10**8), stuck_after=st.integers(1, 10_000))
def test_a_job_that_is_held_or_finished_needs_nothing(job: Job, now: int, stuck_after: int) -> None:
    if job.is_finished or job.lease_until > now:
        assert need_of(job, now, stuck_after) is Need.NOTHING


@given(job=JOBS, now=st.integers(0, 10**8), stuck_after=st.integers(1, 10_000))
def test_a_need_does_not_go_away_by_waiting(job: Job, now: int, stuck_after: int) -> None:
    need = need_of(job, now, stuck_after)
    if need is not Need.NOTHING:
        assert need_of(job, now + stuck_after, stuck_after) is need


@settings(deadline=None)
@given(job=JOBS, stuck_after=st.integers(1, 60), pause=st.integers(1, 600))
def test_an_unfinished_job_that_nobody_takes_comes_to_its_end(job: Job, stuck_after: int, pause: int) -> None:
    """However seldom somebody looks: once each `pause` seconds here."""
    if job.is_finished:
        return
    start = now = max(job.queued_at, job.lease_until)
    requeues = job.requeues
    waits = sum(2**wait for wait in range(requeues, max(requeues, MOST_REQUEUES) + 1))
    while (need := need_of(job, now, stuck_after)) is not Need.GIVE_UP:
        if need is Need.REQUEUE:
            job = replace(job, requeues=job.requeues + 1, queued_at=now)
        now += pause
        assert now <= start + waits * stuck_after + (MOST_REQUEUES + 2) * pause
    assert job.requeues <= max(requeues, MOST_REQUEUES)


@given(attempts=st.integers(0, MOST_ATTEMPTS), stuck_after=st.integers(1, 10_000))
def test_a_job_whose_workers_all_die_is_given_up_after_as_many_as_the_queue_allows(
    attempts: int, stuck_after: int
) -> None:
    job = a_job(**{**LOST, "attempts": attempts})
    need = need_of(job, LEASE_END + stuck_after, stuck_after)
    assert need is (Need.GIVE_UP if attempts >= MOST_ATTEMPTS else Need.REQUEUE)


def queued_ids(sqs: Any, queue_url: str) -> list[str]:
    messages = sqs.receive_message(QueueUrl=queue_url, MaxNumberOfMessages=10).get("Messages", [])
    return [job_id_of(message["Body"]) for message in messages]


def test_a_stuck_job_is_queued_again(
    overdue_jobs: OverdueJobs, jobs: SubmittingJobStore, clock: SettableClock, sqs: Any, queue_url: str
) -> None:
    jobs.submit(a_job())
    clock.now = STUCK_AT
    mended = overdue_jobs.mend(a_job())
    assert mended == a_job(requeues=1, queued_at=STUCK_AT)
    assert stored_job(jobs) == mended
    assert queued_ids(sqs, queue_url) == ["job-1"]


def test_a_job_that_needs_nothing_is_given_as_it_is(
    overdue_jobs: OverdueJobs, jobs: SubmittingJobStore, clock: SettableClock, sqs: Any, queue_url: str
) -> None:
    jobs.submit(a_job())
    clock.now = STUCK_AT - 1
    assert overdue_jobs.mend(a_job()) == a_job()
    assert stored_job(jobs) == a_job()
    assert queued_ids(sqs, queue_url) == []


def test_a_job_that_several_find_stuck_is_queued_again_once(
    overdue_jobs: OverdueJobs, jobs: SubmittingJobStore, clock: SettableClock, sqs: Any, queue_url: str
) -> None:
    jobs.submit(a_job())
    clock.now = STUCK_AT
    overdue_jobs.mend(a_job())
    overdue_jobs.mend(a_job())
    assert queued_ids(sqs, queue_url) == ["job-1"]
    assert stored_job(jobs).requeues == 1


def test_a_job_that_a_worker_has_taken_meanwhile_is_left_to_it(
    overdue_jobs: OverdueJobs,
    jobs: SubmittingJobStore,
    leases: JobLease,
    clock: SettableClock,
    sqs: Any,
    queue_url: str,
) -> None:
    jobs.submit(a_job())
    clock.now = STUCK_AT
    claimed = leases.claim("job-1", "worker-1", "message-1", progress=10, message="Working.")
    overdue_jobs.mend(a_job())
    overdue_jobs.mend(a_job(requeues=MOST_REQUEUES, queued_at=0))
    assert stored_job(jobs) == claimed
    assert queued_ids(sqs, queue_url) == []


def test_a_job_that_cannot_be_queued_is_due_again_later(
    overdue_jobs: OverdueJobs, jobs: SubmittingJobStore, clock: SettableClock, sqs: Any, queue_url: str
) -> None:
    jobs.submit(a_job())
    clock.now = STUCK_AT
    with Stubber(sqs) as stubber:
        stubber.add_client_error("send_message", "RequestThrottled", http_status_code=400)
        mended = overdue_jobs.mend(a_job())
    assert mended == stored_job(jobs) == a_job(requeues=1, queued_at=STUCK_AT)
    clock.now = STUCK_AT + 2 * STUCK_AFTER
    overdue_jobs.mend(mended)
    assert queued_ids(sqs, queue_url) == ["job-1"]


def test_a_requeue_whose_reply_is_lost_costs_a_wait_and_not_the_job(
    overdue_jobs: OverdueJobs, jobs: SubmittingJobStore, jobs_table: Any, clock: SettableClock, sqs: Any, queue_url: str
) -> None:
    jobs.submit(a_job())
    clock.now = STUCK_AT
    with lost_reply(jobs_table.meta.client, "dynamodb", "UpdateItem") as replies:
        overdue_jobs.mend(a_job())
    assert len(replies) == 2
    noted = stored_job(jobs)
    assert (noted.requeues, noted.queued_at) == (1, STUCK_AT)
    clock.now = STUCK_AT + 2 * STUCK_AFTER
    overdue_jobs.mend(noted)
    assert queued_ids(sqs, queue_url) == ["job-1"]


# A job whose last worker has died, found when it is due.
HOPELESS = a_job(**{**LOST, "attempts": MOST_ATTEMPTS, "seq": 4})
HOPELESS_AT = LEASE_END + STUCK_AFTER


def test_a_job_that_is_given_up_has_an_end_which_its_followers_are_told(
    overdue_jobs: OverdueJobs, jobs: SubmittingJobStore, channel: RecordingChannel, clock: SettableClock
) -> None:
    jobs.submit(HOPELESS)
    clock.now = HOPELESS_AT
    given_up = overdue_jobs.mend(HOPELESS)
    assert (given_up.status, given_up.code, given_up.error, given_up.seq) == (FAILED, "PROCESSING_FAILED", GIVEN_UP, 5)
    assert channel.wires_to("connection-1") == [
        {
            "type": "job_failed",
            "jobId": "job-1",
            "error": GIVEN_UP,
            "code": "PROCESSING_FAILED",
            "timestamp": HOPELESS_AT,
            "seq": 5,
        }
    ]
    assert stored_job(jobs) == replace(given_up, followers=frozenset(), is_open=False)


def test_an_end_that_cannot_be_told_is_left_for_the_next_who_looks(
    overdue_jobs: OverdueJobs, jobs: SubmittingJobStore, channel: RecordingChannel, clock: SettableClock
) -> None:
    jobs.submit(HOPELESS)
    clock.now = HOPELESS_AT
    channel.deliveries["connection-1"] = Delivery.FAILED
    given_up = overdue_jobs.mend(HOPELESS)
    assert given_up.status == FAILED
    assert stored_job(jobs) == given_up
    assert (given_up.followers, given_up.is_open) == ({"connection-1"}, True)


def test_a_job_that_ends_while_it_is_given_up_keeps_its_own_end(
    overdue_jobs: OverdueJobs,
    jobs: SubmittingJobStore,
    jobs_table: Any,
    channel: RecordingChannel,
    clock: SettableClock,
) -> None:
    jobs.submit(HOPELESS)
    clock.now = HOPELESS_AT
    with just_before(jobs_table.meta.client, "UpdateItem", lambda: jobs.cancel("job-1", "user-1")):
        overdue_jobs.mend(HOPELESS)
    assert stored_job(jobs).status == CANCELLED
    assert channel.sent == []


@pytest.mark.parametrize("job", [a_job(queued_at=HOPELESS_AT - STUCK_AFTER), HOPELESS], ids=["requeue", "give up"])
def test_a_job_that_ends_while_it_is_mended_is_given_as_it_now_is(
    overdue_jobs: OverdueJobs, jobs: SubmittingJobStore, jobs_table: Any, clock: SettableClock, job: Job
) -> None:
    jobs.submit(job)
    clock.now = HOPELESS_AT
    with just_before(jobs_table.meta.client, "UpdateItem", lambda: jobs.cancel("job-1", "user-1")):
        mended = overdue_jobs.mend(job)
    assert mended == stored_job(jobs)


def test_a_job_that_is_given_up_with_a_lost_reply_is_told_all_the_same(
    overdue_jobs: OverdueJobs,
    jobs: SubmittingJobStore,
    jobs_table: Any,
    channel: RecordingChannel,
    clock: SettableClock,
) -> None:
    jobs.submit(HOPELESS)
    clock.now = HOPELESS_AT
    with lost_reply(jobs_table.meta.client, "dynamodb", "UpdateItem") as replies:
        assert overdue_jobs.mend(HOPELESS).seq == 5
    # The given up job twice, and once the follower that knows.
    assert len(replies) == 3
    assert channel.kinds_to("connection-1") == ["job_failed"]
