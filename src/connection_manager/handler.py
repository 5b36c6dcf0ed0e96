"""The connection manager's entry point: $connect, $disconnect, authenticate, ping."""

import os
from collections.abc import Callable
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from connection_manager.authenticate import SignIn
from connection_manager.connect import Connect
from connection_manager.disconnect import Disconnect
from connection_manager.origin_policy import OriginPolicy
from connection_manager.ping import AnswerPing
from connection_manager.redraw_job import RedrawJob
from connection_manager.token_verifier import TokenVerifier
from finops_websocket.client_messages import Authenticate, Ping
from finops_websocket.entry_point import counts_unserved, raises_no_text
from finops_websocket.errors import OriginNotAllowed
from finops_websocket.frame_dispatch import HANDLED, Action, dispatch_frame
from finops_websocket.frame_limit import FrameLimit
from finops_websocket.job_services import JobServices
from finops_websocket.log_format import ContentFreeFormatter
from finops_websocket.settings import ConnectionManagerSettings
from finops_websocket.user_connections import UserConnections
from finops_websocket.websocket_event import CONNECT, DISCONNECT, WebSocketEvent

logger = Logger(logger_formatter=ContentFreeFormatter())
settings = ConnectionManagerSettings.read(os.environ)
services = JobServices.of_stack(settings)
frame_limit = FrameLimit(settings.auth_mode, services.connections.table)
user_connections = UserConnections(services.connections, services.channel.is_open, settings.max_connections_per_user)
origins = OriginPolicy.read(settings.allowed_origins, settings.missing_origin)
tokens = TokenVerifier.of_pool(settings.token_issuer, settings.token_client_id, settings.token_keys_url)

# API Gateway refuses the handshake with the same status, and nobody is connected.
REFUSED = {"statusCode": 403}

LIFECYCLE: dict[str, Callable[[WebSocketEvent], None]] = {
    CONNECT: Connect(services.connections, origins),
    DISCONNECT: Disconnect(services.connections, user_connections),
}
ACTIONS: dict[type, Action] = {
    Authenticate: SignIn(
        settings.auth_mode,
        services.connections,
        user_connections,
        services.jobs,
        services.history,
        services.overdue_jobs,
        RedrawJob(services.answers, services.channel),
        services.channel,
        tokens,
    ),
    Ping: AnswerPing(services.channel),
}


@logger.inject_lambda_context(clear_state=True)
@raises_no_text
@counts_unserved
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, int]:
    """Serve one event of the WebSocket API."""
    websocket_event = WebSocketEvent.read(event)
    logger.append_keys(connectionId=websocket_event.connection_id)
    if websocket_event.kind in LIFECYCLE:
        try:
            LIFECYCLE[websocket_event.kind](websocket_event)
        except OriginNotAllowed:
            return REFUSED
        return HANDLED
    return dispatch_frame(websocket_event, ACTIONS, frame_limit, services.channel)
