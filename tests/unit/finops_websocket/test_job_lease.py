from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from finops_websocket.aws_clock import AwsClock
from finops_websocket.errors import JobEnded, JobHeldElsewhere
from finops_websocket.job import CANCELLED, COMPLETED, FAILED, PROCESSING, Job
from finops_websocket.job_lease import JobLease
from finops_websocket.job_table import JobTable
from unit.finops_websocket.dated_replies import dated_replies
from unit.finops_websocket.interleaved_calls import just_before
from unit.finops_websocket.lost_replies import lost_reply
from unit.finops_websocket.racing_table import RacingTable
from unit.finops_websocket.sample_jobs import COST, LEASE, SAVINGS, a_job, stored_job
from unit.finops_websocket.settable_clock import SettableClock
from unit.finops_websocket.submitting_job_store import SubmittingJobStore


def claim(leases: JobLease, worker: str = "worker-1", message_id: str = "message-1") -> Job:
    return leases.claim("job-1", worker, message_id, progress=10, message="Working.")


@pytest.fixture
def claimed(jobs: SubmittingJobStore, leases: JobLease) -> Job:
    jobs.submit(a_job())
    return claim(leases)


def test_a_queued_job_is_claimed_for_the_lease(
    jobs: SubmittingJobStore, leases: JobLease, clock: SettableClock
) -> None:
    jobs.submit(a_job())
    clock.now = 1_000_050
    claimed = claim(leases)
    assert claimed == a_job(
        status=PROCESSING,
        progress=10,
        message="Working.",
        seq=2,
        updated_at=1_000_050,
        attempts=1,
        lease_owner="worker-1",
        lease_message="message-1",
        lease_until=1_000_050 + LEASE,
    )
    assert stored_job(jobs) == claimed


def test_a_step_that_comes_late_takes_nothing_back(jobs: SubmittingJobStore, leases: JobLease, claimed: Job) -> None:
    """The SDK's first try may come through after its second one, and after the steps that followed."""
    step = leases.record_step(claimed, progress=90, message="All there.", completed_agents=(COST, SAVINGS))
    with pytest.raises(JobHeldElsewhere):
        leases.record_step(replace(claimed, seq=claimed.seq - 1), progress=15, message="Asking.", completed_agents=())
    assert stored_job(jobs) == step
    # A second try of the last step finds it there.
    assert leases.record_step(claimed, progress=90, message="All there.") == step
    ended = leases.complete(step, message="Ready.", partial=False)
    with pytest.raises(JobEnded):
        leases.record_step(claimed, progress=15, message="Asking.", completed_agents=())
    assert stored_job(jobs) == ended


def test_a_job_under_a_lease_is_its_holder_s(
    jobs: SubmittingJobStore, leases: JobLease, claimed: Job, clock: SettableClock
) -> None:
    clock.now = claimed.lease_until - 1
    with pytest.raises(JobHeldElsewhere):
        claim(leases, "worker-2")
    assert stored_job(jobs) == claimed


def test_who_finds_a_job_held_learns_by_which_message_and_for_how_long(
    leases: JobLease, claimed: Job, clock: SettableClock
) -> None:
    clock.now = claimed.lease_until - 30
    with pytest.raises(JobHeldElsewhere) as held:
        claim(leases, "worker-2", "message-2")
    assert (held.value.message_id, held.value.seconds) == ("message-1", 30)


def test_a_job_whose_lease_has_run_out_goes_on_where_it_was(
    leases: JobLease, claimed: Job, clock: SettableClock
) -> None:
    stepped = leases.record_step(claimed, progress=52, message="One of two.", completed_agents=(COST,))
    clock.now = stepped.lease_until
    taken = claim(leases, "worker-2", "message-2")
    assert (taken.lease_owner, taken.lease_message) == ("worker-2", "message-2")
    assert (taken.attempts, taken.seq, taken.lease_until) == (2, stepped.seq + 1, int(clock.now) + LEASE)
    assert (taken.progress, taken.completed_agents) == (52, (COST,))


