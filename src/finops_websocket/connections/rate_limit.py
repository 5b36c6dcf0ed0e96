"""How many frames a connection may send: few before it has shown who it is, enough for anybody after that.

API Gateway throttles all connections together; this keeps one from using up what is there for the others.
"""

from typing import Any

from boto3.dynamodb.conditions import Attr, ConditionBase

from finops_websocket.connections.identity import Connection
from finops_websocket.connections.store import ROW_SECONDS, ConnectionStore
from finops_websocket.dynamodb import Change, update_item
from finops_websocket.errors import ConnectionSpent, RateLimited

# A frontend authenticates with its first frame. The others are for one whose user has to sign in first, which pings.
FRAMES_BEFORE_SIGN_IN = 20

# A page that asks, lists and resumes at every click stays far below it.
FRAMES_PER_MINUTE = 300

# Whoever goes on so far without listening to the refusals takes from the throttle that all clients share.
FRAMES_THAT_END_IT = 2 * FRAMES_PER_MINUTE

_MINUTE = 60


class RateLimiter:
    """Counts frames on the connections' rows. Its calls raise botocore's ClientError when DynamoDB refuses."""

    def __init__(self, auth_mode: str, connections: ConnectionStore) -> None:
        """Keep the connections.

        In the mode `open` nobody has to show anything, so every connection that is noted counts as known.
        """
        self._is_known = Attr("connectionId").exists() if auth_mode == "open" else Attr("verified").eq(True)
        self._connections = connections

    def count(self, connection_id: str) -> Connection:
        """Count a frame, and give what its connection has shown so far: one write tells both.

        Raises RateLimited if the connection has sent too many in this minute, ConnectionSpent if it goes on all the
        same, or has sent all that it may without having shown who it is.
        """
        now = self._connections.now()
        minute = now // _MINUTE
        counts_on = ~self._is_known | Attr("minute").eq(minute)
        # A connection whose row is gone, because it was taken for gone itself, gets one on which nobody is signed in.
        one_more: Any = {"add": {"frames": 1}, "assign_if_missing": {"ttl": now + ROW_SECONDS}}
        begins_minute = self._is_known & ~Attr("minute").eq(minute)
        counted = self._update(connection_id, counts_on, **one_more)
        if not counted.made:
            counted = self._update(connection_id, begins_minute, assign={"minute": minute, "frames": 1})
        if not counted.made:
            # Of frames that come side by side, one begins the minute and the others count in it.
            counted = self._update(connection_id, counts_on, **one_more)
        row = counted.item or {}
        connection = (self._connections.connection_in(row) if row else None) or Connection(connection_id)
        if not counted.made:
            # It has closed, or signed in, between two of these: nothing is known against it.
            return connection
        frames = int(row["frames"])
        if "minute" not in row and frames > FRAMES_BEFORE_SIGN_IN:
            raise ConnectionSpent("This connection has sent too much without signing in, and is closed.", _MINUTE)
        if frames > FRAMES_THAT_END_IT:
            raise ConnectionSpent("This connection goes on sending too much, and is closed.", _MINUTE)
        if frames > FRAMES_PER_MINUTE:
            raise RateLimited("This connection sends too much. Please wait a moment.", _MINUTE - now % _MINUTE)
        return connection

    def _update(self, connection_id: str, condition: ConditionBase, **changes: Any) -> Change:
        return update_item(self._connections.table, {"connectionId": connection_id}, condition, **changes)
