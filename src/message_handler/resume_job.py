"""resume_job: a job's whole state, and its messages from there on."""

from aws_lambda_powertools import Logger

from finops_websocket import job_messages
from finops_websocket.answer_store import AnswerStore
from finops_websocket.client_channel import ClientChannel, Delivery
from finops_websocket.client_messages import ResumeJob
from finops_websocket.errors import JobNotFound, NotSent
from finops_websocket.job_store import JobStore
from finops_websocket.overdue import OverdueJobs
from message_handler.visible_jobs import NOT_FOUND, VisibleJobs

logger = Logger(child=True)


class FollowJob:
    """Lets a connection follow a job and sends the job's state."""

    def __init__(
        self,
        visible_jobs: VisibleJobs,
        jobs: JobStore,
        answers: AnswerStore,
        overdue_jobs: OverdueJobs,
        channel: ClientChannel,
    ) -> None:
        """Keep what is needed."""
        self._visible_jobs = visible_jobs
        self._jobs = jobs
        self._answers = answers
        self._overdue_jobs = overdue_jobs
        self._channel = channel

    def __call__(self, connection_id: str, message: ResumeJob) -> None:
        """Serve resume_job; raise a RequestError if the connection may not see the job."""
        found = self._overdue_jobs.mend(self._visible_jobs.find(connection_id, message.job_id))
        # Followed before it is read for the snapshot: a step between the two would be seen by nobody otherwise.
        job = self._jobs.follow(found.job_id, found.user_id, connection_id)
        if job is None:
            # Its time has run out since it was found.
            raise JobNotFound(NOT_FOUND)
        logger.append_keys(userId=job.user_id, jobId=job.job_id)
        snapshot, shorter = job_messages.with_shorter(
            job_messages.job_snapshot, job, self._answers.find(job), self._answers
        )
        if self._channel.send(connection_id, snapshot, shorter) is Delivery.FAILED:
            # Perhaps a word of it can.
            raise NotSent(f"The state of job {job.job_id} could not be sent.")
        logger.info("A job was resumed.", status=job.status, seq=job.seq)
