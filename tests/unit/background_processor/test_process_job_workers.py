"""process_job when a worker takes over a job, loses it, or finds it ended."""

from collections.abc import Callable
from typing import Any

import pytest

from finops_websocket.answer_store import COMPLETED as ANSWERED
from finops_websocket.answer_store import Answer, AnswerStore
from finops_websocket.errors import JobEnded, JobHeldElsewhere
from finops_websocket.job import CANCELLED, PROCESSING
from finops_websocket.job_store import JobStore
from finops_websocket.results_bucket import ResultsBucket
from unit.background_processor.recording_invoker import RecordingInvoker, fails
from unit.finops_websocket.recording_channel import RecordingChannel
from unit.finops_websocket.sample_jobs import COST, LEASE, RESPONSE_KEY, SAVINGS, a_job, stored_job
from unit.finops_websocket.settable_clock import SettableClock

pytestmark = pytest.mark.usefixtures("parent_logger")

Process = Callable[..., None]


def test_a_worker_that_takes_over_asks_only_who_has_not_answered(
    process: Process,
    channel: RecordingChannel,
    jobs: JobStore,
    answers: AnswerStore,
    invoker: RecordingInvoker,
    clock: SettableClock,
) -> None:
    job = jobs.claim("job-1", "worker-1", LEASE, progress=10, message="Working.")
    answers.put(job, Answer(COST, "Cost analysis", "Costs rose, says the first worker.", ANSWERED, 1_000_030))
    job = jobs.record_step(job, LEASE, progress=52, message="One of two.", completed_agents=(COST,))
    clock.now = job.lease_until
    progress = [job.progress]
    channel.at_send = lambda _connection_id, _message: progress.append(stored_job(jobs).progress)
    process("worker-2")
    wires = channel.wires_to("connection-1")
    assert progress == sorted(progress)
    assert [agent for agent, _, _ in invoker.invoked] == [SAVINGS]
    assert [wire["progress"] for wire in wires if "progress" in wire] == [52, 90, 95]
    assert wires[2]["completed_agents"] == [COST, SAVINGS]
    assert "Costs rose, says the first worker." in wires[-1]["result"]["response"]
    assert stored_job(jobs).attempts == 2


def test_a_worker_that_takes_over_after_the_last_answer_asks_nobody(
    process: Process,
    channel: RecordingChannel,
    jobs: JobStore,
    answers: AnswerStore,
    bucket: ResultsBucket,
    invoker: RecordingInvoker,
    clock: SettableClock,
) -> None:
    whole = "A large answer.\n" * 10_000
    job = jobs.claim("job-1", "worker-1", LEASE, progress=10, message="Working.")
    answers.put(job, Answer(COST, "Cost analysis", whole, ANSWERED, 1_000_030))
    answers.put(job, Answer(SAVINGS, "Optimisation", "Delete the disk.", ANSWERED, 1_000_031))
    clock.now = job.lease_until
    process("worker-2")
    assert invoker.invoked == []
    assert channel.wires_to("connection-1")[-1]["type"] == "job_completed"
    # The whole text of the first worker's answer is in it, and not its first part alone.
    assert bucket.get(RESPONSE_KEY) == f"## Cost analysis\n\n{whole}\n\n## Optimisation\n\nDelete the disk."


@pytest.mark.parametrize("sent_last", ["progress_update", "analysis_started", "agent_completed"])
def test_a_job_that_is_ended_in_the_middle_is_left_and_nothing_more_is_sent(
    process: Process, channel: RecordingChannel, jobs: JobStore, jobs_table: Any, sent_last: str
) -> None:
    def cancel(_connection_id: str, message: Any) -> None:
        if message.to_wire()["type"] == sent_last:
            jobs_table.put_item(Item=a_job(status=CANCELLED, seq=50).to_item())

    channel.at_send = cancel
    with pytest.raises(JobEnded):
        process()
    assert channel.kinds_to("connection-1")[-1] == sent_last
    assert stored_job(jobs) == a_job(status=CANCELLED, seq=50)


def test_a_job_that_another_worker_has_taken_is_left_to_it(
    process: Process, channel: RecordingChannel, jobs: JobStore, clock: SettableClock
) -> None:
    def lose_the_lease(_connection_id: str, message: Any) -> None:
        if message.to_wire()["type"] == "analysis_started":
            clock.now = stored_job(jobs).lease_until
            jobs.claim("job-1", "worker-2", LEASE, progress=10, message="Working.")

    channel.at_send = lose_the_lease
    with pytest.raises(JobHeldElsewhere):
        process()
    assert channel.kinds_to("connection-1") == ["progress_update", "analysis_started"]
    assert stored_job(jobs).lease_owner == "worker-2"


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
