"""Under which requestId which question becomes which job."""

from typing import Any

import pytest

from finops_websocket.job_admission import JobAdmission, Submission
from finops_websocket.job_lease import JobLease
from finops_websocket.job_store import JobStore
from finops_websocket.job_table import JobTable
from unit.finops_websocket.interleaved_calls import just_before
from unit.finops_websocket.sample_jobs import a_job
from unit.finops_websocket.settable_clock import SettableClock
from unit.finops_websocket.submitting_job_store import GENEROUS


@pytest.fixture
def admission(job_table: JobTable) -> JobAdmission:
    return JobAdmission(job_table, GENEROUS, sleep=lambda _seconds: None)


@pytest.mark.parametrize("request_id", [None, "request-1"])
def test_a_new_job_is_stored_as_it_is(admission: JobAdmission, jobs: JobStore, request_id: str | None) -> None:
    job = a_job(request_id=request_id)
    assert admission.submit(job) == Submission(job, is_duplicate=False)
    assert jobs.find("job-1") == job


def test_the_same_request_of_the_same_user_is_the_same_job(admission: JobAdmission, jobs: JobStore) -> None:
    first = a_job(request_id="request-1")
    admission.submit(first)
    again = a_job(job_id="job-2", request_id="request-1", query="Changed meanwhile")
    assert admission.submit(again) == Submission(first, is_duplicate=True)
    assert jobs.find("job-2") is None


def test_a_duplicate_gets_the_job_as_it_now_is(admission: JobAdmission, jobs: JobStore, leases: JobLease) -> None:
    admission.submit(a_job(request_id="request-1"))
    now = leases.claim("job-1", "worker-1", "message-1", progress=10, message="Working.")
    assert admission.submit(a_job(job_id="job-2", request_id="request-1")).job == now


@pytest.mark.parametrize(
    ("user_id", "request_id"), [("user-2", "request-1"), ("user-1", "request-2"), ("user-11", "request-1")]
)
def test_another_user_s_or_another_request_is_another_job(
    admission: JobAdmission, jobs: JobStore, user_id: str, request_id: str
) -> None:
    admission.submit(a_job(request_id="request-1"))
    other = a_job(job_id="job-2", user_id=user_id, request_id=request_id)
    assert admission.submit(other) == Submission(other, is_duplicate=False)


def test_no_two_pairs_of_user_and_request_share_a_note(admission: JobAdmission, jobs: JobStore) -> None:
    admission.submit(a_job(user_id="ab", request_id="c"))
    other = a_job(job_id="job-2", user_id="a", request_id="bc")
    assert not admission.submit(other).is_duplicate


def test_the_same_request_in_another_scope_is_another_job(admission: JobAdmission, jobs: JobStore) -> None:
    first = a_job(request_id="request-1")
    admission.submit(first, "connection-1")
    other = a_job(job_id="job-2", request_id="request-1")
    assert admission.submit(other, "connection-2") == Submission(other, is_duplicate=False)
    assert admission.submit(a_job(job_id="job-3", request_id="request-1"), "connection-1").job == first


@pytest.mark.parametrize("is_note_kept", [True, False], ids=["the job", "the job and its note"])
def test_a_request_whose_job_is_gone_is_a_new_one(
    admission: JobAdmission, jobs: JobStore, jobs_table: Any, is_note_kept: bool
) -> None:
    """DynamoDB deletes what has expired in any order."""
    admission.submit(a_job(request_id="request-1"))
    for key in [item["jobId"] for item in jobs_table.scan()["Items"]]:
        if key == "job-1" or not is_note_kept:
            jobs_table.delete_item(Key={"jobId": key})
    again = a_job(job_id="job-2", request_id="request-1")
    assert admission.submit(again) == Submission(again, is_duplicate=False)
    assert admission.submit(a_job(job_id="job-3", request_id="request-1")) == Submission(again, is_duplicate=True)


def test_a_question_that_is_stored_late_is_not_begun_again(admission: JobAdmission, jobs: JobStore) -> None:
    """The SDK's first try may come through after its second one, and after the job's end."""
    admission.submit(a_job())
    cancelled = jobs.cancel("job-1", "user-1")
    assert admission.submit(a_job()) == Submission(a_job(), is_duplicate=False)
    assert jobs.find("job-1") == cancelled


def test_a_request_whose_job_is_seen_only_after_its_note_is_that_job(
    admission: JobAdmission, jobs: JobStore, jobs_table: Any
) -> None:
    """Two reads beside a transaction may see two states."""
    first = a_job(request_id="request-1")
    admission.submit(first)
    jobs_table.delete_item(Key={"jobId": "job-1"})

    def appear() -> None:
        jobs_table.put_item(Item=first.to_item())

    with just_before(jobs_table.meta.client, "TransactWriteItems", appear):
        again = admission.submit(a_job(job_id="job-2", request_id="request-1"))
    assert again == Submission(first, is_duplicate=True)
    assert jobs.find("job-2") is None


@pytest.mark.parametrize("is_noted", [False, True], ids=["new request", "request whose job is gone"])
def test_of_the_same_request_sent_twice_at_once_one_makes_the_job(
    admission: JobAdmission, jobs: JobStore, jobs_table: Any, is_noted: bool
) -> None:
    if is_noted:
        admission.submit(a_job(request_id="request-1"))
        jobs_table.delete_item(Key={"jobId": "job-1"})
    first, second = (a_job(job_id=job_id, request_id="request-1") for job_id in ("job-2", "job-3"))
    with just_before(jobs_table.meta.client, "TransactWriteItems", lambda: admission.submit(first)):
        assert admission.submit(second) == Submission(first, is_duplicate=True)
    assert jobs.find("job-3") is None


def test_a_request_whose_time_has_run_out_is_a_new_one(
    admission: JobAdmission, jobs: JobStore, clock: SettableClock
) -> None:
    admission.submit(a_job(request_id="request-1", ttl=1_500_000))
    clock.now = 1_500_000
    again = a_job(job_id="job-2", request_id="request-1", ttl=3_000_000)
    assert admission.submit(again) == Submission(again, is_duplicate=False)
    assert jobs.find("job-2") == again
