"""The messages about a job, made from what is stored of it. Pure but for links, which are signed without a call.

What a client is sent the moment something happens and what it is told when it comes back later are made here, from the
same stored state, so they cannot differ.
"""

from collections.abc import Mapping

from finops_websocket.answer_store import FAILED as ANSWER_FAILED
from finops_websocket.answer_store import Answer, AnswerStore
from finops_websocket.job import CANCELLED, COMPLETED, FAILED, Job
from finops_websocket.message_size import first_part, fits
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


def agent_completed(job: Job, answer: Answer, answers: AnswerStore) -> AgentCompleted:
    """Give one agent's part of the answer."""
    return AgentCompleted(
        job_id=job.job_id,
        agent=answer.agent,
        result=AgentResult(
            agent=answer.agent,
            title=answer.title,
            content=answer.content,
            status=answer.status,
            timestamp=answer.timestamp,
            response_url=answers.link_to_answer(job, answer),
        ),
        progress=job.progress,
        completed_agents=job.completed_agents,
        total_agents=len(job.agents),
        seq=job.seq,
    )


def end_of(job: Job, answers: AnswerStore) -> ServerMessage | None:
    """Give the message of a job's end; None of one that is unfinished."""
    if job.status == COMPLETED:
        return job_completed(job, answers.find(job), answers)
    if job.status == FAILED:
        return job_failed(job)
    if job.status == CANCELLED:
        return JobCancelled(job_id=job.job_id, timestamp=job.updated_at, seq=job.seq)
    return None


def job_completed(job: Job, found: Mapping[str, Answer], answers: AnswerStore) -> JobCompleted:
    """Give the whole answer of a completed job, or its first part and a link."""
    # A large answer is here with as much as a message takes, so the first part of the response is the same as if it
    # had been made from the whole texts.
    response = compose(parts_of(job, found))
    is_large = any(answer.is_large for answer in found.values()) or not fits(response)
    answered = [agent for agent in job.agents if agent in found and found[agent].status != ANSWER_FAILED]
    return JobCompleted(
        job_id=job.job_id,
        result=JobResult(
            query=job.query,
            response=first_part(response),
            agent=", ".join(answered),
            agents_invoked=job.agents,
            partial=job.partial,
            timestamp=job.updated_at,
            response_url=answers.link_to_response(job) if is_large else None,
        ),
        timestamp=job.updated_at,
        seq=job.seq,
    )


def job_failed(job: Job) -> JobFailed:
    """Say why a job has no answer."""
    return JobFailed(
        job_id=job.job_id,
        error=job.error or job.message,
        code=job.code or "INTERNAL",
        timestamp=job.updated_at,
        request_id=job.request_id,
        seq=job.seq,
    )


def parts_of(job: Job, found: Mapping[str, Answer]) -> list[Part]:
    """Give the parts of a job's answer in the order in which its agents were asked."""
    return [
        Part(found[agent].title, found[agent].content, has_failed=found[agent].status == ANSWER_FAILED)
        for agent in job.agents
        if agent in found
    ]
