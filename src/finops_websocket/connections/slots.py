"""The connections on which a user is signed in, at most so many: each has a slot in the user's item.

The item is in the connections' table and is written under the condition that its version is the one that was read: of
two connections at the same moment, one is counted first. $disconnect, which releases a slot, is best effort, so
whoever finds all slots taken looks which are used.
"""

import hashlib
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from finops_websocket.conditions import Attr
from finops_websocket.connections.identity import Connection
from finops_websocket.connections.store import ROW_SECONDS, ConnectionStore
from finops_websocket.dynamodb import retry_on_conflict
from finops_websocket.errors import RateLimited

# A slot is acquired before the connection is signed in. After so many seconds the function that did one of it has done
# the other too, or has ended: it has 20.
_SIGN_IN_SECONDS = 60


class ConnectionSlots:
    """Counts users' connections. Its calls raise botocore's ClientError when DynamoDB refuses."""

    def __init__(
        self,
        connections: ConnectionStore,
        is_open: Callable[[str], bool],
        most: int,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Keep the store and what tells whether a connection is open; a user has `most`. `sleep` is in seconds."""
        self._connections = connections
        self._table = connections.table
        self._is_open = is_open
        self._most = most
        self._sleep = sleep

    def acquire(self, user_id: str, connection_id: str) -> None:
        """Count a connection that is about to be signed in; one that is counted already is counted once.

        Raises RateLimited if the user is signed in on as many others as are allowed.
        """
        # Connections of one user that sign in at the same moment overtake each other.
        for _ in retry_on_conflict(self._sleep):
            item = self._table.get_item(Key={"connectionId": _key(user_id)}, ConsistentRead=True).get("Item")
            slots = self._slots_beside(connection_id, user_id, item)
            if self._write(user_id, {**slots, connection_id: self._connections.now()}, item):
                return
        raise RateLimited("You sign in too often at the same moment. Please try again.", 1)

    def release(self, connection: Connection) -> None:
        """Count a connection no more."""
        if connection.user_id is None:
            return
        # It may have none.
        with suppress(self._table.client.exceptions.ConditionalCheckFailedException):
            self._table.update_item(
                Key={"connectionId": _key(connection.user_id)},
                UpdateExpression="REMOVE slots.#connection ADD version :one",
                ConditionExpression="attribute_exists(slots.#connection)",
                ExpressionAttributeNames={"#connection": connection.connection_id},
                ExpressionAttributeValues={":one": 1},
            )

    def _slots_beside(self, connection_id: str, user_id: str, item: Mapping[str, Any] | None) -> dict[str, int]:
        taken = {} if item is None else item["slots"]
        slots = {other: int(since) for other, since in taken.items() if other != connection_id}
        if len(slots) >= self._most:
            slots = {other: since for other, since in slots.items() if self._is_used(user_id, other, since)}
        if len(slots) >= self._most:
            raise RateLimited(
                f"You are signed in on {self._most} connections, which is as many as there may be. Please close one.",
                _SIGN_IN_SECONDS,
            )
        return slots

    def _is_used(self, user_id: str, connection_id: str, since: int) -> bool:
        connection = self._connections.find(connection_id)
        if connection is None:
            return False
        if abs(self._connections.now() - since) < _SIGN_IN_SECONDS:
            return True
        return connection.user_id == user_id and self._is_open(connection_id)

    def _write(self, user_id: str, slots: Mapping[str, int], read: Mapping[str, Any] | None) -> bool:
        version = 0 if read is None else int(read["version"])
        try:
            self._table.put_item(
                Item={
                    "connectionId": _key(user_id),
                    "slots": dict(slots),
                    "version": version + 1,
                    "ttl": self._connections.now() + ROW_SECONDS,
                },
                ConditionExpression=(
                    Attr("connectionId").not_exists() if read is None else Attr("version").eq(version)
                ),
            )
        except self._table.client.exceptions.ConditionalCheckFailedException:
            return False
        return True


def _key(user_id: str) -> str:
    # Hashed, so that no choice of a userId reaches another key. No connection has such an id: API Gateway makes them.
    return f"user#{hashlib.sha256(user_id.encode()).hexdigest()}"
