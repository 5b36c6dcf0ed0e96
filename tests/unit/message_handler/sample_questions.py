"""A question to test with, and what becomes of its job."""

import uuid

from finops_websocket.answer_store import COMPLETED as ANSWERED
from finops_websocket.answer_store import Answer, AnswerStore
from finops_websocket.client_messages import FinopsQuery
from finops_websocket.job import Job
from finops_websocket.job_lease import JobLease
from finops_websocket.job_store import JobStore
from unit.finops_websocket.recording_channel import RecordingChannel
from unit.finops_websocket.sample_jobs import COST

QUERY = FinopsQuery("Why did my costs rise?", "request-1", None, None)


def job_of(jobs: JobStore, channel: RecordingChannel, connection_id: str = "connection-1") -> Job:
    """Give the job that the connection's latest message is about."""
    job = jobs.find(channel.wires_to(connection_id)[-1]["jobId"])
    assert job is not None
    return job


def claim(leases: JobLease, job_id: str) -> Job:
    """Let a new worker have a job."""
    return leases.claim(job_id, str(uuid.uuid4()), "message-1", progress=10, message="Working.")


def complete(leases: JobLease, answers: AnswerStore, job_id: str, content: str) -> None:
    """Let a new worker answer a job."""
    claimed = claim(leases, job_id)
    answers.put(claimed, Answer(COST, "Cost analysis", content, ANSWERED, 1_000_030))
    leases.complete(claimed, message="Ready.", partial=False)
