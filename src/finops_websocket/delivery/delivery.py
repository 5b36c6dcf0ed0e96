"""Telling clients about a job: each step to who follows it, its end to each of them once, its state to who asks."""

from aws_lambda_powertools import Logger

from finops_websocket.connections.channel import ClientChannel, Posted
from finops_websocket.connections.store import ConnectionStore
from finops_websocket.delivery import messages
from finops_websocket.errors import EndNotTold, NotSent
from finops_websocket.jobs.answers import AnswerStore
from finops_websocket.jobs.job import PROCESSING, Job
from finops_websocket.jobs.store import JobStore
from finops_websocket.wire.server_messages import ServerMessage

logger = Logger(child=True)


class Delivery:
    """Sends what the store says, and forgets connections that are gone."""

    def __init__(
        self, channel: ClientChannel, jobs: JobStore, answers: AnswerStore, connections: ConnectionStore
    ) -> None:
        self._channel = channel
        self._jobs = jobs
        self._answers = answers
        self._connections = connections

    def broadcast(self, job: Job, *messages: ServerMessage) -> bool:
        """Send a step's messages to the followers that the store gave back, and tell whether all have them or are gone.

        A step that cannot be sent is not sent again: its state is stored, and the next message brings a newer one. An
        end is: whoever knows it is no follower any more, so who is left is told on the next attempt.
        """
        posted = self._channel.broadcast(job.followers, messages)
        gone = {connection_id for connection_id, result in posted.items() if result is Posted.GONE}
        told = {connection_id for connection_id, result in posted.items() if result is Posted.SENT}
        done_with = gone | told if job.is_finished else gone
        if done_with or job.is_finished:
            self._jobs.unfollow(job, done_with)
        for connection_id in gone:
            self._connections.close(connection_id)
        return Posted.FAILED not in posted.values()

    def announce_end(self, job: Job) -> None:
        """Tell a job's end, if it has one that a follower does not know; raise EndNotTold if one still does not.

        Its message is made from the store, so an end is the same whoever tells it, however often.
        """
        if job.is_finished and job.is_open and not self.broadcast(job, messages.end_of(job, self._answers)):
            raise EndNotTold(f"The end of job {job.job_id} could not be told to everybody.")

    def try_to_announce_end(self, job: Job) -> None:
        """Tell a job's end like announce_end, and leave those who could not be told to the sweep."""
        try:
            self.announce_end(job)
        except EndNotTold:
            logger.info("An end is left for the sweep to tell.", jobId=job.job_id)

    def tell_end(self, connection_id: str, job: Job) -> None:
        """Tell a finished job's end to the connection that asks, and to all followers that do not know it yet."""
        if connection_id not in job.followers:
            self._channel.send(connection_id, messages.end_of(job, self._answers))
        self.try_to_announce_end(job)

    def send_snapshot(self, connection_id: str, job: Job) -> None:
        """Send a job's whole state; raise NotSent if that is not possible now."""
        snapshot = messages.job_snapshot(job, self._answers.find(job), self._answers)
        if self._channel.send(connection_id, snapshot) is Posted.FAILED:
            raise NotSent(f"The state of job {job.job_id} could not be sent.")

    def redraw(self, connection_id: str, job: Job) -> None:
        """Send a job's state, and the messages from which older clients draw, which do not know a snapshot.

        All say the job's state of now, and have its seq. Raises botocore's ClientError or BotoCoreError if the answers
        cannot be had.
        """
        found = self._answers.find(job)
        self._channel.send(connection_id, messages.job_snapshot(job, found, self._answers))
        if job.status != PROCESSING:
            return
        self._channel.send(connection_id, messages.analysis_started(job))
        for agent in job.completed_agents:
            if agent in found:
                self._channel.send(connection_id, messages.agent_completed(job, found[agent], self._answers))
