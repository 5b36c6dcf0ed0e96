"""A job's end, whoever stores it, is counted once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import product
from typing import Any

import pytest
from boto3.dynamodb.conditions import Attr

from finops_websocket import metrics
from finops_websocket.errors import JobNotOurs
from finops_websocket.job import CANCELLED, COMPLETED, FAILED, PROCESSING, QUEUED, Job
from finops_websocket.job_end import end_job
from finops_websocket.job_lease import JobLease
from finops_websocket.job_store import JobStore
from finops_websocket.job_table import JobTable
from unit.finops_websocket.embedded_metrics import Measurement, names
from unit.finops_websocket.interleaved_calls import just_before
from unit.finops_websocket.lost_replies import lost_reply
from unit.finops_websocket.racing_table import RacingTable
from unit.finops_websocket.sample_jobs import LEASE, a_job, stored_job
from unit.finops_websocket.settable_clock import SettableClock
from unit.finops_websocket.submitting_job_store import SubmittingJobStore

Measured = Callable[[], list[Measurement]]
End = Callable[[JobTable, Job], object]

UNFINISHED = Attr("status").is_in([QUEUED, PROCESSING])
CANCELLATION = {"status": CANCELLED, "message": "Cancelled."}

# Whoever ends jobs, and what its end is counted as.
ENDS: dict[str, tuple[End, str]] = {
    "complete": (
        lambda table, job: JobLease(table, LEASE).complete(job, message="Ready.", partial=False),
        metrics.JOBS_COMPLETED,
    ),
    "fail": (
        lambda table, job: JobLease(table, LEASE).fail(job, code="AGENTS_FAILED", error="No agent could answer."),
        metrics.JOBS_FAILED,
    ),
    "cancel": (lambda table, job: JobStore(table).cancel(job.job_id, job.user_id), metrics.JOBS_CANCELLED),
    "fail_queued": (
        lambda table, job: JobStore(table).fail_queued(job.job_id, "QUEUE_UNAVAILABLE", "Please ask again."),
        metrics.JOBS_FAILED,
    ),
    "give_up": (
        lambda table, job: JobStore(table).give_up(job, "PROCESSING_FAILED", "Please ask again."),
        metrics.JOBS_FAILED,
    ),
}
EACH_END = pytest.mark.parametrize("end", ENDS)


def a_job_to_end(end: str) -> Job:
    if end == "fail_queued":
        return a_job()
    return a_job(status=PROCESSING, seq=4, attempts=1, lease_owner="worker-1", lease_until=1_000_120)


def try_to(end: str, table: JobTable) -> None:
    # Somebody else may have ended it.
    with suppress(JobNotOurs):
        ENDS[end][0](table, a_job_to_end(end))


@EACH_END
def test_an_end_is_counted_once_however_often_it_is_tried(
    jobs: SubmittingJobStore, job_table: JobTable, measured: Measured, end: str
) -> None:
    jobs.store(a_job_to_end(end))
    for _ in range(3):
        try_to(end, job_table)
    counted = names(measured())
    assert (counted.pop(ENDS[end][1]), counted.keys() - {metrics.TIME_TO_ANSWER}) == (1, set())


@EACH_END
def test_an_end_whose_reply_is_lost_is_counted_once(
    jobs: SubmittingJobStore, job_table: JobTable, jobs_table: Any, measured: Measured, end: str
) -> None:
    jobs.store(a_job_to_end(end))
    with lost_reply(jobs_table.meta.client, "dynamodb", "UpdateItem") as replies:
        try_to(end, job_table)
    assert len(replies) == 2
    assert stored_job(jobs).is_finished
    assert names(measured())[ENDS[end][1]] == 1
    # And one that finds it so is told of it, or goes on, and counts nothing.
    try_to(end, job_table)
    assert measured() == []


@pytest.mark.parametrize(
    ("end", "earlier"),
    [
        *product(["complete", "fail", "cancel", "give_up"], repeat=2),
        *product(["fail_queued"], ["cancel", "fail_queued", "give_up"]),
    ],
)
def test_an_end_of_a_job_that_has_just_ended_is_not_counted(
    jobs: SubmittingJobStore, job_table: JobTable, jobs_table: Any, measured: Measured, earlier: str, end: str
) -> None:
    """The other one comes between this one's decision and its write, and may be of the same kind."""
    job = a_job_to_end(end)
    jobs.store(job)
    with just_before(jobs_table.meta.client, "UpdateItem", lambda: ENDS[earlier][0](job_table, job)):
        try_to(end, job_table)
    counted = names(measured())
    del counted[metrics.TIME_TO_ANSWER]
    assert counted == {ENDS[earlier][1]: 1}