def test_a_step_that_comes_while_its_job_is_taken_over_is_not_undone(
    jobs_table: Any, leases: JobLease, claimed: Job, clock: SettableClock
) -> None:
    """The step of a worker that lags behind need not move the lease's end."""
    lagging = JobLease(JobTable(jobs_table, SettableClock(clock.now)), LEASE)
    clock.now = claimed.lease_until

    def step() -> None:
        lagging.record_step(claimed, progress=52, message="One of two.", completed_agents=(COST,))

    with just_before(jobs_table.meta.client, "UpdateItem", step):
        taken = claim(leases, "worker-2")
    assert (taken.progress, taken.completed_agents, taken.seq) == (52, (COST,), claimed.seq + 2)


@pytest.mark.parametrize("minutes_off", [-5, 5])
def test_a_worker_whose_clock_is_off_judges_a_lease_by_the_table_s(
    jobs: SubmittingJobStore, jobs_table: Any, leases: JobLease, claimed: Job, clock: SettableClock, minutes_off: int
) -> None:
    """It has never had a reply before: it must read before it compares, and before it writes."""
    client = jobs_table.meta.client
    wrong_clock = AwsClock(lambda: clock.now + minutes_off * 60)
    wrong_clock.read_replies_of(client)
    elsewhere = JobLease(JobTable(jobs_table, wrong_clock), LEASE)
    clock.now = claimed.lease_until - 1
    with dated_replies(client, clock), pytest.raises(JobHeldElsewhere):
        claim(elsewhere, "worker-2")
    assert stored_job(jobs) == claimed
    clock.now = claimed.lease_until
    with dated_replies(client, clock):
        assert claim(elsewhere, "worker-2").lease_until == int(clock.now) + LEASE


def test_a_claim_whose_reply_is_lost_holds_and_counts_once(
    jobs: SubmittingJobStore, leases: JobLease, jobs_table: Any
) -> None:
    jobs.submit(a_job())
    with lost_reply(jobs_table.meta.client, "dynamodb", "UpdateItem") as replies:
        claimed = claim(leases)
    assert len(replies) == 2
    assert (claimed.lease_owner, claimed.attempts, claimed.seq) == ("worker-1", 1, 2)
    assert stored_job(jobs) == claimed


@pytest.mark.parametrize("status", [COMPLETED, FAILED, CANCELLED])
@pytest.mark.parametrize("worker", ["worker-1", "worker-2"])
def test_a_job_that_has_ended_is_not_claimed(
    jobs: SubmittingJobStore, leases: JobLease, status: str, worker: str
) -> None:
    jobs.submit(a_job(status=status, lease_owner="worker-1"))
    with pytest.raises(JobEnded):
        claim(leases, worker)
    assert stored_job(jobs) == a_job(status=status, lease_owner="worker-1")


def test_a_job_that_is_gone_is_not_claimed_and_not_made(jobs: SubmittingJobStore, leases: JobLease) -> None:
    with pytest.raises(JobEnded):
        claim(leases)
    assert jobs.find("job-1") is None


@pytest.mark.parametrize("is_taken_over", [False, True], ids=["queued", "lease run out"])
def test_of_workers_that_claim_at_once_one_wins(
    jobs: SubmittingJobStore, leases: JobLease, jobs_table: Any, clock: SettableClock, is_taken_over: bool
) -> None:
    jobs.submit(a_job())
    if is_taken_over:
        clock.now = claim(leases, "worker-that-died").lease_until
    before = stored_job(jobs)
    workers = [f"worker-{number}" for number in range(8)]
    racing = JobLease(JobTable(RacingTable(jobs_table, len(workers)), clock), LEASE)  # type: ignore[arg-type]

    def try_to_claim(worker: str) -> str | None:
        try:
            return claim(racing, worker).lease_owner
        except JobHeldElsewhere:
            return None

    with ThreadPoolExecutor(len(workers)) as threads:
        winners = [winner for winner in threads.map(try_to_claim, workers) if winner]
    stored = stored_job(jobs)
    assert [stored.lease_owner] == winners
    assert (stored.attempts, stored.seq) == (before.attempts + 1, before.seq + 1)


