"""process_job when a worker loses its job, finds it ended, or is slow."""

import threading
from collections.abc import Callable
from typing import Any

import pytest

from finops_websocket import job_messages
from finops_websocket.answer_store import COMPLETED, AnswerStore
from finops_websocket.errors import AgentTimedOut, JobEnded, JobHeldElsewhere
from finops_websocket.job import PROCESSING
from finops_websocket.job_lease import JobLease
from finops_websocket.job_store import JobStore
from unit.background_processor.recording_invoker import RecordingInvoker, after, fails, says
from unit.background_processor.recording_sqs import RecordingSqs
from unit.finops_websocket.recording_channel import RecordingChannel
from unit.finops_websocket.sample_jobs import COST, LEASE, SAVINGS, stored_job
from unit.finops_websocket.settable_clock import SettableClock

pytestmark = pytest.mark.usefixtures("parent_logger")

Process = Callable[..., None]


@pytest.mark.parametrize("sent_last", ["progress_update", "analysis_started", "agent_completed"])
def test_a_job_that_is_cancelled_in_the_middle_is_left_and_nothing_more_is_sent(
    process: Process, channel: RecordingChannel, jobs: JobStore, sent_last: str
) -> None:
    cancelled = []

    def cancel(_connection_id: str, message: Any) -> None:
        if message.to_wire()["type"] == sent_last and not cancelled:
            cancelled.append(jobs.cancel("job-1", "user-1"))

    channel.at_send = cancel
    with pytest.raises(JobEnded):
        process()
    assert channel.kinds_to("connection-1")[-1] == sent_last
    assert [stored_job(jobs)] == cancelled


def test_a_job_that_is_cancelled_while_its_agents_work_keeps_nothing_that_they_say(
    process: Process,
    channel: RecordingChannel,
    jobs: JobStore,
    answers: AnswerStore,
    invoker: RecordingInvoker,
    release: threading.Event,
) -> None:
    invoker.behaviours = {COST: after(release, says("Too late.")), SAVINGS: after(release, says("Too late."))}
    cancelled = []

    def cancel_before_a_heartbeat(_connection_id: str, message: Any) -> None:
        if message.to_wire()["type"] == "analysis_started":
            cancelled.append(jobs.cancel("job-1", "user-1"))

    channel.at_send = cancel_before_a_heartbeat
    with pytest.raises(JobEnded):
        process(heartbeat=0.01)
    # The agents that are not begun, or throttled, learn that nobody waits for them.
    assert all(stopped.is_set() for stopped in invoker.stopped)
    release.set()
    assert channel.kinds_to("connection-1") == ["progress_update", "analysis_started"]
    assert [stored_job(jobs)] == cancelled
    assert answers.find(stored_job(jobs)) == {}


def test_while_agents_are_waited_for_they_may_go_on(process: Process, invoker: RecordingInvoker) -> None:
    seen = []

    def look() -> str:
        seen.append(invoker.stopped[0].is_set())
        return "Costs rose."

    invoker.behaviours[COST] = look
    process()
    assert seen == [False]


def test_a_job_that_another_worker_has_taken_is_left_to_it(
    process: Process, channel: RecordingChannel, jobs: JobStore, leases: JobLease, clock: SettableClock
) -> None:
    def lose_the_lease(_connection_id: str, message: Any) -> None:
        if message.to_wire()["type"] == "analysis_started":
            clock.now = stored_job(jobs).lease_until
            leases.claim("job-1", "worker-2", "message-2", progress=10, message="Working.")

    channel.at_send = lose_the_lease
    with pytest.raises(JobHeldElsewhere) as raised:
        process()
    assert (raised.value.message_id, raised.value.seconds) == ("message-2", LEASE)
    assert channel.kinds_to("connection-1") == ["progress_update", "analysis_started"]
    assert stored_job(jobs).lease_owner == "worker-2"


