import json
from collections.abc import Callable

import pytest

from background_processor.dead_letter import FailDeadLetter
from finops_websocket import metrics
from finops_websocket.announce_end import AnnounceEnd
from finops_websocket.client_channel import Delivery
from finops_websocket.errors import JobHeldElsewhere, NotAJob
from finops_websocket.job import CANCELLED, COMPLETED, FAILED, PROCESSING, Job
from finops_websocket.job_lease import JobLease
from finops_websocket.job_store import JobStore
from finops_websocket.job_table import JobTable
from finops_websocket.overdue import GIVEN_UP
from unit.background_processor.recording_sqs import RecordingSqs
from unit.background_processor.sample_messages import BODY, a_message
from unit.finops_websocket.embedded_metrics import measurements, names
from unit.finops_websocket.recording_channel import RecordingChannel
from unit.finops_websocket.sample_jobs import LEASE, a_job, stored_job
from unit.finops_websocket.settable_clock import SettableClock
from unit.finops_websocket.submitting_job_store import SubmittingJobStore

pytestmark = pytest.mark.usefixtures("parent_logger")

Fail = Callable[..., None]

DEAD_LETTER = {"messageId": "message-1", "body": BODY, "sentAt": 1_795_431_600}


@pytest.fixture
def fail(
    jobs: SubmittingJobStore, announce_end: AnnounceEnd, recording_sqs: RecordingSqs, clock: SettableClock
) -> Fail:
    """Serves a message of the dead-letter queue, by default the one that brought job-1."""

    def run(body: str = BODY) -> None:
        FailDeadLetter(jobs, announce_end)(a_message(recording_sqs, clock, body))

    return run


def claim(leases: JobLease) -> Job:
    return leases.claim("job-1", "worker-1", "message-1", progress=10, message="Working.")


@pytest.mark.parametrize("status", ["queued", PROCESSING])
def test_its_job_has_failed_and_the_followers_are_told(
    fail: Fail, jobs: SubmittingJobStore, leases: JobLease, channel: RecordingChannel, clock: SettableClock, status: str
) -> None:
    jobs.submit(a_job(request_id="request-1"))
    if status == PROCESSING:
        # The last moment of a lease is over when the next worker may claim the job.
        clock.now = claim(leases).lease_until
    seq = stored_job(jobs).seq
    fail()
    job = stored_job(jobs)
    assert (job.status, job.code, job.error, job.seq) == (FAILED, "PROCESSING_FAILED", GIVEN_UP, seq + 1)
    assert channel.wires_to("connection-1") == [
        {
            "type": "job_failed",
            "jobId": "job-1",
            "error": GIVEN_UP,
            "code": "PROCESSING_FAILED",
            "requestId": "request-1",
            "timestamp": int(clock.now),
            "seq": seq + 1,
        }
    ]
    assert (job.followers, job.is_open) == (frozenset(), False)


def test_it_is_kept_in_its_job_so_that_it_can_be_sent_once_more(fail: Fail, jobs: SubmittingJobStore) -> None:
    jobs.submit(a_job())
    fail()
    assert stored_job(jobs).dead_letter == DEAD_LETTER


def test_delivered_twice_it_is_told_once(fail: Fail, jobs: SubmittingJobStore, channel: RecordingChannel) -> None:
    jobs.submit(a_job())
    fail()
    failed = stored_job(jobs)
    fail()
    assert len(channel.sent) == 1
    assert stored_job(jobs) == failed


def test_a_job_that_a_worker_has_is_left_to_it_and_looked_at_when_its_lease_is_over(
    fail: Fail,
    jobs: SubmittingJobStore,
    leases: JobLease,
    channel: RecordingChannel,
    recording_sqs: RecordingSqs,
    clock: SettableClock,
) -> None:
    jobs.submit(a_job())
    job = claim(leases)
    clock.now = job.lease_until - 70
    with pytest.raises(JobHeldElsewhere) as raised:
        fail()
    assert (raised.value.message_id, raised.value.seconds) == ("message-1", 70)
    assert recording_sqs.hidden_for == [71]
    assert stored_job(jobs) == job
    assert channel.sent == []
    clock.now = recording_sqs.seen_again_at
    fail()
    assert stored_job(jobs).status == FAILED


