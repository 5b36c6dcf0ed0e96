"""A question as this client keeps it from asking to the end of its job."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from finops_client.errors import FinopsClientError
from finops_client.events import ErrorMessage, GatewayError, JobEnd, JobEvent, JobQueued, JobSnapshot
from finops_client.jobs import Job

SESSION_EXPIRED = "SESSION_EXPIRED"


class Reconnected:
    """In a question's inbox: the connection is a new one, which may not know of the question."""


Item = JobEvent | ErrorMessage | GatewayError | Reconnected | FinopsClientError


@dataclass(eq=False)
class Question:
    """The question, its job, and what has come for it and was not looked at yet.

    `waiting_since` is the time at which something was sent that the server has not answered, None if nothing
    is. `resuming` says that this something is a `resume_job` and not the question itself.
    """

    job: Job
    query: str
    agents: Sequence[str] | None
    may_renew: bool
    waiting_since: float | None = None
    resuming: bool = False
    inbox: asyncio.Queue[Item] = field(default_factory=asyncio.Queue)

    def message(self) -> dict[str, object]:
        """The question for the wire. With the same request id each time it is the same job, however often."""
        message: dict[str, object] = {
            "action": "finops_query",
            "query": self.query,
            "requestId": self.job.request_id,
        }
        if self.agents:
            message["agents"] = list(self.agents)
        return message

    def resume_message(self) -> dict[str, object]:
        """The request for the job's whole state."""
        return {"action": "resume_job", "jobId": self.job.job_id}

    def note_answer(self, event: JobEvent) -> None:
        """Ends the wait for an answer if this event is one."""
        if isinstance(event, JobQueued | JobSnapshot | JobEnd):
            self.waiting_since = None
            self.resuming = False

    def note_refusal(self, refusal: ErrorMessage | GatewayError) -> None:
        """Takes in a refusal that may be meant for this question. It ends the wait: one wait has one answer."""
        if self.concerns(refusal):
            self.waiting_since = None
            self.inbox.put_nowait(refusal)

    def concerns(self, refusal: ErrorMessage | GatewayError) -> bool:
        """Whether a refusal that names no message may be meant for what this question waits for.

        API Gateway's may be for whatever is unanswered. The server's own is never for a question (a refused
        question ends in `job_failed`) but for an expired session, which servers report either way.
        """
        if self.waiting_since is None:
            return False
        return self.resuming or isinstance(refusal, GatewayError) or refusal.code == SESSION_EXPIRED
