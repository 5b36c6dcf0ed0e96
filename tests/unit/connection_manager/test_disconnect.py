from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from connection_manager.disconnect import Disconnect
from finops_websocket import metrics
from finops_websocket.connection_store import ConnectionStore
from finops_websocket.errors import RateLimited
from finops_websocket.identity import Connection
from finops_websocket.user_connections import UserConnections
from finops_websocket.websocket_event import DISCONNECT, WebSocketEvent
from unit.finops_websocket.embedded_metrics import Measurement, names

CLOSED = WebSocketEvent(DISCONNECT, "connection-1", "", is_binary=False)


@pytest.fixture
def disconnect(connections: ConnectionStore, user_connections: UserConnections) -> Disconnect:
    return Disconnect(connections, user_connections)


def sign_in(connections: ConnectionStore, user_connections: UserConnections, connection_id: str) -> Connection:
    connection = Connection(connection_id, "user-1", "Ada", verified=True, expires_at=1_003_600)
    user_connections.take_slot("user-1", connection_id)
    connections.sign_in(connection)
    return connection


def test_a_closed_connection_is_forgotten_and_the_others_are_not(
    disconnect: Disconnect, connections: ConnectionStore
) -> None:
    other = Connection("connection-2", "user-1", "Ada")
    connections.sign_in(Connection("connection-1", "user-1", "Ada"))
    connections.sign_in(other)
    disconnect(CLOSED)
    assert connections.find("connection-1") == Connection("connection-1")
    assert connections.find("connection-2") == other


def test_a_closed_connection_makes_place_for_another_of_its_user(
    disconnect: Disconnect, connections: ConnectionStore, user_connections: UserConnections
) -> None:
    for connection_id in ("connection-1", "connection-2"):
        sign_in(connections, user_connections, connection_id)
    disconnect(CLOSED)
    sign_in(connections, user_connections, "connection-3")
    # And for one only, though API Gateway says it twice.
    disconnect(CLOSED)
    with pytest.raises(RateLimited):
        user_connections.take_slot("user-1", "connection-4")


def test_a_connection_that_was_never_noted_may_close(disconnect: Disconnect, connections_table: Any) -> None:
    disconnect(CLOSED)
    assert connections_table.scan()["Items"] == []


def test_a_connection_that_never_signed_in_may_close(
    disconnect: Disconnect, connections: ConnectionStore, connections_table: Any
) -> None:
    connections.open("connection-1")
    disconnect(CLOSED)
    assert connections_table.scan()["Items"] == []


def test_a_closed_connection_is_counted_when_it_is_forgotten(
    disconnect: Disconnect, connections_table: Any, measured: Callable[[], list[Measurement]]
) -> None:
    disconnect(CLOSED)
    assert names(measured()) == {metrics.CONNECTIONS_CLOSED: 1}
    connections_table.delete()
    with pytest.raises(ClientError):
        disconnect(CLOSED)
    assert measured() == []
