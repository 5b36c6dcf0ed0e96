"""How many questions of a user become jobs, and how many at the same time."""

from typing import Any

import pytest

from finops_websocket.errors import RateLimited, TooManyJobs
from finops_websocket.job import CANCELLED, COMPLETED, FAILED, PROCESSING, QUEUED
from finops_websocket.job_admission import JobAdmission, Submission
from finops_websocket.job_lease import JobLease
from finops_websocket.job_store import JobStore
from finops_websocket.job_table import JobTable
from finops_websocket.user_jobs import JobLimits, user_key
from unit.finops_websocket.sample_jobs import AGENT_TIMEOUT, a_job
from unit.finops_websocket.settable_clock import SettableClock

THREE_JOBS = JobLimits(active_jobs=3, queries_per_minute=100, agent_timeout=AGENT_TIMEOUT)
THREE_QUERIES = JobLimits(active_jobs=100, queries_per_minute=3, agent_timeout=AGENT_TIMEOUT)


def no_sleep(seconds: float) -> None:
    raise AssertionError(f"Nobody is in the way, and it waits {seconds} s.")


@pytest.fixture
def of_three_jobs(job_table: JobTable) -> JobAdmission:
    return JobAdmission(job_table, THREE_JOBS, no_sleep)


@pytest.fixture
def of_three_queries(job_table: JobTable) -> JobAdmission:
    return JobAdmission(job_table, THREE_QUERIES, no_sleep)


def ask(admission: JobAdmission, *job_ids: str, user_id: str = "user-1") -> None:
    for job_id in job_ids:
        assert not admission.submit(a_job(job_id=job_id, user_id=user_id)).is_duplicate


def stored_ids(jobs_table: Any) -> set[str]:
    return {item["jobId"] for item in jobs_table.scan()["Items"] if "userId" in item}


def test_one_job_more_than_is_allowed_is_refused_and_not_stored(of_three_jobs: JobAdmission, jobs_table: Any) -> None:
    ask(of_three_jobs, "job-1", "job-2", "job-3")
    before = jobs_table.scan()["Items"]
    with pytest.raises(TooManyJobs) as refused:
        ask(of_three_jobs, "job-4")
    assert refused.value.retry_after == 30
    assert jobs_table.scan()["Items"] == before


def test_one_question_more_than_is_allowed_is_refused_for_the_rest_of_its_minute(
    of_three_queries: JobAdmission, jobs_table: Any, clock: SettableClock
) -> None:
    ask(of_three_queries, "job-1")
    clock.now += 20
    ask(of_three_queries, "job-2", "job-3")
    before = jobs_table.scan()["Items"]
    for seconds, retry_after in ((0, 40), (39, 1)):
        clock.now = 1_000_020 + seconds
        with pytest.raises(RateLimited) as refused:
            ask(of_three_queries, "job-4")
        assert refused.value.retry_after == retry_after
    assert jobs_table.scan()["Items"] == before
    clock.now = 1_000_060
    ask(of_three_queries, "job-4")
    with pytest.raises(RateLimited):
        ask(of_three_queries, "job-5")


@pytest.mark.parametrize(("status", "attempts"), [(COMPLETED, 1), (FAILED, 0), (FAILED, 1), (CANCELLED, 0)])
def test_a_job_that_has_ended_makes_place_for_one(
    of_three_jobs: JobAdmission, jobs_table: Any, status: str, attempts: int
) -> None:
    ask(of_three_jobs, "job-1", "job-2", "job-3")
    jobs_table.put_item(Item=a_job(job_id="job-2", status=status, attempts=attempts).to_item())
    ask(of_three_jobs, "job-4")
    with pytest.raises(TooManyJobs):
        ask(of_three_jobs, "job-5")


def test_a_job_that_is_cancelled_at_work_keeps_its_place_as_long_as_its_agents_may_take(
    of_three_jobs: JobAdmission, jobs: JobStore, leases: JobLease, clock: SettableClock
) -> None:
    ask(of_three_jobs, "job-1", "job-2", "job-3")
    leases.claim("job-2", "worker-1", "message-1", progress=10, message="Working.")
    clock.now += 100
    jobs.cancel("job-2", "user-1")
    for seconds in (0, AGENT_TIMEOUT - 1):
        clock.now = 1_000_100 + seconds
        with pytest.raises(TooManyJobs):
            ask(of_three_jobs, "job-4")
    clock.now = 1_000_100 + AGENT_TIMEOUT
    ask(of_three_jobs, "job-4")
    with pytest.raises(TooManyJobs):
        ask(of_three_jobs, "job-5")


