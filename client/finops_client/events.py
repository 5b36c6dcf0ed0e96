"""What a server says, as typed values: one frozen class for each message type of the wire protocol.

A field's annotation says what the message must hold, its name is the wire's in Python's spelling, and msgspec reads and
writes by the two. Times are epoch seconds, waits are seconds, progress is percent.
The contract is `contract/messages.schema.json`. It allows new types and new fields, so both are taken.
"""

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, get_args

import msgspec

SNAKE_CASE_ON_THE_WIRE = {"agents_invoked", "completed_agents", "total_agents"}

SECONDS_OF_A_DAY = 86_400

Number = int | float
Cell = str | int | float | None


def wire_name(name: str) -> str:
    """Spell a field's name as the wire does."""
    return name if name in SNAKE_CASE_ON_THE_WIRE else re.sub("_(.)", lambda match: match[1].upper(), name)


class WireValue(msgspec.Struct, frozen=True, omit_defaults=True, rename=wire_name):
    """A JSON object of the protocol as a typed value: base of the events and of the objects inside them."""

    def to_message(self) -> dict[str, object]:
        """Write the JSON object of this value; an optional field that is not set is left out."""
        message: dict[str, object] = msgspec.to_builtins(self)
        return message


class JobStep(WireValue, frozen=True, kw_only=True):
    """Base of the messages of one job; each step of it raises `seq`."""

    job_id: str
    seq: int


class FigureColumn(WireValue, frozen=True, kw_only=True):
    """A column of a figure; `type` says how its cells are read: text, number, money, percent, month or date."""

    key: str
    label: str
    type: str
    currency: str | None = None


class FigureChart(WireValue, frozen=True, kw_only=True):
    """How a figure is drawn: `kind` is bar or line; `forecast_from` and `partial` are values of the column `x`."""

    kind: str
    x: str
    y: str
    low: str | None = None
    high: str | None = None
    forecast_from: str | None = None
    partial: str | None = None


class Figure(WireValue, frozen=True, kw_only=True):
    """A table of what an answer says, for charts and CSV files. Money is a text, such as "-1234.50"."""

    title: str
    columns: tuple[FigureColumn, ...]
    rows: tuple[dict[str, Cell], ...]
    total: dict[str, Cell] | None = None
    chart: FigureChart | None = None


class AgentResult(WireValue, frozen=True, kw_only=True):
    """One agent's answer, or its failure as a sentence. With `response_url`, `content` is only its first part."""

    agent: str
    title: str
    content: str
    status: str
    timestamp: Number
    data: tuple[Figure, ...] | None = None
    response_url: str | None = None


class JobResult(WireValue, frozen=True, kw_only=True):
    """A job's answer. With `response_url`, `response` is only its first part."""

    query: str
    response: str
    agent: str
    agents_invoked: tuple[str, ...]
    partial: bool
    timestamp: Number
    response_url: str | None = None


class JobSummary(JobStep, frozen=True, kw_only=True):
    """One line of a job list."""

    status: str
    progress: Number
    query: str
    created_at: Number
    updated_at: Number


class Authenticated(WireValue, tag="authenticated", frozen=True, kw_only=True):
    """The connection belongs to a user now; `verified` only if a token proved who it is."""

    message: str
    user_id: str
    connection_id: str
    verified: bool
    expires_at: Number | None = None
    active_jobs: tuple[str, ...] | None = None


class Pong(WireValue, tag="pong", tag_field="action", frozen=True, kw_only=True):
    """The answer to a ping; the only message with `action` in place of `type`."""

    timestamp: Number


class JobQueued(JobStep, tag="job_queued", frozen=True, kw_only=True):
    """The question is accepted; `duplicate` if the same request id was accepted before."""

    request_id: str | None = None
    message: str
    query: str
    progress: Number
    duplicate: bool | None = None


class ProgressUpdate(JobStep, tag="progress_update", frozen=True, kw_only=True):
    """A step of a job, with a sentence for a person."""

    status: str
    message: str
    progress: Number
    timestamp: Number


class AnalysisStarted(JobStep, tag="analysis_started", frozen=True, kw_only=True):
    """The agents that will be asked; `titles` are their headings for people, by name."""

    agents: tuple[str, ...]
    titles: dict[str, str] | None = None
    query: str


class AgentCompleted(JobStep, tag="agent_completed", frozen=True, kw_only=True):
    """One agent has answered or failed; `result.status` says which."""

    agent: str
    result: AgentResult
    progress: Number
    completed_agents: tuple[str, ...]
    total_agents: int