@pytest.mark.parametrize("is_taken_over", [False, True], ids=["queued", "lease run out"])
def test_a_job_that_ends_while_it_is_claimed_keeps_its_end(
    jobs: SubmittingJobStore, leases: JobLease, jobs_table: Any, clock: SettableClock, is_taken_over: bool
) -> None:
    jobs.submit(a_job())
    if is_taken_over:
        clock.now = claim(leases, "worker-that-died").lease_until
    cancel = just_before(jobs_table.meta.client, "UpdateItem", lambda: jobs.cancel("job-1", "user-1"))
    with cancel, pytest.raises(JobEnded):
        claim(leases)
    stored = stored_job(jobs)
    assert (stored.status, stored.attempts) == (CANCELLED, int(is_taken_over))


def test_each_step_raises_seq_by_one_and_renews_the_lease(
    jobs: SubmittingJobStore, leases: JobLease, claimed: Job, clock: SettableClock
) -> None:
    clock.now += 30
    first = leases.record_step(claimed, progress=15, message="Asking.")
    assert (first.seq, first.progress, first.message) == (claimed.seq + 1, 15, "Asking.")
    assert (first.lease_until, first.updated_at) == (int(clock.now) + LEASE, int(clock.now))
    second = leases.record_step(first, progress=52, message="One of two.", completed_agents=(COST,))
    assert (second.seq, second.completed_agents) == (first.seq + 1, (COST,))
    third = leases.record_step(second, progress=60, message="Waiting.")
    assert third.completed_agents == (COST,)
    fourth = leases.record_step(third, progress=95, message="All.", completed_agents=(COST, SAVINGS))
    assert (fourth.completed_agents, fourth.attempts) == ((COST, SAVINGS), 1)
    assert stored_job(jobs) == fourth


def test_a_worker_that_was_slow_may_go_on_as_long_as_nobody_has_taken_its_job(
    leases: JobLease, claimed: Job, clock: SettableClock
) -> None:
    clock.now = claimed.lease_until + 60
    assert leases.record_step(claimed, progress=15, message="Asking.").lease_until == int(clock.now) + LEASE


def test_a_step_tells_who_follows_now(jobs: SubmittingJobStore, leases: JobLease, claimed: Job) -> None:
    jobs.follow("job-1", "user-1", "connection-2")
    stepped = leases.record_step(claimed, progress=15, message="Asking.")
    assert stepped.followers == {"connection-1", "connection-2"}


Write = Callable[[JobLease, Job], Job]
WRITES: dict[str, Write] = {
    "record_step": lambda leases, job: leases.record_step(job, progress=99, message="Late."),
    "complete": lambda leases, job: leases.complete(job, message="Late.", partial=True),
    "fail": lambda leases, job: leases.fail(job, code="INTERNAL", error="Late."),
}


@pytest.mark.parametrize("write", WRITES.values(), ids=list(WRITES))
def test_a_worker_that_has_lost_its_job_writes_nothing(
    jobs: SubmittingJobStore, leases: JobLease, claimed: Job, clock: SettableClock, write: Write
) -> None:
    clock.now = claimed.lease_until
    taken = claim(leases, "worker-2", "message-2")
    with pytest.raises(JobHeldElsewhere) as held:
        write(leases, claimed)
    assert (held.value.message_id, held.value.seconds) == ("message-2", LEASE)
    assert stored_job(jobs) == taken


