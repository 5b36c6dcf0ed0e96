"""A job's way through a worker: each step is stored, then sent, to its end."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from background_processor import process_job as steps
from background_processor.process_job import progress_after, progress_while_waiting, serve_queued_job
from finops_websocket import metrics
from finops_websocket.connections.channel import Posted
from finops_websocket.errors import AgentFailed, AgentTimedOut, EndNotTold
from finops_websocket.jobs.job import CANCELLED, COMPLETED, FAILED, PROCESSING
from finops_websocket.wire.server_messages import ServerMessage
from finops_websocket.wire.size import first_part
from unit.doubles.all_services import AllServices
from unit.doubles.embedded_metrics import Measurement, names
from unit.doubles.sample_jobs import COST, LEASE, SAVINGS, store, stored
from unit.doubles.sample_messages import a_message
from unit.doubles.scripted_agents import ScriptedAgents, after, fails, says

BROKEN, LATE = AgentFailed("It stopped with an error."), AgentTimedOut("It did not answer in time.")
RESPONSE = "## Cost analysis\n\nCosts rose.\n\n## Optimisation\n\nDelete the disk."

KINDS = [
    "progress_update",
    "analysis_started",
    "agent_completed",
    "agent_completed",
    "progress_update",
    "job_completed",
]


@pytest.fixture(autouse=True)
def queued(services: AllServices) -> None:
    store(services.jobs)


@pytest.fixture
def release() -> Iterator[threading.Event]:
    """What silent agents wait for; it happens at the test's end at the latest."""
    event = threading.Event()
    yield event
    event.set()


@pytest.fixture
def restless(services: AllServices) -> AllServices:
    """The services with a heartbeat that comes at once."""
    return replace(services, agents=ScriptedAgents(heartbeat=0.01))


def serve(services: AllServices, worker: str = "worker-1") -> None:
    serve_queued_job(services, a_message(services), worker, 300)


def test_a_job_s_steps_are_stored_and_then_sent_in_order(services: AllServices) -> None:
    def compare(_connection_id: str, message: ServerMessage) -> None:
        told, job = message.to_wire(), stored(services.jobs)
        assert told["seq"] == job.seq
        assert told.get("progress", job.progress) == job.progress
        assert told.get("status", job.status) == job.status
        if message.kind[1] == "agent_completed":
            assert told["completed_agents"] == job.completed_agents
            assert services.answers.find(job)[told["agent"]].content == told["result"].content

    services.channel.at_send = compare
    serve(services)
    sent = services.channel.to("connection-1")
    assert services.channel.kinds_to("connection-1") == KINDS
    assert [each["seq"] for each in sent] == [2, 3, 4, 5, 6, 7]
    assert [each["progress"] for each in sent if "progress" in each] == [10, 52, 90, 95]
    assert sent[1]["agents"] == [COST, SAVINGS]
    contents = {each["agent"]: each["result"]["content"] for each in sent[2:4]}
    assert contents == {COST: "Costs rose.", SAVINGS: "Delete the disk."}
    assert sorted(services.agents.invoked) == [(agent, "Why did my costs rise?", "job-1") for agent in (COST, SAVINGS)]
    result = sent[-1]["result"]
    assert (result["response"], result["partial"], result["agent"]) == (RESPONSE, False, f"{COST}, {SAVINGS}")
    job = stored(services.jobs)
    assert (job.status, job.progress, job.partial, job.followers, job.is_open) == (
        *(COMPLETED, 100, False),
        *(frozenset(), False),
    )
    assert (job.lease_owner, job.lease_message) == ("worker-1", "message-1")


@pytest.mark.parametrize("mishap", [BROKEN, LATE])
def test_one_agent_s_failure_makes_the_answer_partial(services: AllServices, mishap: AgentFailed) -> None:
    services.agents.behaviours[COST] = fails(mishap)
    serve(services)
    sent = services.channel.to("connection-1")
    [failed] = [each["result"] for each in sent if each.get("agent") == COST]
    assert (failed["status"], failed["content"]) == ("failed", str(mishap))
    assert (sent[-1]["result"]["partial"], sent[-1]["result"]["agent"]) == (True, SAVINGS)
    assert sent[-1]["result"]["response"].endswith(f"Cost analysis: {mishap}")
    assert stored(services.jobs).partial


