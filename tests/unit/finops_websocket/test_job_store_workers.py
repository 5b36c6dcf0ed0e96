"""The job store's writes in a worker's name: a claim, its steps, its end."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from finops_websocket.errors import JobEnded, JobHeldElsewhere
from finops_websocket.job import CANCELLED, COMPLETED, FAILED, PROCESSING, Job
from finops_websocket.job_store import JobStore
from unit.finops_websocket.lost_replies import lost_reply
from unit.finops_websocket.sample_jobs import COST, a_job
from unit.finops_websocket.settable_clock import SettableClock

LEASE = 120


class AtomicTable:
    """A table whose UpdateItem is atomic, as DynamoDB's is and moto's is not."""

    def __init__(self, table: Any) -> None:
        self._table = table
        self._lock = threading.Lock()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._table, name)

    def update_item(self, **arguments: Any) -> Any:
        with self._lock:
            return self._table.update_item(**arguments)


def claim(jobs: JobStore, worker: str = "worker-1") -> Job:
    return jobs.claim("job-1", worker, LEASE, progress=10, message="Working.")


@pytest.fixture
def claimed(jobs: JobStore) -> Job:
    jobs.submit(a_job())
    return claim(jobs)


def test_a_queued_job_is_claimed_for_the_lease(jobs: JobStore, clock: SettableClock) -> None:
    jobs.submit(a_job())
    clock.now = 1_000_050
    claimed = claim(jobs)
    assert claimed == a_job(
        status=PROCESSING,
        progress=10,
        message="Working.",
        seq=2,
        updated_at=1_000_050,
        attempts=1,
        lease_owner="worker-1",
        lease_until=1_000_170,
    )
    assert jobs.find("job-1") == claimed


def test_a_job_under_a_lease_is_its_holder_s(jobs: JobStore, claimed: Job, clock: SettableClock) -> None:
    clock.now = claimed.lease_until - 1
    with pytest.raises(JobHeldElsewhere):
        claim(jobs, "worker-2")
    assert jobs.find("job-1") == claimed


def test_a_job_whose_lease_has_run_out_goes_on_where_it_was(jobs: JobStore, claimed: Job, clock: SettableClock) -> None:
    stepped = jobs.record_step(claimed, LEASE, progress=52, message="One of two.", completed_agents=(COST,))
    clock.now = stepped.lease_until
    taken = claim(jobs, "worker-2")
    assert (taken.lease_owner, taken.attempts, taken.seq) == ("worker-2", 2, stepped.seq + 1)
    assert (taken.progress, taken.completed_agents) == (52, (COST,))


def test_a_claim_whose_reply_is_lost_holds(jobs: JobStore, jobs_table: Any) -> None:
    jobs.submit(a_job())
    with lost_reply(jobs_table.meta.client, "dynamodb", "UpdateItem") as replies:
        assert claim(jobs).lease_owner == "worker-1"
    assert len(replies) == 3


@pytest.mark.parametrize("status", [COMPLETED, FAILED, CANCELLED])
def test_a_job_that_has_ended_is_not_claimed(jobs: JobStore, status: str) -> None:
    jobs.submit(a_job(status=status))
    with pytest.raises(JobEnded):
        claim(jobs)


def test_a_job_that_is_gone_is_not_claimed_and_not_made(jobs: JobStore) -> None:
    with pytest.raises(JobEnded):
        claim(jobs)
    assert jobs.find("job-1") is None


def test_of_workers_that_claim_at_once_one_wins(jobs_table: Any, clock: SettableClock) -> None:
    jobs = JobStore(AtomicTable(jobs_table), clock)  # type: ignore[arg-type]
    jobs.submit(a_job())
    barrier = threading.Barrier(8)

    def try_to_claim(worker: int) -> str | None:
        barrier.wait(10)
        try:
            return claim(jobs, f"worker-{worker}").lease_owner
        except JobHeldElsewhere:
            return None

    with ThreadPoolExecutor(8) as threads:
        winners = [winner for winner in threads.map(try_to_claim, range(8)) if winner]
    stored = jobs.find("job-1")
    assert stored is not None
    assert [stored.lease_owner] == winners
    assert (stored.attempts, stored.seq) == (1, 2)


def test_each_step_raises_seq_by_one_and_renews_the_lease(jobs: JobStore, claimed: Job, clock: SettableClock) -> None:
    clock.now += 30
    first = jobs.record_step(claimed, LEASE, progress=15, message="Asking.")
    assert (first.seq, first.progress, first.message) == (claimed.seq + 1, 15, "Asking.")
    assert (first.lease_until, first.updated_at) == (int(clock.now) + LEASE, int(clock.now))
    second = jobs.record_step(first, LEASE, progress=52, message="One of two.", completed_agents=(COST,))
    assert (second.seq, second.completed_agents) == (first.seq + 1, (COST,))
    third = jobs.record_step(second, LEASE, progress=60, message="Waiting.")
    assert third.completed_agents == (COST,)
    assert jobs.find("job-1") == third


def test_a_step_tells_who_follows_now(jobs: JobStore, claimed: Job) -> None:
    jobs.follow("job-1", "user-1", "connection-2")
    stepped = jobs.record_step(claimed, LEASE, progress=15, message="Asking.")
    assert stepped.followers == {"connection-1", "connection-2"}


Write = Callable[[JobStore, Job], Job]
WRITES: dict[str, Write] = {
    "record_step": lambda jobs, job: jobs.record_step(job, LEASE, progress=99, message="Late."),
    "complete": lambda jobs, job: jobs.complete(job, message="Late.", partial=True),
    "fail": lambda jobs, job: jobs.fail(job, code="INTERNAL", error="Late."),
}


@pytest.mark.parametrize("write", WRITES.values(), ids=list(WRITES))
def test_a_worker_that_has_lost_its_job_writes_nothing(
    jobs: JobStore, claimed: Job, clock: SettableClock, write: Write
) -> None:
    clock.now = claimed.lease_until
    taken = claim(jobs, "worker-2")
    with pytest.raises(JobHeldElsewhere):
        write(jobs, claimed)
    assert jobs.find("job-1") == taken


@pytest.mark.parametrize("write", WRITES.values(), ids=list(WRITES))
def test_an_end_is_final(jobs: JobStore, claimed: Job, jobs_table: Any, clock: SettableClock, write: Write) -> None:
    jobs_table.put_item(Item=a_job(status=CANCELLED, lease_owner="worker-1", seq=9).to_item())
    with pytest.raises(JobEnded):
        write(jobs, claimed)
    assert jobs.find("job-1") == a_job(status=CANCELLED, lease_owner="worker-1", seq=9)


@pytest.mark.parametrize("write", WRITES.values(), ids=list(WRITES))
def test_a_job_that_is_gone_is_not_made_again(jobs: JobStore, claimed: Job, jobs_table: Any, write: Write) -> None:
    jobs_table.delete_item(Key={"jobId": "job-1"})
    with pytest.raises(JobEnded):
        write(jobs, claimed)
    assert jobs.find("job-1") is None


def test_a_completed_job_is_at_its_end(jobs: JobStore, claimed: Job, clock: SettableClock) -> None:
    clock.now += 30
    completed = jobs.complete(claimed, message="Your answer is ready.", partial=True)
    assert (completed.status, completed.progress, completed.partial) == (COMPLETED, 100, True)
    assert (completed.seq, completed.updated_at) == (claimed.seq + 1, int(clock.now))
    assert jobs.find("job-1") == completed


def test_a_failed_job_keeps_its_progress_and_says_why(jobs: JobStore, claimed: Job) -> None:
    failed = jobs.fail(claimed, code="AGENTS_FAILED", error="No agent could answer.")
    assert (failed.status, failed.progress, failed.seq) == (FAILED, claimed.progress, claimed.seq + 1)
    assert (failed.code, failed.error, failed.message) == (
        "AGENTS_FAILED",
        "No agent could answer.",
        "No agent could answer.",
    )


@pytest.mark.parametrize("end", ["complete", "fail"])
def test_an_end_whose_reply_is_lost_is_written_once(jobs: JobStore, jobs_table: Any, claimed: Job, end: str) -> None:
    with lost_reply(jobs_table.meta.client, "dynamodb", "UpdateItem") as replies:
        ended = WRITES[end](jobs, claimed)
    assert len(replies) == 2
    assert ended.is_finished
    assert ended.seq == claimed.seq + 1
    assert jobs.find("job-1") == ended


def test_another_worker_s_end_is_not_taken_for_one_s_own(jobs: JobStore, claimed: Job, clock: SettableClock) -> None:
    clock.now = claimed.lease_until
    jobs.complete(claim(jobs, "worker-2"), message="Done.", partial=False)
    with pytest.raises(JobEnded):
        jobs.complete(claimed, message="Done.", partial=False)


def test_a_job_that_could_not_be_queued_fails(jobs: JobStore) -> None:
    jobs.submit(a_job())
    failed = jobs.fail_queued("job-1", "QUEUE_UNAVAILABLE", "Please ask again.")
    assert failed == a_job(
        status=FAILED, code="QUEUE_UNAVAILABLE", error="Please ask again.", message="Please ask again.", seq=2
    )
    assert jobs.find("job-1") == failed


def test_a_job_that_is_gone_does_not_fail_and_is_not_made(jobs: JobStore) -> None:
    assert jobs.fail_queued("job-1", "QUEUE_UNAVAILABLE", "Please ask again.") is None
    assert jobs.find("job-1") is None


def test_a_job_that_a_worker_has_after_all_does_not_fail(jobs: JobStore, claimed: Job) -> None:
    assert jobs.fail_queued("job-1", "QUEUE_UNAVAILABLE", "Please ask again.") is None
    assert jobs.find("job-1") == claimed


def test_a_job_that_failed_with_a_lost_reply_has_failed_once(jobs: JobStore, jobs_table: Any) -> None:
    jobs.submit(a_job())
    with lost_reply(jobs_table.meta.client, "dynamodb", "UpdateItem") as replies:
        failed = jobs.fail_queued("job-1", "QUEUE_UNAVAILABLE", "Please ask again.")
    assert len(replies) == 2
    assert failed is not None
    assert (failed.status, failed.seq) == (FAILED, 2)
