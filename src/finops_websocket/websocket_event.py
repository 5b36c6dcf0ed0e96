"""What API Gateway hands to a function. Pure.

https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-mapping-template-reference.html
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

CONNECT, MESSAGE, DISCONNECT = "CONNECT", "MESSAGE", "DISCONNECT"


@dataclass(frozen=True)
class WebSocketEvent:
    """A connection that opens, closes or sends a frame."""

    kind: str
    connection_id: str
    body: str
    is_binary: bool

    @classmethod
    def read(cls, event: Mapping[str, Any]) -> "WebSocketEvent":
        """Read an invocation's event; raise KeyError if it did not come from a WebSocket API."""
        context = event["requestContext"]
        return cls(
            kind=context["eventType"],
            connection_id=context["connectionId"],
            body=event.get("body") or "",
            is_binary=bool(event.get("isBase64Encoded", False)),
        )
