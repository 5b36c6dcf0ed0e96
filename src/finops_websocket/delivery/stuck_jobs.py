"""Jobs that nobody works on: queued again, or given up. Found when somebody looks at them, and by the sweep.

A message of the queue comes again when its worker dies, so this is for what should not happen: a job that was stored
and never queued, a queue that has lost its reader or its messages.
"""

from enum import Enum

from aws_lambda_powertools import Logger

from finops_websocket.delivery.delivery import Delivery
from finops_websocket.errors import QueueUnavailable
from finops_websocket.jobs.job import Job
from finops_websocket.jobs.queue import JobQueue
from finops_websocket.jobs.store import JobStore

logger = Logger(child=True)

# Each wait is twice as long as the one before: with 15 minutes at first, a job is given up after almost 16 hours, long
# enough for a backlog to drain or for a queue without a reader to get one.
MOST_REQUEUES = 5

# As often as the queue gives a message before it is dead.
MOST_ATTEMPTS = 3

GIVEN_UP = "Your question could not be processed. Please ask again."


class Need(Enum):
    """What a stuck job needs."""

    NOTHING = "nothing"
    REQUEUE = "requeue"
    GIVE_UP = "give up"


def need_of(job: Job, now: int, stuck_after: int) -> Need:
    """Tell what a job needs at `now` (epoch seconds), if it is stuck when nobody had it for `stuck_after` seconds."""
    without_worker_since = max(job.queued_at, job.lease_until)
    if job.is_finished or now < without_worker_since + stuck_after * 2**job.requeues:
        return Need.NOTHING
    if job.requeues >= MOST_REQUEUES or job.attempts >= MOST_ATTEMPTS:
        return Need.GIVE_UP
    return Need.REQUEUE


class StuckJobs:
    """Recovers jobs."""

    def __init__(self, jobs: JobStore, queue: JobQueue, delivery: Delivery, stuck_after: int) -> None:
        """Keep what is needed; a job is stuck when nobody had it for `stuck_after` seconds, twice as long each time."""
        self._jobs = jobs
        self._queue = queue
        self._delivery = delivery
        self._stuck_after = stuck_after

    def recover(self, job: Job) -> Job:
        """Do what a job needs and give it as it now is. A second message for a job does no harm: it is claimed once."""
        need = need_of(job, self._jobs.now(), self._stuck_after)
        if need is Need.REQUEUE:
            return self._requeue(job)
        if need is Need.GIVE_UP:
            return self._give_up(job)
        return job

    def _requeue(self, job: Job) -> Job:
        noted = self._jobs.note_requeue(job)
        if not noted.made:
            # Somebody else was here meanwhile.
            return noted.job or job
        try:
            self._queue.send(job.job_id, job.user_id)
            logger.warning("A stuck job was queued again.", jobId=job.job_id, requeues=job.requeues + 1)
        except QueueUnavailable as error:
            # It will be due again.
            cause = type(error.__cause__).__name__
            logger.warning("A stuck job could not be queued.", jobId=job.job_id, errorType=cause)
        return noted.job or job

    def _give_up(self, job: Job) -> Job:
        given_up = self._jobs.give_up(job, "PROCESSING_FAILED", GIVEN_UP)
        if given_up.made and given_up.job is not None:
            logger.error("A stuck job was given up.", jobId=job.job_id, attempts=job.attempts, requeues=job.requeues)
            self._delivery.try_to_announce_end(given_up.job)
        return given_up.job or job
