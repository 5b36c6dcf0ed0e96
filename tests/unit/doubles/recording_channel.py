"""A client channel that keeps what it is given."""

import json
from collections.abc import Callable
from typing import Any

import boto3

from contract_schema import assert_valid
from finops_websocket.connections.channel import ClientChannel, Posted
from finops_websocket.wire.server_messages import ServerMessage
from finops_websocket.wire.size import MAX_MESSAGE_BYTES


class RecordingChannel(ClientChannel):
    """Keeps each message; fails for one that breaks the contract or is too large.

    `results` says what becomes of messages to a connection (by default they are sent); `at_send` is called with each
    message before it is kept. A connection to which messages are gone is not open; `closed` are the connections that
    were closed, and `looked_at` those looked at.
    """

    def __init__(self) -> None:
        super().__init__(boto3.client("apigatewaymanagementapi", "us-east-1", endpoint_url="http://localhost:1"))
        self.sent: list[tuple[str, ServerMessage]] = []
        self.results: dict[str, Posted] = {}
        self.at_send: Callable[[str, ServerMessage], None] = lambda _connection_id, _message: None
        self.closed: list[str] = []
        self.looked_at: list[str] = []

    def send(self, connection_id: str, message: ServerMessage) -> Posted:
        frame = message.encode()
        assert len(frame) <= MAX_MESSAGE_BYTES
        assert_valid(json.loads(frame))
        self.at_send(connection_id, message)
        self.sent.append((connection_id, message))
        return self.results.get(connection_id, Posted.SENT)

    def is_open(self, connection_id: str) -> bool:
        self.looked_at.append(connection_id)
        return self.results.get(connection_id) is not Posted.GONE

    def close(self, connection_id: str) -> None:
        self.closed.append(connection_id)

    def to(self, connection_id: str) -> list[dict[str, Any]]:
        """Give the messages to one connection as it reads them."""
        return [json.loads(message.encode()) for receiver, message in self.sent if receiver == connection_id]

    def kinds_to(self, connection_id: str) -> list[str]:
        """Give the types of the messages to one connection."""
        return [message.kind[1] for receiver, message in self.sent if receiver == connection_id]
