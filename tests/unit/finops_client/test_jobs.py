"""Which events of a job its caller gets to see, in whatever order they come."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finops_client.display import JobView
from finops_client.events import (
    AgentCompleted,
    AnalysisStarted,
    JobEnd,
    JobEvent,
    JobSnapshot,
    ProgressUpdate,
    parse_event,
)
from finops_client.jobs import Job
from unit.finops_client import protocol_messages as say
from unit.finops_client.quick_client import kinds_of


def event(message: say.Message) -> JobEvent:
    parsed = parse_event(json.dumps(message))
    assert isinstance(parsed, JobEvent)
    return parsed


WHOLE_JOB = [event(message) for message in say.WHOLE_JOB]


def accepted(*events: JobEvent) -> list[JobEvent]:
    job = Job("request-1")
    return [shown for one in events for shown in job.accept(one)]


@given(st.permutations(WHOLE_JOB[:-1]))
def test_facts_come_through_in_any_order(events: list[JobEvent]) -> None:
    facts = [one for one in accepted(*events, WHOLE_JOB[-1]) if not isinstance(one, ProgressUpdate)]
    assert len(facts) == len(WHOLE_JOB) - 1


def test_a_snapshot_that_is_not_newer_is_dropped_but_not_what_it_tells_of() -> None:
    started, progress = event(say.analysis_started()), event(say.progress_update(progress=60, seq=5))
    shown = accepted(started, progress, event(say.job_snapshot(seq=5)))
    assert kinds_of(shown) == ["AnalysisStarted", "ProgressUpdate", "AgentCompleted"]
    assert accepted(*WHOLE_JOB[:4], event(say.job_snapshot(seq=4))) == WHOLE_JOB[:4]


def test_a_job_that_the_server_no_longer_has_may_come_again_and_shows_no_less_progress() -> None:
    job = Job("request-1")
    first = [event(say.job_queued()), event(say.progress_update(progress=60, seq=9))]
    second = [event(say.job_queued(jobId="job-2")), event(say.progress_update(jobId="job-2", progress=10, seq=2))]
    shown = [one for message in first for one in job.accept(message)]
    job.begin(None)
    assert not job.acknowledged
    shown += [one for message in second for one in job.accept(message)]
    assert [one.progress for one in shown] == [5, 60, 60, 60]  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("fields", "end"),
    [
        ({"status": "completed", "result": say.job_result()}, say.job_completed(timestamp=4, seq=4)),
        ({"status": "cancelled"}, say.job_cancelled(timestamp=4, seq=4)),
        ({"status": "failed", "error": "No.", "code": "TIMED_OUT"}, say.job_failed(error="No.", code="TIMED_OUT")),
    ],
)
def test_a_snapshot_of_a_finished_job_brings_what_was_missed_and_its_end(fields: Any, end: Any) -> None:
    snapshot = event(say.job_snapshot(**fields))
    expected = [
        event(say.analysis_started(seq=4)),
        event(say.agent_completed()),
        event(end | {"timestamp": 4, "seq": 4}),
    ]
    assert accepted(snapshot, event(say.agent_completed()), event(say.job_completed())) == [snapshot, *expected]


@pytest.mark.parametrize("status", ["queued", "cancelled"])
def test_a_job_that_was_never_taken_up_has_not_started(status: str) -> None:
    shown = accepted(event(say.job_snapshot(status=status, results=[], completed_agents=[])))
    assert "AnalysisStarted" not in kinds_of(shown)


def history(status: str) -> list[say.Message]:
    """A job: its steps, after each of them its state and what a server redraws, then its end, once more as a state."""
    state = say.job_snapshot(completed_agents=[], results=[])
    said = [say.job_queued()]
    for step in say.WHOLE_JOB[1:-1]:
        state = state | {name: step[name] for name in ("seq", "progress", "completed_agents") if name in step}
        state["results"] = [*state["results"], step["result"]] if "result" in step else state["results"]
        redrawn = {name: state[name] for name in ("seq", "progress", "completed_agents")}
        results = [say.agent_completed(agent=one["agent"], result=one, **redrawn) for one in state["results"]]
        said += [step, state, say.analysis_started(seq=state["seq"]), *results]
    end, fields = {
        "completed": (say.job_completed(), {"progress": 100, "result": say.job_result()}),
        "failed": (say.job_failed(), {"error": "All agents failed.", "code": "AGENTS_FAILED"}),
        "cancelled": (say.job_cancelled(), {}),
    }[status]
    return [*said, end, state | {"status": status, "seq": 6} | fields]


@pytest.mark.parametrize("status", ["completed", "failed", "cancelled"])
@given(st.data())
def test_whatever_comes_in_whatever_order_and_then_a_resume_is_one_story(status: str, data: Any) -> None:
    *before, last = [event(message) for message in history(status)]
    arrived = data.draw(st.lists(st.sampled_from(before), max_size=40))
    arrived = [one for one in arrived if not isinstance(one, JobEnd)] if data.draw(st.booleans()) else arrived
    shown = accepted(*arrived, last, last)
    assert [isinstance(one, JobEnd) for one in shown] == [False] * (len(shown) - 1) + [True]
    assert type(shown[-1]) is type(accepted(last)[-1])
    agents = [one.agent for one in shown if isinstance(one, AgentCompleted)]
    assert len(agents) == len(set(agents))
    if not any(isinstance(one, JobEnd) for one in arrived):
        assert set(agents) == set(say.AGENTS)
    assert sum(isinstance(one, AnalysisStarted) for one in shown) <= 1
    states = [one.seq for one in shown if isinstance(one, ProgressUpdate | JobSnapshot)]
    assert states == sorted(set(states))
    view, percents = JobView(), []
    for one in shown:
        view.show(one)
        percents.append(view.percent)
    assert percents == sorted(percents)