@pytest.mark.parametrize("round_number", range(5))
def test_of_all_that_end_a_job_at_once_one_counts(
    jobs: SubmittingJobStore, jobs_table: Any, clock: SettableClock, measured: Measured, round_number: int
) -> None:
    racers = [end for end in ENDS if end != "fail_queued"] * 2
    jobs.store(a_job_to_end("cancel"))
    # No read is held back: the writes race by themselves.
    racing = JobTable(RacingTable(jobs_table, 1), clock)  # type: ignore[arg-type]
    with ThreadPoolExecutor(len(racers)) as threads:
        list(threads.map(lambda end: try_to(end, racing), racers[round_number:] + racers[:round_number]))
    counted = names(measured())
    counts = (metrics.JOBS_COMPLETED, metrics.JOBS_FAILED, metrics.JOBS_CANCELLED)
    expected = {COMPLETED: metrics.JOBS_COMPLETED, FAILED: metrics.JOBS_FAILED, CANCELLED: metrics.JOBS_CANCELLED}
    assert {name: counted[name] for name in counts if counted[name]} == {expected[stored_job(jobs).status]: 1}


def test_an_answer_is_counted_with_the_time_that_it_took(
    jobs: SubmittingJobStore, job_table: JobTable, clock: SettableClock, measured: Measured
) -> None:
    jobs.store(a_job_to_end("complete"))
    clock.now = 1_000_042.9
    try_to("complete", job_table)
    assert measured() == [
        Measurement(metrics.JOBS_COMPLETED, "Count", 1.0),
        Measurement(metrics.TIME_TO_ANSWER, "Seconds", 42.0),
    ]


def test_a_partial_answer_is_an_answer_and_counted_as_partial(
    jobs: SubmittingJobStore, leases: JobLease, measured: Measured
) -> None:
    job = a_job_to_end("complete")
    jobs.store(job)
    leases.complete(job, message="Ready.", partial=True)
    assert names(measured()) == {metrics.JOBS_COMPLETED: 1, metrics.TIME_TO_ANSWER: 1, metrics.PARTIAL_ANSWERS: 1}


def test_an_end_under_a_condition_that_does_not_hold_is_none(
    jobs: SubmittingJobStore, job_table: JobTable, measured: Measured
) -> None:
    jobs.store(a_job(status=COMPLETED))
    assert end_job(job_table, "job-1", UNFINISHED, CANCELLATION) is None
    assert end_job(job_table, "job-2", UNFINISHED, CANCELLATION) is None
    assert (stored_job(jobs), jobs.find("job-2")) == (a_job(status=COMPLETED), None)
    assert measured() == []


def test_an_end_is_given_as_it_is_stored_and_is_unlike_any_other(jobs: SubmittingJobStore, job_table: JobTable) -> None:
    end_ids = set()
    for _ in range(2):
        jobs.store(a_job())
        ended = end_job(job_table, "job-1", UNFINISHED, CANCELLATION)
        assert ended is not None
        assert ended == stored_job(jobs)
        assert (ended.status, ended.message, ended.seq) == (CANCELLED, "Cancelled.", 2)
        end_ids.add(ended.end_id)
    assert len(end_ids - {None}) == 2
