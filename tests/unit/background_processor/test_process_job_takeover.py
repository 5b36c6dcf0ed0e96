"""process_job when one worker dies in the middle and another takes its job over."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from finops_websocket.answer_store import COMPLETED as ANSWERED
from finops_websocket.answer_store import FAILED as ANSWER_FAILED
from finops_websocket.answer_store import Answer, AnswerStore
from finops_websocket.errors import AgentTimedOut
from finops_websocket.job import COMPLETED, FAILED, Job
from finops_websocket.job_lease import JobLease
from finops_websocket.results_bucket import ResultsBucket
from unit.background_processor.crashes import AFTER, BEFORE, Crash, calls_to
from unit.background_processor.recording_invoker import RecordingInvoker, fails
from unit.background_processor.recording_sqs import RecordingSqs
from unit.finops_websocket.recording_channel import RecordingChannel
from unit.finops_websocket.sample_jobs import COST, LEASE, RESPONSE_KEY, SAVINGS, a_job, stored_job
from unit.finops_websocket.settable_clock import SettableClock
from unit.finops_websocket.submitting_job_store import SubmittingJobStore

pytestmark = pytest.mark.usefixtures("parent_logger")

Process = Callable[..., None]

# What a job's way costs in calls to DynamoDB, and so where a worker can die.
CALLS = (
    *("GetItem", "UpdateItem"),  # claimed
    "UpdateItem",  # agents asked
    *("PutItem", "UpdateItem") * 2,  # an answer, and that it is there
    *("UpdateItem", "UpdateItem"),  # putting the answer together, and the end
    "UpdateItem",  # the followers know the end
)
LAST_CALL = len(CALLS) - 1

COST_ANSWER = Answer(COST, "Cost analysis", "Costs rose, says the first worker.", ANSWERED, 1_000_030)
SAVINGS_ANSWER = Answer(SAVINGS, "Optimisation", "Delete the disk.", ANSWERED, 1_000_031)


@pytest.fixture
def claimed(process: Process, leases: JobLease) -> Job:
    """The job, which `process` has stored, in the hands of worker-1, which is about to die."""
    return leases.claim("job-1", "worker-1", "message-1", progress=10, message="Working.")


def die(job: Job, clock: SettableClock) -> None:
    """Let so much time pass that a job's lease has run out."""
    clock.now = job.lease_until


def test_a_job_takes_these_calls(jobs: SubmittingJobStore, jobs_table: Any, serve: Process) -> None:
    jobs.submit(a_job())
    with calls_to(jobs_table.meta.client) as operations:
        serve()
    assert tuple(operations) == CALLS


@pytest.mark.parametrize("moment", [BEFORE, AFTER])
@pytest.mark.parametrize("call", range(len(CALLS)), ids=lambda call: f"{call}-{CALLS[call]}")
def test_wherever_a_worker_dies_the_next_one_ends_the_job(
    jobs: SubmittingJobStore,
    answers: AnswerStore,
    jobs_table: Any,
    serve: Process,
    invoker: RecordingInvoker,
    channel: RecordingChannel,
    clock: SettableClock,
    moment: str,
    call: int,
) -> None:
    jobs.submit(a_job())
    with calls_to(jobs_table.meta.client, moment, call), pytest.raises(Crash):
        serve("worker-1")
    left = stored_job(jobs)
    unanswered = set() if left.is_finished else {COST, SAVINGS} - set(answers.find(left))
    asked_before, sent_before = len(invoker.invoked), len(channel.sent)
    clock.now += LEASE
    serve("worker-2")

    assert sorted(agent for agent, _, _ in invoker.invoked[asked_before:]) == sorted(unanswered)
    job = stored_job(jobs)
    assert (job.status, job.progress, job.partial, sorted(job.completed_agents)) == (
        *(COMPLETED, 100, False),
        [COST, SAVINGS],
    )
    assert (job.followers, job.is_open) == (frozenset(), False)
    wires = channel.wires_to("connection-1")
    assert_in_order(wires)
    assert wires[-1]["result"]["response"] == "## Cost analysis\n\nCosts rose.\n\n## Optimisation\n\nDelete the disk."
    # A worker that dies between the end it sent and its note of that leaves the next one no choice.
    end_is_repeated = (moment, call) == (BEFORE, LAST_CALL)
    assert [wire["type"] for wire in wires].count("job_completed") == (2 if end_is_repeated else 1)
    # A step that was stored may not have been sent, so the next worker tells every answer, each once.
    assert {wire["agent"] for wire in wires if wire["type"] == "agent_completed"} == {COST, SAVINGS}
    told_again = [wire["agent"] for wire in wires[sent_before:] if wire["type"] == "agent_completed"]
    assert sorted(told_again) == ([] if left.is_finished else [COST, SAVINGS])


