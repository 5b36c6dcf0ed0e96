"""On how many connections a user may be signed in at the same time."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from finops_websocket.connections.channel import Posted
from finops_websocket.connections.identity import Connection
from finops_websocket.connections.slots import ConnectionSlots
from finops_websocket.connections.store import ROW_SECONDS, ConnectionStore
from finops_websocket.errors import RateLimited
from unit.doubles.interleaved_calls import all_at_once, before_each, just_before
from unit.doubles.lost_replies import lost_reply
from unit.doubles.recording_channel import RecordingChannel
from unit.doubles.settable_clock import SettableClock

SignIn = Callable[..., None]


@pytest.fixture
def pauses() -> list[float]:
    return []


@pytest.fixture
def slots(connections: ConnectionStore, channel: RecordingChannel, pauses: list[float]) -> ConnectionSlots:
    """Two for each user."""
    return ConnectionSlots(connections, channel.is_open, 2, pauses.append)


@pytest.fixture
def sign_in(slots: ConnectionSlots, signed_in: Callable[..., Connection]) -> SignIn:
    """Signs in as `authenticate` does."""

    def sign_in(*connection_ids: str, user_id: str = "user-1") -> None:
        for connection_id in connection_ids:
            slots.acquire(user_id, connection_id)
            signed_in(connection_id, user_id)

    return sign_in


@pytest.fixture
def client(connections: ConnectionStore) -> Any:
    return connections.table.meta.client


def of_user(connection_id: str, user_id: str = "user-1") -> Connection:
    return Connection(connection_id, user_id, "Ada", verified=True, expires_at=1_003_600)


def user_items(connections: ConnectionStore) -> list[dict[str, Any]]:
    return [item for item in connections.table.scan()["Items"] if "slots" in item]


def slots_of(connections: ConnectionStore) -> set[str]:
    [user] = user_items(connections)
    return set(user["slots"])


def test_one_connection_more_than_is_allowed_is_refused(
    sign_in: SignIn, connections: ConnectionStore, channel: RecordingChannel, clock: SettableClock
) -> None:
    sign_in("a", "b")
    clock.now += 10
    sign_in("b", "a")
    # Its item expires when none of its connections can be open any more.
    [user] = user_items(connections)
    assert user["ttl"] == clock.now + ROW_SECONDS
    sign_in("a-of-user-2", "b-of-user-2", user_id="user-2")
    before = connections.table.scan()["Items"]
    # Nobody is looked for while there are free slots, or they are so young that they may not be signed in yet.
    for user_id in ("user-1", "user-2"):
        with pytest.raises(RateLimited, match="2 connections") as refused:
            sign_in("c", user_id=user_id)
        assert refused.value.retry_after == 60
    assert channel.looked_at == []
    assert connections.table.scan()["Items"] == before


@pytest.mark.parametrize("how", ["its row is deleted", "its row has expired", "API Gateway says 410", "a claim has it"])
def test_a_connection_that_is_gone_makes_place_for_one(
    sign_in: SignIn, connections: ConnectionStore, channel: RecordingChannel, clock: SettableClock, how: str
) -> None:
    connections.open("a")
    clock.now += 600
    sign_in("a", "b")
    match how:
        case "its row is deleted":
            # However young.
            connections.close("a")
        case "its row has expired":
            clock.now += ROW_SECONDS - 600
        case "API Gateway says 410":
            # One that is open keeps its slot, however old.
            clock.now += ROW_SECONDS - 601
            with pytest.raises(RateLimited):
                sign_in("c")
            assert sorted(channel.looked_at) == ["a", "b"]
            channel.results["a"] = Posted.GONE
        case _:
            connections.close("a")
            connections.sign_in(Connection("a", "claimed#user-1", "user-1"))
            clock.now += 60
    sign_in("c")
    assert slots_of(connections) == {"b", "c"}
    with pytest.raises(RateLimited):
        sign_in("d")


# It has shown nothing, or a claim; its user has no slots, or only others'.
@pytest.mark.parametrize(
    "connection", [Connection("a"), Connection("a", "claimed#user-1", "Ada"), of_user("z", "user-2"), of_user("z")]
)
def test_who_has_no_slot_releases_none(
    sign_in: SignIn, slots: ConnectionSlots, connections: ConnectionStore, connection: Connection
) -> None:
    sign_in("a")
    before = connections.table.scan()["Items"]
    slots.release(connection)
    assert connections.table.scan()["Items"] == before


def test_no_choice_of_a_user_s_name_reaches_a_connection_or_another_user(
    slots: ConnectionSlots, connections: ConnectionStore
) -> None:
    connections.open("a")
    for user_id in ("a", "user#a", "user-1", "user-1#"):
        slots.acquire(user_id, "b")
    keys = {item["connectionId"] for item in user_items(connections)}
    assert len(keys) == 4
    assert all(key.startswith("user#") and len(key) == len("user#") + 64 for key in keys)


@pytest.mark.parametrize("connection_id", ["ABCDEcs5IAMCIjA=", "a.b", "#", ":one"])
def test_a_connection_s_id_may_have_any_character(
    slots: ConnectionSlots, connections: ConnectionStore, connection_id: str
) -> None:
    slots.acquire("user-1", connection_id)
    slots.acquire("user-1", "b")
    slots.release(of_user(connection_id))
    assert slots_of(connections) == {"b"}


# At the same moment.


def test_two_connections_for_a_slot_that_is_not_used_any_more_do_not_both_get_it(
    sign_in: SignIn, connections: ConnectionStore, client: Any
) -> None:
    """Both have read before the first writes."""
    sign_in("a", "gone")
    connections.close("gone")
    refused = []

    def try_to_sign_in(connection_id: str) -> None:
        connections.open(connection_id)
        try:
            sign_in(connection_id)
        except RateLimited:
            refused.append(connection_id)

    all_at_once(client, "PutItem", [partial(try_to_sign_in, "b"), partial(try_to_sign_in, "c")])
    assert len(refused) == 1
    assert slots_of(connections) == {"a", "b", "c"} - set(refused)


@pytest.mark.parametrize("operation", ["PutItem", "UpdateItem"])
def test_a_slot_that_is_released_while_another_is_acquired_stays_so(
    slots: ConnectionSlots, connections: ConnectionStore, client: Any, operation: str
) -> None:
    slots.acquire("user-1", "a")
    acquire, release = partial(slots.acquire, "user-1", "b"), partial(slots.release, of_user("a"))
    first, then = (release, acquire) if operation == "PutItem" else (acquire, release)
    with just_before(client, operation, first):
        then()
    assert slots_of(connections) == {"b"}


def test_replies_that_are_lost_acquire_and_release_once(
    slots: ConnectionSlots, connections: ConnectionStore, client: Any
) -> None:
    for connection_id in ("a", "b"):
        with lost_reply(client, "dynamodb", "PutItem") as acquired:
            slots.acquire("user-1", connection_id)
        # The second try finds another version; then it is written once more, over itself.
        assert len(acquired) == 3
    assert slots_of(connections) == {"a", "b"}
    with lost_reply(client, "dynamodb", "UpdateItem") as released:
        slots.release(of_user("a"))
    assert len(released) == 2
    assert slots_of(connections) == {"b"}


def test_who_is_always_overtaken_is_told_to_try_again_in_a_moment(
    slots: ConnectionSlots, connections: ConnectionStore, client: Any, pauses: list[float]
) -> None:
    slots.acquire("user-1", "a")
    [user] = user_items(connections)
    overtake = partial(
        connections.table.update_item,
        Key={"connectionId": user["connectionId"]},
        UpdateExpression="ADD version :one",
        ExpressionAttributeValues={":one": 1},
    )
    with before_each(client, "PutItem", overtake), pytest.raises(RateLimited) as refused:
        slots.acquire("user-1", "b")
    assert refused.value.retry_after == 1
    assert slots_of(connections) == {"a"}
    # A function that answers a frame has 20 seconds.
    assert 0 < sum(pauses) < 4