@pytest.mark.parametrize(
    ("failures", "code"),
    [((BROKEN, BROKEN), "AGENTS_FAILED"), ((LATE, LATE), "TIMED_OUT"), ((LATE, BROKEN), "AGENTS_FAILED")],
)
def test_a_job_without_any_answer_has_failed(
    services: AllServices, failures: tuple[AgentFailed, AgentFailed], code: str
) -> None:
    services.agents.behaviours = {COST: fails(failures[0]), SAVINGS: fails(failures[1])}
    serve(services)
    end = services.channel.to("connection-1")[-1]
    assert (end["type"], end["code"]) == ("job_failed", code)
    assert f"Cost analysis: {failures[0]}" in end["error"]
    assert f"Optimisation: {failures[1]}" in end["error"]
    job = stored(services.jobs)
    assert (job.status, job.code, job.error) == (FAILED, code, end["error"])


def test_while_agents_are_silent_progress_creeps_and_lease_and_message_are_renewed(
    restless: AllServices, release: threading.Event
) -> None:
    services = restless
    services.agents.behaviours[SAVINGS] = after(release, says("Delete the disk."))
    noted: list[tuple[float, int]] = []
    waits: list[int] = []

    def note(_connection_id: str, message: ServerMessage) -> None:
        job = stored(services.jobs)
        if not job.is_finished:
            noted.append((services.sqs.seen_again_at, job.lease_until))
            assert job.lease_until == services.clock.now + LEASE
        if job.message == "Waiting for Optimisation.":
            waits.append(job.progress)
        if len(noted) == 12:
            release.set()
        services.clock.now += 13

    services.channel.at_send = note
    serve(services)
    assert len(set(waits)) > 5
    assert max(waits) < progress_after(2, 2)
    progress = [each["progress"] for each in services.channel.to("connection-1") if "progress" in each]
    assert progress == sorted(progress)
    assert services.channel.to("connection-1")[-1]["result"]["partial"] is False
    # A message that comes back before its lease is over uses up one of the queue's three deliveries for nothing.
    assert all(hidden_until > held_until for hidden_until, held_until in noted)
    # And not with each step: a third of the lease is four steps long.
    assert len(services.sqs.hidden_for) < len(noted) / 2


def test_at_the_deadline_what_is_there_is_delivered(services: AllServices, release: threading.Event) -> None:
    services.agents.behaviours[SAVINGS] = after(release, says("Late."))

    def let_the_deadline_pass(_connection_id: str, message: ServerMessage) -> None:
        if message.kind[1] == "agent_completed":
            services.agents.clock.now += 300

    services.channel.at_send = let_the_deadline_pass
    serve(services)
    result = services.channel.to("connection-1")[-1]["result"]
    assert result["partial"] is True
    assert "Optimisation: It did not answer in time." in result["response"]


@pytest.mark.parametrize(
    ("texts", "is_linked"),
    [(('"Überblick" 😀\n' * 20_000, "b"), True), (("a" * 60_000, "b" * 60_000), False)],
    ids=["large by itself", "large together"],
)
def test_what_is_too_large_is_sent_as_its_first_part_with_a_link_to_the_whole(
    services: AllServices, s3: Any, bucket_name: str, texts: tuple[str, str], is_linked: bool
) -> None:
    services.agents.behaviours = {COST: says(texts[0]), SAVINGS: says(texts[1])}
    serve(services)
    sent = services.channel.to("connection-1")
    parts = {each["agent"]: each["result"] for each in sent if each["type"] == "agent_completed"}
    kept = {
        each["Key"]: s3.get_object(Bucket=bucket_name, Key=each["Key"])["Body"].read().decode()
        for each in s3.list_objects_v2(Bucket=bucket_name)["Contents"]
    }
    assert (f"jobs/job-1/{COST}.md" in str(parts[COST].get("responseUrl"))) is is_linked
    assert kept.get(f"jobs/job-1/{COST}.md", texts[0]) == texts[0]
    assert parts[COST]["content"] == first_part(texts[0])
    assert "responseUrl" not in parts[SAVINGS]
    response = kept["jobs/job-1/response.md"]
    assert response == f"## Cost analysis\n\n{texts[0]}\n\n## Optimisation\n\n{texts[1]}"
    assert "jobs/job-1/response.md" in sent[-1]["result"]["responseUrl"]
    assert response.startswith(sent[-1]["result"]["response"])


def test_followers_come_and_go_and_a_step_that_cannot_be_sent_does_not_stop_the_job(services: AllServices) -> None:
    services.jobs.follow("job-1", "user-1", "gone")
    services.channel.results["gone"] = Posted.GONE

    def act(connection_id: str, message: ServerMessage) -> None:
        services.channel.results["connection-1"] = Posted.SENT if message.kind[1] == KINDS[-1] else Posted.FAILED
        if message.kind[1] == "analysis_started" and connection_id == "connection-1":
            services.jobs.follow("job-1", "user-1", "late")

    services.channel.at_send = act
    serve(services)
    assert services.channel.kinds_to("connection-1") == KINDS
    assert services.channel.kinds_to("gone") == KINDS[:1]
    assert services.channel.kinds_to("late") == KINDS[2:]
    assert (stored(services.jobs).followers, stored(services.jobs).is_open) == (frozenset(), False)


