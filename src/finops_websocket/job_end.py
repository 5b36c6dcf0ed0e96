"""A job's end: stored once, and counted once, by the call that has stored it. Every end of a job goes through here."""

import uuid
from typing import Any

from boto3.dynamodb.conditions import ConditionBase

from finops_websocket import metrics
from finops_websocket.job import CANCELLED, COMPLETED, FAILED, Job
from finops_websocket.job_table import JobTable

_COUNTED_AS = {
    COMPLETED: metrics.JOBS_COMPLETED,
    FAILED: metrics.JOBS_FAILED,
    CANCELLED: metrics.JOBS_CANCELLED,
}


def end_job(jobs: JobTable, job_id: str, condition: ConditionBase, end: dict[str, Any]) -> Job | None:
    """End a job under a condition, which asks for an unfinished one, and give the job as it now is.

    None if the condition does not hold, whoever else has ended the job. Raises botocore's ClientError when DynamoDB
    refuses. An end is not counted twice; it is not counted at all if its caller never learns that it is stored, because
    it dies in between or each reply of DynamoDB's is lost.
    """
    end_id = str(uuid.uuid4())
    ended = jobs.step(job_id, condition, {**end, "endId": end_id})
    if ended is None:
        # The reply to this call may have been lost, so that the SDK's second try found the job ended. By whom, its
        # endId tells: others may have ended it in the same way.
        stored = jobs.find(job_id)
        if stored is None or stored.end_id != end_id:
            return None
        ended = stored
    _count(ended)
    return ended


def _count(job: Job) -> None:
    metrics.count(_COUNTED_AS[job.status])
    if job.status == COMPLETED:
        metrics.measure(metrics.TIME_TO_ANSWER, job.updated_at - job.created_at)
        if job.partial:
            metrics.count(metrics.PARTIAL_ANSWERS)
