from connection_manager.disconnect import Disconnect
from finops_websocket.connection_store import ConnectionStore
from finops_websocket.identity import Connection


def test_a_closed_connection_is_forgotten_and_the_others_are_not(connections: ConnectionStore) -> None:
    others = Connection("connection-2", "user-1", "Ada")
    connections.sign_in(Connection("connection-1", "user-1", "Ada"))
    connections.sign_in(others)
    Disconnect(connections)("connection-1")
    assert connections.find("connection-1") == Connection("connection-1")
    assert connections.find("connection-2") == others


def test_a_connection_that_was_never_noted_may_close(connections: ConnectionStore) -> None:
    Disconnect(connections)("connection-1")