def test_a_job_whose_new_holder_has_let_its_lease_run_out_is_held_for_no_time_more(
    leases: JobLease, claimed: Job, clock: SettableClock
) -> None:
    clock.now = claimed.lease_until
    clock.now = claim(leases, "worker-2").lease_until + 7
    with pytest.raises(JobHeldElsewhere) as held:
        leases.record_step(claimed, progress=99, message="Late.")
    assert held.value.seconds == 0


@pytest.mark.parametrize("end", [COMPLETED, FAILED, CANCELLED])
@pytest.mark.parametrize("write", WRITES.values(), ids=list(WRITES))
def test_an_end_is_final(
    jobs: SubmittingJobStore, leases: JobLease, claimed: Job, jobs_table: Any, write: Write, end: str
) -> None:
    """Whoever has written it: another worker here, which has had the lease since."""
    ended = a_job(status=end, lease_owner="worker-2", seq=9)
    jobs_table.put_item(Item=ended.to_item())
    with pytest.raises(JobEnded):
        write(leases, claimed)
    assert stored_job(jobs) == ended


@pytest.mark.parametrize("write", WRITES.values(), ids=list(WRITES))
def test_what_comes_after_a_cancellation_is_discarded(
    jobs: SubmittingJobStore, leases: JobLease, claimed: Job, write: Write
) -> None:
    cancelled = jobs.cancel("job-1", "user-1")
    with pytest.raises(JobEnded):
        write(leases, claimed)
    assert stored_job(jobs) == cancelled


@pytest.mark.parametrize("write", WRITES.values(), ids=list(WRITES))
def test_a_job_that_is_gone_is_not_made_again(
    jobs: SubmittingJobStore, leases: JobLease, claimed: Job, jobs_table: Any, write: Write
) -> None:
    jobs_table.delete_item(Key={"jobId": "job-1"})
    with pytest.raises(JobEnded):
        write(leases, claimed)
    assert jobs.find("job-1") is None


def test_a_completed_job_is_at_its_end_and_open_until_everybody_knows(
    jobs: SubmittingJobStore, leases: JobLease, claimed: Job, clock: SettableClock
) -> None:
    clock.now += 30
    completed = leases.complete(claimed, message="Your answer is ready.", partial=True)
    assert (completed.status, completed.progress, completed.partial) == (COMPLETED, 100, True)
    assert (completed.seq, completed.updated_at) == (claimed.seq + 1, int(clock.now))
    assert (completed.followers, completed.is_open) == ({"connection-1"}, True)
    assert stored_job(jobs) == completed


def test_a_failed_job_keeps_its_progress_and_says_why(leases: JobLease, claimed: Job) -> None:
    failed = leases.fail(claimed, code="AGENTS_FAILED", error="No agent could answer.")
    assert (failed.status, failed.progress, failed.seq) == (FAILED, claimed.progress, claimed.seq + 1)
    assert (failed.code, failed.error, failed.message) == (
        "AGENTS_FAILED",
        "No agent could answer.",
        "No agent could answer.",
    )
    assert failed.is_open


@pytest.mark.parametrize("end", ["complete", "fail"])
def test_an_end_whose_reply_is_lost_is_written_once(
    jobs: SubmittingJobStore, leases: JobLease, jobs_table: Any, claimed: Job, end: str
) -> None:
    with lost_reply(jobs_table.meta.client, "dynamodb", "UpdateItem") as replies:
        ended = WRITES[end](leases, claimed)
    assert len(replies) == 2
    assert ended.is_finished
    assert ended.seq == claimed.seq + 1
    assert stored_job(jobs) == ended


def test_another_worker_s_end_is_not_taken_for_one_s_own(leases: JobLease, claimed: Job, clock: SettableClock) -> None:
    clock.now = claimed.lease_until
    leases.complete(claim(leases, "worker-2"), message="Done.", partial=False)
    with pytest.raises(JobEnded):
        leases.complete(claimed, message="Done.", partial=False)
