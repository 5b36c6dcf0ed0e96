"""API Gateway's management of connections, in place of the network: what is posted is kept.

https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-how-to-call-websocket-api-connections.html
"""

import io
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote, urlsplit

from boto3.session import Session
from botocore.awsrequest import AWSPreparedRequest, AWSResponse, HTTPHeaders

# What GetConnection tells of a connection that is open.
_OPEN = b'{"connectedAt": "2026-11-23T11:00:00Z", "lastActiveAt": "2026-11-23T11:00:00Z"}'


class RecordingManagementApi:
    """Answers PostToConnection, GetConnection and DeleteConnection as for connections that are open."""

    def __init__(self) -> None:
        """Start with nothing posted."""
        self._posted: list[tuple[str, str]] = []

    def serve_clients_of(self, session: Session) -> None:
        """Answer what clients that the session makes from now on send."""
        # First: moto would answer too.
        session.events.register_first("before-send.apigatewaymanagementapi", self._answer)

    def take_posted(self) -> list[tuple[str, str]]:
        """Give the connections and texts of what was posted since the last time."""
        posted, self._posted = self._posted, []
        return posted

    def _answer(self, request: AWSPreparedRequest, **_event: Any) -> AWSResponse:
        connection_id = unquote(urlsplit(request.url).path.rpartition("/")[2])
        if request.method == "POST":
            self._posted.append((connection_id, _text(request.body)))
        body = _OPEN if request.method == "GET" else b""
        return AWSResponse(request.url, 200, HTTPHeaders(), _Body(body))


class _Body(io.BytesIO):
    def stream(self, **_options: Any) -> Iterator[bytes]:
        yield self.read()


def _text(body: Any) -> str:
    content = body if isinstance(body, bytes | bytearray) else body.read()
    return bytes(content).decode()
