"""finops_query: a question becomes a stored, queued job, and only then is acknowledged."""

from aws_lambda_powertools import Logger

from finops_websocket import job_messages, metrics
from finops_websocket.agents import AgentCatalogue
from finops_websocket.answer_store import AnswerStore
from finops_websocket.client_channel import ClientChannel
from finops_websocket.client_messages import FinopsQuery
from finops_websocket.connection_store import ConnectionStore
from finops_websocket.errors import QueueUnavailable, client_text
from finops_websocket.identity import identify_asker, is_claimed
from finops_websocket.job import QUEUED, Job
from finops_websocket.job_admission import JobAdmission
from finops_websocket.job_queue import JobQueue
from finops_websocket.job_store import JobStore
from finops_websocket.overdue import OverdueJobs
from message_handler.new_job import new_job
from message_handler.routing import agents_for
from message_handler.tell_end import TellEnd

logger = Logger(child=True)

# A UUID without its hyphens: who does not know an id of this length does not guess it.
_UNGUESSABLE_CHARACTERS = 32


class SubmitQuery:
    """Stores, queues and acknowledges a question."""

    def __init__(
        self,
        auth_mode: str,
        retention_days: int,
        catalogue: AgentCatalogue,
        connections: ConnectionStore,
        admission: JobAdmission,
        jobs: JobStore,
        answers: AnswerStore,
        queue: JobQueue,
        overdue_jobs: OverdueJobs,
        tell_end: TellEnd,
        channel: ClientChannel,
    ) -> None:
        """Keep what is needed; jobs are kept for `retention_days`."""
        self._auth_mode = auth_mode
        self._retention_seconds = retention_days * 24 * 3600
        self._catalogue = catalogue
        self._connections = connections
        self._admission = admission
        self._jobs = jobs
        self._answers = answers
        self._queue = queue
        self._overdue_jobs = overdue_jobs
        self._tell_end = tell_end
        self._channel = channel

    def __call__(self, connection_id: str, message: FinopsQuery) -> None:
        """Serve finops_query; raise a RequestError if the question cannot be taken."""
        connection = self._connections.find(connection_id)
        user_id = identify_asker(self._auth_mode, connection, message.user_id, self._jobs.now())
        logger.append_keys(userId=user_id)
        submission = self._admission.submit(
            self._new_job(connection_id, user_id, message), _request_scope(connection_id, user_id, message.request_id)
        )
        job = self._follow_again(connection_id, submission.job) if submission.is_duplicate else submission.job
        logger.append_keys(jobId=job.job_id)
        # A job that is found still queued may have been stored by an attempt that died before it could queue it. A
        # second message does no harm: a job is claimed once.
        if job.status == QUEUED:
            try:
                self._queue.send(job.job_id, user_id)
            except QueueUnavailable as error:
                logger.error("A job could not be queued.", errorType=type(error.__cause__).__name__)
                # One that was there already may be in the queue, and is found by the sweep if it is not.
                if not submission.is_duplicate and self._end_unqueued(connection_id, job, error):
                    return
        # Made before the acknowledgement: if it cannot be, the client is to ask again.
        end = job_messages.with_shorter(job_messages.end_of, job, self._answers) if job.is_finished else None
        self._channel.send(connection_id, job_messages.job_queued(job, is_duplicate=submission.is_duplicate))
        if end is not None:
            self._channel.send(connection_id, *end)
        # Last: what is raised up to here makes it a refused one.
        if not submission.is_duplicate:
            metrics.count(metrics.QUERIES_ACCEPTED)
        logger.info("A question was taken.", duplicate=submission.is_duplicate, agents=list(job.agents))

    def _follow_again(self, connection_id: str, job: Job) -> Job:
        # A queued one is queued again anyway.
        found = job if job.status == QUEUED else self._overdue_jobs.mend(job)
        return self._jobs.follow(found.job_id, found.user_id, connection_id) or found

    def _new_job(self, connection_id: str, user_id: str, message: FinopsQuery) -> Job:
        agents = (
            agents_for(message.query, self._catalogue)
            if message.agents is None
            else self._catalogue.named(message.agents)
        )
        return new_job(
            user_id,
            message.query,
            agents,
            now=self._jobs.now(),
            retention_seconds=self._retention_seconds,
            request_id=message.request_id,
            followers=frozenset({connection_id}),
        )

    def _end_unqueued(self, connection_id: str, job: Job, error: QueueUnavailable) -> bool:
        code, sentence = client_text(error)
        failed = self._jobs.fail_queued(job.job_id, code, sentence)
        # None: a message for this job got through after all, and a worker has it.
        if failed is None:
            return False
        self._tell_end(connection_id, failed)
        return True


def _request_scope(connection_id: str, user_id: str, request_id: str | None) -> str:
    # A claimed user's requestId gives access to the job that has it, as its jobId does. One that could be guessed does
    # so on its own connection only.
    if is_claimed(user_id) and request_id is not None and len(request_id) < _UNGUESSABLE_CHARACTERS:
        return connection_id
    return ""
