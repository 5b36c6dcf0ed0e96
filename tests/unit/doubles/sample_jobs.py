"""A job to test with, and what belongs to it: its agents' answers and the queue's message."""

from typing import Any

from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from background_processor.queue_message import QueueMessage
from finops_websocket.agents import AgentCatalogue
from finops_websocket.jobs.admission import JobLimits
from finops_websocket.jobs.answers import COMPLETED, Answer
from finops_websocket.jobs.job import QUEUED, Job
from finops_websocket.jobs.store import JobStore
from unit.doubles.sample_events import event_of

COST, SAVINGS = "cost-agent", "savings-agent"
CATALOGUE = AgentCatalogue(COST, SAVINGS)
# Seconds for which a worker claims the job.
LEASE = 120
# Seconds that an agent may take.
AGENT_TIMEOUT = 600
# Seconds after which a queued job that nobody took is stuck.
STUCK_AFTER = 900
# More than any test asks for that is not about limits.
GENEROUS = JobLimits(active_jobs=1000, queries_per_minute=1000, agent_timeout=AGENT_TIMEOUT)


def a_job(**changes: Any) -> Job:
    """Give a job that has just been queued, with some fields changed."""
    fields: dict[str, Any] = {
        "job_id": "job-1",
        "user_id": "user-1",
        "query": "Why did my costs rise?",
        "agents": (COST, SAVINGS),
        "titles": ("Cost analysis", "Optimisation"),
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


def store(jobs: JobStore, **changes: Any) -> Job:
    """Put a job there as it is, whoever's and however many."""
    job = a_job(**changes)
    jobs.table.put_item(Item=job.to_item())
    return job


def stored(jobs: JobStore, job_id: str = "job-1") -> Job:
    """Give a job as it is stored; fail if it is not."""
    job = jobs.find(job_id)
    assert job is not None
    return job


def claim(jobs: JobStore, job_id: str = "job-1", worker: str = "worker-1", message_id: str = "message-1") -> Job:
    """Let a worker have a job."""
    return jobs.claim(job_id, worker, message_id, LEASE, progress=10, message="Working on your question.")


def an_answer(agent: str = COST, content: str = "Costs rose.", status: str = COMPLETED, **changes: Any) -> Answer:
    """Give an answer as an agent has given it."""
    return Answer(agent, f"Title of {agent}", content, status, 1_000_030, **changes)


def complete(services: Any, job_id: str = "job-1", content: str = "Costs rose.") -> Job:
    """Let a worker answer a job with what the cost agent says."""
    job = claim(services.jobs, job_id)
    services.answers.put(job, an_answer(content=content))
    job = services.jobs.record_step(job, services.lease, progress=95, completedAgents=(COST,))
    return services.jobs.complete(job, message="Your answer is ready.", partial=False)


def a_message(
    services: Any, body: str = '{"jobId": "job-1"}', message_id: str = "message-1", lease: int = 0
) -> QueueMessage:
    """Give a message that has just been received; by default it brings job-1."""
    [record] = event_of("queue_message")["Records"]
    received = SQSRecord({**record, "body": body, "messageId": message_id})
    return QueueMessage(services.sqs, "queue", received, lease or services.lease, services.clock)