def test_an_overtaken_worker_s_answer_does_not_replace_the_one_that_was_told(
    process: Process,
    channel: RecordingChannel,
    jobs: JobStore,
    answers: AnswerStore,
    invoker: RecordingInvoker,
    clock: SettableClock,
) -> None:
    def be_overtaken(_connection_id: str, message: Any) -> None:
        if message.to_wire()["type"] == "analysis_started" and stored_job(jobs).attempts == 1:
            clock.now = stored_job(jobs).lease_until
            process("worker-2")
            invoker.behaviours = dict.fromkeys((COST, SAVINGS), fails(AgentTimedOut("It did not answer in time.")))

    channel.at_send = be_overtaken
    with pytest.raises(JobEnded):
        process()
    (told,) = (wire for wire in channel.wires_to("connection-1") if wire["type"] == "job_completed")
    job = stored_job(jobs)
    assert job_messages.end_of(job, answers).to_wire() == told
    assert {answer.status for answer in answers.find(job).values()} == {COMPLETED}


def test_a_job_under_another_s_lease_is_not_begun(
    process: Process, channel: RecordingChannel, leases: JobLease, invoker: RecordingInvoker
) -> None:
    leases.claim("job-1", "worker-1", "message-1", progress=10, message="Working.")
    with pytest.raises(JobHeldElsewhere):
        process("worker-2")
    assert (channel.sent, invoker.invoked) == ([], [])


def test_a_message_delivered_twice_is_processed_once(
    process: Process, channel: RecordingChannel, invoker: RecordingInvoker
) -> None:
    process()
    count = len(channel.sent)
    with pytest.raises(JobEnded):
        process("worker-2")
    assert len(channel.sent) == count
    assert len(invoker.invoked) == 2


def test_what_nobody_expected_leaves_the_job_to_the_next_worker(
    process: Process, jobs: JobStore, channel: RecordingChannel, invoker: RecordingInvoker
) -> None:
    invoker.behaviours = {COST: fails(RuntimeError("a bug")), SAVINGS: fails(RuntimeError("a bug"))}
    with pytest.raises(RuntimeError):
        process()
    assert stored_job(jobs).status == PROCESSING
    assert channel.kinds_to("connection-1") == ["progress_update", "analysis_started"]


def test_the_message_is_hidden_before_the_job_is_taken(
    jobs: JobStore, process: Process, recording_sqs: RecordingSqs, leases: JobLease
) -> None:
    leases.claim("job-1", "worker-1", "message-1", progress=10, message="Working.")
    with pytest.raises(JobHeldElsewhere):
        process("worker-2")
    assert recording_sqs.hidden_for == [LEASE + LEASE // 3 + 1]


def hidden_and_held(
    channel: RecordingChannel, jobs: JobStore, sqs: RecordingSqs, clock: SettableClock, seconds: float
) -> list[tuple[float, int]]:
    """Note, at each message that is sent, until when the queue's message is hidden and until when the job is held.

    Each message takes so many seconds to send.
    """
    noted: list[tuple[float, int]] = []

    def note(_connection_id: str, _message: Any) -> None:
        job = stored_job(jobs)
        if not job.is_finished:
            noted.append((sqs.seen_again_at, job.lease_until))
        clock.now += seconds

    channel.at_send = note
    return noted


# A worker's message that comes back before its lease is over uses up one of the queue's three deliveries for nothing.
def test_the_message_stays_hidden_for_longer_than_the_job_is_held(
    process: Process,
    jobs: JobStore,
    channel: RecordingChannel,
    invoker: RecordingInvoker,
    recording_sqs: RecordingSqs,
    clock: SettableClock,
    release: threading.Event,
) -> None:
    invoker.behaviours[SAVINGS] = after(release, says("Delete the disk."))
    noted = hidden_and_held(channel, jobs, recording_sqs, clock, seconds=13)
    note = channel.at_send

    def note_and_release(connection_id: str, message: Any) -> None:
        note(connection_id, message)
        if len(noted) == 12:
            release.set()

    channel.at_send = note_and_release
    process(heartbeat=0.01)
    assert len(noted) > 12
    assert all(hidden_until > held_until for hidden_until, held_until in noted)
    # And not with each step: a third of the lease is four steps long.
    assert len(recording_sqs.hidden_for) < len(noted) / 2


def test_the_message_stays_hidden_for_longer_than_the_job_is_held_though_clients_are_slow(
    process: Process,
    jobs: JobStore,
    channel: RecordingChannel,
    recording_sqs: RecordingSqs,
    clock: SettableClock,
) -> None:
    # Three followers that do not answer: each is tried three times for up to six seconds.
    noted = hidden_and_held(channel, jobs, recording_sqs, clock, seconds=54)
    process()
    assert len(noted) == 5
    assert all(hidden_until > held_until for hidden_until, held_until in noted)
