"""The way back to the clients: the only place that posts to a connection, looks at one or closes one."""

from collections.abc import Collection, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from enum import Enum
from http import HTTPStatus
from typing import TYPE_CHECKING

from aws_lambda_powertools import Logger
from botocore.exceptions import BotoCoreError, ClientError

from finops_websocket import metrics
from finops_websocket.wire.server_messages import ServerMessage

if TYPE_CHECKING:
    from types_boto3_apigatewaymanagementapi.client import ApiGatewayManagementApiClient

logger = Logger(child=True)

# Followers that are posted to side by side: as many as a job may have, so that none waits for a place.
SIDE_BY_SIDE = 50

# Seconds that those who do not answer may hold up a job: far less than its lease, and far more than a post takes.
_PATIENCE = 5.0


class Posted(Enum):
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
        self._threads = ThreadPoolExecutor(SIDE_BY_SIDE, thread_name_prefix="post")
        self._under_way: dict[str, Future[Posted]] = {}

    def send(self, connection_id: str, message: ServerMessage) -> Posted:
        """Post a message and say what became of it."""
        try:
            self._management_api.post_to_connection(ConnectionId=connection_id, Data=message.encode())
        except self._management_api.exceptions.GoneException:
            return Posted.GONE
        except (ClientError, BotoCoreError) as error:
            logger.warning(
                "A message could not be sent.",
                connectionId=connection_id,
                messageType=message.kind[1],
                errorType=_error_code(error),
            )
            if _is_refusal(error):
                # No client's doing: the function's role or the stage's policy forbids it, for every client.
                metrics.count(metrics.DELIVERIES_REFUSED)
            return Posted.FAILED
        return Posted.SENT

    def broadcast(
        self, connection_ids: Collection[str], messages: Sequence[ServerMessage], patience: float = _PATIENCE
    ) -> dict[str, Posted]:
        """Post messages, one after another, to connections side by side; say what became of the last one for each.

        A connection that has not taken all of them within `patience` seconds counts as FAILED and holds up nobody any
        more: it is not posted to again before it has taken or refused what is under way.
        """
        self._under_way = {connection: post for connection, post in self._under_way.items() if not post.done()}
        posts = {
            connection: self._threads.submit(self._send_all, connection, messages)
            for connection in connection_ids
            if connection not in self._under_way
        }
        self._under_way.update(posts)
        done, _ = wait(posts.values(), timeout=patience)
        return {
            connection: posts[connection].result() if posts.get(connection) in done else Posted.FAILED
            for connection in connection_ids
        }

    def _send_all(self, connection_id: str, messages: Sequence[ServerMessage]) -> Posted:
        posted = Posted.SENT
        for message in messages:
            # What could not be sent is in the store, and the next message may get through.
            posted = self.send(connection_id, message)
            if posted is Posted.GONE:
                break
        return posted

    def is_open(self, connection_id: str) -> bool:
        """Tell whether a connection is open; where that cannot be found out, it counts as open."""
        try:
            self._management_api.get_connection(ConnectionId=connection_id)
        except self._management_api.exceptions.GoneException:
            return False
        except (ClientError, BotoCoreError) as error:
            code = _error_code(error)
            logger.warning("A connection could not be looked at.", connectionId=connection_id, errorType=code)
        return True

    def close(self, connection_id: str) -> None:
        """Close a connection; it may be closed already. One that cannot be closed stays until API Gateway closes it."""
        try:
            self._management_api.delete_connection(ConnectionId=connection_id)
        except self._management_api.exceptions.GoneException:
            pass
        except (ClientError, BotoCoreError) as error:
            code = _error_code(error)
            logger.warning("A connection could not be closed.", connectionId=connection_id, errorType=code)


def _is_refusal(error: ClientError | BotoCoreError) -> bool:
    # By the status: a 403 has many names, of the service's, IAM's and the signature's.
    if not isinstance(error, ClientError):
        return False
    return error.response.get("ResponseMetadata", {}).get("HTTPStatusCode") == HTTPStatus.FORBIDDEN


def _error_code(error: ClientError | BotoCoreError) -> str:
    if isinstance(error, ClientError):
        return error.response.get("Error", {}).get("Code", "unknown")
    return type(error).__name__
