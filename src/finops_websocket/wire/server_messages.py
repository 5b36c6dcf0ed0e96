"""What clients are sent: one typed value for each message of the contract, and its way onto the wire.

A field that is None is left out, except where the contract wants null. Times are in epoch seconds.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, ClassVar

from finops_websocket.records import camel_case

# The wire mixes two ways of writing names: it has these in snake_case, and all others in camelCase.
_SNAKE_CASE = {"agents_invoked", "completed_agents", "total_agents"}


@dataclass(frozen=True)
class _WireValue:
    """A value that knows its way onto the wire."""

    # Fields that are sent as null instead of being left out.
    nullable: ClassVar[frozenset[str]] = frozenset()

    def to_wire(self) -> dict[str, Any]:
        """Give the fields as the contract names them."""
        values = {each.name: getattr(self, each.name) for each in fields(self)}
        return {
            name if name in _SNAKE_CASE else camel_case(name): value
            for name, value in values.items()
            if value is not None or name in self.nullable
        }


@dataclass(frozen=True)
class ServerMessage(_WireValue):
    """Any message to a client."""

    # The field that says what it is, and what it says.
    kind: ClassVar[tuple[str, str]]

    def encode(self) -> bytes:
        """Give the frame's bytes: the JSON object that the contract describes, its kind first."""
        key, value = self.kind
        wire = {key: value, **self.to_wire()}
        return json.dumps(wire, default=_WireValue.to_wire, ensure_ascii=False, separators=(",", ":")).encode()


@dataclass(frozen=True)
class AgentResult(_WireValue):
    """One agent's part of an answer; `status` is completed or failed, `data` its figures as the contract has them."""

    agent: str
    title: str
    content: str
    status: str
    timestamp: int
    data: Sequence[Mapping[str, Any]] | None = None
    response_url: str | None = None


@dataclass(frozen=True)
class JobResult(_WireValue):
    """A job's whole answer, or its first part and where the whole is."""

    query: str
    response: str
    agent: str
    agents_invoked: tuple[str, ...]
    partial: bool
    timestamp: int
    response_url: str | None = None


@dataclass(frozen=True)
class Authenticated(ServerMessage):
    """The connection now knows its user."""

    kind = ("type", "authenticated")
    message: str
    user_id: str
    connection_id: str
    verified: bool
    expires_at: int | None = None
    active_jobs: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Pong(ServerMessage):
    """The answer to a ping."""

    kind = ("action", "pong")
    timestamp: int


@dataclass(frozen=True)
class JobQueued(ServerMessage):
    """The question will be answered, whatever happens to the connection."""

    kind = ("type", "job_queued")
    job_id: str
    message: str
    query: str
    progress: int
    seq: int
    request_id: str | None = None
    duplicate: bool | None = None


@dataclass(frozen=True)
class ProgressUpdate(ServerMessage):
    """How far a job is; progress is in percent."""

    kind = ("type", "progress_update")
    job_id: str
    status: str
    message: str
    progress: int
    timestamp: int
    seq: int


@dataclass(frozen=True)
class AnalysisStarted(ServerMessage):
    """Which agents are being asked; `titles` are their headings for people, by name."""

    kind = ("type", "analysis_started")
    job_id: str
    agents: tuple[str, ...]
    query: str
    seq: int
    titles: Mapping[str, str] | None = None


@dataclass(frozen=True)
class AgentCompleted(ServerMessage):
    """One agent has answered or failed."""

    kind = ("type", "agent_completed")
    job_id: str
    agent: str
    result: AgentResult
    progress: int
    completed_agents: tuple[str, ...]
    total_agents: int
    seq: int


@dataclass(frozen=True)
class JobCompleted(ServerMessage):
    """The answer."""

    kind = ("type", "job_completed")
    job_id: str
    result: JobResult
    timestamp: int
    seq: int


@dataclass(frozen=True)
class JobFailed(ServerMessage):
    """There is no answer, and why; `job_id` is None when no job was made, `retry_after` is in seconds."""

    kind = ("type", "job_failed")
    nullable = frozenset({"job_id"})
    job_id: str | None
    error: str
    code: str
    timestamp: int
    request_id: str | None = None
    seq: int | None = None
    retry_after: int | None = None


@dataclass(frozen=True)
class JobCancelled(ServerMessage):
    """The job was ended at its owner's wish."""

    kind = ("type", "job_cancelled")
    job_id: str
    timestamp: int
    seq: int


@dataclass(frozen=True)
class JobSnapshot(ServerMessage):
    """A job's whole state; progress is in percent, `titles` are its agents' headings for people, by name."""

    kind = ("type", "job_snapshot")
    job_id: str
    status: str
    progress: int
    message: str
    query: str
    agents: tuple[str, ...]
    completed_agents: tuple[str, ...]
    results: tuple[AgentResult, ...]
    created_at: int
    updated_at: int
    seq: int
    titles: Mapping[str, str] | None = None
    result: JobResult | None = None
    error: str | None = None
    code: str | None = None


@dataclass(frozen=True)
class JobSummary(_WireValue):
    """One line of a job list; progress is in percent."""

    job_id: str
    status: str
    progress: int
    query: str
    created_at: int
    updated_at: int
    seq: int


@dataclass(frozen=True)
class JobList(ServerMessage):
    """Some of a user's jobs, newest first, and where the next ones begin."""

    kind = ("type", "job_list")
    jobs: tuple[JobSummary, ...]
    cursor: str | None = None


@dataclass(frozen=True)
class ErrorMessage(ServerMessage):
    """A message was refused that was not a question; `job_id` is the job that it named, `retry_after` is in seconds."""

    kind = ("type", "error")
    code: str
    message: str
    timestamp: int
    job_id: str | None = None
    retry_after: int | None = None