class JobCompleted(JobStep, tag="job_completed", frozen=True, kw_only=True):
    """The end of a job that has an answer, whole or partial."""

    result: JobResult
    timestamp: Number


class JobFailed(WireValue, tag="job_failed", frozen=True, kw_only=True):
    """The end of a job without an answer; `job_id` is None when the question was refused and no job made."""

    job_id: str | None
    error: str
    code: str
    retry_after: int | None = None
    request_id: str | None = None
    timestamp: Number
    seq: int | None = None


class JobCancelled(JobStep, tag="job_cancelled", frozen=True, kw_only=True):
    """The end of a job that its owner cancelled."""

    timestamp: Number


class JobSnapshot(JobSummary, tag="job_snapshot", frozen=True, kw_only=True):
    """A job's whole state, sent to whoever takes the job up again; `titles` are as in AnalysisStarted."""

    message: str
    agents: tuple[str, ...]
    titles: dict[str, str] | None = None
    completed_agents: tuple[str, ...]
    results: tuple[AgentResult, ...]
    result: JobResult | None = None
    error: str | None = None
    code: str | None = None


class JobList(WireValue, tag="job_list", frozen=True, kw_only=True):
    """The user's jobs, newest first; `cursor` if there are more."""

    jobs: tuple[JobSummary, ...]
    cursor: str | None = None


class ErrorMessage(WireValue, tag="error", frozen=True, kw_only=True):
    """A refused message that was not a question; `job_id` is the one that it named, if it named any."""

    code: str
    message: str
    retry_after: int | None = None
    timestamp: Number
    job_id: str | None = None


class GatewayError(WireValue, frozen=True, kw_only=True):
    """API Gateway's own word that a message of ours was not handled; `request_id` is its own and names no question."""

    message: str
    connection_id: str | None = None
    request_id: str | None = None


@dataclass(frozen=True)
class Unreadable:
    """A frame that is no message, or one of a type that is newer than this client: the protocol allows new types.

    `kind`, a class of this module, and `job_id` say whose wait a broken message ends.
    """

    reason: str
    kind: Any = None
    job_id: str | None = None


JobEnd = JobCompleted | JobFailed | JobCancelled
JobEvent = JobQueued | ProgressUpdate | AnalysisStarted | AgentCompleted | JobSnapshot | JobEnd
Event = JobEvent | Authenticated | Pong | JobList | ErrorMessage | GatewayError | Unreadable

MESSAGES: dict[str, Any] = {
    kind.__struct_config__.tag: kind
    for kind in get_args(Event)
    if issubclass(kind, WireValue) and kind is not GatewayError
}


def parse_event(frame: str | bytes) -> Event:
    """Read one received frame. Whatever a server sends becomes a value: this never raises."""
    if isinstance(frame, bytes):
        return Unreadable("a binary frame")
    try:
        message = json.loads(frame, parse_constant=_number, parse_float=_number)
    except (ValueError, RecursionError) as broken:
        return Unreadable(f"not JSON: {broken}")
    event_class = _class_of(message) if isinstance(message, dict) else None
    if event_class is None:
        return Unreadable("of no type that this client knows")
    # The contract: what is no such wait is as if it were not there.
    if type(wait := message.get("retryAfter")) is not int or not 1 <= wait <= SECONDS_OF_A_DAY:
        message.pop("retryAfter", None)
    try:
        event: Event = msgspec.convert(message, event_class)
    except msgspec.ValidationError as invalid:
        job_id = message.get("jobId")
        return Unreadable(
            f"{event_class.__name__}: {invalid}", event_class, job_id if isinstance(job_id, str) else None
        )
    return event


def _class_of(message: Mapping[str, object]) -> Any:
    """The class that reads a message; None for a type that this client does not know."""
    kind = message.get("type", message.get("action"))
    if kind is None:
        return GatewayError if message.keys() & {"connectionId", "requestId"} else None
    return MESSAGES.get(str(kind))


def _number(literal: str) -> Number:
    """JSON has one kind of number, so 50.0 is a whole one; what Python takes for infinite or none is no JSON."""
    value = float(literal)
    if not math.isfinite(value):
        raise ValueError(f"{literal[:20]} is no number, or too large a one")
    return int(value) if value.is_integer() and abs(value) < 2**53 else value
