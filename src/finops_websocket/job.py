"""A job as the store keeps it. Pure.

`seq` rises by one with every stored step, so two views of a job can be told apart by it. The answers' texts are not in
here: they are items of their own (see answer_store), so that a step's update stays cheap.

`followers` are the connections that get the job's messages. Of a finished job they are those that do not know its end
yet; a job `is_open` until it is finished and everybody knows.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

QUEUED, PROCESSING, COMPLETED, FAILED, CANCELLED = "queued", "processing", "completed", "failed", "cancelled"
UNFINISHED = (QUEUED, PROCESSING)
OPEN = "yes"


@dataclass(frozen=True)
class Job:
    """A question and how far its answer is. Times are in epoch seconds, progress in percent.

    The lease is `lease_owner`'s, a worker, who got the job with the queue's message `lease_message`. `queued_at` is
    when the job was last sent to the queue, `requeues` how often since it was first. `end_id` tells the call that has
    ended the job from all others.
    """

    job_id: str
    user_id: str
    query: str
    agents: tuple[str, ...]
    status: str
    progress: int
    message: str
    seq: int
    created_at: int
    updated_at: int
    ttl: int
    request_id: str | None = None
    followers: frozenset[str] = frozenset()
    completed_agents: tuple[str, ...] = ()
    attempts: int = 0
    lease_owner: str | None = None
    lease_message: str | None = None
    lease_until: int = 0
    queued_at: int = 0
    requeues: int = 0
    partial: bool = False
    error: str | None = None
    code: str | None = None
    dead_letter: Mapping[str, Any] | None = None
    end_id: str | None = None
    is_open: bool = True

    @property
    def is_finished(self) -> bool:
        """Tell whether the job has come to one of its three ends."""
        return self.status not in UNFINISHED

    def to_item(self) -> dict[str, Any]:
        """Give the job's item for the table. What is None or empty is left out: DynamoDB has no empty sets."""
        item: dict[str, Any] = {
            "jobId": self.job_id,
            "userId": self.user_id,
            "query": self.query,
            "agents": list(self.agents),
            "status": self.status,
            "progress": self.progress,
            "message": self.message,
            "seq": self.seq,
            "createdAt": self.created_at,
            "updatedAt": self.updated_at,
            "ttl": self.ttl,
            "requestId": self.request_id,
            "followers": set(self.followers) or None,
            "completedAgents": list(self.completed_agents),
            "attempts": self.attempts,
            "leaseOwner": self.lease_owner,
            "leaseMessage": self.lease_message,
            "leaseUntil": self.lease_until,
            "queuedAt": self.queued_at,
            "requeues": self.requeues,
            "partial": self.partial,
            "error": self.error,
            "code": self.code,
            "deadLetter": self.dead_letter,
            "endId": self.end_id,
            # The index of open jobs holds the items that have this.
            "open": OPEN if self.is_open else None,
        }
        return {name: value for name, value in item.items() if value is not None}

    @classmethod
    def from_item(cls, item: Mapping[str, Any]) -> "Job":
        """Read a job's item, whose numbers are Decimals."""
        return cls(
            job_id=item["jobId"],
            user_id=item["userId"],
            query=item["query"],
            agents=tuple(item["agents"]),
            status=item["status"],
            progress=int(item["progress"]),
            message=item["message"],
            seq=int(item["seq"]),
            created_at=int(item["createdAt"]),
            updated_at=int(item["updatedAt"]),
            ttl=int(item["ttl"]),
            request_id=item.get("requestId"),
            followers=frozenset(item.get("followers", ())),
            completed_agents=tuple(item.get("completedAgents", ())),
            attempts=int(item.get("attempts", 0)),
            lease_owner=item.get("leaseOwner"),
            lease_message=item.get("leaseMessage"),
            lease_until=int(item.get("leaseUntil", 0)),
            queued_at=int(item.get("queuedAt", item["createdAt"])),
            requeues=int(item.get("requeues", 0)),
            partial=bool(item.get("partial", False)),
            error=item.get("error"),
            code=item.get("code"),
            dead_letter=item.get("deadLetter"),
            end_id=item.get("endId"),
            is_open="open" in item,
        )
