"""A message that failed for good: its job has failed, and whoever asked is told."""

from aws_lambda_powertools import Logger

from background_processor.queue_message import QueueMessage
from background_processor.services import BackgroundProcessorServices
from finops_websocket import metrics
from finops_websocket.delivery.stuck_jobs import GIVEN_UP
from finops_websocket.errors import JobHeldElsewhere, NotAJob
from finops_websocket.jobs.queue import job_id_of

logger = Logger(child=True)


def fail_dead_letter(services: BackgroundProcessorServices, message: QueueMessage) -> None:
    """Fail a dead letter's job, unless it has ended.

    Raises NotAJob of a body that names none: it stays in the queue, for a person to read, and is counted for an alarm.
    Raises JobHeldElsewhere while another worker has the job.
    """
    try:
        job_id = job_id_of(message.body)
    except NotAJob:
        logger.error("A dead letter names no job.", messageId=message.message_id)
        metrics.count(metrics.UNREADABLE_DEAD_LETTERS)
        raise
    logger.append_keys(jobId=job_id)
    job = services.jobs.find(job_id)
    if job is None:
        logger.warning("A dead letter was dropped: its job is not there any more.")
        return
    logger.append_keys(userId=job.user_id)
    if not job.is_finished:
        seconds = job.held_for(services.jobs.now(), services.lease)
        given_up = None
        if not seconds:
            given_up = services.jobs.give_up(job, "PROCESSING_FAILED", GIVEN_UP, message.to_item())
        if given_up is None or not given_up.made or given_up.job is None:
            message.show_again_in(seconds + 1)
            raise JobHeldElsewhere(f"Job {job_id} is being processed.", job.lease_message, seconds)
        job = given_up.job
        logger.error("A job has failed for good.", attempts=job.attempts)
    services.delivery.try_to_announce_end(job)
