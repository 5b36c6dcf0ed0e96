"""Connections of one user that sign in and close at the same moment, and replies that are lost."""

from functools import partial
from typing import Any

import pytest

from finops_websocket.connection_store import ConnectionStore
from finops_websocket.errors import RateLimited
from finops_websocket.identity import Connection
from finops_websocket.user_connections import UserConnections
from unit.finops_websocket.interleaved_calls import all_at_once, before_each, just_before
from unit.finops_websocket.lost_replies import lost_reply
from unit.finops_websocket.recording_channel import RecordingChannel

TRIES = 7


def verified(connection_id: str) -> Connection:
    return Connection(connection_id, "user-1", "Ada", verified=True, expires_at=1_003_600)


def slots_of(connections_table: Any) -> set[str]:
    (user,) = (item for item in connections_table.scan()["Items"] if "slots" in item)
    return set(user["slots"])


def take_all_at_once(
    user_connections: UserConnections, connections: ConnectionStore, connections_table: Any, numbers: range
) -> list[str]:
    """Take slots so that all have read before the first writes; give who was refused."""
    refused = []
    for number in numbers:
        connections.open(f"connection-{number}")

    def take(connection_id: str) -> None:
        try:
            user_connections.take_slot("user-1", connection_id)
        except RateLimited:
            refused.append(connection_id)

    all_at_once(connections_table.meta.client, "PutItem", [partial(take, f"connection-{number}") for number in numbers])
    return refused


def test_of_one_connection_more_than_is_allowed_at_the_same_moment_one_is_refused(
    user_connections: UserConnections, connections: ConnectionStore, connections_table: Any
) -> None:
    refused = take_all_at_once(user_connections, connections, connections_table, range(3))
    assert len(refused) == 1
    assert slots_of(connections_table) == {f"connection-{number}" for number in range(3)} - set(refused)


def test_two_connections_for_the_last_slot_do_not_both_get_it(
    user_connections: UserConnections, connections: ConnectionStore, connections_table: Any
) -> None:
    connections.open("connection-0")
    user_connections.take_slot("user-1", "connection-0")
    assert take_all_at_once(user_connections, connections, connections_table, range(1, 3)) == ["connection-1"]
    assert slots_of(connections_table) == {"connection-0", "connection-2"}


def test_two_connections_for_a_slot_that_is_not_used_do_not_both_get_it(
    user_connections: UserConnections, connections: ConnectionStore, connections_table: Any
) -> None:
    for connection in (verified("connection-0"), verified("connection-1")):
        user_connections.take_slot("user-1", connection.connection_id)
        connections.sign_in(connection)
    connections.close("connection-0")
    assert take_all_at_once(user_connections, connections, connections_table, range(2, 4)) == ["connection-2"]
    assert slots_of(connections_table) == {"connection-1", "connection-3"}


def test_a_slot_that_is_given_back_meanwhile_stays_given_back(
    user_connections: UserConnections, connections_table: Any
) -> None:
    user_connections.take_slot("user-1", "connection-1")
    close = partial(user_connections.give_back, verified("connection-1"))
    with just_before(connections_table.meta.client, "PutItem", close):
        user_connections.take_slot("user-1", "connection-2")
    assert slots_of(connections_table) == {"connection-2"}


def test_a_slot_that_is_taken_while_another_is_given_back_is_kept(
    user_connections: UserConnections, connections_table: Any
) -> None:
    user_connections.take_slot("user-1", "connection-1")
    sign_in = partial(user_connections.take_slot, "user-1", "connection-2")
    with just_before(connections_table.meta.client, "UpdateItem", sign_in):
        user_connections.give_back(verified("connection-1"))
    assert slots_of(connections_table) == {"connection-2"}


@pytest.mark.parametrize("others", [0, 1])
def test_a_slot_whose_reply_is_lost_is_taken_once(
    user_connections: UserConnections, connections_table: Any, others: int
) -> None:
    for number in range(others):
        user_connections.take_slot("user-1", f"other-{number}")
    with lost_reply(connections_table.meta.client, "dynamodb", "PutItem") as replies:
        user_connections.take_slot("user-1", "connection-1")
    # The second try finds another version; then it is written once more, over itself.
    assert len(replies) == 3
    assert slots_of(connections_table) == {"connection-1"} | {f"other-{number}" for number in range(others)}


def test_a_slot_is_given_back_though_the_reply_is_lost(
    user_connections: UserConnections, connections_table: Any
) -> None:
    user_connections.take_slot("user-1", "connection-1")
    user_connections.take_slot("user-1", "connection-2")
    with lost_reply(connections_table.meta.client, "dynamodb", "UpdateItem") as replies:
        user_connections.give_back(verified("connection-1"))
    assert len(replies) == 2
    assert slots_of(connections_table) == {"connection-2"}


def test_who_is_always_overtaken_is_told_to_try_again_in_a_moment(
    connections: ConnectionStore, channel: RecordingChannel, connections_table: Any
) -> None:
    pauses: list[float] = []
    user_connections = UserConnections(connections, channel.is_open, 2, pauses.append)
    user_connections.take_slot("user-1", "connection-1")
    (user,) = connections_table.scan()["Items"]
    writes = []

    def overtake() -> None:
        writes.append("")
        connections_table.update_item(
            Key={"connectionId": user["connectionId"]},
            UpdateExpression="ADD version :one",
            ExpressionAttributeValues={":one": 1},
        )

    with before_each(connections_table.meta.client, "PutItem", overtake), pytest.raises(RateLimited) as refused:
        user_connections.take_slot("user-1", "connection-2")
    assert refused.value.retry_after == 1
    assert slots_of(connections_table) == {"connection-1"}
    assert len(writes) == TRIES
    # A function that answers a frame has 20 seconds.
    assert len(pauses) == TRIES - 1
    assert all(0 <= pause <= 0.025 * 2 ** (number + 1) for number, pause in enumerate(pauses))
