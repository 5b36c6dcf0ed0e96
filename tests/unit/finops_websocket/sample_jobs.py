"""A job to test with, and what belongs to it."""

from typing import Any

from finops_websocket.agents import AgentCatalogue
from finops_websocket.job import QUEUED, Job
from finops_websocket.job_store import JobStore

COST, SAVINGS = "cost-agent", "savings-agent"
CATALOGUE = AgentCatalogue.of_functions(COST, SAVINGS)
# Seconds for which a worker claims the job.
LEASE = 120
# Seconds that an agent may take.
AGENT_TIMEOUT = 600
# Seconds after which a queued job that nobody took is stuck.
STUCK_AFTER = 900
RESPONSE_KEY = "jobs/job-1/response.md"


def a_job(**changes: Any) -> Job:
    """Give a job that has just been queued, with some fields changed."""
    fields: dict[str, Any] = {
        "job_id": "job-1",
        "user_id": "user-1",
        "query": "Why did my costs rise?",
        "agents": (COST, SAVINGS),
        "status": QUEUED,
        "progress": 5,
        "message": "Your question is queued.",
        "seq": 1,
        "created_at": 1_000_000,
        "queued_at": 1_000_000,
        "updated_at": 1_000_000,
        "ttl": 2_000_000,
        "followers": frozenset({"connection-1"}),
    }
    return Job(**{**fields, **changes})


def stored_job(jobs: JobStore) -> Job:
    """Give the job as it is stored; fail if it is not."""
    job = jobs.find("job-1")
    assert job is not None
    return job
