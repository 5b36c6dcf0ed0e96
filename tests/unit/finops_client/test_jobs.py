from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from finops_client.events import (
    AgentCompleted,
    AnalysisStarted,
    JobCancelled,
    JobCompleted,
    JobEnd,
    JobEvent,
    JobFailed,
    JobQueued,
    JobSnapshot,
    ProgressUpdate,
)
from finops_client.job_view import JobView
from finops_client.jobs import Job
from unit.finops_client import protocol_messages as say

CLASSES = {
    kind.KIND: kind
    for kind in (
        JobQueued,
        ProgressUpdate,
        AnalysisStarted,
        AgentCompleted,
        JobCompleted,
        JobFailed,
        JobCancelled,
        JobSnapshot,
    )
}


def event(message: say.Message) -> JobEvent:
    return CLASSES[message["type"]].from_message(message)  # type: ignore[return-value]


WHOLE_JOB = [event(message) for message in say.WHOLE_JOB]


def accepted(*events: JobEvent) -> list[JobEvent]:
    job = Job("request-1")
    return [shown for one in events for shown in job.accept(one)]


def test_a_job_in_order_is_delivered_as_it_is() -> None:
    assert accepted(*WHOLE_JOB) == WHOLE_JOB


@given(st.lists(st.sampled_from(WHOLE_JOB), max_size=20))
def test_whatever_the_order_progress_never_falls_and_the_end_is_one_and_last(events: list[JobEvent]) -> None:
    shown = accepted(*events)
    progress = [one.progress for one in shown if not isinstance(one, AnalysisStarted | JobEnd)]
    assert progress == sorted(progress)
    ends = [one for one in shown if isinstance(one, JobEnd)]
    assert len(ends) == (1 if any(isinstance(one, JobEnd) for one in events) else 0)
    assert ends == shown[len(shown) - len(ends) :]


@given(st.permutations(WHOLE_JOB[:-1]))
def test_facts_come_through_in_any_order(events: list[JobEvent]) -> None:
    facts = [one for one in accepted(*events, WHOLE_JOB[-1]) if not isinstance(one, ProgressUpdate)]
    assert len(facts) == len(WHOLE_JOB) - 1


def test_stale_progress_is_dropped_and_a_stale_fact_shows_the_progress_reached() -> None:
    new = event(say.progress_update(progress=70, seq=9))
    stale = event(say.progress_update(progress=60, seq=8))
    late = event(say.agent_completed(progress=50, seq=4))
    shown = accepted(new, stale, late)
    assert [type(one) for one in shown] == [ProgressUpdate, AgentCompleted]
    assert shown[1].progress == 70  # type: ignore[union-attr]


def test_nothing_after_the_end_and_the_end_once() -> None:
    end = event(say.job_completed())
    assert accepted(end, end, event(say.progress_update(seq=99)), event(say.job_failed(seq=100))) == [end]


def test_a_snapshot_of_a_finished_job_brings_what_was_missed_and_its_end() -> None:
    snapshot = event(say.job_snapshot(status="completed", progress=100, result=say.job_result(), seq=6, updatedAt=6))
    shown = accepted(snapshot, *WHOLE_JOB[2:4], event(say.job_completed()))
    assert shown[0] == snapshot
    assert shown[-1] == event(say.job_completed())
    assert [type(one) for one in shown[1:-1]] == [AnalysisStarted, AgentCompleted]


def test_a_snapshot_that_is_not_newer_is_dropped_but_not_what_it_tells_of() -> None:
    started, progress = event(say.analysis_started()), event(say.progress_update(progress=60, seq=5))
    shown = accepted(started, progress, event(say.job_snapshot(seq=5)))
    assert [type(one) for one in shown] == [AnalysisStarted, ProgressUpdate, AgentCompleted]
    assert shown[2].progress == 60  # type: ignore[union-attr]
    assert accepted(*WHOLE_JOB[:4], event(say.job_snapshot(seq=4))) == WHOLE_JOB[:4]


def test_what_a_snapshot_has_told_is_not_delivered_again() -> None:
    snapshot = event(say.job_snapshot(seq=7))
    redraw = [event(say.analysis_started(seq=7)), event(say.agent_completed(seq=7))]
    shown = accepted(snapshot, *redraw, snapshot)
    assert [type(one) for one in shown] == [JobSnapshot, AnalysisStarted, AgentCompleted]