class RacedJobs(JobStore):
    """A store in which another worker claims the job as soon as it has been read."""

    def __init__(self, table: JobTable, leases: JobLease) -> None:
        super().__init__(table)
        self.find = self._find_and_lose
        self._raced_table, self._leases = table, leases

    def _find_and_lose(self, job_id: str) -> Job | None:
        job = self._raced_table.find(job_id)
        if job is not None and job.attempts == 0:
            claim(self._leases)
        return job


def test_a_job_that_is_claimed_in_between_is_left_to_its_worker(
    job_table: JobTable,
    leases: JobLease,
    jobs: SubmittingJobStore,
    announce_end: AnnounceEnd,
    channel: RecordingChannel,
    recording_sqs: RecordingSqs,
    clock: SettableClock,
) -> None:
    jobs.submit(a_job())
    with pytest.raises(JobHeldElsewhere):
        FailDeadLetter(RacedJobs(job_table, leases), announce_end)(a_message(recording_sqs, clock))
    assert (stored_job(jobs).status, stored_job(jobs).lease_until) == (PROCESSING, int(clock.now) + LEASE)
    assert recording_sqs.hidden_for == [1]
    assert channel.sent == []


@pytest.mark.parametrize(
    ("status", "kind"), [(COMPLETED, "job_completed"), (FAILED, "job_failed"), (CANCELLED, "job_cancelled")]
)
def test_of_a_job_that_has_ended_the_end_is_told_to_whom_it_was_not(
    fail: Fail, jobs: SubmittingJobStore, channel: RecordingChannel, status: str, kind: str
) -> None:
    jobs.submit(a_job(status=status, seq=7, code="AGENTS_FAILED", error="No agent could answer."))
    fail()
    assert [(wire["type"], wire["seq"]) for wire in channel.wires_to("connection-1")] == [(kind, 7)]
    job = stored_job(jobs)
    assert (job.status, job.code, job.dead_letter, job.is_open) == (status, "AGENTS_FAILED", None, False)


@pytest.mark.parametrize("status", ["queued", COMPLETED])
def test_an_end_that_cannot_be_told_is_left_for_the_sweep(
    fail: Fail, jobs: SubmittingJobStore, channel: RecordingChannel, recording_sqs: RecordingSqs, status: str
) -> None:
    jobs.submit(a_job(status=status))
    channel.deliveries["connection-1"] = Delivery.FAILED
    fail()
    job = stored_job(jobs)
    assert (job.is_finished, job.followers, job.is_open) == (True, {"connection-1"}, True)
    assert recording_sqs.asked == []


def test_one_whose_job_is_gone_is_dropped(fail: Fail, channel: RecordingChannel, recording_sqs: RecordingSqs) -> None:
    fail()
    assert (channel.sent, recording_sqs.asked) == ([], [])


@pytest.mark.parametrize("body", ["", "Project Bluebird", '{"jobId": 1, "query": "Project Bluebird"}'])
def test_one_that_names_no_job_stays_and_is_counted(
    fail: Fail, recording_sqs: RecordingSqs, capsys: pytest.CaptureFixture[str], body: str
) -> None:
    with pytest.raises(NotAJob) as raised:
        fail(body)
    (line,) = capsys.readouterr().out.splitlines()
    assert json.loads(line)[metrics.UNREADABLE_DEAD_LETTERS] == [1.0]
    assert "Bluebird" not in line + str(raised.value)
    # It comes again after the queue's own time, and is counted again as long as it lies there.
    assert recording_sqs.asked == []


def test_one_that_names_a_job_is_counted_as_a_failed_job_once(
    fail: Fail, jobs: SubmittingJobStore, capsys: pytest.CaptureFixture[str]
) -> None:
    jobs.submit(a_job())
    fail()
    assert names(measurements(capsys.readouterr().out)) == {metrics.JOBS_FAILED: 1}
    # It is delivered twice.
    fail()
    assert capsys.readouterr().out == ""
