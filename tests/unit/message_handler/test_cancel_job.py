from collections.abc import Callable

import pytest

from finops_websocket import metrics
from finops_websocket.client_messages import CancelJob
from finops_websocket.errors import JobEnded, JobFinished, JobNotFound
from finops_websocket.job import CANCELLED, COMPLETED, FAILED, PROCESSING, Job
from finops_websocket.job_lease import JobLease
from message_handler.cancel_job import EndJob
from message_handler.tell_end import TellEnd
from message_handler.visible_jobs import VisibleJobs
from unit.finops_websocket.embedded_metrics import Measurement, names
from unit.finops_websocket.recording_channel import RecordingChannel
from unit.finops_websocket.sample_jobs import a_job, stored_job
from unit.finops_websocket.submitting_job_store import SubmittingJobStore

pytestmark = pytest.mark.usefixtures("parent_logger", "signed_in")

CANCEL = CancelJob("job-1")
CANCELLED_AT_2 = {"type": "job_cancelled", "jobId": "job-1", "timestamp": 1_000_000, "seq": 2}


@pytest.fixture
def cancel(visible_jobs: VisibleJobs, jobs: SubmittingJobStore, tell_end: TellEnd) -> EndJob:
    return EndJob(visible_jobs, jobs, tell_end)


@pytest.mark.parametrize("asker", ["connection-1", "connection-2"])
def test_a_cancelled_job_has_ended_for_its_asker_and_all_who_follow_it(
    cancel: EndJob, jobs: SubmittingJobStore, channel: RecordingChannel, asker: str
) -> None:
    jobs.submit(a_job(followers=frozenset({"connection-1", "connection-0"})))
    cancel(asker, CANCEL)
    for connection_id in {"connection-0", "connection-1", asker}:
        assert channel.wires_to(connection_id) == [CANCELLED_AT_2]
    job = stored_job(jobs)
    assert (job.status, job.seq, job.followers) == (CANCELLED, 2, frozenset())


def test_a_job_that_is_cancelled_again_stays_as_it_is_and_only_the_asker_hears_of_it(
    cancel: EndJob, jobs: SubmittingJobStore, channel: RecordingChannel
) -> None:
    jobs.submit(a_job())
    cancel("connection-1", CANCEL)
    once = stored_job(jobs)
    cancel("connection-2", CANCEL)
    cancel("connection-2", CANCEL)
    assert stored_job(jobs) == once
    assert channel.wires_to("connection-1") == [CANCELLED_AT_2]
    assert channel.wires_to("connection-2") == [CANCELLED_AT_2] * 2


def test_its_worker_cannot_go_on(cancel: EndJob, jobs: SubmittingJobStore, leases: JobLease) -> None:
    jobs.submit(a_job())
    claimed = leases.claim("job-1", "worker-1", "message-1", progress=10, message="Working.")
    cancel("connection-1", CANCEL)
    with pytest.raises(JobEnded):
        leases.record_step(claimed, progress=50, message="One of two.")
    with pytest.raises(JobEnded):
        leases.complete(claimed, message="Ready.", partial=False)
    assert (stored_job(jobs).status, stored_job(jobs).progress) == (CANCELLED, 10)


@pytest.mark.parametrize("status", [COMPLETED, FAILED])
def test_a_job_that_ended_otherwise_is_finished_and_nobody_is_told_another_end(
    cancel: EndJob, jobs: SubmittingJobStore, channel: RecordingChannel, status: str
) -> None:
    jobs.submit(a_job(status=status))
    with pytest.raises(JobFinished, match=status):
        cancel("connection-1", CANCEL)
    assert stored_job(jobs) == a_job(status=status)
    assert channel.sent == []


def test_another_user_s_job_is_not_there_and_goes_on(
    cancel: EndJob, jobs: SubmittingJobStore, channel: RecordingChannel
) -> None:
    jobs.submit(a_job())
    with pytest.raises(JobNotFound):
        cancel("connection-3", CANCEL)
    assert stored_job(jobs) == a_job()
    assert channel.sent == []


class LateJobs(VisibleJobs):
    """Something happens to a job between its finding and its cancelling."""

    def __init__(self, found: Job) -> None:
        self.found = found

    def find(self, connection_id: str, job_id: str) -> Job:
        return self.found


def test_a_job_that_is_completed_meanwhile_is_finished(
    jobs: SubmittingJobStore, leases: JobLease, tell_end: TellEnd, channel: RecordingChannel
) -> None:
    jobs.submit(a_job())
    found = leases.claim("job-1", "worker-1", "message-1", progress=10, message="Working.")
    assert found.status == PROCESSING
    leases.complete(found, message="Ready.", partial=False)
    with pytest.raises(JobFinished):
        EndJob(LateJobs(found), jobs, tell_end)("connection-1", CANCEL)
    assert stored_job(jobs).status == COMPLETED
    assert channel.sent == []


def test_a_job_that_is_deleted_meanwhile_is_not_there(
    jobs: SubmittingJobStore, tell_end: TellEnd, channel: RecordingChannel
) -> None:
    with pytest.raises(JobNotFound):
        EndJob(LateJobs(a_job()), jobs, tell_end)("connection-1", CANCEL)
    assert jobs.find("job-1") is None
    assert channel.sent == []


def test_a_claimed_user_s_job_is_cancelled_by_whoever_knows_its_id(
    visible_jobs_in: Callable[[str], VisibleJobs],
    jobs: SubmittingJobStore,
    tell_end: TellEnd,
    channel: RecordingChannel,
) -> None:
    jobs.submit(a_job(user_id="claimed#ada"))
    EndJob(visible_jobs_in("open"), jobs, tell_end)("a-stranger-s-connection", CANCEL)
    assert stored_job(jobs).status == CANCELLED
    assert channel.kinds_to("a-stranger-s-connection") == ["job_cancelled"]


def test_a_cancellation_is_counted_once_however_often_it_is_asked_for(
    cancel: EndJob, jobs: SubmittingJobStore, measured: Callable[[], list[Measurement]]
) -> None:
    jobs.submit(a_job())
    for connection_id in ("connection-1", "connection-1", "connection-2"):
        cancel(connection_id, CANCEL)
    assert names(measured()) == {metrics.JOBS_CANCELLED: 1}