@pytest.mark.parametrize("end", [COMPLETED, FAILED, CANCELLED])
def test_an_end_that_could_not_be_told_is_told_on_the_next_delivery_to_those_who_are_left(
    services: AllServices, measured: Callable[[], list[Measurement]], end: str
) -> None:
    services.jobs.follow("job-1", "user-1", "connection-2")
    services.channel.results["connection-2"] = Posted.FAILED
    if end == FAILED:
        services.agents.behaviours = dict.fromkeys((COST, SAVINGS), fails(BROKEN))
    if end == CANCELLED:
        services.jobs.cancel("job-1", "user-1")
    with pytest.raises(EndNotTold):
        serve(services)
    assert services.sqs.hidden_for[-1] == 5
    assert (stored(services.jobs).status, stored(services.jobs).followers) == (end, {"connection-2"})
    asked, told = services.agents.asked(), services.channel.to("connection-1")[-1]
    services.channel.sent.clear()
    with pytest.raises(EndNotTold):
        serve(services, "worker-2")
    services.channel.results["connection-2"] = Posted.SENT
    for worker in ("worker-3", "worker-4"):
        serve(services, worker)
    assert services.channel.to("connection-2") == [told, told]
    assert len(services.channel.sent) == 2
    assert services.agents.asked() == asked
    assert not stored(services.jobs).is_open
    counted = names(measured())
    assert counted[metrics.JOBS_COMPLETED] + counted[metrics.JOBS_FAILED] + counted[metrics.JOBS_CANCELLED] == 1


@pytest.mark.parametrize("sent_last", ["progress_update", "analysis_started", "agent_completed"])
def test_a_job_that_is_cancelled_in_the_middle_sends_nothing_more_but_that(
    services: AllServices, sent_last: str
) -> None:
    def cancel(_connection_id: str, message: ServerMessage) -> None:
        if message.kind[1] == sent_last:
            services.jobs.cancel("job-1", "user-1")

    services.channel.at_send = cancel
    serve(services)
    assert services.channel.kinds_to("connection-1")[-2:] == [sent_last, "job_cancelled"]
    job = stored(services.jobs)
    assert (job.status, job.is_open) == (CANCELLED, False)


def test_a_job_that_is_cancelled_while_its_agents_work_keeps_nothing_that_they_say(
    restless: AllServices, release: threading.Event
) -> None:
    services = restless
    services.agents.behaviours = dict.fromkeys((COST, SAVINGS), after(release, says("Too late.")))

    def cancel_before_a_heartbeat(_connection_id: str, message: ServerMessage) -> None:
        if message.kind[1] == "analysis_started":
            services.jobs.cancel("job-1", "user-1")

    services.channel.at_send = cancel_before_a_heartbeat
    serve(services)
    # Agents that are throttled, or not begun, learn that nobody waits for them.
    assert all(stopped.is_set() for stopped in services.agents.stopped)
    release.set()
    assert services.channel.kinds_to("connection-1") == ["progress_update", "analysis_started", "job_cancelled"]
    assert services.answers.find(stored(services.jobs)) == {}


def test_what_nobody_expected_leaves_the_job_and_its_hidden_message_to_the_next_worker(services: AllServices) -> None:
    services.agents.behaviours = dict.fromkeys((COST, SAVINGS), fails(RuntimeError("a bug")))
    with pytest.raises(RuntimeError):
        serve(services)
    assert stored(services.jobs).status == PROCESSING
    assert services.channel.kinds_to("connection-1") == ["progress_update", "analysis_started"]
    assert services.sqs.hidden_for == [LEASE + LEASE // 3 + 1]


# The contract takes at most 10 agents for a question.
@given(asked=st.integers(1, 10), events=st.lists(st.booleans(), max_size=200))
def test_over_any_order_of_heartbeats_and_answers_progress_never_falls_and_stays_in_bounds(
    asked: int, events: list[bool]
) -> None:
    reached = [steps.CLAIMED, steps.ASKING]
    answered = 0
    for is_answer in events:
        if answered == asked:
            break
        if is_answer:
            answered += 1
            # As the processor does: a heartbeat may have gone ahead of the share.
            reached.append(max(reached[-1], progress_after(answered, asked)))
        else:
            reached.append(progress_while_waiting(reached[-1], answered, asked))
            assert reached[-1] < progress_after(answered + 1, asked)
    reached += [steps.COMPOSING, 100]
    assert reached == sorted(reached)
