"""How many frames a connection may send: few before it has shown who it is, enough for anybody after that.

API Gateway throttles all connections together; this keeps one from using up what is there for the others.
"""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.conditions import Attr, ConditionBase

from finops_websocket.connection_store import ROW_SECONDS
from finops_websocket.errors import ConnectionSpent, RateLimited
from finops_websocket.update_expression import update_arguments

if TYPE_CHECKING:
    from types_boto3_dynamodb.service_resource import Table

# A frontend authenticates with its first frame. The others are for one whose user has to sign in first, which pings.
FRAMES_BEFORE_SIGN_IN = 20

# A page that asks, lists and resumes at every click stays far below it.
FRAMES_PER_MINUTE = 300

_MINUTE = 60


class FrameLimit:
    """Counts frames on the connections' rows. Its calls raise botocore's ClientError when DynamoDB refuses."""

    def __init__(self, auth_mode: str, table: "Table", clock: Callable[[], float] = time.time) -> None:
        """Keep the table of connections; `clock` tells the time in epoch seconds.

        In the mode `open` nobody has to show anything, so every connection that is noted counts as known.
        """
        self._is_open_mode = auth_mode == "open"
        self._is_known = Attr("connectionId").exists() if self._is_open_mode else Attr("verified").eq(True)
        self._table = table
        self._clock = clock

    def count(self, connection_id: str) -> None:
        """Count a frame.

        Raises RateLimited if the connection has sent too many in this minute, ConnectionSpent if it has sent all that
        it may without having shown who it is.
        """
        now = int(self._clock())
        minute = now // _MINUTE
        has_budget = Attr("frames").not_exists() | Attr("frames").lt(FRAMES_BEFORE_SIGN_IN)
        may_send = (self._is_known & Attr("minute").eq(minute) & Attr("frames").lt(FRAMES_PER_MINUTE)) | (
            ~self._is_known & has_budget
        )
        # A connection whose row is gone, because it was taken for gone itself, gets one on which nobody is signed in.
        one_more = update_arguments(add={"frames": 1}, assign_if_missing={"ttl": now + ROW_SECONDS})
        if self._update(connection_id, may_send, one_more):
            return
        row = self._table.get_item(Key={"connectionId": connection_id}, ConsistentRead=True).get("Item", {})
        if not (row.get("verified") or (self._is_open_mode and row)):
            raise ConnectionSpent("This connection has sent too much without signing in, and is closed.", _MINUTE)
        begins_minute = self._is_known & ~Attr("minute").eq(minute)
        is_full = row.get("minute") == minute and int(str(row["frames"])) >= FRAMES_PER_MINUTE
        if is_full or not (
            self._update(connection_id, begins_minute, update_arguments({"minute": minute, "frames": 1}))
            # Of frames that come side by side, one begins the minute and the others count in it.
            or self._update(connection_id, may_send, one_more)
        ):
            raise RateLimited("This connection sends too much. Please wait a moment.", _MINUTE - now % _MINUTE)

    def _update(self, connection_id: str, condition: ConditionBase, arguments: dict[str, Any]) -> bool:
        try:
            self._table.update_item(Key={"connectionId": connection_id}, ConditionExpression=condition, **arguments)
        except self._table.meta.client.exceptions.ConditionalCheckFailedException:
            return False
        return True
