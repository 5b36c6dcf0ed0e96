"""A message that failed for good: its job has failed, and whoever asked is told."""

from aws_lambda_powertools import Logger

from background_processor.queue_message import QueueMessage
from finops_websocket import metrics
from finops_websocket.announce_end import AnnounceEnd
from finops_websocket.errors import JobHeldElsewhere, NotAJob
from finops_websocket.job_queue import job_id_of
from finops_websocket.job_store import JobStore
from finops_websocket.overdue import GIVEN_UP

logger = Logger(child=True)


class FailDeadLetter:
    """Serves the dead-letter queue."""

    def __init__(self, jobs: JobStore, announce_end: AnnounceEnd) -> None:
        """Keep what is needed."""
        self._jobs = jobs
        self._announce_end = announce_end

    def __call__(self, message: QueueMessage) -> None:
        """Fail the message's job, unless it has ended.

        Raises NotAJob of a body that names none: it stays in the queue, for a person to read, and is counted for an
        alarm. Raises JobHeldElsewhere while another worker has the job.
        """
        try:
            job_id = job_id_of(message.body)
        except NotAJob:
            logger.error("A dead letter names no job.", messageId=message.message_id)
            metrics.count(metrics.UNREADABLE_DEAD_LETTERS)
            raise
        logger.append_keys(jobId=job_id)
        job = self._jobs.find(job_id)
        if job is None:
            logger.warning("A dead letter was dropped: its job is not there any more.")
            return
        logger.append_keys(userId=job.user_id)
        if not job.is_finished:
            seconds = job.lease_until - self._jobs.now()
            given_up = None
            if seconds <= 0:
                given_up = self._jobs.give_up(job, "PROCESSING_FAILED", GIVEN_UP, message.to_item())
            if given_up is None:
                message.show_again_in(max(0, seconds) + 1)
                raise JobHeldElsewhere(f"Job {job_id} is being processed.", job.lease_message, max(0, seconds))
            job = given_up
            logger.error("A job has failed for good.", attempts=job.attempts)
        self._announce_end.as_far_as_possible(job)