@pytest.mark.parametrize("status", [QUEUED, PROCESSING])
@pytest.mark.parametrize("is_deleted", [False, True], ids=["expired", "deleted"])
def test_a_job_that_has_outlived_its_time_makes_place_for_one(
    of_three_jobs: JobAdmission, jobs_table: Any, is_deleted: bool, status: str
) -> None:
    ask(of_three_jobs, "job-1", "job-2", "job-3")
    if is_deleted:
        jobs_table.delete_item(Key={"jobId": "job-2"})
    else:
        jobs_table.put_item(Item=a_job(job_id="job-2", status=status, ttl=1_000_000).to_item())
    ask(of_three_jobs, "job-4")
    with pytest.raises(TooManyJobs):
        ask(of_three_jobs, "job-5")


def test_a_job_at_work_makes_no_place(of_three_jobs: JobAdmission, jobs_table: Any) -> None:
    ask(of_three_jobs, "job-1", "job-2", "job-3")
    jobs_table.put_item(Item=a_job(job_id="job-2", status=PROCESSING, ttl=1_000_001).to_item())
    with pytest.raises(TooManyJobs):
        ask(of_three_jobs, "job-4")


def test_a_cancelled_job_counts_as_a_question_all_the_same(of_three_queries: JobAdmission, jobs: JobStore) -> None:
    for number in range(3):
        ask(of_three_queries, f"job-{number}")
        jobs.cancel(f"job-{number}", "user-1")
    with pytest.raises(RateLimited):
        ask(of_three_queries, "job-3")


def test_all_places_can_be_freed_at_once(of_three_jobs: JobAdmission, jobs: JobStore, jobs_table: Any) -> None:
    ask(of_three_jobs, "job-1", "job-2", "job-3")
    for job_id in ("job-1", "job-2", "job-3"):
        jobs.cancel(job_id, "user-1")
    ask(of_three_jobs, "job-4", "job-5", "job-6")
    item = jobs_table.get_item(Key={"jobId": user_key("user-1")})["Item"]
    assert item["active"] == ["job-4", "job-5", "job-6"]


@pytest.mark.parametrize("limits", [THREE_JOBS, THREE_QUERIES])
def test_another_user_s_limits_are_its_own(job_table: JobTable, limits: JobLimits) -> None:
    admission = JobAdmission(job_table, limits, no_sleep)
    ask(admission, "job-1", "job-2", "job-3")
    ask(admission, "job-4", "job-5", "job-6", user_id="user-2")
    for user_id in ("user-1", "user-2"):
        with pytest.raises((RateLimited, TooManyJobs)):
            ask(admission, "job-7", user_id=user_id)
    ask(admission, "job-7", user_id="user-3")


def test_what_was_sent_before_is_no_new_job(of_three_jobs: JobAdmission, jobs_table: Any) -> None:
    first = a_job(job_id="job-1", request_id="request-1")
    of_three_jobs.submit(first)
    ask(of_three_jobs, "job-2", "job-3")
    for again in ("job-4", "job-5"):
        assert of_three_jobs.submit(a_job(job_id=again, request_id="request-1")) == Submission(first, is_duplicate=True)
    assert stored_ids(jobs_table) == {"job-1", "job-2", "job-3"}
    assert jobs_table.get_item(Key={"jobId": user_key("user-1")})["Item"]["active"] == ["job-1", "job-2", "job-3"]


def test_what_was_sent_before_counts_as_a_question(
    of_three_queries: JobAdmission, jobs_table: Any, clock: SettableClock
) -> None:
    first = a_job(job_id="job-1", request_id="request-1")
    again = a_job(job_id="job-2", request_id="request-1")
    of_three_queries.submit(first)
    for _ in range(2):
        clock.now += 10
        assert of_three_queries.submit(again) == Submission(first, is_duplicate=True)
    before = jobs_table.scan()["Items"]
    for job in (again, a_job(job_id="job-3")):
        with pytest.raises(RateLimited) as refused:
            of_three_queries.submit(job)
        assert refused.value.retry_after == 40
    assert jobs_table.scan()["Items"] == before
    clock.now += 40
    assert of_three_queries.submit(again) == Submission(first, is_duplicate=True)


