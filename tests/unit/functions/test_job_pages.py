"""Lists of jobs: a user's, page by page, and all that are open."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from finops_websocket.jobs.admission import JobAdmission, JobLimits, active_jobs_of
from finops_websocket.jobs.job import COMPLETED, FAILED, PROCESSING, QUEUED, Job
from finops_websocket.jobs.store import JobStore, Page, Start
from unit.doubles.interleaved_calls import just_before
from unit.doubles.sample_jobs import AGENT_TIMEOUT, a_job, claim, store, stored
from unit.doubles.settable_clock import SettableClock


def store_numbered(jobs: JobStore, number: int, **changes: Any) -> Job:
    """Store a job that was asked so many seconds after the first."""
    return store(jobs, **{"job_id": f"job-{number}", "created_at": 1_000_000 + number, **changes})


@contextmanager
def two_a_page(client: Any) -> Iterator[list[Any]]:
    """Let a query give two items at a time; the list notes where each page starts."""
    starts: list[Any] = []

    def limit(params: dict[str, Any], **_event: Any) -> None:
        params["Limit"] = 2
        starts.append(params.get("ExclusiveStartKey"))

    client.meta.events.register("provide-client-params.dynamodb.Query", limit)
    try:
        yield starts
    finally:
        client.meta.events.unregister("provide-client-params.dynamodb.Query", limit)


def pages_of(jobs: JobStore, limit: int, user_id: str = "user-1") -> list[Page]:
    """Give all pages of a user's jobs."""
    pages = [jobs.page_of(user_id, limit, None)]
    while (start := pages[-1].next_start) is not None:
        pages.append(jobs.page_of(user_id, limit, start))
    return pages


def ids_of(page: Page) -> list[str]:
    return [job.job_id for job in page.jobs]


def test_no_more_jobs_are_active_than_a_user_may_have_newest_first(jobs: JobStore) -> None:
    """Those that have ended are among them until there is no more room."""
    admission = JobAdmission(jobs, JobLimits(active_jobs=3, queries_per_minute=100, agent_timeout=AGENT_TIMEOUT))
    admission.admit(a_job(job_id="another-s", user_id="user-2"))
    for number in range(7):
        admission.admit(a_job(job_id=f"job-{number}"))
        if number not in (1, 5):
            jobs.cancel(f"job-{number}", "user-1")
        assert len(active_jobs_of(jobs, "user-1")) <= 3
    assert active_jobs_of(jobs, "user-1") == ["job-6", "job-5", "job-1"]
    assert active_jobs_of(jobs, "user-3") == []


def test_a_page_from_another_user_s_start_has_none_of_that_user_s_jobs(jobs: JobStore) -> None:
    for number in range(6):
        store_numbered(jobs, number, user_id=f"user-{number % 2}")
    assert ids_of(jobs.page_of("user-1", 5, Start(1_000_004, "job-4"))) == ["job-3", "job-1"]


def test_a_page_holds_jobs_as_they_are_and_not_as_the_index_has_them(jobs: JobStore) -> None:
    for number in range(3):
        store_numbered(jobs, number)
    claimed = claim(jobs, "job-2")
    gone = just_before(jobs.table.meta.client, "BatchGetItem", lambda: jobs.table.delete_item(Key={"jobId": "job-1"}))
    with gone:
        assert jobs.page_of("user-1", 20, None).jobs == (claimed, stored(jobs, "job-0"))


def test_expired_jobs_are_left_out_and_their_page_still_leads_on(jobs: JobStore, clock: SettableClock) -> None:
    """DynamoDB deletes late: what has expired is still in the index."""
    for number in range(6):
        store_numbered(jobs, number, ttl=1_500_000 if number in (3, 4, 5) else 2_000_000)
    clock.now = 1_500_000
    assert [ids_of(page) for page in pages_of(jobs, 2)] == [[], ["job-2"], ["job-1", "job-0"]]


def test_open_are_the_unfinished_jobs_and_those_whose_end_somebody_does_not_know_oldest_first(jobs: JobStore) -> None:
    store_numbered(jobs, 5, status=QUEUED)
    store_numbered(jobs, 2, status=PROCESSING, user_id="user-2")
    store_numbered(jobs, 3, status=FAILED)
    store_numbered(jobs, 1, status=COMPLETED, is_open=False)
    jobs.table.put_item(Item={"jobId": "job-1#agent", "content": "An answer", "ttl": 2_000_000})
    assert list(jobs.open_jobs()) == ["job-2", "job-3", "job-5"]


@pytest.mark.parametrize("request_id", [None, "request-1"])
def test_a_job_is_open_from_its_admission_until_everybody_knows_its_end(
    jobs: JobStore, admission: JobAdmission, request_id: str | None
) -> None:
    admission.admit(a_job(request_id=request_id))
    assert list(jobs.open_jobs()) == ["job-1"]
    cancelled = jobs.cancel("job-1", "user-1")
    assert cancelled is not None
    assert list(jobs.open_jobs()) == ["job-1"]
    jobs.unfollow(cancelled, {"connection-1"})
    assert list(jobs.open_jobs()) == []


def test_open_jobs_are_read_page_by_page_and_those_that_are_closed_meanwhile_hide_no_others(jobs: JobStore) -> None:
    for number in range(5):
        store_numbered(jobs, number, status=COMPLETED)
    swept = []
    with two_a_page(jobs.table.meta.client) as starts:
        for job_id in jobs.open_jobs():
            swept.append(job_id)
            jobs.unfollow(stored(jobs, job_id), {"connection-1"})
    assert swept == [f"job-{number}" for number in range(5)]
    assert len(starts) == 3
