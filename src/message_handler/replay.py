"""An operator's request: a job that failed for good has its question asked once more, by a job of its own.

The failed job keeps its end, which clients have been told. Its user finds the new one in its list, and follows it from
the next authenticate on. Where users are taken at their word (AuthMode=open), nobody finds it: the operator passes its
id on.
"""

from collections.abc import Mapping
from typing import Any

from aws_lambda_powertools import Logger

from finops_websocket.errors import JobNotFound, LimitReached, QueueUnavailable, RequestError, UnknownAgent, client_text
from finops_websocket.jobs.job import FAILED, QUEUED, Job, new_job
from message_handler.routing import agents_for
from message_handler.services import MessageHandlerServices

logger = Logger(child=True)

# No connection's id, so no client's requestId is the same request.
_REQUEST_SCOPE = "replay"


def replay_job(services: MessageHandlerServices, job_id: str) -> Mapping[str, Any]:
    """Replay a job, and say for ops/dead_letters.sh what has come of it.

    `{"replayedAs": id, "queued": bool}`, where a job that is not queued is left to the sweep, or `{"refused": code,
    "message": sentence}`: there is no such job, it has not failed for good, or its user has enough for now, and then
    with `retryAfter` in seconds. A repeated request is the same replay, as a repeated question is the same job.
    """
    logger.append_keys(jobId=job_id)
    try:
        job = _ask_again(services, job_id)
    except RequestError as refusal:
        code, sentence = client_text(refusal)
        logger.info("A job was not replayed.", code=code)
        again = {"retryAfter": refusal.retry_after} if isinstance(refusal, LimitReached) else {}
        return {"refused": code, "message": sentence, **again}
    logger.info("A job was replayed.", replayedAs=job.job_id)
    return {"replayedAs": job.job_id, "queued": _queue_if_it_waits(services, job)}


def _ask_again(services: MessageHandlerServices, job_id: str) -> Job:
    failed = services.jobs.find(job_id)
    # Any other failure is an answer: agents were asked, and none had one.
    if failed is None or failed.status != FAILED or failed.code != "PROCESSING_FAILED":
        raise JobNotFound("No job of this id has failed for good.")
    agents = _agents_of(services, failed)
    asked_again = new_job(
        failed.user_id,
        failed.query,
        agents,
        services.catalogue.titles_of(agents),
        now=services.jobs.now(),
        retention=services.retention,
        request_id=failed.job_id,
    )
    job = services.admission.admit(asked_again, _REQUEST_SCOPE).job
    services.jobs.note_replay(failed, job)
    return job


def _agents_of(services: MessageHandlerServices, job: Job) -> tuple[str, ...]:
    try:
        return services.catalogue.named(job.agents)
    except UnknownAgent:
        # The stack has other agents since.
        return agents_for(job.query, services.catalogue)


def _queue_if_it_waits(services: MessageHandlerServices, job: Job) -> bool:
    # One that was replayed before may be stored and not queued. A second message does no harm: it is claimed once.
    if job.status == QUEUED:
        try:
            services.queue.send(job.job_id, job.user_id)
        except QueueUnavailable as error:
            logger.error("A replayed job could not be queued.", errorType=type(error.__cause__).__name__)
            return False
    return True
