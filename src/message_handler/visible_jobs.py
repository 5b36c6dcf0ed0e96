"""The jobs that a connection may see. Of another's job nobody learns that it exists."""

from finops_websocket.connection_store import ConnectionStore
from finops_websocket.errors import JobNotFound
from finops_websocket.identity import may_see
from finops_websocket.job import Job
from finops_websocket.job_store import JobStore

NOT_FOUND = "There is no such job, or it is not yours."


class VisibleJobs:
    """Finds jobs for connections."""

    def __init__(self, auth_mode: str, connections: ConnectionStore, jobs: JobStore) -> None:
        """Keep what is needed."""
        self._auth_mode = auth_mode
        self._connections = connections
        self._jobs = jobs

    def find(self, connection_id: str, job_id: str) -> Job:
        """Give a job that a connection may see.

        Raises JobNotFound if there is none or it is another's, Unauthenticated or SessionExpired if the connection has
        not shown who is asking.
        """
        connection = self._connections.find(connection_id)
        job = self._jobs.find(job_id)
        owner = None if job is None else job.user_id
        if not may_see(self._auth_mode, connection, owner, self._jobs.now()) or job is None:
            raise JobNotFound(NOT_FOUND)
        return job
