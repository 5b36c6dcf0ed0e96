"""The table of open connections: what each has shown of its user."""

import time
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from boto3.dynamodb.conditions import Attr

from finops_websocket.errors import InvalidToken
from finops_websocket.identity import Connection
from finops_websocket.update_expression import update_arguments

if TYPE_CHECKING:
    from types_boto3_dynamodb.service_resource import Table

# API Gateway ends a connection after 2 hours; the rest is for a $disconnect that comes late or never.
# https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html
_ROW_SECONDS = 2 * 3600 + 600


class ConnectionStore:
    """Reads and writes connections. Its calls raise botocore's ClientError when DynamoDB refuses."""

    def __init__(self, table: "Table", clock: Callable[[], float] = time.time) -> None:
        """Keep the table; `clock` tells the time in epoch seconds."""
        self._table = table
        self._clock = clock

    def open(self, connection_id: str) -> None:
        """Note a new connection, whose user nobody knows yet."""
        now = int(self._clock())
        # What is there was noted by a try whose reply was lost; a slow one must not undo a sign-in.
        with suppress(self._table.meta.client.exceptions.ConditionalCheckFailedException):
            self._table.put_item(
                Item={
                    "connectionId": connection_id,
                    "connectedAt": now,
                    "verified": False,
                    "ttl": now + _ROW_SECONDS,
                },
                ConditionExpression=Attr("connectionId").not_exists(),
            )

    def sign_in(self, connection: Connection) -> None:
        """Note what a connection has shown of its user.

        Raises InvalidToken if the connection is verified already and this would make it somebody else's: whoever
        writes into an open connection must not change whose answers it gets.
        """
        condition = Attr("verified").not_exists() | Attr("verified").eq(False)
        assignments = {
            "verified": connection.verified,
            "username": connection.username,
            "expiresAt": connection.expires_at,
        }
        # The index by user holds only those whose userId counts.
        if connection.user_id is not None:
            assignments["userId"] = connection.user_id
            if connection.verified:
                condition |= Attr("userId").eq(connection.user_id)
        try:
            self._table.update_item(
                Key={"connectionId": connection.connection_id},
                ConditionExpression=condition,
                **update_arguments(assignments, assign_if_missing={"ttl": int(self._clock()) + _ROW_SECONDS}),
            )
        except self._table.meta.client.exceptions.ConditionalCheckFailedException:
            raise InvalidToken("This connection is signed in already. Open a new one to change the user.") from None

    def find(self, connection_id: str) -> Connection:
        """Read what a connection has shown; of one that is not there or has outlived its time, nothing."""
        item = self._table.get_item(Key={"connectionId": connection_id}, ConsistentRead=True).get("Item")
        if item is None or int(str(item["ttl"])) <= self._clock():
            return Connection(connection_id)
        expires_at = item.get("expiresAt")
        return Connection(
            connection_id=connection_id,
            user_id=_text_or_none(item.get("userId")),
            username=_text_or_none(item.get("username")),
            verified=bool(item.get("verified", False)),
            expires_at=None if expires_at is None else int(str(expires_at)),
        )

    def close(self, connection_id: str) -> None:
        """Forget a connection; forgetting it twice is no error."""
        self._table.delete_item(Key={"connectionId": connection_id})


def _text_or_none(value: object) -> str | None:
    return None if value is None else str(value)
