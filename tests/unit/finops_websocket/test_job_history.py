import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from finops_websocket.job import CANCELLED, COMPLETED, FAILED, PROCESSING, QUEUED, Job
from finops_websocket.job_admission import JobAdmission
from finops_websocket.job_history import JobHistory, Page, Start
from finops_websocket.job_lease import JobLease
from finops_websocket.job_table import JobTable
from finops_websocket.user_jobs import JobLimits
from unit.finops_websocket.sample_jobs import AGENT_TIMEOUT, a_job
from unit.finops_websocket.settable_clock import SettableClock
from unit.finops_websocket.submitting_job_store import SubmittingJobStore


def numbered(number: int, **changes: Any) -> Job:
    """Give the job that was asked so many seconds after the first."""
    return a_job(**{"job_id": f"job-{number}", "created_at": 1_000_000 + number, **changes})


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


def pages_of(history: JobHistory, limit: int, user_id: str = "user-1") -> list[Page]:
    """Give all pages of a user's jobs."""
    pages = [history.page_of(user_id, limit, None)]
    while (start := pages[-1].next_start) is not None:
        pages.append(history.page_of(user_id, limit, start))
    return pages


def ids_of(page: Page) -> list[str]:
    return [job.job_id for job in page.jobs]


def test_a_user_s_active_jobs_come_newest_first(jobs: SubmittingJobStore, history: JobHistory) -> None:
    for number in range(3):
        jobs.submit(numbered(number))
        jobs.submit(a_job(job_id=f"another-s-{number}", user_id="user-2"))
    assert history.active_of("user-1") == ["job-2", "job-1", "job-0"]


def test_a_user_without_jobs_has_none_that_are_active(jobs: SubmittingJobStore, history: JobHistory) -> None:
    jobs.submit(a_job())
    assert history.active_of("user-2") == []


def test_no_more_jobs_are_active_than_a_user_may_have(
    job_table: JobTable, jobs: SubmittingJobStore, history: JobHistory
) -> None:
    """Those that have ended are among them until there is no more room."""
    admission = JobAdmission(job_table, JobLimits(active_jobs=3, queries_per_minute=100, agent_timeout=AGENT_TIMEOUT))
    for number in range(7):
        admission.submit(numbered(number))
        if number not in (1, 5):
            jobs.cancel(f"job-{number}", "user-1")
        assert len(history.active_of("user-1")) <= 3
    assert history.active_of("user-1") == ["job-6", "job-5", "job-1"]


def test_a_user_s_jobs_come_newest_first_and_whole(jobs: SubmittingJobStore, history: JobHistory) -> None:
    stored = [numbered(number, status=status) for number, status in enumerate([QUEUED, COMPLETED, CANCELLED])]
    for job in stored:
        jobs.submit(job)
    assert history.page_of("user-1", 20, None) == Page(tuple(reversed(stored)), None)


def test_a_user_without_jobs_has_an_empty_page(jobs: SubmittingJobStore, history: JobHistory) -> None:
    jobs.submit(a_job())
    assert history.page_of("user-2", 20, None) == Page((), None)


def test_jobs_of_other_users_are_on_no_page(jobs: SubmittingJobStore, history: JobHistory) -> None:
    for number in range(6):
        jobs.submit(numbered(number, user_id=f"user-{number % 2}"))
    assert [ids_of(page) for page in pages_of(history, 2)] == [["job-5", "job-3"], ["job-1"]]


def test_a_page_from_another_user_s_start_has_none_of_that_user_s_jobs(
    jobs: SubmittingJobStore, history: JobHistory
) -> None:
    for number in range(6):
        jobs.submit(numbered(number, user_id=f"user-{number % 2}"))
    assert ids_of(history.page_of("user-1", 5, Start(1_000_004, "job-4"))) == ["job-3", "job-1"]


def test_a_page_says_where_the_next_begins_as_long_as_there_may_be_more(
    jobs: SubmittingJobStore, history: JobHistory
) -> None:
    for number in range(5):
        jobs.submit(numbered(number))
    first = history.page_of("user-1", 2, None)
    assert (ids_of(first), first.next_start) == (["job-4", "job-3"], Start(1_000_003, "job-3"))
    assert [ids_of(page) for page in pages_of(history, 2)] == [["job-4", "job-3"], ["job-2", "job-1"], ["job-0"]]


def test_a_page_holds_jobs_as_they_are_and_not_as_the_index_has_them(
    jobs: SubmittingJobStore, leases: JobLease, history: JobHistory
) -> None:
    jobs.submit(a_job())
    claimed = leases.claim("job-1", "worker-1", "message-1", progress=10, message="Working.")
    assert history.page_of("user-1", 20, None).jobs == (claimed,)


def test_expired_jobs_are_left_out_and_their_page_still_leads_on(
    jobs: SubmittingJobStore, history: JobHistory, clock: SettableClock
) -> None:
    """DynamoDB deletes late: what has expired is still in the index."""
    for number in range(6):
        jobs.submit(numbered(number, ttl=1_500_000 if number in (3, 4, 5) else 2_000_000))
    clock.now = 1_500_000
    assert [ids_of(page) for page in pages_of(history, 2)] == [[], ["job-2"], ["job-1", "job-0"]]


