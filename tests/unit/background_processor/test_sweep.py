from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from background_processor.sweep import Sweep
from finops_websocket import metrics
from finops_websocket.announce_end import AnnounceEnd
from finops_websocket.client_channel import Delivery
from finops_websocket.job import COMPLETED, FAILED, PROCESSING, QUEUED, Job
from finops_websocket.job_history import JobHistory
from finops_websocket.job_table import JobTable
from finops_websocket.overdue import MOST_ATTEMPTS, OverdueJobs
from unit.finops_websocket.embedded_metrics import Measurement, names
from unit.finops_websocket.recording_channel import RecordingChannel
from unit.finops_websocket.sample_jobs import STUCK_AFTER, a_job, stored_job
from unit.finops_websocket.settable_clock import SettableClock
from unit.finops_websocket.submitting_job_store import SubmittingJobStore

pytestmark = pytest.mark.usefixtures("parent_logger")

Run = Callable[..., None]

# Seconds: more than one job may take, and less.
ENOUGH, TOO_LITTLE = 60.0, 59.9

REFUSED = ClientError({"Error": {"Code": "ValidationException", "Message": "secret"}}, "UpdateItem")
UNREACHABLE = EndpointConnectionError(endpoint_url="https://dynamodb.example.com")


class LaggingHistory(JobHistory):
    """An index that still names a job that is not there any more."""

    def open_jobs(self) -> Iterator[str]:
        yield "gone"
        yield from super().open_jobs()


@pytest.fixture
def sweep(job_table: JobTable, jobs: SubmittingJobStore, overdue_jobs: OverdueJobs, announce_end: AnnounceEnd) -> Run:
    """Looks at the open jobs; `time_left` is what the function has before each of them, in seconds."""

    def run(*time_left: float) -> None:
        times = iter(time_left)
        Sweep(LaggingHistory(job_table), jobs, overdue_jobs, announce_end)(lambda: next(times, ENOUGH))

    return run


@pytest.fixture
def queued(sqs: Any, queue_url: str) -> Callable[[], list[str]]:
    """Tells what has been queued since the last time it was asked."""

    def receive() -> list[str]:
        found = []
        while messages := sqs.receive_message(QueueUrl=queue_url, WaitTimeSeconds=0).get("Messages", []):
            for message in messages:
                sqs.delete_message(QueueUrl=queue_url, ReceiptHandle=message["ReceiptHandle"])
                found.append(message["Body"])
        return found

    return receive


def stuck(job_id: str = "job-1", **changes: Any) -> Job:
    """Give a job that nobody has taken for as long as the clock allows."""
    return a_job(job_id=job_id, **{"queued_at": 1_000_000 - STUCK_AFTER, **changes})


def test_a_stuck_job_is_queued_again_and_one_that_is_not_is_left(
    sweep: Run, jobs: SubmittingJobStore, queued: Callable[[], list[str]], channel: RecordingChannel
) -> None:
    left = [
        stuck("waiting", queued_at=1_000_001 - STUCK_AFTER),
        stuck("processing", status=PROCESSING, lease_until=1_000_001 - STUCK_AFTER),
    ]
    for job in (stuck(), *left):
        jobs.submit(job)
    sweep()
    assert queued() == ['{"jobId": "job-1"}']
    assert (stored_job(jobs).status, stored_job(jobs).requeues, stored_job(jobs).queued_at) == (QUEUED, 1, 1_000_000)
    assert [jobs.find(job.job_id) for job in left] == left
    assert channel.sent == []
    sweep()
    assert queued() == []


def test_a_job_that_was_tried_often_enough_has_failed_and_the_followers_know(
    sweep: Run, jobs: SubmittingJobStore, queued: Callable[[], list[str]], channel: RecordingChannel
) -> None:
    lease_until = 1_000_000 - STUCK_AFTER
    jobs.submit(stuck(status=PROCESSING, lease_until=lease_until, attempts=MOST_ATTEMPTS))
    sweep()
    job = stored_job(jobs)
    assert (job.status, job.code, job.followers, job.is_open) == (FAILED, "PROCESSING_FAILED", frozenset(), False)
    assert channel.kinds_to("connection-1")[-1] == "job_failed"
    assert queued() == []


def test_the_end_of_a_job_that_is_given_up_is_told_and_counted_once(
    sweep: Run, jobs: SubmittingJobStore, channel: RecordingChannel, measured: Callable[[], list[Measurement]]
) -> None:
    jobs.submit(stuck(status=PROCESSING, lease_until=1_000_000 - STUCK_AFTER, attempts=MOST_ATTEMPTS))
    sweep()
    assert channel.kinds_to("connection-1") == ["job_failed"]
    sweep()
    assert names(measured()) == {metrics.JOBS_FAILED: 1}


def test_an_end_that_somebody_does_not_know_is_told(
    sweep: Run, jobs: SubmittingJobStore, channel: RecordingChannel
) -> None:
    jobs.submit(a_job(status=COMPLETED, progress=100, seq=7))
    jobs.submit(a_job(job_id="nobody-follows", status=COMPLETED, followers=frozenset()))
    sweep()
    assert [(wire["type"], wire["seq"]) for wire in channel.wires_to("connection-1")] == [("job_completed", 7)]
    assert (stored_job(jobs).followers, stored_job(jobs).is_open) == (frozenset(), False)
    closed = jobs.find("nobody-follows")
    assert closed is not None
    assert not closed.is_open
    sweep()
    assert len(channel.sent) == 1


