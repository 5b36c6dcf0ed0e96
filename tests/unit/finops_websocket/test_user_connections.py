"""On how many connections a user may be signed in at the same time."""

from typing import Any

import pytest

from finops_websocket.client_channel import Delivery
from finops_websocket.connection_store import ROW_SECONDS, ConnectionStore
from finops_websocket.errors import RateLimited
from finops_websocket.identity import Connection
from finops_websocket.user_connections import UserConnections
from unit.finops_websocket.recording_channel import RecordingChannel
from unit.finops_websocket.settable_clock import SettableClock


def signed_in(connection_id: str, user_id: str = "user-1") -> Connection:
    return Connection(connection_id, user_id, "Ada", verified=True, expires_at=1_003_600)


@pytest.fixture
def sign_in(connections: ConnectionStore, user_connections: UserConnections) -> Any:
    """Signs in as `authenticate` does."""

    def sign_in(connection_id: str, user_id: str = "user-1") -> None:
        user_connections.take_slot(user_id, connection_id)
        connections.sign_in(signed_in(connection_id, user_id))

    return sign_in


def slots_of(connections_table: Any) -> list[set[str]]:
    return [set(item["slots"]) for item in connections_table.scan()["Items"] if "slots" in item]


def test_one_connection_more_than_is_allowed_is_refused(sign_in: Any, connections_table: Any) -> None:
    sign_in("connection-1")
    sign_in("connection-2")
    before = connections_table.scan()["Items"]
    with pytest.raises(RateLimited, match="2 connections") as refused:
        sign_in("connection-3")
    assert refused.value.retry_after == 60
    assert connections_table.scan()["Items"] == before


def test_who_is_refused_and_waits_as_told_is_let_in_if_one_is_closed(
    sign_in: Any, channel: RecordingChannel, clock: SettableClock
) -> None:
    sign_in("connection-1")
    sign_in("connection-2")
    channel.deliveries["connection-1"] = Delivery.GONE
    clock.now += 59
    with pytest.raises(RateLimited):
        sign_in("connection-3")
    # So young a one may not be signed in yet, or not be open yet: nobody looks.
    assert channel.looked_at == []
    clock.now += 1
    sign_in("connection-3")


def test_a_connection_that_signs_in_again_takes_no_second_slot(sign_in: Any, connections_table: Any) -> None:
    for _ in range(3):
        sign_in("connection-1")
        sign_in("connection-2")
    assert slots_of(connections_table) == [{"connection-1", "connection-2"}]


def test_another_user_s_connections_are_its_own(sign_in: Any) -> None:
    for connection_id in ("connection-1", "connection-2"):
        sign_in(connection_id)
        sign_in(f"{connection_id}-of-user-2", "user-2")
    for user_id in ("user-1", "user-2"):
        with pytest.raises(RateLimited):
            sign_in("connection-3", user_id)
    sign_in("connection-3", "user-3")


def test_connections_that_are_open_keep_their_slots_however_old(
    sign_in: Any, channel: RecordingChannel, clock: SettableClock
) -> None:
    sign_in("connection-1")
    sign_in("connection-2")
    clock.now += ROW_SECONDS - 1
    with pytest.raises(RateLimited):
        sign_in("connection-3")
    assert sorted(channel.looked_at) == ["connection-1", "connection-2"]


@pytest.mark.parametrize("how", ["its row is deleted", "its row has expired", "API Gateway says 410"])
def test_a_connection_that_is_gone_makes_place_for_one(
    sign_in: Any,
    connections: ConnectionStore,
    channel: RecordingChannel,
    clock: SettableClock,
    connections_table: Any,
    how: str,
) -> None:
    connections.open("connection-1")
    clock.now += 600
    sign_in("connection-1")
    sign_in("connection-2")
    match how:
        case "its row is deleted":
            # However young.
            connections.close("connection-1")
        case "its row has expired":
            clock.now += ROW_SECONDS - 600
        case _:
            channel.deliveries["connection-1"] = Delivery.GONE
            clock.now += 60
    sign_in("connection-3")
    assert slots_of(connections_table) == [{"connection-2", "connection-3"}]
    with pytest.raises(RateLimited):
        sign_in("connection-4")


