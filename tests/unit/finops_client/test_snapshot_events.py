import pytest

from finops_client.events import AgentCompleted, AnalysisStarted, JobSnapshot
from finops_client.snapshot_events import end_in_snapshot, events_in_snapshot
from unit.finops_client import protocol_messages as say


def snapshot(**fields: object) -> JobSnapshot:
    return JobSnapshot.from_message(say.job_snapshot(**fields))


@pytest.mark.parametrize(
    ("fields", "end"),
    [
        ({"status": "processing"}, None),
        (
            {"status": "completed", "result": say.job_result()},
            say.job_completed(timestamp=4, seq=4),
        ),
        ({"status": "cancelled"}, say.job_cancelled(timestamp=4, seq=4)),
        (
            {"status": "failed", "error": "No.", "code": "TIMED_OUT"},
            say.job_failed(error="No.", code="TIMED_OUT", timestamp=4, seq=4),
        ),
        (
            {"status": "failed"},
            say.job_failed(error="The job failed.", code="PROCESSING_FAILED", timestamp=4, seq=4),
        ),
    ],
)
def test_the_end_in_a_snapshot(fields: say.Message, end: say.Message | None) -> None:
    found = end_in_snapshot(snapshot(**fields))
    assert (found and found.to_message()) == end


def test_a_completed_job_without_its_answer_ends_too() -> None:
    end = end_in_snapshot(snapshot(status="completed"))
    assert end is not None
    assert "answer is not there" in end.to_message()["error"]  # type: ignore[operator]


def test_the_start_and_the_results_are_those_that_were_sent() -> None:
    failed = say.agent_result(agent=say.AGENTS[1], status="failed")
    found = events_in_snapshot(snapshot(results=[say.agent_result(), failed], completed_agents=say.AGENTS))
    assert [event.to_message() for event in found] == [
        say.analysis_started(seq=4),
        say.agent_completed(completed_agents=say.AGENTS),
        say.agent_completed(agent=say.AGENTS[1], result=failed, completed_agents=say.AGENTS),
    ]


@pytest.mark.parametrize(
    ("status", "results", "kinds"),
    [
        ("queued", [], []),
        ("processing", [], [AnalysisStarted]),
        ("cancelled", [], []),
        ("queued", [say.agent_result()], [AnalysisStarted, AgentCompleted]),
    ],
)
def test_a_job_that_was_never_taken_up_has_not_started(
    status: str, results: list[say.Message], kinds: list[type]
) -> None:
    found = events_in_snapshot(snapshot(status=status, results=results, completed_agents=[]))
    assert [type(event) for event in found if not hasattr(event, "timestamp")] == kinds