def test_an_end_that_cannot_be_told_is_kept_and_the_others_are_told(
    sweep: Run, jobs: SubmittingJobStore, channel: RecordingChannel
) -> None:
    jobs.submit(a_job(status=COMPLETED, created_at=999_998))
    jobs.submit(a_job(job_id="job-2", status=COMPLETED, created_at=999_999, followers=frozenset({"connection-2"})))
    channel.deliveries["connection-1"] = Delivery.FAILED
    sweep()
    assert [receiver for receiver, _ in channel.sent] == ["connection-1", "connection-2"]
    assert (stored_job(jobs).followers, stored_job(jobs).is_open) == ({"connection-1"}, True)
    channel.deliveries["connection-1"] = Delivery.GONE
    sweep()
    assert not stored_job(jobs).is_open


@contextmanager
def failing(client: Any, operation: str, job_id: str, error: Exception) -> Iterator[None]:
    """Let an operation on one job's item fail."""

    def fail(params: dict[str, Any], model: Any, **_event: Any) -> None:
        if model.name == operation and params.get("Key") == {"jobId": job_id}:
            raise error

    client.meta.events.register("provide-client-params", fail)
    try:
        yield
    finally:
        client.meta.events.unregister("provide-client-params", fail)


@pytest.mark.parametrize("error", [REFUSED, UNREACHABLE], ids=["refused", "unreachable"])
@pytest.mark.parametrize(
    ("operation", "status"),
    [
        ("UpdateItem", QUEUED),
        ("UpdateItem", COMPLETED),
        ("GetItem", QUEUED),
    ],
    ids=["when it is mended", "when its end is told", "when it is read"],
)
def test_an_error_of_one_job_is_logged_and_the_younger_ones_are_looked_at(
    sweep: Run,
    jobs: SubmittingJobStore,
    jobs_table: Any,
    queued: Callable[[], list[str]],
    channel: RecordingChannel,
    caplog: pytest.LogCaptureFixture,
    operation: str,
    status: str,
    error: Exception,
) -> None:
    jobs.submit(stuck(status=status, created_at=999_998))
    jobs.submit(stuck("job-2", created_at=999_999))
    jobs.submit(a_job(job_id="job-3", status=COMPLETED, followers=frozenset({"connection-3"})))
    # Raised at the end, so that the function's errors show it.
    with failing(jobs_table.meta.client, operation, "job-1", error), pytest.raises(type(error)):
        sweep()
    assert queued() == ['{"jobId": "job-2"}']
    assert channel.kinds_to("connection-3") == ["job_completed"]
    assert [record.jobId for record in caplog.records if record.levelname == "ERROR"] == ["job-1"]
    # What could not be done is done by the next sweep.
    sweep()
    if status == QUEUED:
        assert queued() == ['{"jobId": "job-1"}']
    else:
        assert not stored_job(jobs).is_open


def test_an_unexpected_error_of_one_job_does_not_keep_the_younger_ones_from_being_looked_at(
    sweep: Run, jobs: SubmittingJobStore, jobs_table: Any, queued: Callable[[], list[str]]
) -> None:
    # A job that nobody could read.
    jobs_table.put_item(
        Item={"jobId": "broken", "userId": "user-1", "ttl": 2_000_000, "open": "yes", "createdAt": 999_998}
    )
    jobs.submit(stuck())
    with pytest.raises(KeyError):
        sweep()
    assert queued() == ['{"jobId": "job-1"}']


def test_the_oldest_jobs_come_first_and_the_rest_when_there_is_time(
    sweep: Run, jobs: SubmittingJobStore, queued: Callable[[], list[str]]
) -> None:
    for age in (1, 3, 2):
        jobs.submit(stuck(f"job-{age}", created_at=1_000_000 - age))
    # The first look is at the job that is gone.
    sweep(ENOUGH, ENOUGH, ENOUGH, TOO_LITTLE)
    assert sorted(queued()) == ['{"jobId": "job-2"}', '{"jobId": "job-3"}']
    assert stored_job(jobs).requeues == 0
    sweep()
    assert queued() == ['{"jobId": "job-1"}']


def test_without_time_nothing_is_begun(sweep: Run, jobs: SubmittingJobStore, queued: Callable[[], list[str]]) -> None:
    jobs.submit(stuck())
    sweep(TOO_LITTLE)
    assert (queued(), stored_job(jobs).requeues) == ([], 0)


def test_a_job_whose_time_has_run_out_is_left_to_dynamodb(
    sweep: Run,
    jobs: SubmittingJobStore,
    queued: Callable[[], list[str]],
    channel: RecordingChannel,
    clock: SettableClock,
) -> None:
    jobs.submit(stuck())
    jobs.submit(a_job(job_id="ended", status=COMPLETED))
    clock.now = a_job().ttl
    sweep()
    assert (queued(), channel.sent) == ([], [])
