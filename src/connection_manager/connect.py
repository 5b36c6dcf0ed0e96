"""$connect: a connection opens. Who is asking is shown later, by `authenticate`."""

from finops_websocket.connection_store import ConnectionStore


class Connect:
    """Notes the new connection."""

    def __init__(self, connections: ConnectionStore) -> None:
        """Keep the store."""
        self._connections = connections

    def __call__(self, connection_id: str) -> None:
        """Serve $connect. Nothing can be sent yet: posting to a connection before $connect has returned is 410."""
        self._connections.open(connection_id)
