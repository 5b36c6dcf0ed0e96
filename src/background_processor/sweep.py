"""The sweep: all open jobs are looked at, so that none stays unfinished, and no end untold, for ever."""

from collections.abc import Callable

from aws_lambda_powertools import Logger

from finops_websocket.errors import EndNotTold
from finops_websocket.services import Services

logger = Logger(child=True)

# Seconds that looking at one job may take when everything is slow.
_ONE_JOB_SECONDS = 60


def sweep(services: Services, seconds_left: Callable[[], float]) -> None:
    """Recover jobs that nobody works on and tell ends that somebody does not know, oldest first, while there is time.

    Raises the last error that a job met with, when all have been looked at.
    """
    failure = None
    looked_at = 0
    for job_id in services.jobs.open_jobs():
        if seconds_left() < _ONE_JOB_SECONDS:
            break
        looked_at += 1
        try:
            _look_at(services, job_id)
        except EndNotTold:
            logger.info("An end could not be told.", jobId=job_id)
        except Exception as error:  # It must not keep the younger ones from being looked at, and is raised below.
            logger.exception("An open job could not be looked at.", jobId=job_id)
            failure = error
    logger.info("The open jobs were looked at.", jobs=looked_at)
    if failure is not None:
        raise failure


def _look_at(services: Services, job_id: str) -> None:
    # The index lags, and does not hold what is looked at here.
    job = services.jobs.find(job_id)
    if job is None:
        return
    if job.is_finished:
        services.delivery.announce_end(job)
    else:
        services.stuck_jobs.recover(job)
