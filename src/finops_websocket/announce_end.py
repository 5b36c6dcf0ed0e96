"""The end of a job, told to the followers that do not know it yet."""

from aws_lambda_powertools import Logger

from finops_websocket import job_messages
from finops_websocket.answer_store import AnswerStore
from finops_websocket.broadcast import Broadcast
from finops_websocket.errors import EndNotTold
from finops_websocket.job import Job

logger = Logger(child=True)


class AnnounceEnd:
    """Tells ends. Their messages are made from the store, so an end is the same whoever tells it, however often."""

    def __init__(self, answers: AnswerStore, broadcast: Broadcast) -> None:
        """Keep what is needed."""
        self._answers = answers
        self._broadcast = broadcast

    def __call__(self, job: Job) -> None:
        """Tell a job's end, if it has one that somebody does not know; raise EndNotTold if somebody still does not."""
        if job.is_finished and job.is_open:
            end, shorter = job_messages.with_shorter(job_messages.end_of, job, self._answers)
            if not self._broadcast(job, end, shorter):
                raise EndNotTold(f"The end of job {job.job_id} could not be told to everybody.")

    def as_far_as_possible(self, job: Job) -> None:
        """Tell a job's end like a call does, and leave those who could not be told to the sweep."""
        try:
            self(job)
        except EndNotTold:
            logger.info("An end is left for the sweep to tell.", jobId=job.job_id)
