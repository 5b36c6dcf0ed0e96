"""A job as the store keeps it. Pure.

`seq` rises by one with every stored step, so two views of a job can be told apart by it. The answers' texts are not in
here: they are items of their own (see answers.py), so that a step's update stays cheap.

`followers` are the connections that get the job's messages. Of a finished job they are those that do not know its end
yet; a job `is_open` until it is finished and everybody knows.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from finops_websocket.records import from_record, to_record

QUEUED, PROCESSING, COMPLETED, FAILED, CANCELLED = "queued", "processing", "completed", "failed", "cancelled"
UNFINISHED = (QUEUED, PROCESSING)
OPEN = "yes"

# The contract's progress of a queued job, in percent.
_QUEUED_PROGRESS = 5


@dataclass(frozen=True)
class Job:
    """A question and how far its answer is. Times are in epoch seconds, progress in percent.

    `titles` are the agents' headings for people, in the same order: an agent may leave the deployment, and older jobs
    have none.

    The lease is `lease_owner`'s, a worker, who got the job with the queue's message `lease_message`. `queued_at` is
    when the job was last sent to the queue, `requeues` how often since it was first. `step_id` tells the write that has
    raised `seq` last from all others.
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
    titles: tuple[str, ...] = ()
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
    step_id: str | None = None
    is_open: bool = True

    @property
    def is_finished(self) -> bool:
        """Tell whether the job has come to one of its three ends."""
        return self.status not in UNFINISHED

    def held_for(self, now: int, lease: int) -> int:
        """Tell for how many seconds after `now` (epoch seconds) a worker still has the job; 0 if none has it.

        Leases last `lease` seconds. One that seems to last for more than two was written by a wrong clock, and is none:
        the job must not wait until that clock's time has come.
        """
        left = self.lease_until - now
        return left if self.status == PROCESSING and 0 < left <= 2 * lease else 0

    def to_item(self) -> dict[str, Any]:
        """Give the job's item for the table."""
        item = to_record(self)
        # DynamoDB has no empty sets.
        item["followers"] = set(self.followers) or None
        # The index of open jobs holds the items that have this.
        item["open"] = OPEN if item.pop("isOpen") else None
        return {name: value for name, value in item.items() if value is not None}

    @classmethod
    def from_item(cls, item: Mapping[str, Any]) -> "Job":
        """Read a job's item, which may be of an earlier release and lack some fields."""
        return from_record(cls, {"queuedAt": item["createdAt"], **item, "isOpen": "open" in item})


def new_job(
    user_id: str,
    query: str,
    agents: tuple[str, ...],
    titles: tuple[str, ...],
    *,
    now: int,
    retention: int,
    request_id: str | None = None,
    followers: frozenset[str] = frozenset(),
) -> Job:
    """Give a question that is asked at `now` (epoch seconds) as a job of its own, kept for `retention` seconds."""
    return Job(
        # Version 4: 122 random bits, which in the open mode are all that protects a job.
        job_id=str(uuid.uuid4()),
        user_id=user_id,
        query=query,
        agents=agents,
        titles=titles,
        status=QUEUED,
        progress=_QUEUED_PROGRESS,
        message="Your question is queued.",
        seq=1,
        created_at=now,
        updated_at=now,
        queued_at=now,
        ttl=now + retention,
        request_id=request_id,
        followers=followers,
    )
