"""The job store's ends, all of which a worker could also have written: each is written once."""

from collections.abc import Callable
from typing import Any

import pytest

from finops_websocket.job import CANCELLED, COMPLETED, FAILED, PROCESSING, QUEUED, Job
from finops_websocket.job_lease import JobLease
from finops_websocket.job_store import JobStore
from unit.finops_websocket.interleaved_calls import just_before
from unit.finops_websocket.lost_replies import lost_reply
from unit.finops_websocket.sample_jobs import a_job, stored_job
from unit.finops_websocket.settable_clock import SettableClock
from unit.finops_websocket.submitting_job_store import SubmittingJobStore

ERROR = "Please ask again."


def claim(leases: JobLease) -> Job:
    return leases.claim("job-1", "worker-1", "message-1", progress=10, message="Working.")


@pytest.mark.parametrize("status", [QUEUED, PROCESSING])
def test_an_unfinished_job_is_cancelled_for_all_its_followers(
    jobs: SubmittingJobStore, clock: SettableClock, status: str
) -> None:
    jobs.submit(a_job(status=status, progress=52, seq=4))
    clock.now = 1_000_050
    cancelled = jobs.cancel("job-1", "user-1")
    assert cancelled is not None
    assert cancelled == a_job(
        status=CANCELLED,
        progress=52,
        seq=5,
        message="You cancelled this question.",
        updated_at=1_000_050,
        end_id=cancelled.end_id,
    )
    assert jobs.find("job-1") == cancelled


def test_to_cancel_again_changes_nothing(jobs: SubmittingJobStore, clock: SettableClock) -> None:
    jobs.submit(a_job())
    cancelled = jobs.cancel("job-1", "user-1")
    clock.now += 60
    assert jobs.cancel("job-1", "user-1") == cancelled
    assert jobs.find("job-1") == cancelled


@pytest.mark.parametrize("status", [COMPLETED, FAILED])
def test_a_job_that_has_ended_otherwise_keeps_its_end(jobs: SubmittingJobStore, status: str) -> None:
    jobs.submit(a_job(status=status))
    assert jobs.cancel("job-1", "user-1") == a_job(status=status)
    assert jobs.find("job-1") == a_job(status=status)


def test_a_job_that_ends_in_the_moment_of_its_cancellation_has_one_end(
    jobs: SubmittingJobStore, leases: JobLease, jobs_table: Any
) -> None:
    jobs.submit(a_job())
    claimed = claim(leases)
    with just_before(
        jobs_table.meta.client, "UpdateItem", lambda: leases.complete(claimed, message="Ready.", partial=False)
    ):
        cancelled = jobs.cancel("job-1", "user-1")
    assert cancelled == stored_job(jobs)
    assert (cancelled.status, cancelled.seq) == (COMPLETED, claimed.seq + 1)


@pytest.mark.parametrize("status", [QUEUED, PROCESSING, CANCELLED, COMPLETED])
@pytest.mark.parametrize(("job_id", "user_id"), [("job-1", "user-2"), ("job-1", ""), ("job-2", "user-1")])
def test_nobody_else_may_cancel_it(jobs: SubmittingJobStore, status: str, job_id: str, user_id: str) -> None:
    jobs.submit(a_job(status=status))
    assert jobs.cancel(job_id, user_id) is None
    assert jobs.find("job-1") == a_job(status=status)
    assert jobs.find("job-2") is None


def test_a_job_whose_time_has_run_out_cannot_be_cancelled(jobs: SubmittingJobStore, clock: SettableClock) -> None:
    jobs.submit(a_job(ttl=1_500_000))
    clock.now = 1_500_000
    assert jobs.cancel("job-1", "user-1") is None


def test_a_cancellation_whose_reply_is_lost_happens_once(jobs: SubmittingJobStore, jobs_table: Any) -> None:
    jobs.submit(a_job())
    with lost_reply(jobs_table.meta.client, "dynamodb", "UpdateItem") as replies:
        cancelled = jobs.cancel("job-1", "user-1")
    assert len(replies) == 2
    assert cancelled == stored_job(jobs)
    assert (cancelled.status, cancelled.seq) == (CANCELLED, 2)


def test_a_job_that_could_not_be_queued_fails(jobs: SubmittingJobStore) -> None:
    jobs.submit(a_job())
    failed = jobs.fail_queued("job-1", "QUEUE_UNAVAILABLE", ERROR)
    assert failed is not None
    assert failed == a_job(
        status=FAILED, code="QUEUE_UNAVAILABLE", error=ERROR, message=ERROR, seq=2, end_id=failed.end_id
    )
    assert jobs.find("job-1") == failed


def test_a_job_that_is_gone_does_not_fail_and_is_not_made(jobs: SubmittingJobStore) -> None:
    assert jobs.fail_queued("job-1", "QUEUE_UNAVAILABLE", ERROR) is None
    assert jobs.give_up(a_job(), "PROCESSING_FAILED", ERROR) is None
    assert jobs.note_requeue(a_job()) is None
    assert jobs.find("job-1") is None


def test_a_job_that_a_worker_has_after_all_does_not_fail(jobs: SubmittingJobStore, leases: JobLease) -> None:
    jobs.submit(a_job())
    claimed = claim(leases)
    assert jobs.fail_queued("job-1", "QUEUE_UNAVAILABLE", ERROR) is None
    assert jobs.find("job-1") == claimed


@pytest.mark.parametrize("status", [COMPLETED, CANCELLED, FAILED])
def test_a_job_that_has_ended_does_not_fail_as_not_queued(jobs: SubmittingJobStore, status: str) -> None:
    ended = a_job(status=status, code="AGENTS_FAILED" if status == FAILED else None)
    jobs.submit(ended)
    assert jobs.fail_queued("job-1", "QUEUE_UNAVAILABLE", ERROR) is None
    assert jobs.find("job-1") == ended


