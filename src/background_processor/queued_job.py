"""A message of the processing queue: its job is processed, and then the message goes, stays or waits."""

from aws_lambda_powertools import Logger

from background_processor.process_job import ProcessJob
from background_processor.queue_message import QueueMessage
from finops_websocket.announce_end import AnnounceEnd
from finops_websocket.errors import EndNotTold, JobEnded, JobHeldElsewhere, NotAJob
from finops_websocket.job_queue import job_id_of
from finops_websocket.job_store import JobStore

logger = Logger(child=True)

# Seconds until a client that could not be told an end is tried again: throttles pass in less.
_TELL_AGAIN_AFTER = 5


class ServeQueuedJob:
    """Serves the processing queue. An exception leaves the message in it."""

    def __init__(self, process_job: ProcessJob, jobs: JobStore, announce_end: AnnounceEnd) -> None:
        """Keep what is needed."""
        self._process_job = process_job
        self._jobs = jobs
        self._announce_end = announce_end

    def __call__(self, message: QueueMessage, worker: str, time_limit: float) -> None:
        """Process the message's job in a worker's name; its agents have `time_limit` seconds.

        Raises EndNotTold or JobHeldElsewhere if the message must come again, and NotAJob of one that names no job: it
        comes again too, until the queue gives it up to the dead-letter queue.
        """
        try:
            job_id = job_id_of(message.body)
            logger.append_keys(jobId=job_id)
            self._process_or_tell_end(job_id, message, worker, time_limit)
        except NotAJob:
            logger.error("A message names no job.", messageId=message.message_id)
            message.show_again_in(0)
            raise
        except EndNotTold:
            message.show_again_in(_TELL_AGAIN_AFTER)
            raise
        except JobHeldElsewhere as held:
            if held.message_id in (None, message.message_id):
                # Delivered twice. It is the message that brings the job back if the other worker dies.
                message.show_again_in(held.seconds + 1)
                raise
            logger.info("A message was dropped: another one has brought its job to a worker.")

    def _process_or_tell_end(self, job_id: str, message: QueueMessage, worker: str, time_limit: float) -> None:
        try:
            self._process_job(job_id, message, worker, time_limit)
        except JobEnded:
            # Delivered again, or cancelled meanwhile. Whoever ended the job may have died before all knew.
            logger.info("A message was dropped: its job has ended.")
            job = self._jobs.find(job_id)
            if job is not None:
                self._announce_end(job)