@pytest.mark.parametrize("call", range(len(CALLS)), ids=lambda call: f"{call}-{CALLS[call]}")
def test_wherever_a_worker_dies_its_message_is_seen_again_when_its_lease_is_over(
    jobs: SubmittingJobStore,
    jobs_table: Any,
    serve: Process,
    channel: RecordingChannel,
    recording_sqs: RecordingSqs,
    clock: SettableClock,
    call: int,
) -> None:
    jobs.submit(a_job())

    def take_long(_connection_id: str, _message: Any) -> None:
        # Longer than a third of the lease, so that each step hides the message anew.
        clock.now += LEASE / 2

    channel.at_send = take_long
    with calls_to(jobs_table.meta.client, AFTER, call), pytest.raises(Crash):
        serve("worker-1")
    assert recording_sqs.seen_again_at > stored_job(jobs).lease_until


def assert_in_order(wires: list[dict[str, Any]]) -> None:
    """Fail if a job's messages go back in anything, say two things under one seq, or count an agent twice."""
    by_seq = {wire["seq"]: wire for wire in wires}
    assert [wire["seq"] for wire in wires] == sorted(wire["seq"] for wire in wires)
    assert all(by_seq[wire["seq"]] == wire for wire in wires)
    for rising in ("progress", "completed_agents"):
        sizes = [wire[rising] if rising == "progress" else len(wire[rising]) for wire in wires if rising in wire]
        assert sizes == sorted(sizes)
    assert all(wire.get("progress", 0) <= 100 for wire in wires)
    told = [wire["completed_agents"] for wire in wires if "completed_agents" in wire]
    assert all(len(agents) == len(set(agents)) for agents in told)
    assert wires[-1]["type"] == "job_completed"


def test_an_answer_that_was_stored_and_not_announced_is_announced_by_the_next_worker(
    process: Process,
    claimed: Job,
    channel: RecordingChannel,
    answers: AnswerStore,
    invoker: RecordingInvoker,
    clock: SettableClock,
) -> None:
    answers.put(claimed, COST_ANSWER)
    die(claimed, clock)
    process("worker-2")
    assert invoker.agents() == [SAVINGS]
    wires = channel.wires_to("connection-1")
    assert [(wire["type"], wire.get("agent"), wire.get("completed_agents")) for wire in wires[1:4]] == [
        ("analysis_started", None, None),
        ("agent_completed", COST, [COST]),
        ("agent_completed", SAVINGS, [COST, SAVINGS]),
    ]
    assert wires[2]["result"]["content"] == COST_ANSWER.content
    assert COST_ANSWER.content in wires[-1]["result"]["response"]


def test_an_answer_that_was_announced_is_announced_again_in_a_step_of_its_own(
    process: Process,
    claimed: Job,
    leases: JobLease,
    channel: RecordingChannel,
    jobs: SubmittingJobStore,
    answers: AnswerStore,
    invoker: RecordingInvoker,
    clock: SettableClock,
) -> None:
    answers.put(claimed, COST_ANSWER)
    job = leases.record_step(claimed, progress=52, message="One of two.", completed_agents=(COST,))
    die(job, clock)
    progress = [job.progress]
    channel.at_send = lambda _connection_id, _message: progress.append(stored_job(jobs).progress)
    process("worker-2")
    wires = channel.wires_to("connection-1")
    assert progress == sorted(progress)
    assert invoker.agents() == [SAVINGS]
    # The first worker may have died before it could send its own.
    assert [wire["seq"] for wire in wires] == [job.seq + step for step in range(1, 7)]
    assert [wire["progress"] for wire in wires if "progress" in wire] == [52, 52, 90, 95]
    assert [(wire["agent"], wire["completed_agents"]) for wire in wires if "completed_agents" in wire] == [
        (COST, [COST]),
        (SAVINGS, [COST, SAVINGS]),
    ]
    assert wires[2]["result"]["content"] == COST_ANSWER.content
    assert COST_ANSWER.content in wires[-1]["result"]["response"]
    assert stored_job(jobs).attempts == 2


