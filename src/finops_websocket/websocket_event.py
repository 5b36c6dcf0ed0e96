"""What API Gateway hands to a function. Pure.

https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-mapping-template-reference.html
The headers of a $connect event come twice, with one and with all values of each, under the names that the client wrote:
https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-lambda-auth.html
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

CONNECT, MESSAGE, DISCONNECT = "CONNECT", "MESSAGE", "DISCONNECT"


@dataclass(frozen=True)
class WebSocketEvent:
    """A connection that opens, closes or sends a frame.

    `origins` are the values of the header Origin with which it opens, in most cases one; no other event has any.
    """

    kind: str
    connection_id: str
    body: str
    is_binary: bool
    origins: tuple[str, ...] = ()

    @classmethod
    def read(cls, event: Mapping[str, Any]) -> "WebSocketEvent":
        """Read an invocation's event; raise KeyError if it did not come from a WebSocket API."""
        context = event["requestContext"]
        kind = context["eventType"]
        return cls(
            kind=kind,
            connection_id=context["connectionId"],
            body=event.get("body") or "",
            is_binary=bool(event.get("isBase64Encoded", False)),
            origins=_origins_of(event) if kind == CONNECT else (),
        )


def _origins_of(event: Mapping[str, Any]) -> tuple[str, ...]:
    lists = event.get("multiValueHeaders") or {}
    origins = tuple(value for name, values in lists.items() if _is_origin(name) for value in values)
    singles = event.get("headers") or {}
    return origins or tuple(value for name, value in singles.items() if _is_origin(name))


def _is_origin(name: str) -> bool:
    # Names of headers are the same in any case: https://www.rfc-editor.org/rfc/rfc9110#section-5.1
    return name.lower() == "origin"
