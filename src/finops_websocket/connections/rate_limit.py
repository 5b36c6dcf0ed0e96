"""How many frames a connection may send: few before it has shown who it is, enough for anybody after that.

API Gateway throttles all connections together; this keeps one from using up what is there for the others.
"""

from finops_websocket.connections.identity import Connection
from finops_websocket.connections.store import ROW_SECONDS, ConnectionStore
from finops_websocket.dynamodb import update_item
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

        In the mode `open` nobody has to show anything, so every connection counts as known.
        """
        self._all_are_known = auth_mode == "open"
        self._connections = connections

    def count(self, connection_id: str) -> Connection:
        """Count a frame, and give what its connection has shown so far: one write tells both.

        Raises RateLimited if the connection has sent too many in this minute, ConnectionSpent if it goes on all the
        same, or has sent all that it may without having shown who it is.
        """
        now = self._connections.now()
        # Each minute has a number of its own, so that none has to be set back: a connection lives for two hours.
        minute = f"minute{now // _MINUTE}"
        counted = update_item(
            self._connections.table,
            {"connectionId": connection_id},
            add={"frames": 1, minute: 1},
            # A connection whose row is gone, because it was taken for gone, gets one on which nobody is signed in.
            assign_if_missing={"ttl": now + ROW_SECONDS},
        )
        row = counted.item or {}
        connection = self._connections.connection_in(row) or Connection(connection_id)
        is_known = self._all_are_known or connection.verified
        if not is_known and row["frames"] > FRAMES_BEFORE_SIGN_IN:
            raise ConnectionSpent("This connection has sent too much without signing in, and is closed.", _MINUTE)
        frames = row[minute]
        if frames > FRAMES_THAT_END_IT:
            raise ConnectionSpent("This connection goes on sending too much, and is closed.", _MINUTE)
        if frames > FRAMES_PER_MINUTE:
            raise RateLimited("This connection sends too much. Please wait a moment.", _MINUTE - now % _MINUTE)
        return connection
