from collections.abc import Callable
from typing import Any

import pytest

from finops_websocket import metrics
from finops_websocket.client_channel import Delivery
from finops_websocket.errors import AgentFailed, EndNotTold, JobHeldElsewhere, NotAJob
from finops_websocket.job import CANCELLED, COMPLETED, FAILED, PROCESSING, Job
from finops_websocket.job_lease import JobLease
from unit.background_processor.recording_invoker import RecordingInvoker, fails
from unit.background_processor.recording_sqs import RecordingSqs
from unit.finops_websocket.embedded_metrics import Measurement, names
from unit.finops_websocket.recording_channel import RecordingChannel
from unit.finops_websocket.sample_jobs import COST, LEASE, SAVINGS, a_job, stored_job
from unit.finops_websocket.settable_clock import SettableClock
from unit.finops_websocket.submitting_job_store import SubmittingJobStore

pytestmark = pytest.mark.usefixtures("parent_logger")

Serve = Callable[..., None]

# Seconds: LEASE is a multiple of three.
HIDDEN = LEASE + LEASE // 3 + 1


@pytest.fixture
def queued(jobs: SubmittingJobStore) -> Job:
    """The message's job, followed by two connections."""
    return jobs.submit(a_job(followers=frozenset({"connection-1", "connection-2"}))).job


def test_a_message_s_job_is_processed_and_the_message_goes(
    serve: Serve, queued: Job, jobs: SubmittingJobStore, channel: RecordingChannel, recording_sqs: RecordingSqs
) -> None:
    serve("worker-1")
    job = stored_job(jobs)
    assert (job.status, job.lease_owner, job.lease_message) == (COMPLETED, "worker-1", "message-1")
    assert channel.kinds_to("connection-1")[-1] == "job_completed"
    assert recording_sqs.hidden_for == [HIDDEN]


@pytest.mark.parametrize("failure", [None, AgentFailed("It stopped with an error.")])
def test_an_end_that_could_not_be_told_is_told_on_the_next_delivery_to_those_who_are_left(
    serve: Serve,
    queued: Job,
    jobs: SubmittingJobStore,
    channel: RecordingChannel,
    recording_sqs: RecordingSqs,
    invoker: RecordingInvoker,
    measured: Callable[[], list[Measurement]],
    failure: AgentFailed | None,
) -> None:
    if failure is not None:
        invoker.behaviours = {COST: fails(failure), SAVINGS: fails(failure)}
    channel.deliveries["connection-2"] = Delivery.FAILED
    with pytest.raises(EndNotTold):
        serve("worker-1")
    assert recording_sqs.hidden_for == [HIDDEN, 5]
    end = channel.to("connection-1")[-1]

    channel.sent.clear()
    with pytest.raises(EndNotTold):
        serve("worker-2")
    channel.deliveries["connection-2"] = Delivery.SENT
    serve("worker-3")
    assert channel.sent == [("connection-2", end), ("connection-2", end)]
    assert (stored_job(jobs).followers, stored_job(jobs).is_open) == (frozenset(), False)
    assert stored_job(jobs).attempts == 1
    assert invoker.agents() == [COST, SAVINGS]

    serve("worker-4")
    assert len(channel.sent) == 2
    counted = names(measured())
    assert (counted[metrics.JOBS_COMPLETED], counted[metrics.JOBS_FAILED]) == ((1, 0) if failure is None else (0, 1))


@pytest.mark.parametrize(
    ("status", "kind"), [(COMPLETED, "job_completed"), (FAILED, "job_failed"), (CANCELLED, "job_cancelled")]
)
def test_a_message_of_an_ended_job_goes_when_all_know_the_end(
    serve: Serve, jobs: SubmittingJobStore, channel: RecordingChannel, invoker: RecordingInvoker, status: str, kind: str
) -> None:
    ended = a_job(status=status, seq=7)
    jobs.submit(ended)
    serve()
    serve()
    assert [(wire["type"], wire["seq"]) for wire in channel.wires_to("connection-1")] == [(kind, 7)]
    assert invoker.invoked == []
    assert not stored_job(jobs).is_open


def test_a_job_that_is_cancelled_in_the_middle_sends_nothing_more_but_that(
    serve: Serve, queued: Job, jobs: SubmittingJobStore, channel: RecordingChannel, invoker: RecordingInvoker
) -> None:
    def cancel(_connection_id: str, message: Any) -> None:
        if message.to_wire()["type"] == "analysis_started":
            jobs.cancel("job-1", "user-1")

    channel.at_send = cancel
    serve()
    for connection_id in ("connection-1", "connection-2"):
        assert channel.kinds_to(connection_id) == ["progress_update", "analysis_started", "job_cancelled"]
    job = stored_job(jobs)
    assert (job.status, job.completed_agents, job.is_open) == (CANCELLED, (), False)


