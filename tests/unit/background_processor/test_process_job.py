import threading
from collections.abc import Callable
from typing import Any

import pytest

from finops_websocket import metrics
from finops_websocket.answer_store import AnswerStore
from finops_websocket.client_channel import Delivery
from finops_websocket.errors import AgentFailed, AgentTimedOut, EndNotTold
from finops_websocket.job import COMPLETED, FAILED
from finops_websocket.job_store import JobStore
from finops_websocket.message_size import first_part
from finops_websocket.results_bucket import ResultsBucket
from unit.background_processor.recording_invoker import RecordingInvoker, after, fails, says
from unit.finops_websocket.embedded_metrics import Measurement, names
from unit.finops_websocket.recording_channel import RecordingChannel
from unit.finops_websocket.sample_jobs import COST, RESPONSE_KEY, SAVINGS, stored_job
from unit.finops_websocket.settable_clock import SettableClock

pytestmark = pytest.mark.usefixtures("parent_logger")

BROKEN, LATE = AgentFailed("It stopped with an error."), AgentTimedOut("It did not answer in time.")

Process = Callable[..., None]


def test_a_job_s_steps_are_sent_in_order(
    process: Process, channel: RecordingChannel, invoker: RecordingInvoker
) -> None:
    process()
    wires = channel.wires_to("connection-1")
    assert channel.kinds_to("connection-1") == [
        "progress_update",
        "analysis_started",
        "agent_completed",
        "agent_completed",
        "progress_update",
        "job_completed",
    ]
    assert [wire["seq"] for wire in wires] == [2, 3, 4, 5, 6, 7]
    assert [wire["progress"] for wire in wires if "progress" in wire] == [10, 52, 90, 95]
    assert wires[1]["agents"] == [COST, SAVINGS]
    assert [len(wire["completed_agents"]) for wire in wires[2:4]] == [1, 2]
    assert {wire["agent"]: wire["result"]["content"] for wire in wires[2:4]} == {
        COST: "Costs rose.",
        SAVINGS: "Delete the disk.",
    }
    assert sorted(invoker.invoked) == [
        (COST, "Why did my costs rise?", "job-1"),
        (SAVINGS, "Why did my costs rise?", "job-1"),
    ]


def test_each_step_is_stored_before_it_is_sent(
    process: Process, channel: RecordingChannel, jobs: JobStore, answers: AnswerStore
) -> None:
    seen = []

    def compare(_connection_id: str, message: Any) -> None:
        wire, job = message.to_wire(), stored_job(jobs)
        assert wire["seq"] == job.seq
        assert wire.get("progress", job.progress) == job.progress
        assert wire.get("status", job.status) == job.status
        if wire["type"] == "agent_completed":
            assert wire["completed_agents"] == list(job.completed_agents)
            assert answers.find(job)[wire["agent"]].content == wire["result"]["content"]
        seen.append(wire["type"])

    channel.at_send = compare
    process()
    assert seen[-1] == "job_completed"


def test_a_completed_job_is_stored_with_its_answer(process: Process, channel: RecordingChannel, jobs: JobStore) -> None:
    process()
    job = stored_job(jobs)
    assert (job.status, job.progress, job.partial, job.completed_agents[2:]) == (COMPLETED, 100, False, ())
    result = channel.wires_to("connection-1")[-1]["result"]
    assert result["response"] == "## Cost analysis\n\nCosts rose.\n\n## Optimisation\n\nDelete the disk."
    assert (result["partial"], result["agent"]) == (False, f"{COST}, {SAVINGS}")


def test_one_agent_s_failure_makes_the_answer_partial(
    process: Process, channel: RecordingChannel, jobs: JobStore, invoker: RecordingInvoker
) -> None:
    invoker.behaviours[COST] = fails(BROKEN)
    process()
    wires = channel.wires_to("connection-1")
    failed = next(wire for wire in wires if wire.get("agent") == COST)
    assert (failed["result"]["status"], failed["result"]["content"]) == ("failed", "It stopped with an error.")
    assert wires[-1]["result"]["partial"] is True
    assert wires[-1]["result"]["agent"] == SAVINGS
    assert wires[-1]["result"]["response"].endswith("Cost analysis: It stopped with an error.")
    assert stored_job(jobs).partial is True


