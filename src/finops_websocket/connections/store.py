"""The table of open connections: what each has shown of its user."""

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from finops_websocket.conditions import Attr
from finops_websocket.connections.identity import Connection
from finops_websocket.dynamodb import update_item
from finops_websocket.errors import InvalidToken
from finops_websocket.table import Table

# API Gateway ends a connection after 2 hours; the rest is for a $disconnect that comes late or never.
# https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html
ROW_SECONDS = 2 * 3600 + 600


class ConnectionStore:
    """Reads and writes connections. Its calls raise botocore's ClientError when DynamoDB refuses."""

    def __init__(self, table: Table, clock: Callable[[], float] = time.time) -> None:
        """Keep the table; `clock` tells the time in epoch seconds."""
        self.table = table
        self._clock = clock

    def now(self) -> int:
        """Tell the time in epoch seconds."""
        return int(self._clock())

    def open(self, connection_id: str) -> None:
        """Note a new connection, whose user nobody knows yet."""
        now = self.now()
        # What is there was noted by a try whose reply was lost; a slow one must not undo a sign-in.
        with suppress(self.table.client.exceptions.ConditionalCheckFailedException):
            self.table.put_item(
                Item={
                    "connectionId": connection_id,
                    "connectedAt": now,
                    "verified": False,
                    "ttl": now + ROW_SECONDS,
                },
                ConditionExpression=Attr("connectionId").not_exists(),
            )

    def sign_in(self, connection: Connection) -> None:
        """Note what a connection has shown of its user.

        Raises InvalidToken if the connection is verified already and this would make it somebody else's: whoever
        writes into an open connection must not change whose answers it gets.
        """
        condition = Attr("verified").not_exists() | Attr("verified").eq(False)
        shown = {
            "verified": connection.verified,
            "username": connection.username,
            "expiresAt": connection.expires_at,
        }
        if connection.user_id is not None:
            shown["userId"] = connection.user_id
            if connection.verified:
                condition |= Attr("userId").eq(connection.user_id)
        key = {"connectionId": connection.connection_id}
        row_end = {"ttl": self.now() + ROW_SECONDS}
        if not update_item(self.table, key, condition, assign=shown, assign_if_missing=row_end).made:
            raise InvalidToken("This connection is signed in already. Open a new one to change the user.")

    def find(self, connection_id: str) -> Connection | None:
        """Read what a connection has shown; None of one that is not there or has outlived its time."""
        item = self.table.get_item(Key={"connectionId": connection_id}, ConsistentRead=True).get("Item")
        return None if item is None else self.connection_in(item)

    def connection_in(self, row: Mapping[str, Any]) -> Connection | None:
        """Read what a connection has shown from its row; None of one that has outlived its time."""
        return None if int(row["ttl"]) <= self.now() else _connection(row)

    def close(self, connection_id: str) -> Connection:
        """Forget a connection and give what it had shown; forgetting it twice is no error."""
        deleted = self.table.delete_item(Key={"connectionId": connection_id}, ReturnValues="ALL_OLD")
        row = deleted.get("Attributes")
        return Connection(connection_id) if row is None else _connection(row)


def _connection(row: Mapping[str, Any]) -> Connection:
    expires_at = row.get("expiresAt")
    return Connection(
        connection_id=row["connectionId"],
        user_id=row.get("userId"),
        username=row.get("username"),
        verified=bool(row.get("verified", False)),
        expires_at=None if expires_at is None else int(expires_at),
    )
