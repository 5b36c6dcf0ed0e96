"""A worker's hold on a job: taken, renewed with every step, and used up by the end.

A worker's writes hold only while it has the job's lease, so two workers never write the same job.
"""

from typing import Any

from boto3.dynamodb.conditions import Attr, ConditionBase

from finops_websocket import metrics
from finops_websocket.errors import JobEnded, JobHeldElsewhere, JobNotOurs
from finops_websocket.job import COMPLETED, FAILED, PROCESSING, QUEUED, Job
from finops_websocket.job_end import end_job
from finops_websocket.job_table import JobTable


class JobLease:
    """Takes and writes jobs in workers' names. Its calls raise botocore's ClientError when DynamoDB refuses."""

    def __init__(self, jobs: JobTable, lease: int) -> None:
        """Keep the table; each step holds a job for `lease` seconds more."""
        self._jobs = jobs
        self._lease = lease

    def claim(self, job_id: str, worker: str, message_id: str, *, progress: int, message: str) -> Job:
        """Take a job for a worker that got it with the queue's message `message_id`.

        A queued job begins at `progress`; a job whose worker has let its lease run out keeps the progress it has.
        Raises JobEnded if it is finished or gone, JobHeldElsewhere if another worker's lease runs.
        """
        job = self._take(job_id, worker, message_id, progress=progress, message=message)
        # A taken-over job was measured by who had it first. No worker claims a job twice: it is given one message.
        if job.attempts == 1:
            metrics.measure(metrics.TIME_TO_FIRST_PROGRESS, job.updated_at - job.created_at)
        return job

    def _take(self, job_id: str, worker: str, message_id: str, *, progress: int, message: str) -> Job:
        while True:
            # Read first: the reply tells what time it is for DynamoDB, and the lease is compared with that.
            job = self._jobs.find(job_id)
            if job is not None and job.status == PROCESSING and job.lease_owner == worker:
                # The reply to our own claim was lost, and the SDK's second try found the job claimed.
                return job
            if job is None or job.is_finished or (job.status == PROCESSING and job.lease_until > self._jobs.now()):
                raise self._why_not_ours(job_id, job)
            taken = {
                "status": PROCESSING,
                "leaseOwner": worker,
                "leaseMessage": message_id,
                "leaseUntil": self._jobs.now() + self._lease,
                "message": message,
                "progress": progress if job.status == QUEUED else job.progress,
            }
            unchanged = Attr("status").eq(job.status) & Attr("seq").eq(job.seq)
            if claimed := self._jobs.step(job_id, unchanged, taken, counter="attempts"):
                return claimed

    def record_step(
        self, job: Job, *, progress: int, message: str, completed_agents: tuple[str, ...] | None = None
    ) -> Job:
        """Store a step of a job that this worker holds, renew the lease, and give the job as it now is.

        Raises JobEnded if it was ended meanwhile, JobHeldElsewhere if another worker has it.
        """
        assignments = {
            "progress": progress,
            "message": message,
            "completedAgents": list(job.completed_agents if completed_agents is None else completed_agents),
            "leaseUntil": self._jobs.now() + self._lease,
        }
        if step := self._jobs.step(job.job_id, _is_ours(job), assignments):
            return step
        # The write may have come through and its reply been lost, so that the second try found it there: nobody but the
        # lease's owner raises the seq of a job in this way.
        stored = self._jobs.find(job.job_id)
        written = (job.seq + 1, job.lease_owner, PROCESSING)
        if stored is not None and (stored.seq, stored.lease_owner, stored.status) == written:
            return stored
        raise self._why_not_ours(job.job_id, stored)

    def complete(self, job: Job, *, message: str, partial: bool) -> Job:
        """End a job that this worker holds with an answer. Raises like record_step."""
        return self._end(job, {"status": COMPLETED, "progress": 100, "message": message, "partial": partial})

    def fail(self, job: Job, *, code: str, error: str) -> Job:
        """End a job that this worker holds without an answer; its user reads `error`. Raises like record_step."""
        return self._end(job, {"status": FAILED, "message": error, "error": error, "code": code})

    def _end(self, job: Job, end: dict[str, Any]) -> Job:
        if ended := end_job(self._jobs, job.job_id, _is_ours(job), end):
            return ended
        raise self._why_not_ours(job.job_id, self._jobs.find(job.job_id))

    def _why_not_ours(self, job_id: str, job: Job | None) -> JobNotOurs:
        if job is None or job.is_finished:
            return JobEnded(f"Job {job_id} is finished or gone.")
        return JobHeldElsewhere(
            f"Job {job_id} is held by another worker.",
            message_id=job.lease_message,
            seconds=max(0, job.lease_until - self._jobs.now()),
        )


def _is_ours(job: Job) -> ConditionBase:
    # The seq too: a try that was slow must not come through after the SDK's second one and steps that followed.
    return Attr("status").eq(PROCESSING) & Attr("leaseOwner").eq(job.lease_owner) & Attr("seq").eq(job.seq)
