"""The messages about a job, made from what is stored of it.

What a client is sent the moment something happens and what it is told when it comes back later are made here, from the
same stored state, so they cannot differ. Each message fits: of a text that is too large for it, it has the first part
and a link to the whole in the results bucket. Figures have no link, so texts make room for them; only of several
agents' figures, some may be left out.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from finops_websocket.jobs.answers import Answer, AnswerStore, Text, in_order, response_of, text_of
from finops_websocket.jobs.job import CANCELLED, COMPLETED, FAILED, Job
from finops_websocket.wire.server_messages import (
    AgentCompleted,
    AgentResult,
    AnalysisStarted,
    JobCancelled,
    JobCompleted,
    JobFailed,
    JobQueued,
    JobResult,
    JobSnapshot,
    JobSummary,
    ProgressUpdate,
    ServerMessage,
)
from finops_websocket.wire.size import MAX_MESSAGE_BYTES, first_part, fits, room_for_each

# A link is signed with a session's token, of more than a thousand characters.
_LINK_BYTES = 3 * 1024


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
    return AnalysisStarted(job_id=job.job_id, agents=job.agents, titles=_titles_of(job), query=job.query, seq=job.seq)


def agent_completed(job: Job, answer: Answer, answers: AnswerStore) -> AgentCompleted:
    """Give one agent's part of the answer."""
    message = AgentCompleted(
        job_id=job.job_id,
        agent=answer.agent,
        result=_result_without_text(answer),
        progress=job.progress,
        completed_agents=job.completed_agents,
        total_agents=len(job.agents),
        seq=job.seq,
    )
    [data] = _figures_that_fit([answer], message, texts=1)
    message = replace(message, result=replace(message.result, data=data))
    [(content, link)] = _cut_to_fit([text_of(job, answer)], message, answers)
    return replace(message, result=replace(message.result, content=content, response_url=link))


def job_snapshot(job: Job, found: Mapping[str, Answer], answers: AnswerStore) -> JobSnapshot:
    """Give a job's whole state, with the answers that were found in the store."""
    completed = [found[agent] for agent in job.completed_agents if agent in found]
    message = JobSnapshot(
        job_id=job.job_id,
        status=job.status,
        progress=job.progress,
        message=job.message,
        query=job.query,
        agents=job.agents,
        titles=_titles_of(job),
        completed_agents=job.completed_agents,
        results=tuple(map(_result_without_text, completed)),
        result=_response_without_text(job, in_order(job, found)) if job.status == COMPLETED else None,
        error=_error_of(job) if job.status == FAILED else None,
        code=_code_of(job) if job.status == FAILED else None,
        created_at=job.created_at,
        updated_at=job.updated_at,
        seq=job.seq,
    )
    texts = [text_of(job, answer) for answer in completed]
    if message.result is not None:
        texts.append(response_of(job, in_order(job, found)))
    figures = _figures_that_fit(completed, message, len(texts))
    with_figures = (replace(result, data=data) for result, data in zip(message.results, figures, strict=True))
    message = replace(message, results=tuple(with_figures))
    cut = _cut_to_fit(texts, message, answers)
    if message.result is not None:
        response, link = cut.pop()
        message = replace(message, result=replace(message.result, response=response, response_url=link))
    results = [
        replace(result, content=content, response_url=link)
        for result, (content, link) in zip(message.results, cut, strict=True)
    ]
    return replace(message, results=tuple(results))


def end_of(job: Job, answers: AnswerStore, found: Mapping[str, Answer] | None = None) -> ServerMessage:
    """Give the message of a finished job's end, with the answers that were found in the store, or that are there."""
    if job.status == COMPLETED:
        return job_completed(job, answers.find(job) if found is None else found, answers)
    if job.status == CANCELLED:
        return JobCancelled(job_id=job.job_id, timestamp=job.updated_at, seq=job.seq)
    return JobFailed(
        job_id=job.job_id,
        error=_error_of(job),
        code=_code_of(job),
        timestamp=job.updated_at,
        request_id=job.request_id,
        seq=job.seq,
    )


def job_completed(job: Job, found: Mapping[str, Answer], answers: AnswerStore) -> JobCompleted:
    """Give the whole answer of a completed job, or its first part and a link."""
    parts = in_order(job, found)
    message = JobCompleted(
        job_id=job.job_id, result=_response_without_text(job, parts), timestamp=job.updated_at, seq=job.seq
    )
    [(response, link)] = _cut_to_fit([response_of(job, parts)], message, answers)
    return replace(message, result=replace(message.result, response=response, response_url=link))


def job_summary(job: Job) -> JobSummary:
    """Give a job's line in a list."""
    return JobSummary(
        job_id=job.job_id,
        status=job.status,
        progress=job.progress,
        query=job.query,
        created_at=job.created_at,
        updated_at=job.updated_at,
        seq=job.seq,
    )


def _result_without_text(answer: Answer) -> AgentResult:
    return AgentResult(answer.agent, answer.title, "", answer.status, answer.timestamp)


def _response_without_text(job: Job, parts: Sequence[Answer]) -> JobResult:
    return JobResult(
        query=job.query,
        response="",
        agent=", ".join(answer.agent for answer in parts if not answer.has_failed),
        agents_invoked=job.agents,
        partial=job.partial,
        timestamp=job.updated_at,
    )


def _titles_of(job: Job) -> Mapping[str, str] | None:
    return dict(zip(job.agents, job.titles, strict=False)) or None


def _figures_that_fit(
    parts: Sequence[Answer], message: ServerMessage, texts: int
) -> list[Sequence[Mapping[str, Any]] | None]:
    """Give the figures of each answer for a message that has neither them nor its texts yet; None where it has none.

    Together they get two thirds of what is left, so that something of each text is there. One agent's always fit, and
    so do two agents' beside a question of an ordinary length; those of later ones are left out before those of earlier.
    """
    room = (MAX_MESSAGE_BYTES - len(message.encode()) - _LINK_BYTES * texts) * 2 // 3
    figures: list[Sequence[Mapping[str, Any]] | None] = []
    for part in parts:
        if part.data is None or (size := len(part.data.encode())) > room:
            figures.append(None)
        else:
            room -= size
            figures.append(json.loads(part.data))
    return figures


def _cut_to_fit(texts: Sequence[Text], message: ServerMessage, answers: AnswerStore) -> list[tuple[str, str | None]]:
    """Give what of each text fits into a message that has none yet, and the link to the whole of what is cut."""
    beside = len(message.encode()) + _LINK_BYTES * len(texts)
    room = room_for_each([text.beginning for text in texts], beside)
    return [
        (text.beginning, None)
        if fits(text.beginning, room) and not text.is_stored
        else (first_part(text.beginning, room), answers.link(text))
        for text in texts
    ]


def _error_of(job: Job) -> str:
    return job.error or job.message


def _code_of(job: Job) -> str:
    return job.code or "INTERNAL"
