"""API Gateway's management of connections, in place of the network.

https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-how-to-call-websocket-api-connections.html
"""

import io
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import unquote, urlsplit

from botocore.awsrequest import AWSPreparedRequest, AWSResponse, HTTPHeaders

from faults.fault import Reply

# What GetConnection tells of a connection that is open.
_TIMES = b'{"connectedAt": "2026-11-23T11:00:00Z", "lastActiveAt": "2026-11-23T11:00:00Z"}'
OPEN = Reply(200, (), _TIMES)
DONE = Reply(200, (), b"")

# First: moto would answer too.
SENDING = "before-send.apigatewaymanagementapi"

Manage = Callable[[str, str, str], Reply]
"""Answers a call by its method (POST, GET, DELETE), the connection's id, and the text that is to be posted."""


def answering(manage: Manage) -> Callable[..., AWSResponse]:
    """Give what answers in place of the network when it is called first of all at the event SENDING."""

    def answer(request: AWSPreparedRequest, **_event: Any) -> AWSResponse:
        connection_id = unquote(urlsplit(request.url).path.rpartition("/")[2])
        reply = manage(str(request.method), connection_id, _text(request.body) if request.method == "POST" else "")
        return AWSResponse(request.url, reply.status, HTTPHeaders.from_pairs(reply.headers), _Body(reply.body))

    return answer


class _Body(io.BytesIO):
    def stream(self, **_options: Any) -> Iterator[bytes]:
        yield self.read()


def _text(body: Any) -> str:
    content = body if isinstance(body, bytes | bytearray) else body.read()
    return bytes(content).decode()
