"""How long a question waits for its first step is measured when its job is claimed."""

from collections.abc import Callable
from typing import Any

import pytest

from finops_websocket import metrics
from finops_websocket.errors import JobHeldElsewhere
from finops_websocket.job import Job
from finops_websocket.job_lease import JobLease
from unit.finops_websocket.embedded_metrics import Measurement
from unit.finops_websocket.lost_replies import lost_reply
from unit.finops_websocket.sample_jobs import a_job
from unit.finops_websocket.settable_clock import SettableClock
from unit.finops_websocket.submitting_job_store import SubmittingJobStore

Measured = Callable[[], list[Measurement]]


def claim(leases: JobLease, worker: str = "worker-1") -> Job:
    return leases.claim("job-1", worker, "message-1", progress=10, message="Working.")


def test_the_first_claim_is_measured_and_none_that_takes_over(
    jobs: SubmittingJobStore, leases: JobLease, clock: SettableClock, measured: Measured
) -> None:
    jobs.submit(a_job())
    clock.now += 7
    claimed = claim(leases)
    assert measured() == [Measurement(metrics.TIME_TO_FIRST_PROGRESS, "Seconds", 7.0)]
    with pytest.raises(JobHeldElsewhere):
        claim(leases, "worker-2")
    clock.now = claimed.lease_until
    claim(leases, "worker-2")
    assert measured() == []


def test_a_first_claim_whose_reply_is_lost_is_measured_once(
    jobs: SubmittingJobStore, leases: JobLease, jobs_table: Any, measured: Measured
) -> None:
    jobs.submit(a_job())
    with lost_reply(jobs_table.meta.client, "dynamodb", "UpdateItem"):
        claim(leases)
    assert measured() == [Measurement(metrics.TIME_TO_FIRST_PROGRESS, "Seconds", 0.0)]
