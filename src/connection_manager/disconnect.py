"""$disconnect: a connection has closed. Best effort: it may never be said, so nothing depends on it."""

from finops_websocket import metrics
from finops_websocket.connection_store import ConnectionStore
from finops_websocket.user_connections import UserConnections
from finops_websocket.websocket_event import WebSocketEvent


class Disconnect:
    """Forgets the connection."""

    def __init__(self, connections: ConnectionStore, user_connections: UserConnections) -> None:
        """Keep what is needed."""
        self._connections = connections
        self._user_connections = user_connections

    def __call__(self, event: WebSocketEvent) -> None:
        """Serve $disconnect. Jobs go on; the next message to a closed connection drops it from its job."""
        self._user_connections.give_back(self._connections.close(event.connection_id))
        metrics.count(metrics.CONNECTIONS_CLOSED)