def test_a_request_is_repeated_by_a_user_whose_item_is_deleted(of_three_queries: JobAdmission, jobs_table: Any) -> None:
    """DynamoDB deletes what has expired in any order."""
    first = a_job(job_id="job-1", request_id="request-1")
    of_three_queries.submit(first)
    jobs_table.delete_item(Key={"jobId": user_key("user-1")})
    again = a_job(job_id="job-2", request_id="request-1")
    assert of_three_queries.submit(again) == Submission(first, is_duplicate=True)


@pytest.mark.parametrize(("limits", "error"), [(THREE_JOBS, TooManyJobs), (THREE_QUERIES, RateLimited)])
def test_a_refused_request_is_not_noted_and_may_be_sent_again(
    job_table: JobTable, clock: SettableClock, jobs: JobStore, limits: JobLimits, error: type[Exception]
) -> None:
    admission = JobAdmission(job_table, limits, no_sleep)
    ask(admission, "job-1", "job-2", "job-3")
    with pytest.raises(error):
        admission.submit(a_job(job_id="job-4", request_id="request-1"))
    clock.now += 60
    jobs.cancel("job-1", "user-1")
    again = a_job(job_id="job-5", request_id="request-1")
    assert admission.submit(again) == Submission(again, is_duplicate=False)


def test_a_request_whose_job_is_gone_is_a_new_question(of_three_queries: JobAdmission, jobs_table: Any) -> None:
    of_three_queries.submit(a_job(request_id="request-1"))
    ask(of_three_queries, "job-2", "job-3")
    jobs_table.delete_item(Key={"jobId": "job-1"})
    with pytest.raises(RateLimited):
        of_three_queries.submit(a_job(job_id="job-4", request_id="request-1"))


def test_the_noted_job_may_be_one_of_those_that_make_place(of_three_jobs: JobAdmission, jobs_table: Any) -> None:
    """A transaction may name an item once only."""
    of_three_jobs.submit(a_job(request_id="request-1"))
    ask(of_three_jobs, "job-2", "job-3")
    jobs_table.delete_item(Key={"jobId": "job-1"})
    again = a_job(job_id="job-4", request_id="request-1")
    assert of_three_jobs.submit(again) == Submission(again, is_duplicate=False)


def test_limits_that_are_lowered_hold_at_once_and_end_no_job(
    of_three_jobs: JobAdmission, job_table: JobTable, jobs_table: Any
) -> None:
    ask(of_three_jobs, "job-1", "job-2", "job-3")
    one = JobAdmission(
        job_table, JobLimits(active_jobs=1, queries_per_minute=100, agent_timeout=AGENT_TIMEOUT), no_sleep
    )
    with pytest.raises(TooManyJobs):
        ask(one, "job-4")
    assert stored_ids(jobs_table) == {"job-1", "job-2", "job-3"}


def test_a_user_s_item_is_kept_as_long_as_its_latest_job(of_three_jobs: JobAdmission, jobs_table: Any) -> None:
    of_three_jobs.submit(a_job(job_id="job-1", ttl=2_000_000))
    of_three_jobs.submit(a_job(job_id="job-2", ttl=2_000_060))
    assert jobs_table.get_item(Key={"jobId": user_key("user-1")})["Item"]["ttl"] == 2_000_060


def test_a_user_whose_item_is_deleted_begins_anew(of_three_jobs: JobAdmission, jobs_table: Any) -> None:
    """DynamoDB deletes it when the latest job has outlived its time: none is left."""
    ask(of_three_jobs, "job-1", "job-2", "job-3")
    jobs_table.delete_item(Key={"jobId": user_key("user-1")})
    ask(of_three_jobs, "job-4", "job-5", "job-6")
    with pytest.raises(TooManyJobs):
        ask(of_three_jobs, "job-7")
