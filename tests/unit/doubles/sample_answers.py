"""Agents' answers to test with."""

from typing import Any

from finops_websocket.jobs.answers import COMPLETED, Answer
from finops_websocket.jobs.job import Job
from unit.doubles.all_services import AllServices
from unit.doubles.sample_jobs import COST, claim


def an_answer(agent: str = COST, content: str = "Costs rose.", status: str = COMPLETED, **changes: Any) -> Answer:
    """Give an answer as an agent has given it."""
    return Answer(agent, f"Title of {agent}", content, status, 1_000_030, **changes)


def complete(services: AllServices, job_id: str = "job-1", content: str = "Costs rose.") -> Job:
    """Let a worker answer a job with what the cost agent says."""
    job = claim(services.jobs, job_id)
    services.answers.put(job, an_answer(content=content))
    job = services.jobs.record_step(job, services.lease, progress=95, completedAgents=(COST,))
    return services.jobs.complete(job, message="Your answer is ready.", partial=False)
