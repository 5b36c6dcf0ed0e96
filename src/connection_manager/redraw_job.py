"""A job's messages for a connection that has seen none of them."""

from finops_websocket import job_messages
from finops_websocket.answer_store import AnswerStore
from finops_websocket.client_channel import ClientChannel
from finops_websocket.job import PROCESSING, Job


class RedrawJob:
    """Sends what a client needs to show a job as it is."""

    def __init__(self, answers: AnswerStore, channel: ClientChannel) -> None:
        """Keep what is needed."""
        self._answers = answers
        self._channel = channel

    def __call__(self, connection_id: str, job: Job) -> None:
        """Send the snapshot, and the messages from which older clients draw, which do not know it.

        All say the job's state of now, and have its seq. Raises botocore's ClientError or BotoCoreError if the answers
        cannot be had.
        """
        found = self._answers.find(job)
        snapshot, shorter = job_messages.with_shorter(job_messages.job_snapshot, job, found, self._answers)
        self._channel.send(connection_id, snapshot, shorter)
        if job.status != PROCESSING:
            return
        self._channel.send(connection_id, job_messages.analysis_started(job))
        for agent in job.completed_agents:
            if agent in found:
                answer, shorter = job_messages.with_shorter(
                    job_messages.agent_completed, job, found[agent], self._answers
                )
                self._channel.send(connection_id, answer, shorter)