@pytest.mark.parametrize("announced", [(), (COST,), (SAVINGS,), (COST, SAVINGS)])
def test_a_worker_that_takes_over_after_the_last_answer_asks_nobody_and_announces_both(
    process: Process,
    claimed: Job,
    leases: JobLease,
    channel: RecordingChannel,
    answers: AnswerStore,
    bucket: ResultsBucket,
    invoker: RecordingInvoker,
    clock: SettableClock,
    announced: tuple[str, ...],
) -> None:
    whole = "A large answer.\n" * 10_000
    answers.put(claimed, Answer(COST, "Cost analysis", whole, ANSWERED, 1_000_030))
    answers.put(claimed, SAVINGS_ANSWER)
    die(leases.record_step(claimed, progress=15, message="Asking.", completed_agents=announced), clock)
    process("worker-2")
    assert invoker.invoked == []
    assert channel.kinds_to("connection-1") == [
        "progress_update",
        "analysis_started",
        "agent_completed",
        "agent_completed",
        "progress_update",
        "job_completed",
    ]
    wires = channel.wires_to("connection-1")
    assert [wire["agent"] for wire in wires[2:4]] == [COST, SAVINGS]
    assert f"jobs/job-1/{COST}.md" in wires[2]["result"]["responseUrl"]
    assert sorted(wires[3]["completed_agents"]) == [COST, SAVINGS]
    assert_in_order(wires)
    # The whole text of the first worker's answer is in it, and not its first part alone.
    assert bucket.get(RESPONSE_KEY) == f"## Cost analysis\n\n{whole}\n\n## Optimisation\n\nDelete the disk."


def test_an_agent_that_failed_is_not_asked_again_by_the_next_worker(
    process: Process,
    claimed: Job,
    channel: RecordingChannel,
    answers: AnswerStore,
    invoker: RecordingInvoker,
    clock: SettableClock,
) -> None:
    answers.put(claimed, replace(COST_ANSWER, content="It stopped with an error.", status=ANSWER_FAILED))
    die(claimed, clock)
    process("worker-2")
    assert invoker.agents() == [SAVINGS]
    assert channel.wires_to("connection-1")[-1]["result"]["partial"] is True


@pytest.mark.parametrize(("timed_out", "code"), [(True, "TIMED_OUT"), (False, "AGENTS_FAILED")])
def test_a_job_whose_agents_all_timed_out_has_timed_out_whoever_waited_for_them(
    process: Process,
    claimed: Job,
    channel: RecordingChannel,
    jobs: SubmittingJobStore,
    answers: AnswerStore,
    invoker: RecordingInvoker,
    clock: SettableClock,
    timed_out: bool,
    code: str,
) -> None:
    answers.put(claimed, replace(COST_ANSWER, content="Late.", status=ANSWER_FAILED, timed_out=timed_out))
    invoker.behaviours[SAVINGS] = fails(AgentTimedOut("It did not answer in time."))
    die(claimed, clock)
    process("worker-2")
    assert channel.wires_to("connection-1")[-1]["code"] == code
    assert (stored_job(jobs).status, stored_job(jobs).code) == (FAILED, code)


def test_an_answer_that_was_announced_and_then_deleted_is_asked_for_again(
    process: Process,
    claimed: Job,
    leases: JobLease,
    channel: RecordingChannel,
    jobs: SubmittingJobStore,
    invoker: RecordingInvoker,
    clock: SettableClock,
) -> None:
    # DynamoDB's TTL deletes items one by one.
    job = leases.record_step(claimed, progress=52, message="One of two.", completed_agents=(COST,))
    die(job, clock)
    process("worker-2")
    assert invoker.agents() == [COST, SAVINGS]
    assert sorted(stored_job(jobs).completed_agents) == [COST, SAVINGS]
    assert_in_order(channel.wires_to("connection-1"))
