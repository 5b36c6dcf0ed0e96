"""finops_query: a question becomes a stored, queued job, and only then is acknowledged."""

from aws_lambda_powertools import Logger

from finops_websocket import metrics
from finops_websocket.connections.identity import Connection, identify_asker, is_claimed
from finops_websocket.delivery import messages
from finops_websocket.errors import QueueUnavailable, client_text
from finops_websocket.jobs.admission import Submission
from finops_websocket.jobs.job import QUEUED, Job, new_job
from finops_websocket.wire.client_messages import FinopsQuery
from message_handler.routing import agents_for
from message_handler.services import MessageHandlerServices

logger = Logger(child=True)

# A UUID without its hyphens: who does not know an id of this length does not guess it.
_UNGUESSABLE_CHARACTERS = 32


def finops_query(services: MessageHandlerServices, connection: Connection, message: FinopsQuery) -> None:
    """Store, queue and acknowledge a question; raise a RequestError if it cannot be taken."""
    connection_id = connection.connection_id
    submission = _admit(services, connection, message)
    job = submission.job
    if submission.is_duplicate:
        job = _follow_again(services, connection_id, job)
    logger.append_keys(jobId=job.job_id)
    # A job that is found still queued may have been stored by an attempt that died before it could queue it. A second
    # message does no harm: a job is claimed once.
    if job.status == QUEUED:
        try:
            services.queue.send(job.job_id, job.user_id)
        except QueueUnavailable as error:
            logger.error("A job could not be queued.", errorType=type(error.__cause__).__name__)
            # One that was there already may be in the queue, and is found by the sweep if it is not.
            if not submission.is_duplicate and _end_unqueued(services, connection_id, job, error):
                return
    # Made before the acknowledgement: if it cannot be, the client is to ask again.
    end = messages.end_of(job, services.answers) if job.is_finished else None
    services.channel.send(connection_id, messages.job_queued(job, is_duplicate=submission.is_duplicate))
    if end is not None:
        services.channel.send(connection_id, end)
    # Last: what is raised up to here makes it a refused one.
    if not submission.is_duplicate:
        metrics.count(metrics.QUERIES_ACCEPTED)
    logger.info("A question was taken.", duplicate=submission.is_duplicate, agents=list(job.agents))


def _admit(services: MessageHandlerServices, connection: Connection, message: FinopsQuery) -> Submission:
    now = services.jobs.now()
    user_id = identify_asker(services.auth_mode, connection, message.user_id, now)
    logger.append_keys(userId=user_id)
    chosen = None if message.agents is None else services.catalogue.named(message.agents)
    agents = chosen or agents_for(message.query, services.catalogue)
    job = new_job(
        user_id,
        message.query,
        agents,
        services.catalogue.titles_of(agents),
        now=now,
        retention=services.retention,
        request_id=message.request_id,
        followers=frozenset({connection.connection_id}),
    )
    # A claimed user's requestId gives access to the job that has it, as its jobId does. One that could be guessed does
    # so on its own connection only.
    is_guessable = message.request_id is not None and len(message.request_id) < _UNGUESSABLE_CHARACTERS
    scope = connection.connection_id if is_claimed(user_id) and is_guessable else ""
    return services.admission.admit(job, scope)


def _follow_again(services: MessageHandlerServices, connection_id: str, job: Job) -> Job:
    # A queued one is queued again anyway.
    found = job if job.status == QUEUED else services.stuck_jobs.recover(job)
    return services.jobs.follow(found.job_id, found.user_id, connection_id) or found


def _end_unqueued(services: MessageHandlerServices, connection_id: str, job: Job, error: QueueUnavailable) -> bool:
    code, sentence = client_text(error)
    failed = services.jobs.fail_queued(job.job_id, code, sentence)
    # None: a message for this job got through after all, and a worker has it.
    if failed is None:
        return False
    services.delivery.tell_end(connection_id, failed)
    return True
