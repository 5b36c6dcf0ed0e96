"""The messages about a job, made from what is stored of it. Pure but for texts that do not
fit: they go into the results bucket, and a link to them into the message.

What a client is sent the moment something happens and what it is told when it comes back later are made here, from the
same stored state, so they cannot differ.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from finops_websocket.answer_store import FAILED as ANSWER_FAILED
from finops_websocket.answer_store import Answer, AnswerStore
from finops_websocket.job import CANCELLED, COMPLETED, FAILED, Job
from finops_websocket.message_size import MAX_TEXT_BYTES, SHORT_TEXT_BYTES, first_part, fits
from finops_websocket.report import Part, compose
from finops_websocket.server_messages import (
    AgentCompleted,
    AgentResult,
    AnalysisStarted,
    JobCancelled,
    JobCompleted,
    JobFailed,
    JobQueued,
    JobResult,
    JobSnapshot,
    ProgressUpdate,
    ServerMessage,
)


def job_queued(job: Job, *, is_duplicate: bool) -> JobQueued:
    """Say that a question is accepted."""
    return JobQueued(
        job_id=job.job_id,
        message=job.message,
        query=job.query,
        progress=job.progress,
        seq=job.seq,
        request_id=job.request_id,
        duplicate=True if is_duplicate else None,
    )


def progress_update(job: Job) -> ProgressUpdate:
    """Say how far a job is."""
    return ProgressUpdate(
        job_id=job.job_id,
        status=job.status,
        message=job.message,
        progress=job.progress,
        timestamp=job.updated_at,
        seq=job.seq,
    )


def analysis_started(job: Job) -> AnalysisStarted:
    """Say which agents are being asked."""
    return AnalysisStarted(job_id=job.job_id, agents=job.agents, query=job.query, seq=job.seq)


def agent_completed(job: Job, answer: Answer, answers: AnswerStore, room: int = MAX_TEXT_BYTES) -> AgentCompleted:
    """Give one agent's part of the answer, its text in at most `room` bytes."""
    return AgentCompleted(
        job_id=job.job_id,
        agent=answer.agent,
        result=_agent_result(job, answer, answers, room),
        progress=job.progress,
        completed_agents=job.completed_agents,
        total_agents=len(job.agents),
        seq=job.seq,
    )


def job_snapshot(
    job: Job, found: Mapping[str, Answer], answers: AnswerStore, room: int = MAX_TEXT_BYTES
) -> JobSnapshot:
    """Give a job's whole state, each text in at most `room` bytes."""
    return JobSnapshot(
        job_id=job.job_id,
        status=job.status,
        progress=job.progress,
        message=job.message,
        query=job.query,
        agents=job.agents,
        completed_agents=job.completed_agents,
        results=tuple(
            _agent_result(job, found[agent], answers, room) for agent in job.completed_agents if agent in found
        ),
        result=_job_result(job, found, answers, room) if job.status == COMPLETED else None,
        error=_error_of(job) if job.status == FAILED else None,
        code=_code_of(job) if job.status == FAILED else None,
        created_at=job.created_at,
        updated_at=job.updated_at,
        seq=job.seq,
    )


def end_of(job: Job, answers: AnswerStore, room: int = MAX_TEXT_BYTES) -> ServerMessage:
    """Give the message of a finished job's end, its text in at most `room` bytes."""
    if job.status == COMPLETED:
        return job_completed(job, answers.find(job), answers, room)
    if job.status == CANCELLED:
        return JobCancelled(job_id=job.job_id, timestamp=job.updated_at, seq=job.seq)
    return job_failed(job)


def job_completed(
    job: Job, found: Mapping[str, Answer], answers: AnswerStore, room: int = MAX_TEXT_BYTES
) -> JobCompleted:
    """Give the whole answer of a completed job, or its first part and a link."""
    return JobCompleted(
        job_id=job.job_id, result=_job_result(job, found, answers, room), timestamp=job.updated_at, seq=job.seq
    )


def job_failed(job: Job) -> JobFailed:
    """Say why a job has no answer."""
    return JobFailed(
        job_id=job.job_id,
        error=_error_of(job),
        code=_code_of(job),
        timestamp=job.updated_at,
        request_id=job.request_id,
        seq=job.seq,
    )


def with_shorter(
    make: Callable[..., ServerMessage], *arguments: Any
) -> tuple[ServerMessage, Callable[[], ServerMessage]]:
    """Make a message with texts, and give what makes a shorter one should it be too large for a client."""
    return make(*arguments), partial(make, *arguments, room=SHORT_TEXT_BYTES)


def parts_of(job: Job, found: Mapping[str, Answer]) -> list[Part]:
    """Give the parts of a job's answer in the order in which its agents were asked."""
    return [
        Part(found[agent].title, found[agent].content, has_failed=found[agent].status == ANSWER_FAILED)
        for agent in job.agents
        if agent in found
    ]


def _agent_result(job: Job, answer: Answer, answers: AnswerStore, room: int) -> AgentResult:
    is_whole = not answer.is_large and fits(answer.content, room)
    if not (is_whole or answer.is_large):
        answers.put_whole_content(job, answer)
    return AgentResult(
        agent=answer.agent,
        title=answer.title,
        content=first_part(answer.content, room),
        status=answer.status,
        timestamp=answer.timestamp,
        response_url=None if is_whole else answers.link_to_content(job, answer),
    )


def _job_result(job: Job, found: Mapping[str, Answer], answers: AnswerStore, room: int) -> JobResult:
    # A large answer is here with as much as a message takes, so the first part of the response is the same as if it
    # had been made from the whole texts.
    response = compose(parts_of(job, found))
    is_stored = any(answer.is_large for answer in found.values()) or not fits(response)
    is_whole = not is_stored and fits(response, room)
    if not (is_whole or is_stored):
        answers.put_response(job, response)
    answered = [agent for agent in job.agents if agent in found and found[agent].status != ANSWER_FAILED]
    return JobResult(
        query=job.query,
        response=first_part(response, room),
        agent=", ".join(answered),
        agents_invoked=job.agents,
        partial=job.partial,
        timestamp=job.updated_at,
        response_url=None if is_whole else answers.link_to_response(job),
    )


def _error_of(job: Job) -> str:
    return job.error or job.message


def _code_of(job: Job) -> str:
    return job.code or "INTERNAL"
