"""A question as a job that has just been asked. Pure."""

import uuid
from collections.abc import Iterable

from finops_websocket.agents import Agent
from finops_websocket.job import QUEUED, Job

# The contract's progress of a queued job, in percent.
_QUEUED_PROGRESS = 5


def new_job(
    user_id: str,
    query: str,
    agents: Iterable[Agent],
    *,
    now: int,
    retention_seconds: int,
    request_id: str | None = None,
    followers: frozenset[str] = frozenset(),
) -> Job:
    """Give a new job with an id of its own, asked at `now` (epoch seconds) and kept for `retention_seconds`."""
    return Job(
        # Version 4: 122 random bits, which in the open mode are all that protects a job.
        job_id=str(uuid.uuid4()),
        user_id=user_id,
        query=query,
        agents=tuple(agent.name for agent in agents),
        status=QUEUED,
        progress=_QUEUED_PROGRESS,
        message="Your question is queued.",
        seq=1,
        created_at=now,
        updated_at=now,
        queued_at=now,
        ttl=now + retention_seconds,
        request_id=request_id,
        followers=followers,
    )
