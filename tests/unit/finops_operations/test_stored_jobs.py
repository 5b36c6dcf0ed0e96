from typing import Any

import pytest
from botocore.exceptions import ClientError

from finops_operations.stored_jobs import StoredJob, StoredJobs
from finops_websocket.job import CANCELLED, COMPLETED, FAILED, PROCESSING, QUEUED, Job
from unit.finops_operations.sample_dead_letters import NOW, a_dead_job, a_stored_job
from unit.finops_websocket.sample_jobs import a_job
from unit.finops_websocket.submitting_job_store import SubmittingJobStore

OTHERS = {
    "queued": a_job(job_id="other"),
    "processing": a_job(job_id="other", status=PROCESSING),
    "completed": a_job(job_id="other", status=COMPLETED),
    "cancelled": a_job(job_id="other", status=CANCELLED),
    "failed with an answer": a_job(job_id="other", status=FAILED, code="AGENTS_FAILED"),
    "expired": a_dead_job(job_id="other", ttl=NOW),
}


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def stored_jobs(jobs_table: Any, said: list[str]) -> StoredJobs:
    return StoredJobs(jobs_table, said.append, lambda: NOW)


def ids(jobs: list[StoredJob]) -> list[str]:
    return [job.job_id for job in jobs]


def test_a_job_that_failed_for_good_is_found_without_its_question(
    stored_jobs: StoredJobs, jobs: SubmittingJobStore
) -> None:
    jobs.store(a_dead_job())
    assert stored_jobs.failed_for_good() == [a_stored_job()]
    assert stored_jobs.find("job-1") == a_stored_job()
    assert "Bluebird" not in str(stored_jobs.failed_for_good())


def test_one_that_was_given_up_without_a_message_is_found_too(
    stored_jobs: StoredJobs, jobs: SubmittingJobStore
) -> None:
    jobs.store(a_dead_job(dead_letter=None))
    assert stored_jobs.failed_for_good() == [a_stored_job(message_id=None, sent_at=None, body=None)]


@pytest.mark.parametrize("other", OTHERS.values(), ids=OTHERS.keys())
def test_no_other_job_has_failed_for_good(stored_jobs: StoredJobs, jobs: SubmittingJobStore, other: Job) -> None:
    jobs.store(a_dead_job())
    jobs.store(other)
    assert ids(stored_jobs.failed_for_good()) == ["job-1"]
    found = stored_jobs.find("other")
    assert found is None or not found.has_failed_for_good


def test_what_else_is_in_the_table_is_no_job(
    stored_jobs: StoredJobs, jobs: SubmittingJobStore, jobs_table: Any
) -> None:
    jobs.submit(a_dead_job(request_id="request-1"))
    keys = {item["jobId"] for item in jobs_table.scan()["Items"]} - {"job-1"}
    assert len(keys) == 2
    assert {stored_jobs.find(key) for key in (*keys, "gone")} == {None}
    assert ids(stored_jobs.failed_for_good()) == ["job-1"]


def test_jobs_come_as_they_failed(stored_jobs: StoredJobs, jobs: SubmittingJobStore) -> None:
    for number in (3, 1, 2):
        jobs.store(a_dead_job(job_id=f"job-{number}", updated_at=1_000_300 + number))
    assert ids(stored_jobs.failed_for_good()) == ["job-1", "job-2", "job-3"]


def test_a_table_of_several_pages_is_read_to_its_end_and_says_how_far_it_is(
    stored_jobs: StoredJobs, jobs: SubmittingJobStore, said: list[str]
) -> None:
    # DynamoDB gives 1 MB at a time, before it filters.
    for number in range(5):
        jobs.store(a_dead_job(job_id=f"job-{number}", query="x" * 390_000))
    assert ids(stored_jobs.failed_for_good()) == [f"job-{number}" for number in range(5)]
    assert said[0].startswith("Reading the whole jobs table: ")
    assert len(said) > 1
    assert said[1].endswith(" found.")


def test_a_job_that_is_replayed_is_left_out_and_says_by_which(
    stored_jobs: StoredJobs, jobs: SubmittingJobStore
) -> None:
    dead = a_dead_job()
    jobs.store(dead)
    jobs.note_replay(dead, a_job(job_id="job-2"))
    assert stored_jobs.failed_for_good() == []
    assert stored_jobs.find("job-1") == a_stored_job(replayed_as="job-2")


@pytest.mark.parametrize("message", [{"dead_letter": None}, {}], ids=["without a message", "with one"])
def test_a_discarded_job_is_left_out_and_stays_failed(
    stored_jobs: StoredJobs, jobs: SubmittingJobStore, message: dict[str, Any]
) -> None:
    dead = a_dead_job(**message)
    jobs.store(dead)
    (listed,) = stored_jobs.failed_for_good()
    stored_jobs.discard(listed)
    assert stored_jobs.failed_for_good() == []
    assert jobs.find("job-1") == a_dead_job(dead_letter=None)
    # Once more changes nothing.
    stored_jobs.discard(listed)
    assert stored_jobs.failed_for_good() == []


def test_no_other_job_can_be_discarded_and_none_is_made(stored_jobs: StoredJobs, jobs: SubmittingJobStore) -> None:
    jobs.store(a_job())
    for job_id in ("job-1", "gone"):
        with pytest.raises(ClientError, match="ConditionalCheckFailed"):
            stored_jobs.discard(a_stored_job(job_id=job_id))
    assert jobs.find("job-1") == a_job()
    assert jobs.find("gone") is None


@pytest.mark.parametrize(("status", "is_finished"), [(QUEUED, False), (PROCESSING, False), (FAILED, True)])
def test_a_job_says_whether_it_has_ended(status: str, is_finished: bool) -> None:
    assert a_stored_job(status=status).is_finished is is_finished