def test_a_cancellation_that_could_not_be_told_is_told_later(
    serve: Serve, queued: Job, jobs: SubmittingJobStore, channel: RecordingChannel, recording_sqs: RecordingSqs
) -> None:
    jobs.cancel("job-1", "user-1")
    channel.deliveries["connection-2"] = Delivery.FAILED
    with pytest.raises(EndNotTold):
        serve()
    assert recording_sqs.hidden_for == [HIDDEN, 5]
    assert stored_job(jobs).followers == {"connection-2"}


def test_a_message_of_a_job_that_is_gone_goes(serve: Serve, channel: RecordingChannel) -> None:
    serve()
    assert channel.sent == []


@pytest.mark.parametrize("body", ["", "not JSON", "[]", "{}", '{"jobId": 1}', '{"jobId": ""}', '"job-1"'])
def test_a_message_that_names_no_job_comes_again_at_once(
    serve: Serve, recording_sqs: RecordingSqs, invoker: RecordingInvoker, body: str
) -> None:
    with pytest.raises(NotAJob) as raised:
        serve(body=body)
    assert recording_sqs.hidden_for == [0]
    assert str(raised.value) == "The queue's message is no job."
    assert invoker.invoked == []


@pytest.mark.parametrize("held_by", ["message-1", None])
def test_a_second_delivery_waits_until_the_first_one_s_lease_is_over(
    serve: Serve,
    queued: Job,
    jobs: SubmittingJobStore,
    leases: JobLease,
    recording_sqs: RecordingSqs,
    clock: SettableClock,
    jobs_table: Any,
    held_by: str | None,
) -> None:
    job = leases.claim("job-1", "worker-1", "message-1", progress=10, message="Working.")
    if held_by is None:
        # As a job that an earlier release has claimed.
        jobs_table.update_item(Key={"jobId": "job-1"}, UpdateExpression="REMOVE leaseMessage")
    held = stored_job(jobs)
    clock.now = job.lease_until - 70
    with pytest.raises(JobHeldElsewhere):
        serve("worker-2")
    assert recording_sqs.hidden_for == [HIDDEN, 71]
    assert stored_job(jobs) == held
    clock.now = recording_sqs.seen_again_at
    serve("worker-2")
    assert stored_job(jobs).status == COMPLETED


def test_another_message_of_a_job_that_is_held_goes(
    serve: Serve,
    queued: Job,
    jobs: SubmittingJobStore,
    leases: JobLease,
    channel: RecordingChannel,
    recording_sqs: RecordingSqs,
) -> None:
    held = leases.claim("job-1", "worker-1", "message-1", progress=10, message="Working.")
    serve("worker-2", message_id="message-2")
    assert stored_job(jobs) == held
    assert channel.sent == []
    assert recording_sqs.hidden_for == [HIDDEN]


@pytest.mark.parametrize(("message_id", "stays"), [("message-1", True), ("message-2", False)])
def test_a_worker_that_loses_its_job_keeps_the_message_only_if_the_other_one_has_it_too(
    serve: Serve,
    queued: Job,
    jobs: SubmittingJobStore,
    leases: JobLease,
    channel: RecordingChannel,
    recording_sqs: RecordingSqs,
    clock: SettableClock,
    message_id: str,
    stays: bool,
) -> None:
    def lose_the_lease(_connection_id: str, message: Any) -> None:
        if message.to_wire()["type"] == "analysis_started" and stored_job(jobs).attempts == 1:
            clock.now = stored_job(jobs).lease_until
            leases.claim("job-1", "worker-2", message_id, progress=10, message="Working.")

    channel.at_send = lose_the_lease
    if stays:
        with pytest.raises(JobHeldElsewhere):
            serve("worker-1")
        assert recording_sqs.hidden_for[-1] == LEASE + 1
    else:
        serve("worker-1")
        assert LEASE + 1 not in recording_sqs.hidden_for
    assert (stored_job(jobs).status, stored_job(jobs).lease_owner) == (PROCESSING, "worker-2")


def test_what_nobody_expected_leaves_the_message_hidden(
    serve: Serve, queued: Job, invoker: RecordingInvoker, recording_sqs: RecordingSqs
) -> None:
    invoker.behaviours = {COST: fails(RuntimeError("a bug")), SAVINGS: fails(RuntimeError("a bug"))}
    with pytest.raises(RuntimeError):
        serve()
    assert recording_sqs.hidden_for == [HIDDEN]
