"""What a server says, as typed values: one frozen class for each message type of the wire protocol.

Attribute names are Python's; the wire name stands beside each. Times are epoch seconds, waits are seconds, progress is
percent.
The contract is `contract/messages.schema.json`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from finops_client.event_fields import (
    TypedMessage,
    WireValue,
    flag,
    integer,
    nested,
    nested_list,
    number,
    optional,
    seconds_or_none,
    text,
    text_or_null,
    texts,
    wire,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentResult(WireValue):
    """One agent's answer, or its failure as a sentence."""

    agent: str = wire("agent", text)
    title: str = wire("title", text)
    content: str = wire("content", text)
    status: str = wire("status", text)
    timestamp: float = wire("timestamp", number)
    response_url: str | None = optional("responseUrl", text)


@dataclass(frozen=True, slots=True, kw_only=True)
class JobResult(WireValue):
    """A job's answer. With `response_url` set, `response` is only its first part."""

    query: str = wire("query", text)
    response: str = wire("response", text)
    agent: str = wire("agent", text)
    agents_invoked: tuple[str, ...] = wire("agents_invoked", texts)
    partial: bool = wire("partial", flag)
    timestamp: float = wire("timestamp", number)
    response_url: str | None = optional("responseUrl", text)


@dataclass(frozen=True, slots=True, kw_only=True)
class JobSummary(WireValue):
    """One line of a job list."""

    job_id: str = wire("jobId", text)
    status: str = wire("status", text)
    progress: float = wire("progress", number)
    query: str = wire("query", text)
    created_at: float = wire("createdAt", number)
    updated_at: float = wire("updatedAt", number)
    seq: int = wire("seq", integer)