@pytest.mark.parametrize(
    ("failures", "code"),
    [((BROKEN, BROKEN), "AGENTS_FAILED"), ((LATE, LATE), "TIMED_OUT"), ((LATE, BROKEN), "AGENTS_FAILED")],
)
def test_a_job_without_any_answer_has_failed(
    process: Process,
    channel: RecordingChannel,
    jobs: JobStore,
    invoker: RecordingInvoker,
    failures: tuple[AgentFailed, AgentFailed],
    code: str,
) -> None:
    invoker.behaviours = {COST: fails(failures[0]), SAVINGS: fails(failures[1])}
    process()
    end = channel.wires_to("connection-1")[-1]
    assert (end["type"], end["code"]) == ("job_failed", code)
    assert f"Cost analysis: {failures[0]}" in end["error"]
    assert f"Optimisation: {failures[1]}" in end["error"]
    assert (stored_job(jobs).status, stored_job(jobs).code, stored_job(jobs).error) == (FAILED, code, end["error"])


def test_while_agents_are_silent_progress_creeps_and_the_lease_is_renewed(
    process: Process,
    channel: RecordingChannel,
    jobs: JobStore,
    invoker: RecordingInvoker,
    clock: SettableClock,
    release: threading.Event,
) -> None:
    invoker.behaviours[SAVINGS] = after(release, says("Delete the disk."))
    leases = []

    def count_waits(_connection_id: str, message: Any) -> None:
        if message.to_wire().get("message") == "Waiting for Optimisation.":
            clock.now += 8
            leases.append(stored_job(jobs).lease_until)
            if len(leases) == 3:
                release.set()

    channel.at_send = count_waits
    process(heartbeat=0.01)
    assert leases[:3] == [leases[0], leases[0] + 8, leases[0] + 16]
    progress = [wire["progress"] for wire in channel.wires_to("connection-1") if "progress" in wire]
    assert progress == sorted(progress)
    assert channel.wires_to("connection-1")[-1]["result"]["partial"] is False


def test_at_the_deadline_what_is_there_is_delivered(
    process: Process,
    channel: RecordingChannel,
    invoker: RecordingInvoker,
    agents_clock: SettableClock,
    release: threading.Event,
) -> None:
    invoker.behaviours[SAVINGS] = after(release, says("Late."))

    def let_the_deadline_pass(_connection_id: str, message: Any) -> None:
        if message.to_wire()["type"] == "agent_completed":
            agents_clock.now += 300

    channel.at_send = let_the_deadline_pass
    process()
    result = channel.wires_to("connection-1")[-1]["result"]
    assert result["partial"] is True
    assert "Optimisation: It did not answer in time." in result["response"]


def test_a_large_answer_is_sent_as_its_first_part_with_a_link_to_the_whole(
    process: Process,
    channel: RecordingChannel,
    answers: AnswerStore,
    bucket: ResultsBucket,
    jobs: JobStore,
    invoker: RecordingInvoker,
) -> None:
    whole = '"Überblick" 😀\n' * 20_000
    invoker.behaviours[COST] = says(whole)
    process()
    wires = channel.wires_to("connection-1")
    part = next(wire for wire in wires if wire.get("agent") == COST)["result"]
    assert part["content"] == first_part(whole)
    assert f"jobs/job-1/{COST}.md" in part["responseUrl"]
    kept = answers.find(stored_job(jobs))[COST]
    assert answers.whole_content(stored_job(jobs), kept) == whole
    result = wires[-1]["result"]
    assert "jobs/job-1/response.md" in result["responseUrl"]
    assert bucket.get(RESPONSE_KEY) == f"## Cost analysis\n\n{whole}\n\n## Optimisation\n\nDelete the disk."
    assert bucket.get(RESPONSE_KEY).startswith(result["response"])