def test_a_refusal_of_what_was_acknowledged_ends_nothing() -> None:
    refused = event(say.job_refused(code="INTERNAL"))
    assert accepted(WHOLE_JOB[0], refused, *WHOLE_JOB[1:]) == WHOLE_JOB
    assert accepted(refused) == [refused]


def test_a_job_that_the_server_no_longer_has_may_come_again() -> None:
    job = Job("request-1")
    job.accept(WHOLE_JOB[0])
    job.accept(WHOLE_JOB[1])
    job.forget()
    assert not job.acknowledged
    assert [one.progress for one in job.accept(WHOLE_JOB[0])] == [20]  # type: ignore[union-attr]


def test_another_job_for_the_same_question_begins_its_seq_anew_but_shows_no_less_progress() -> None:
    first = [event(say.job_queued()), event(say.progress_update(progress=60, seq=9))]
    second = [event(say.job_queued(jobId="job-2")), event(say.progress_update(jobId="job-2", progress=10, seq=2))]
    shown = accepted(*first, *second)
    assert [one.progress for one in shown] == [5, 60, 60, 60]  # type: ignore[union-attr]


@st.composite
def histories(draw: st.DrawFn) -> list[say.Message]:
    """What a server says of one job: its steps, and at any point its state and the redraw, then its end."""
    state = say.job_snapshot(status="queued", progress=5, completed_agents=[], results=[], seq=1)
    said = [say.job_queued()]
    unanswered = list(say.AGENTS)
    for step in draw(st.lists(st.sampled_from(["claim", "start", "agent", "progress"]), min_size=1, max_size=9)):
        state = state | {"status": "processing", "seq": state["seq"] + 1, "progress": min(95, state["progress"] + 9)}
        now = {"seq": state["seq"], "progress": state["progress"]}
        if step == "agent" and unanswered:
            agent = unanswered.pop(draw(st.integers(0, len(unanswered) - 1)))
            result = say.agent_result(agent=agent, status=draw(st.sampled_from(["completed", "failed"])))
            state["completed_agents"] = [*state["completed_agents"], agent]
            state["results"] = [*state["results"], result]
            said.append(
                say.agent_completed(agent=agent, result=result, completed_agents=state["completed_agents"], **now)
            )
        elif step == "start":
            said.append(say.analysis_started(seq=now["seq"]))
        else:
            said.append(say.progress_update(**now))
        if draw(st.booleans()):
            said += redraw_of(state)
    return [*said, *end_of(state, draw(st.sampled_from(["completed", "failed", "cancelled"])))]


def redraw_of(state: say.Message) -> list[say.Message]:
    redrawn = {"seq": state["seq"], "progress": state["progress"], "completed_agents": state["completed_agents"]}
    results = [say.agent_completed(agent=one["agent"], result=one, **redrawn) for one in state["results"]]
    return [state, say.analysis_started(seq=state["seq"]), *results]


def end_of(state: say.Message, status: str) -> list[say.Message]:
    seq = state["seq"] + 1
    ends = {
        "completed": (say.job_completed(seq=seq), {"progress": 100, "result": say.job_result()}),
        "failed": (say.job_failed(seq=seq), {"error": "All agents failed.", "code": "AGENTS_FAILED"}),
        "cancelled": (say.job_cancelled(seq=seq), {}),
    }
    end, fields = ends[status]
    return [end, {**state, "status": status, "seq": seq, **fields}]


@given(st.data())
def test_whatever_comes_in_whatever_order_and_then_a_resume_is_one_story(data: Any) -> None:
    history = data.draw(histories())
    *before, last = [event(message) for message in history]
    arrived = data.draw(st.lists(st.sampled_from(before), max_size=40)) if before else []
    arrived = [one for one in arrived if not isinstance(one, JobEnd)] if data.draw(st.booleans()) else arrived
    shown = accepted(*arrived, last)
    assert [isinstance(one, JobEnd) for one in shown] == [False] * (len(shown) - 1) + [True]
    assert type(shown[-1]) is type(accepted(last)[-1])
    agents = [one.agent for one in shown if isinstance(one, AgentCompleted)]
    assert len(agents) == len(set(agents))
    if not any(isinstance(one, JobEnd) for one in arrived):
        assert set(agents) == {result["agent"] for result in history[-1]["results"]}
    assert sum(isinstance(one, AnalysisStarted) for one in shown) <= 1
    states = [one.seq for one in shown if isinstance(one, ProgressUpdate | JobSnapshot)]
    assert states == sorted(set(states))
    view, percents = JobView(), []
    for one in shown:
        view.apply(one)
        percents.append(view.percent)
    assert percents == sorted(percents)
