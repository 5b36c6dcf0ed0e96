"""$connect: a connection opens. Who is asking is shown later, by `authenticate`."""

from aws_lambda_powertools import Logger

from connection_manager.origin_policy import OriginPolicy
from finops_websocket import metrics
from finops_websocket.connection_store import ConnectionStore
from finops_websocket.errors import OriginNotAllowed
from finops_websocket.websocket_event import WebSocketEvent

logger = Logger(child=True)


class Connect:
    """Notes the new connection, if its page may open one."""

    def __init__(self, connections: ConnectionStore, origins: OriginPolicy) -> None:
        """Keep the store and the policy."""
        self._connections = connections
        self._origins = origins

    def __call__(self, event: WebSocketEvent) -> None:
        """Serve $connect; raise OriginNotAllowed, and store nothing, if the policy refuses the connection's origin.

        Nothing can be sent yet: posting to a connection before $connect has returned is 410.
        """
        if not self._origins.allows(event.origins):
            # In ASCII, and short: the sender chose every character, and the log's JSON leaves those above ASCII be.
            logger.info("A connection was refused.", origin=ascii(", ".join(event.origins)[:100]))
            metrics.count(metrics.CONNECTIONS_REFUSED)
            raise OriginNotAllowed("Connections from this page are not allowed.")
        self._connections.open(event.connection_id)
        metrics.count(metrics.CONNECTIONS_OPENED)