def test_answers_that_are_large_only_together_are_linked_only_together(
    process: Process, channel: RecordingChannel, bucket: ResultsBucket, invoker: RecordingInvoker
) -> None:
    invoker.behaviours = {COST: says("a" * 60_000), SAVINGS: says("b" * 60_000)}
    process()
    wires = channel.wires_to("connection-1")
    assert not any("responseUrl" in wire["result"] for wire in wires if wire["type"] == "agent_completed")
    assert "responseUrl" in wires[-1]["result"]
    assert bucket.get(RESPONSE_KEY).endswith("b" * 60_000)


def test_a_gone_follower_is_forgotten_and_the_others_are_served(
    process: Process, channel: RecordingChannel, jobs: JobStore
) -> None:
    jobs.follow("job-1", "user-1", "connection-2")
    channel.deliveries["connection-1"] = Delivery.GONE
    process()
    assert len(channel.to("connection-1")) == 1
    assert channel.kinds_to("connection-2")[-1] == "job_completed"


def test_who_begins_to_follow_in_the_middle_gets_the_rest(
    process: Process, channel: RecordingChannel, jobs: JobStore
) -> None:
    def follow(connection_id: str, message: Any) -> None:
        if message.to_wire()["type"] == "analysis_started" and connection_id == "connection-1":
            jobs.follow("job-1", "user-1", "connection-2")

    channel.at_send = follow
    process()
    assert channel.kinds_to("connection-2") == channel.kinds_to("connection-1")[2:]


@pytest.mark.parametrize("failure", [None, BROKEN])
def test_an_end_that_cannot_be_told_to_everybody_is_stored_and_known_to_be_untold(
    process: Process,
    channel: RecordingChannel,
    jobs: JobStore,
    invoker: RecordingInvoker,
    failure: AgentFailed | None,
) -> None:
    if failure is not None:
        invoker.behaviours = {COST: fails(failure), SAVINGS: fails(failure)}
    jobs.follow("job-1", "user-1", "connection-2")
    channel.deliveries["connection-2"] = Delivery.FAILED
    with pytest.raises(EndNotTold):
        process()
    job = stored_job(jobs)
    assert job.status == (COMPLETED if failure is None else FAILED)
    assert (job.followers, job.is_open) == ({"connection-2"}, True)


def test_a_step_that_cannot_be_sent_does_not_stop_the_job(
    process: Process, channel: RecordingChannel, jobs: JobStore
) -> None:
    def fail_but_for_the_end(_connection_id: str, message: Any) -> None:
        is_end = message.to_wire()["type"] == "job_completed"
        channel.deliveries["connection-1"] = Delivery.SENT if is_end else Delivery.FAILED

    channel.at_send = fail_but_for_the_end
    process()
    assert (stored_job(jobs).status, stored_job(jobs).followers) == (COMPLETED, frozenset())


def test_who_knows_the_end_follows_no_more(process: Process, channel: RecordingChannel, jobs: JobStore) -> None:
    jobs.follow("job-1", "user-1", "connection-2")
    channel.deliveries["connection-2"] = Delivery.GONE
    process()
    assert (stored_job(jobs).followers, stored_job(jobs).is_open) == (frozenset(), False)


@pytest.mark.parametrize(
    ("failing", "counted"),
    [
        ((), {metrics.JOBS_COMPLETED: 1, metrics.TIME_TO_ANSWER: 1}),
        ((COST,), {metrics.JOBS_COMPLETED: 1, metrics.TIME_TO_ANSWER: 1, metrics.PARTIAL_ANSWERS: 1}),
        ((COST, SAVINGS), {metrics.JOBS_FAILED: 1}),
    ],
)
def test_a_job_is_counted_and_measured_once_from_its_first_step_to_its_end(
    process: Process,
    invoker: RecordingInvoker,
    measured: Callable[[], list[Measurement]],
    failing: tuple[str, ...],
    counted: dict[str, int],
) -> None:
    for agent in failing:
        invoker.behaviours[agent] = fails(BROKEN)
    process()
    failures = {metrics.AGENT_FAILURES: len(failing)} if failing else {}
    assert names(measured()) == {metrics.TIME_TO_FIRST_PROGRESS: 1, metrics.AGENT_TIME: 2, **failures, **counted}
