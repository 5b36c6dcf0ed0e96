"""authenticate: the connection shows who is asking, with a token or, as older frontends do, by claim."""

from aws_lambda_powertools import Logger
from botocore.exceptions import BotoCoreError, ClientError

from connection_manager.services import ConnectionManagerServices
from connection_manager.tokens import TokenUser
from finops_websocket import metrics
from finops_websocket.connections.identity import Connection, claimed_owner
from finops_websocket.errors import FinopsError
from finops_websocket.jobs.admission import active_jobs_of
from finops_websocket.jobs.job import Job
from finops_websocket.wire.client_messages import Authenticate
from finops_websocket.wire.server_messages import Authenticated

logger = Logger(child=True)


def authenticate(services: ConnectionManagerServices, connection: Connection, message: Authenticate) -> None:
    """Note the connection's user, and let a verified one follow its user's unfinished jobs.

    Raises InvalidToken if the token proves nothing or the connection is somebody else's, RateLimited if the user has
    too many connections.
    """
    connection_id = connection.connection_id
    if message.token is not None:
        _sign_in(services, connection_id, message.token)
    elif message.user_id is not None:
        _take_claim(services, connection_id, message.user_id, message.username or message.user_id)


def _sign_in(services: ConnectionManagerServices, connection_id: str, token: str) -> None:
    try:
        user = _prove(services, connection_id, token)
    except FinopsError:
        metrics.count(metrics.SIGN_INS_REFUSED)
        raise
    followed = [
        services.jobs.follow(job_id, user.user_id, connection_id)
        for job_id in active_jobs_of(services.jobs, user.user_id)
    ]
    # Some of the active jobs may have ended.
    unfinished = [job for job in followed if job is not None and not job.is_finished]
    services.channel.send(
        connection_id,
        Authenticated(
            message=_welcome(user.username),
            user_id=user.user_id,
            connection_id=connection_id,
            verified=True,
            expires_at=user.expires_at,
            active_jobs=tuple(job.job_id for job in unfinished),
        ),
    )
    metrics.count(metrics.SIGN_INS)
    for job in unfinished:
        _redraw(services, connection_id, job)


def _prove(services: ConnectionManagerServices, connection_id: str, token: str) -> TokenUser:
    user = services.tokens.verify(token)
    logger.append_keys(userId=user.user_id)
    services.slots.acquire(user.user_id, connection_id)
    services.connections.sign_in(
        Connection(connection_id, user.user_id, user.username, verified=True, expires_at=user.expires_at)
    )
    return user


def _redraw(services: ConnectionManagerServices, connection_id: str, job: Job) -> None:
    try:
        services.delivery.redraw(connection_id, services.stuck_jobs.recover(job))
    except (ClientError, BotoCoreError):
        # The user is signed in and follows the job. Its next message or a resume_job brings what is missing here, and
        # the other jobs get theirs.
        logger.exception("A job could not be sent.", jobId=job.job_id)


def _take_claim(services: ConnectionManagerServices, connection_id: str, user_id: str, username: str) -> None:
    # Where only tokens count, a claim owns nothing. It has no slots either: who claims to be somebody could use up that
    # user's, and claim to be the next one.
    owner = claimed_owner(user_id) if services.auth_mode == "open" else None
    services.connections.sign_in(Connection(connection_id, owner, username))
    services.channel.send(
        connection_id,
        Authenticated(message=_welcome(username), user_id=user_id, connection_id=connection_id, verified=False),
    )


def _welcome(username: str) -> str:
    return f"Welcome {username}! WebSocket connection established."
