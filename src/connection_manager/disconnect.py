"""$disconnect: a connection has closed. Best effort: it may never be said, so nothing depends on it."""

from finops_websocket.connection_store import ConnectionStore


class Disconnect:
    """Forgets the connection."""

    def __init__(self, connections: ConnectionStore) -> None:
        """Keep the store."""
        self._connections = connections

    def __call__(self, connection_id: str) -> None:
        """Serve $disconnect. Jobs go on; the next message to a closed connection drops it from its job."""
        self._connections.close(connection_id)