def test_what_the_index_has_and_the_table_no_more_is_left_out(
    jobs: SubmittingJobStore, history: JobHistory, jobs_table: Any
) -> None:
    """Indexes follow the table a moment later; here the table is emptied between the two reads."""
    for number in range(3):
        jobs.submit(numbered(number))
    client = jobs_table.meta.client
    deleted = iter(["job-1"])

    def delete_once(**_event: Any) -> None:
        for job_id in deleted:
            jobs_table.delete_item(Key={"jobId": job_id})

    client.meta.events.register("provide-client-params.dynamodb.BatchGetItem", delete_once)
    try:
        assert ids_of(history.page_of("user-1", 20, None)) == ["job-2", "job-0"]
    finally:
        client.meta.events.unregister("provide-client-params.dynamodb.BatchGetItem", delete_once)


def test_what_a_batch_leaves_out_is_asked_for_again(
    jobs: SubmittingJobStore, history: JobHistory, jobs_table: Any
) -> None:
    for number in range(3):
        jobs.submit(numbered(number))
    asked = []

    def leave_out_all_but_one(parsed: dict[str, Any], **_event: Any) -> None:
        items = parsed["Responses"][jobs_table.name]
        asked.append(len(items))
        left_out = [{"jobId": item["jobId"]} for item in items[1:]]
        del items[1:]
        if left_out:
            parsed["UnprocessedKeys"] = {jobs_table.name: {"Keys": left_out, "ConsistentRead": True}}

    events = jobs_table.meta.client.meta.events
    events.register_first("after-call.dynamodb.BatchGetItem", leave_out_all_but_one)
    try:
        assert ids_of(history.page_of("user-1", 20, None)) == ["job-2", "job-1", "job-0"]
    finally:
        events.unregister("after-call.dynamodb.BatchGetItem", leave_out_all_but_one)
    assert asked == [3, 2, 1]


user_numbers = itertools.count()


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seconds=st.lists(st.integers(0, 3), max_size=9), limit=st.integers(1, 4))
def test_the_pages_hold_each_job_once_and_newest_first_however_many_share_a_second(
    jobs: SubmittingJobStore, history: JobHistory, seconds: list[int], limit: int
) -> None:
    user_id = f"user-of-example-{next(user_numbers)}"
    for number, second in enumerate(seconds):
        jobs.submit(a_job(job_id=f"{user_id}-{number}", user_id=user_id, created_at=1_000_000 + second))
    pages = pages_of(history, limit, user_id)
    paged = [job for page in pages for job in page.jobs]
    assert [job.created_at - 1_000_000 for job in paged] == sorted(seconds, reverse=True)
    assert len({job.job_id for job in paged}) == len(seconds)
    assert all(len(page.jobs) <= limit for page in pages)


def test_open_are_the_unfinished_jobs_and_those_whose_end_somebody_does_not_know_oldest_first(
    jobs: SubmittingJobStore, history: JobHistory
) -> None:
    jobs.submit(numbered(5, status=QUEUED))
    jobs.submit(numbered(2, status=PROCESSING, user_id="user-2"))
    jobs.submit(numbered(3, status=FAILED))
    jobs.submit(numbered(1, status=COMPLETED, is_open=False))
    jobs.submit(numbered(4, status=CANCELLED, is_open=False))
    assert list(history.open_jobs()) == ["job-2", "job-3", "job-5"]


def test_a_job_is_open_from_its_submission_until_everybody_knows_its_end(
    jobs: SubmittingJobStore, history: JobHistory
) -> None:
    jobs.submit(a_job(request_id="request-1"))
    assert list(history.open_jobs()) == ["job-1"]
    cancelled = jobs.cancel("job-1", "user-1")
    assert cancelled is not None
    assert list(history.open_jobs()) == ["job-1"]
    jobs.unfollow(cancelled, {"connection-1"})
    assert list(history.open_jobs()) == []


def test_open_jobs_are_read_page_by_page(jobs: SubmittingJobStore, history: JobHistory, jobs_table: Any) -> None:
    for number in range(5):
        jobs.submit(numbered(number))
    with two_a_page(jobs_table.meta.client) as starts:
        assert list(history.open_jobs()) == [f"job-{number}" for number in range(5)]
    assert len(starts) == 3


def test_jobs_that_are_closed_while_they_are_swept_hide_no_others(
    jobs: SubmittingJobStore, history: JobHistory, jobs_table: Any
) -> None:
    for number in range(5):
        jobs.submit(numbered(number, status=COMPLETED))
    swept = []
    with two_a_page(jobs_table.meta.client):
        for job_id in history.open_jobs():
            swept.append(job_id)
            job = jobs.find(job_id)
            assert job is not None
            jobs.unfollow(job, job.followers)
    assert swept == [f"job-{number}" for number in range(5)]
    assert list(history.open_jobs()) == []


@pytest.mark.parametrize("status", [COMPLETED, FAILED, CANCELLED])
def test_the_index_of_open_jobs_holds_no_answers_and_no_notes(
    jobs: SubmittingJobStore, history: JobHistory, jobs_table: Any, status: str
) -> None:
    jobs.submit(a_job(request_id="request-1", status=status, is_open=False))
    jobs_table.put_item(Item={"jobId": "job-1#agent", "content": "An answer", "ttl": 2_000_000})
    assert list(history.open_jobs()) == []