@dataclass(frozen=True, slots=True, kw_only=True)
class Authenticated(TypedMessage):
    """The connection belongs to a user now; `verified` only if a token proved who it is."""

    KIND: ClassVar[str] = "authenticated"
    message: str = wire("message", text)
    user_id: str = wire("userId", text)
    connection_id: str = wire("connectionId", text)
    verified: bool = wire("verified", flag)
    expires_at: float | None = optional("expiresAt", number)
    active_jobs: tuple[str, ...] | None = optional("activeJobs", texts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pong(TypedMessage):
    """The answer to a ping; the only message with `action` in place of `type`."""

    KIND_KEY: ClassVar[str] = "action"
    KIND: ClassVar[str] = "pong"
    timestamp: float = wire("timestamp", number)


@dataclass(frozen=True, slots=True, kw_only=True)
class JobQueued(TypedMessage):
    """The question is accepted; `duplicate` if the same request id was accepted before."""

    KIND: ClassVar[str] = "job_queued"
    job_id: str = wire("jobId", text)
    request_id: str | None = optional("requestId", text)
    message: str = wire("message", text)
    query: str = wire("query", text)
    progress: float = wire("progress", number)
    seq: int = wire("seq", integer)
    duplicate: bool | None = optional("duplicate", flag)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgressUpdate(TypedMessage):
    """A step of a job, with a sentence for a person."""

    KIND: ClassVar[str] = "progress_update"
    job_id: str = wire("jobId", text)
    status: str = wire("status", text)
    message: str = wire("message", text)
    progress: float = wire("progress", number)
    timestamp: float = wire("timestamp", number)
    seq: int = wire("seq", integer)


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalysisStarted(TypedMessage):
    """The agents that will be asked."""

    KIND: ClassVar[str] = "analysis_started"
    job_id: str = wire("jobId", text)
    agents: tuple[str, ...] = wire("agents", texts)
    query: str = wire("query", text)
    seq: int = wire("seq", integer)


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentCompleted(TypedMessage):
    """One agent has answered or failed; `result.status` says which."""

    KIND: ClassVar[str] = "agent_completed"
    job_id: str = wire("jobId", text)
    agent: str = wire("agent", text)
    result: AgentResult = wire("result", nested(AgentResult))  # noqa: RUF009
    progress: float = wire("progress", number)
    completed_agents: tuple[str, ...] = wire("completed_agents", texts)
    total_agents: int = wire("total_agents", integer)
    seq: int = wire("seq", integer)


@dataclass(frozen=True, slots=True, kw_only=True)
class JobCompleted(TypedMessage):
    """The end of a job that has an answer, whole or partial."""

    KIND: ClassVar[str] = "job_completed"
    job_id: str = wire("jobId", text)
    result: JobResult = wire("result", nested(JobResult))  # noqa: RUF009
    timestamp: float = wire("timestamp", number)
    seq: int = wire("seq", integer)


@dataclass(frozen=True, slots=True, kw_only=True)
class JobFailed(TypedMessage):
    """The end of a job without an answer; `job_id` is None when the question was refused and no job made."""

    KIND: ClassVar[str] = "job_failed"
    job_id: str | None = wire("jobId", text_or_null)
    error: str = wire("error", text)
    code: str = wire("code", text)
    retry_after: int | None = optional("retryAfter", seconds_or_none)
    request_id: str | None = optional("requestId", text)
    timestamp: float = wire("timestamp", number)
    seq: int | None = optional("seq", integer)


@dataclass(frozen=True, slots=True, kw_only=True)
class JobCancelled(TypedMessage):
    """The end of a job that its owner cancelled."""

    KIND: ClassVar[str] = "job_cancelled"
    job_id: str = wire("jobId", text)
    timestamp: float = wire("timestamp", number)
    seq: int = wire("seq", integer)


@dataclass(frozen=True, slots=True, kw_only=True)
class JobSnapshot(TypedMessage):
    """A job's whole state, sent to whoever takes the job up again."""

    KIND: ClassVar[str] = "job_snapshot"
    job_id: str = wire("jobId", text)
    status: str = wire("status", text)
    progress: float = wire("progress", number)
    message: str = wire("message", text)
    query: str = wire("query", text)
    agents: tuple[str, ...] = wire("agents", texts)
    completed_agents: tuple[str, ...] = wire("completed_agents", texts)
    results: tuple[AgentResult, ...] = wire("results", nested_list(AgentResult))
    result: JobResult | None = optional("result", nested(JobResult))  # noqa: RUF009
    error: str | None = optional("error", text)
    code: str | None = optional("code", text)
    created_at: float = wire("createdAt", number)
    updated_at: float = wire("updatedAt", number)
    seq: int = wire("seq", integer)


@dataclass(frozen=True, slots=True, kw_only=True)
class JobList(TypedMessage):
    """The user's jobs, newest first; `cursor` if there are more."""

    KIND: ClassVar[str] = "job_list"
    jobs: tuple[JobSummary, ...] = wire("jobs", nested_list(JobSummary))
    cursor: str | None = optional("cursor", text)


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorMessage(TypedMessage):
    """A refused message that was not a question; `job_id` is the one that it named, if it named any."""

    KIND: ClassVar[str] = "error"
    code: str = wire("code", text)
    message: str = wire("message", text)
    retry_after: int | None = optional("retryAfter", seconds_or_none)
    timestamp: float = wire("timestamp", number)
    job_id: str | None = optional("jobId", text)


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayError(WireValue):
    """API Gateway's own word that a message of ours was not handled; it names no job and no question.

    Its shape is `{"message": "Internal server error", "connectionId": "...", "requestId": "..."}`, where the
    request id is API Gateway's own.
    """

    message: str = wire("message", text)
    connection_id: str | None = optional("connectionId", text)
    gateway_request_id: str | None = optional("requestId", text)


@dataclass(frozen=True, slots=True)
class Unknown:
    """A message of a type that this client does not know, kept whole: the protocol allows new types."""

    message: Mapping[str, object]

    def to_message(self) -> dict[str, object]:
        """The message as it came."""
        return dict(self.message)


@dataclass(frozen=True, slots=True, kw_only=True)
class Malformed:
    """A frame that is not a message of the protocol.

    `kind` and `job_id` are set as far as they could be read, so that a broken end of a job ends the wait.
    """

    reason: str
    frame: str
    kind: str | None = None
    job_id: str | None = None


JobEnd = JobCompleted | JobFailed | JobCancelled
JobEvent = JobQueued | ProgressUpdate | AnalysisStarted | AgentCompleted | JobSnapshot | JobEnd
Event = JobEvent | Authenticated | Pong | JobList | ErrorMessage | GatewayError | Unknown | Malformed

TYPED_MESSAGES: tuple[type[TypedMessage], ...] = (
    Authenticated,
    Pong,
    JobQueued,
    ProgressUpdate,
    AnalysisStarted,
    AgentCompleted,
    JobCompleted,
    JobFailed,
    JobCancelled,
    JobSnapshot,
    JobList,
    ErrorMessage,
)
