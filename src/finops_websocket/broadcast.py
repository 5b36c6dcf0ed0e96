"""A job's message to all connections that follow the job."""

from collections.abc import Callable

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

    def __call__(self, job: Job, message: ServerMessage, shorter: Callable[[], ServerMessage] | None = None) -> bool:
        """Send a message to the followers that the stored step gave back, and tell whether all have it or are gone.

        A step that cannot be sent is not sent again: its state is stored, and the next message brings a newer one. An
        end is: whoever knows it is no follower any more, so who is left is told on the next attempt.
        """
        deliveries = {
            connection_id: self._channel.send(connection_id, message, shorter)
            for connection_id in sorted(job.followers)
        }
        done_with = {
            connection_id
            for connection_id, delivery in deliveries.items()
            if delivery is Delivery.GONE or (job.is_finished and delivery is Delivery.SENT)
        }
        if done_with or job.is_finished:
            self._jobs.unfollow(job, done_with)
        for connection_id, delivery in deliveries.items():
            if delivery is Delivery.GONE:
                self._connections.close(connection_id)
        return Delivery.FAILED not in deliveries.values()
