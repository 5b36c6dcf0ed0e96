"""authenticate: the connection shows who is asking, with a token or, as older frontends do, by claim."""

from aws_lambda_powertools import Logger
from botocore.exceptions import BotoCoreError, ClientError

from connection_manager.redraw_job import RedrawJob
from connection_manager.token_verifier import TokenUser, TokenVerifier
from finops_websocket import metrics
from finops_websocket.client_channel import ClientChannel
from finops_websocket.client_messages import Authenticate
from finops_websocket.connection_store import ConnectionStore
from finops_websocket.errors import FinopsError
from finops_websocket.identity import Connection, claimed_owner
from finops_websocket.job import Job
from finops_websocket.job_history import JobHistory
from finops_websocket.job_store import JobStore
from finops_websocket.overdue import OverdueJobs
from finops_websocket.server_messages import Authenticated
from finops_websocket.user_connections import UserConnections

logger = Logger(child=True)


class SignIn:
    """Notes the connection's user, and lets a verified one follow its user's unfinished jobs."""

    def __init__(
        self,
        auth_mode: str,
        connections: ConnectionStore,
        user_connections: UserConnections,
        jobs: JobStore,
        history: JobHistory,
        overdue_jobs: OverdueJobs,
        redraw_job: RedrawJob,
        channel: ClientChannel,
        tokens: TokenVerifier,
    ) -> None:
        """Keep what is needed."""
        self._auth_mode = auth_mode
        self._connections = connections
        self._user_connections = user_connections
        self._jobs = jobs
        self._history = history
        self._overdue_jobs = overdue_jobs
        self._redraw_job = redraw_job
        self._channel = channel
        self._tokens = tokens

    def __call__(self, connection_id: str, message: Authenticate) -> None:
        """Serve authenticate.

        Raises InvalidToken if the token proves nothing or the connection is somebody else's, RateLimited if the user
        has too many connections.
        """
        if message.token is not None:
            self._sign_in_with_token(connection_id, message.token)
        elif message.user_id is not None:
            self._sign_in_by_claim(connection_id, message.user_id, message.username or message.user_id)

    def _sign_in_with_token(self, connection_id: str, token: str) -> None:
        try:
            user = self._prove(connection_id, token)
        except FinopsError:
            metrics.count(metrics.SIGN_INS_REFUSED)
            raise
        active_jobs = self._follow_unfinished(connection_id, user.user_id)
        self._channel.send(
            connection_id,
            Authenticated(
                message=_welcome(user.username),
                user_id=user.user_id,
                connection_id=connection_id,
                verified=True,
                expires_at=user.expires_at,
                active_jobs=tuple(job.job_id for job in active_jobs),
            ),
        )
        metrics.count(metrics.SIGN_INS)
        for job in active_jobs:
            self._redraw(connection_id, job)

    def _prove(self, connection_id: str, token: str) -> TokenUser:
        user = self._tokens.verify(token)
        logger.append_keys(userId=user.user_id)
        self._user_connections.take_slot(user.user_id, connection_id)
        self._connections.sign_in(
            Connection(connection_id, user.user_id, user.username, verified=True, expires_at=user.expires_at)
        )
        return user

    def _follow_unfinished(self, connection_id: str, user_id: str) -> list[Job]:
        followed = [self._jobs.follow(job_id, user_id, connection_id) for job_id in self._history.active_of(user_id)]
        # Some of the active jobs may have ended.
        return [job for job in followed if job is not None and not job.is_finished]

    def _redraw(self, connection_id: str, job: Job) -> None:
        try:
            self._redraw_job(connection_id, self._overdue_jobs.mend(job))
        except (ClientError, BotoCoreError):
            # The user is signed in and follows the job. Its next message or a resume_job brings what is missing here,
            # and the other jobs get theirs.
            logger.exception("A job could not be sent.", jobId=job.job_id)

    def _sign_in_by_claim(self, connection_id: str, user_id: str, username: str) -> None:
        # Where only tokens count, a claim owns nothing. It has no slots either: who claims to be somebody could use up
        # that user's, and claim to be the next one.
        owner = claimed_owner(user_id) if self._auth_mode == "open" else None
        self._connections.sign_in(Connection(connection_id, owner, username))
        self._channel.send(
            connection_id,
            Authenticated(message=_welcome(username), user_id=user_id, connection_id=connection_id, verified=False),
        )


def _welcome(username: str) -> str:
    return f"Welcome {username}! WebSocket connection established."