def test_a_slot_whose_connection_was_never_signed_in_is_free_after_a_minute(
    sign_in: Any, user_connections: UserConnections, connections: ConnectionStore, clock: SettableClock
) -> None:
    """The function was killed in between, or the connection is somebody else's."""
    connections.open("connection-1")
    sign_in("connection-2", "user-2")
    user_connections.take_slot("user-1", "connection-1")
    user_connections.take_slot("user-1", "connection-2")
    clock.now += 59
    with pytest.raises(RateLimited):
        sign_in("connection-3")
    clock.now += 1
    sign_in("connection-3")
    sign_in("connection-4")


def test_nobody_is_looked_for_while_there_are_free_slots(sign_in: Any, channel: RecordingChannel) -> None:
    sign_in("connection-1")
    sign_in("connection-2")
    sign_in("connection-2")
    assert channel.looked_at == []


def test_a_slot_that_is_given_back_is_free_at_once(
    sign_in: Any, user_connections: UserConnections, connections: ConnectionStore
) -> None:
    sign_in("connection-1")
    sign_in("connection-2")
    user_connections.give_back(connections.close("connection-1"))
    sign_in("connection-3")
    with pytest.raises(RateLimited):
        sign_in("connection-4")


def test_a_slot_that_is_given_back_twice_frees_no_other(
    sign_in: Any, user_connections: UserConnections, connections_table: Any
) -> None:
    sign_in("connection-1")
    sign_in("connection-2")
    for _ in range(2):
        user_connections.give_back(signed_in("connection-1"))
    assert slots_of(connections_table) == [{"connection-2"}]


@pytest.mark.parametrize(
    "connection",
    [
        # It has shown nothing, or a claim that owns nothing.
        Connection("connection-1"),
        Connection("connection-1", None, "Ada"),
        # Its user has no item, or another's slots.
        signed_in("connection-9", "user-2"),
        signed_in("connection-9"),
        Connection("connection-1", "claimed#user-1", "Ada"),
    ],
)
def test_who_has_no_slot_gives_none_back(
    sign_in: Any, user_connections: UserConnections, connections_table: Any, connection: Connection
) -> None:
    sign_in("connection-1")
    before = connections_table.scan()["Items"]
    user_connections.give_back(connection)
    assert connections_table.scan()["Items"] == before


def test_an_unverified_connection_with_a_claim_of_the_user_s_name_uses_no_slot(
    sign_in: Any, connections: ConnectionStore, clock: SettableClock
) -> None:
    sign_in("connection-1")
    sign_in("connection-2")
    connections.close("connection-1")
    connections.sign_in(Connection("connection-1", "claimed#user-1", "user-1"))
    clock.now += 60
    sign_in("connection-3")


def test_a_user_s_item_outlives_its_connections_and_then_expires(
    sign_in: Any, connections_table: Any, clock: SettableClock
) -> None:
    sign_in("connection-1")
    clock.now += 60
    sign_in("connection-2")
    (user,) = (item for item in connections_table.scan()["Items"] if "slots" in item)
    assert user["ttl"] == clock.now + ROW_SECONDS


def test_no_choice_of_a_user_s_name_reaches_a_connection_or_another_user(
    user_connections: UserConnections, connections: ConnectionStore, connections_table: Any
) -> None:
    connections.open("connection-1")
    for user_id in ("connection-1", "user#connection-1", "user-1", "user-1#"):
        user_connections.take_slot(user_id, "connection-2")
    keys = {item["connectionId"] for item in connections_table.scan()["Items"]} - {"connection-1"}
    assert len(keys) == 4
    assert all(key.startswith("user#") and len(key) == len("user#") + 64 for key in keys)


@pytest.mark.parametrize("connection_id", ["ABCDEcs5IAMCIjA=", "a.b", "#", ":one"])
def test_a_connection_s_id_may_have_any_character(
    user_connections: UserConnections, connections_table: Any, connection_id: str
) -> None:
    user_connections.take_slot("user-1", connection_id)
    user_connections.take_slot("user-1", "connection-2")
    user_connections.give_back(signed_in(connection_id))
    assert slots_of(connections_table) == [{"connection-2"}]


def test_connections_of_which_nobody_can_tell_whether_they_are_open_count(
    connections: ConnectionStore, clock: SettableClock
) -> None:
    """As client_channel.is_open has it where API Gateway does not say."""
    user_connections = UserConnections(connections, lambda _connection_id: True, 1, sleep=lambda _seconds: None)
    user_connections.take_slot("user-1", "connection-1")
    connections.sign_in(signed_in("connection-1"))
    clock.now += 60
    with pytest.raises(RateLimited):
        user_connections.take_slot("user-1", "connection-2")