def test_a_job_that_a_duplicate_of_its_question_has_failed_is_failed_once(jobs: SubmittingJobStore) -> None:
    jobs.submit(a_job())
    failed = jobs.fail_queued("job-1", "QUEUE_UNAVAILABLE", ERROR)
    assert jobs.fail_queued("job-1", "QUEUE_UNAVAILABLE", ERROR) == failed
    assert jobs.find("job-1") == failed


@pytest.mark.parametrize("status", [QUEUED, PROCESSING])
def test_a_job_is_given_up_with_the_message_that_failed(jobs: SubmittingJobStore, status: str) -> None:
    job = a_job(status=status, attempts=3, seq=6)
    jobs.submit(job)
    dead_letter = {"messageId": "message-1", "body": '{"jobId": "job-1"}', "receives": 3}
    given_up = jobs.give_up(job, "PROCESSING_FAILED", ERROR, dead_letter)
    assert given_up is not None
    assert given_up == a_job(
        status=FAILED,
        code="PROCESSING_FAILED",
        error=ERROR,
        message=ERROR,
        attempts=3,
        seq=7,
        dead_letter=dead_letter,
        end_id=given_up.end_id,
    )
    assert jobs.find("job-1") == given_up


def test_a_job_that_no_message_was_left_of_is_given_up_without_one(jobs: SubmittingJobStore, jobs_table: Any) -> None:
    jobs.submit(a_job())
    given_up = jobs.give_up(a_job(), "PROCESSING_FAILED", ERROR)
    assert given_up is not None
    assert given_up.dead_letter is None
    assert "deadLetter" not in jobs_table.get_item(Key={"jobId": "job-1"})["Item"]


def test_a_job_about_to_be_queued_again_is_noted_and_its_followers_need_not_know(
    jobs: SubmittingJobStore, clock: SettableClock
) -> None:
    jobs.submit(a_job(requeues=1))
    clock.now = 1_001_800
    noted = jobs.note_requeue(a_job(requeues=1))
    # No step that followers see: seq stays, and with it updated_at.
    assert noted == a_job(requeues=2, queued_at=1_001_800)
    assert jobs.find("job-1") == noted


Rescue = Callable[[JobStore, Job], Job | None]
RESCUES: dict[str, Rescue] = {
    "note_requeue": lambda jobs, job: jobs.note_requeue(job),
    "give_up": lambda jobs, job: jobs.give_up(job, "PROCESSING_FAILED", ERROR),
}


@pytest.mark.parametrize(
    "since",
    [
        {"status": PROCESSING, "attempts": 1, "lease_until": 1_000_100, "lease_owner": "worker-1"},
        {"attempts": 1},
        {"lease_until": 1_000_100},
        {"requeues": 1},
        {"status": COMPLETED},
        {"status": CANCELLED},
        {"status": FAILED, "code": "AGENTS_FAILED"},
    ],
    ids=str,
)
@pytest.mark.parametrize("rescue", RESCUES.values(), ids=list(RESCUES))
def test_a_job_that_is_not_as_it_was_needs_no_rescue(
    jobs: SubmittingJobStore, rescue: Rescue, since: dict[str, Any]
) -> None:
    jobs.submit(a_job(**since))
    assert rescue(jobs, a_job()) is None
    assert jobs.find("job-1") == a_job(**since)


@pytest.mark.parametrize("rescue", RESCUES.values(), ids=list(RESCUES))
def test_a_worker_that_has_renewed_its_lease_meanwhile_keeps_its_job(
    jobs: SubmittingJobStore, leases: JobLease, clock: SettableClock, rescue: Rescue
) -> None:
    jobs.submit(a_job())
    looked_at = claim(leases)
    clock.now = looked_at.lease_until + 1
    stepped = leases.record_step(looked_at, progress=20, message="Slow.")
    assert rescue(jobs, looked_at) is None
    assert jobs.find("job-1") == stepped


@pytest.mark.parametrize("rescue", RESCUES.values(), ids=list(RESCUES))
@pytest.mark.parametrize("status", [COMPLETED, CANCELLED])
def test_a_finished_job_is_not_rescued(jobs: SubmittingJobStore, rescue: Rescue, status: str) -> None:
    finished = a_job(status=status)
    jobs.submit(finished)
    assert rescue(jobs, finished) is None
    assert jobs.find("job-1") == finished


def test_a_job_that_is_given_up_with_a_lost_reply_has_failed_once(jobs: SubmittingJobStore, jobs_table: Any) -> None:
    jobs.submit(a_job())
    with lost_reply(jobs_table.meta.client, "dynamodb", "UpdateItem") as replies:
        given_up = jobs.give_up(a_job(), "PROCESSING_FAILED", ERROR, {"body": "{}"})
    assert len(replies) == 2
    assert given_up == stored_job(jobs)
    assert (given_up.status, given_up.seq, given_up.dead_letter) == (FAILED, 2, {"body": "{}"})


def test_a_job_that_failed_with_a_lost_reply_has_failed_once(jobs: SubmittingJobStore, jobs_table: Any) -> None:
    jobs.submit(a_job())
    with lost_reply(jobs_table.meta.client, "dynamodb", "UpdateItem") as replies:
        failed = jobs.fail_queued("job-1", "QUEUE_UNAVAILABLE", ERROR)
    assert len(replies) == 2
    assert failed == stored_job(jobs)
    assert (failed.status, failed.seq) == (FAILED, 2)
