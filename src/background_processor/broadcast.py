"""A job's message to all connections that follow the job."""

from finops_websocket.client_channel import ClientChannel, Delivery
from finops_websocket.connection_store import ConnectionStore
from finops_websocket.job import Job
from finops_websocket.job_store import JobStore
from finops_websocket.server_messages import ServerMessage


class Broadcast:
    """Sends to followers and forgets those that are gone."""

    def __init__(self, channel: ClientChannel, jobs: JobStore, connections: ConnectionStore) -> None:
        """Keep what is needed."""
        self._channel = channel
        self._jobs = jobs
        self._connections = connections

    def __call__(self, job: Job, message: ServerMessage) -> None:
        """Send a message to the followers that the stored step gave back.

        A message that cannot be sent is not sent again: its state is stored, and the next message brings a newer one.
        """
        for connection_id in sorted(job.followers):
            if self._channel.send(connection_id, message) is Delivery.GONE:
                self._jobs.unfollow(job.job_id, connection_id)
                self._connections.close(connection_id)
