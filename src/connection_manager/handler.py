"""The connection manager's entry point: $connect, $disconnect, authenticate, ping."""

from finops_websocket import cold_start

# isort: split
import os
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from connection_manager.authenticate import authenticate
from connection_manager.origins import origins_of
from connection_manager.services import ConnectionManagerServices
from finops_websocket import metrics
from finops_websocket.connections.identity import Connection
from finops_websocket.dispatch import HANDLED, Action, Response, dispatch
from finops_websocket.observability import entry_point, serves_connections
from finops_websocket.settings import ConnectionManagerSettings
from finops_websocket.wire.client_messages import Authenticate, Ping
from finops_websocket.wire.server_messages import Pong

logger = Logger(child=True)
services = ConnectionManagerServices.of_stack(ConnectionManagerSettings.read(os.environ))

# API Gateway refuses the handshake with the same status, and nobody is connected.
REFUSED: Response = {"statusCode": 403}


def connect(services: ConnectionManagerServices, event: dict[str, Any]) -> Response:
    """Note a new connection, if its page may open one. Who is asking is shown later, by `authenticate`.

    Nothing can be sent yet: posting to a connection before $connect has returned is 410.
    """
    origins = origins_of(event)
    if not services.origins.allows(origins):
        # In ASCII, and short: the sender chose every character, and the log's JSON leaves those above ASCII be.
        logger.info("A connection was refused.", origin=ascii(", ".join(origins)[:100]))
        metrics.count(metrics.CONNECTIONS_REFUSED)
        return REFUSED
    services.connections.open(event["requestContext"]["connectionId"])
    metrics.count(metrics.CONNECTIONS_OPENED)
    return HANDLED


def disconnect(services: ConnectionManagerServices, event: dict[str, Any]) -> Response:
    """Forget a connection. Best effort: it may never be said, so nothing depends on it.

    Jobs go on; the next message to a closed connection drops it from its job.
    """
    services.slots.release(services.connections.close(event["requestContext"]["connectionId"]))
    metrics.count(metrics.CONNECTIONS_CLOSED)
    return HANDLED


def ping(services: ConnectionManagerServices, connection: Connection, _message: Ping) -> None:
    """Keep a connection open that API Gateway would close after 10 idle minutes."""
    services.channel.send(connection.connection_id, Pong(timestamp=services.connections.now()))


LIFECYCLE = {"CONNECT": connect, "DISCONNECT": disconnect}
ACTIONS: dict[type, Action[ConnectionManagerServices]] = {Authenticate: authenticate, Ping: ping}


@entry_point
@serves_connections
def handler(event: dict[str, Any], _context: LambdaContext) -> Response:
    """Serve one event of the WebSocket API."""
    kind = event["requestContext"]["eventType"]
    return LIFECYCLE[kind](services, event) if kind in LIFECYCLE else dispatch(services, event, ACTIONS)


cold_start.is_over()
