import json

from finops_client.event_parser import parse_event
from finops_client.events import JobEvent
from finops_client.job_view import LONGEST_MESSAGE, LONGEST_NAME, AgentState, JobView
from unit.finops_client import protocol_messages as say


def view_of(*messages: say.Message) -> JobView:
    view = JobView()
    for message in messages:
        event = parse_event(json.dumps(message))
        assert isinstance(event, JobEvent)
        view.apply(event)
    return view


def test_a_job_step_by_step() -> None:
    assert view_of(*say.WHOLE_JOB[:2]) == JobView(20, "Working")
    started = view_of(*say.WHOLE_JOB[:3])
    assert started.agents == dict.fromkeys(say.AGENTS, AgentState.WORKING)
    assert started.message == "Asking " + ", ".join(say.AGENTS)
    assert view_of(*say.WHOLE_JOB[:4]).message == f"{say.AGENTS[0]} completed (1 of 2)"
    done = view_of(*say.WHOLE_JOB)
    assert (done.percent, done.message, done.failed_agents) == (100, "Answer complete", [])


def test_a_failed_agent() -> None:
    view = view_of(say.agent_completed(result=say.agent_result(status="failed")))
    assert view.failed_agents == [say.AGENTS[0]]
    assert view.message == f"{say.AGENTS[0]} failed (1 of 2)"


def test_a_snapshot_has_it_all() -> None:
    view = view_of(say.job_snapshot())
    assert view.agents == {say.AGENTS[0]: AgentState.COMPLETED, say.AGENTS[1]: AgentState.WORKING}
    assert view.percent == 50


def test_an_agent_that_has_answered_is_not_set_back_by_a_late_start() -> None:
    view = view_of(say.agent_completed(), say.analysis_started())
    assert view.agents[say.AGENTS[0]] is AgentState.COMPLETED


def test_other_ends() -> None:
    assert view_of(say.job_failed()).message == "Failed"
    assert view_of(say.job_cancelled()).message == "Cancelled"
    assert view_of(say.job_completed(result=say.job_result(partial=True))).message == "Partial answer"


def test_hostile_texts_and_numbers() -> None:
    view = view_of(
        say.progress_update(message="a\x1b[2Jb\nc", progress=10**400),
        say.analysis_started(agents=["evil\x1b]0;x\x07"]),
    )
    assert view.percent == 100
    assert list(view.agents) == ["evil"]
    assert view_of(say.progress_update(message="a\x1b[2Jb\nc")).message == "ab c"


def test_what_a_server_says_is_shown_as_far_as_it_is_worth_a_look() -> None:
    assert len(view_of(say.progress_update(message="x" * 1000)).message) == LONGEST_MESSAGE
    view = view_of(say.analysis_started(agents=["a" * 1000, "b" * 1000, "c" * 1000]))
    assert len(view.message) == LONGEST_MESSAGE
    assert {len(name) for name in view.agents} == {LONGEST_NAME}
