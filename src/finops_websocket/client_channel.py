"""The way back to the clients: the only place that posts to a connection."""

from enum import Enum
from typing import TYPE_CHECKING

from aws_lambda_powertools import Logger
from botocore.exceptions import BotoCoreError, ClientError

from finops_websocket.server_messages import MAX_MESSAGE_BYTES, ServerMessage

if TYPE_CHECKING:
    from types_boto3_apigatewaymanagementapi.client import ApiGatewayManagementApiClient

logger = Logger(child=True)


class Delivery(Enum):
    """What became of a message."""

    SENT = "sent"
    GONE = "gone"
    """The connection is closed for good (410): it can be forgotten."""
    FAILED = "failed"
    """It could not be sent now; what it said is in the store."""


class ClientChannel:
    """Posts messages to connections. The SDK retries throttles and server errors, within its client's settings."""

    def __init__(self, management_api: "ApiGatewayManagementApiClient") -> None:
        """Keep the client, whose endpoint is the stage's management endpoint."""
        self._management_api = management_api

    def send(self, connection_id: str, message: ServerMessage) -> Delivery:
        """Post a message and say what became of it.

        Raises ValueError for a message that API Gateway would refuse for its size: texts are cut before they come here.
        """
        frame = message.encode()
        if len(frame) > MAX_MESSAGE_BYTES:
            raise ValueError(f"A message of {len(frame)} bytes is larger than a WebSocket API takes.")
        try:
            self._management_api.post_to_connection(ConnectionId=connection_id, Data=frame)
        except self._management_api.exceptions.GoneException:
            return Delivery.GONE
        except (ClientError, BotoCoreError) as error:
            logger.warning(
                "A message could not be sent.",
                connectionId=connection_id,
                messageType=message.kind[1],
                errorType=_error_code(error),
            )
            return Delivery.FAILED
        return Delivery.SENT


def _error_code(error: ClientError | BotoCoreError) -> str:
    if isinstance(error, ClientError):
        return error.response.get("Error", {}).get("Code", "unknown")
    return type(error).__name__
