from connection_manager.connect import Connect
from finops_websocket.connection_store import ConnectionStore
from finops_websocket.identity import Connection


def test_a_new_connection_is_noted_and_nobody_s(connections: ConnectionStore, connections_table: object) -> None:
    Connect(connections)("connection-1")
    assert connections.find("connection-1") == Connection("connection-1")
    assert connections_table.get_item(Key={"connectionId": "connection-1"})["Item"]["verified"] is False  # type: ignore[attr-defined]
