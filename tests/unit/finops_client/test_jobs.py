import pytest
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
from finops_client.jobs import Job, end_in_snapshot
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


def test_a_snapshot_of_a_finished_job_brings_its_end() -> None:
    snapshot = event(say.job_snapshot(status="completed", progress=100, result=say.job_result(), seq=6, updatedAt=6))
    assert accepted(snapshot, event(say.job_completed())) == [snapshot, event(say.job_completed())]


def test_a_snapshot_that_is_not_newer_is_dropped() -> None:
    assert len(accepted(event(say.agent_completed(seq=5)), event(say.job_snapshot(seq=4)))) == 1


@pytest.mark.parametrize(
    ("fields", "end"),
    [
        ({"status": "processing"}, None),
        ({"status": "completed"}, None),
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
    found = end_in_snapshot(JobSnapshot.from_message(say.job_snapshot(**fields)))
    assert (found and found.to_message()) == end


def test_another_job_for_the_same_question_begins_its_seq_anew_but_shows_no_less_progress() -> None:
    first = [event(say.job_queued()), event(say.progress_update(progress=60, seq=9))]
    second = [event(say.job_queued(jobId="job-2")), event(say.progress_update(jobId="job-2", progress=10, seq=2))]
    shown = accepted(*first, *second)
    assert [one.progress for one in shown] == [5, 60, 60, 60]  # type: ignore[union-attr]
