"""cancel_job: a job ends without an answer, because its asker does not want one any more."""

from aws_lambda_powertools import Logger

from finops_websocket.client_messages import CancelJob
from finops_websocket.errors import JobFinished, JobNotFound
from finops_websocket.job import CANCELLED
from finops_websocket.job_store import JobStore
from message_handler.tell_end import TellEnd
from message_handler.visible_jobs import NOT_FOUND, VisibleJobs

logger = Logger(child=True)


class EndJob:
    """Cancels a job and tells everybody who follows it."""

    def __init__(self, visible_jobs: VisibleJobs, jobs: JobStore, tell_end: TellEnd) -> None:
        """Keep what is needed."""
        self._visible_jobs = visible_jobs
        self._jobs = jobs
        self._tell_end = tell_end

    def __call__(self, connection_id: str, message: CancelJob) -> None:
        """Serve cancel_job; raise a RequestError if the connection may not see the job, or it has ended otherwise."""
        found = self._visible_jobs.find(connection_id, message.job_id)
        logger.append_keys(userId=found.user_id, jobId=found.job_id)
        # The job as it is after this: its worker may have ended it since it was found.
        job = self._jobs.cancel(found.job_id, found.user_id)
        if job is None:
            raise JobNotFound(NOT_FOUND)
        if job.status != CANCELLED:
            raise JobFinished(f"The job cannot be cancelled: it is {job.status} already.")
        self._tell_end(connection_id, job)
        logger.info("A job was cancelled.", seq=job.seq)
