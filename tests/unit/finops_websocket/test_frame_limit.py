"""How many frames a connection may send before and after it has signed in."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from finops_websocket.connection_store import ROW_SECONDS, ConnectionStore
from finops_websocket.errors import ConnectionSpent, RateLimited
from finops_websocket.frame_limit import FRAMES_BEFORE_SIGN_IN, FRAMES_PER_MINUTE, FRAMES_THAT_END_IT, FrameLimit
from finops_websocket.identity import Connection
from unit.finops_websocket.interleaved_calls import before_each
from unit.finops_websocket.settable_clock import SettableClock

VERIFIED = Connection("connection-1", "user-1", "Ada", verified=True, expires_at=1_003_600)
# The clock begins forty seconds into a minute.
REST_OF_MINUTE = 20


@pytest.fixture
def limit(connections_table: Any, clock: SettableClock) -> FrameLimit:
    return FrameLimit("cognito", connections_table, clock)


@pytest.fixture
def open_limit(connections_table: Any, clock: SettableClock) -> FrameLimit:
    return FrameLimit("open", connections_table, clock)


def count(limit: FrameLimit, frames: int, connection_id: str = "connection-1") -> None:
    for _ in range(frames):
        limit.count(connection_id)


def row_of(connections_table: Any, connection_id: str = "connection-1") -> dict[str, Any]:
    row: dict[str, Any] = connections_table.get_item(Key={"connectionId": connection_id})["Item"]
    return row


def set_frames(connections_table: Any, frames: int) -> None:
    """Let the connection have sent so many frames."""
    connections_table.update_item(
        Key={"connectionId": "connection-1"},
        UpdateExpression="SET frames = :frames",
        ExpressionAttributeValues={":frames": frames},
    )


def fill_minute(limit: FrameLimit, connections_table: Any) -> None:
    """Let the connection have sent all but one of what it may send in a minute."""
    limit.count("connection-1")
    set_frames(connections_table, FRAMES_PER_MINUTE - 1)


@pytest.mark.parametrize("is_noted", [True, False])
def test_who_has_not_signed_in_may_send_few_frames_in_all_and_is_spent_then(
    limit: FrameLimit, connections: ConnectionStore, clock: SettableClock, is_noted: bool
) -> None:
    if is_noted:
        connections.open("connection-1")
    count(limit, FRAMES_BEFORE_SIGN_IN - 1)
    clock.now += 3600
    limit.count("connection-1")
    for seconds in (0, 60, 3600):
        clock.now += seconds
        with pytest.raises(ConnectionSpent) as refused:
            limit.count("connection-1")
        assert refused.value.retry_after == 60


def test_another_connection_s_budget_is_its_own(limit: FrameLimit, connections: ConnectionStore) -> None:
    for connection_id in ("connection-1", "connection-2"):
        connections.open(connection_id)
        count(limit, FRAMES_BEFORE_SIGN_IN, connection_id)
    with pytest.raises(ConnectionSpent):
        limit.count("connection-1")
    limit.count("connection-3")


def test_a_claim_is_no_sign_in(limit: FrameLimit, connections: ConnectionStore) -> None:
    connections.open("connection-1")
    count(limit, FRAMES_BEFORE_SIGN_IN - 1)
    connections.sign_in(Connection("connection-1", None, "Ada"))
    limit.count("connection-1")
    with pytest.raises(ConnectionSpent):
        limit.count("connection-1")


def test_who_has_signed_in_may_send_many_frames_a_minute(
    limit: FrameLimit, connections: ConnectionStore, connections_table: Any
) -> None:
    connections.sign_in(VERIFIED)
    count(limit, FRAMES_BEFORE_SIGN_IN * 2)
    assert row_of(connections_table)["frames"] == FRAMES_BEFORE_SIGN_IN * 2
    fill_minute(limit, connections_table)
    limit.count("connection-1")
    with pytest.raises(RateLimited) as refused:
        limit.count("connection-1")
    assert not isinstance(refused.value, ConnectionSpent)
    assert row_of(connections_table)["frames"] == FRAMES_PER_MINUTE + 1


@pytest.mark.parametrize("auth_mode", ["cognito", "open"])
def test_who_goes_on_all_the_same_is_spent(
    connections: ConnectionStore, connections_table: Any, clock: SettableClock, auth_mode: str
) -> None:
    connections.sign_in(VERIFIED)
    limit = FrameLimit(auth_mode, connections_table, clock)
    limit.count("connection-1")
    set_frames(connections_table, FRAMES_THAT_END_IT - 1)
    with pytest.raises(RateLimited) as refused:
        limit.count("connection-1")
    assert not isinstance(refused.value, ConnectionSpent)
    for _ in range(2):
        with pytest.raises(ConnectionSpent) as spent:
            limit.count("connection-1")
        assert spent.value.retry_after == 60
    assert row_of(connections_table)["frames"] == FRAMES_THAT_END_IT + 2


def test_who_is_refused_in_one_minute_and_again_in_the_next_is_not_spent(
    limit: FrameLimit, connections: ConnectionStore, connections_table: Any, clock: SettableClock
) -> None:
    connections.sign_in(VERIFIED)
    for seconds in (0, 60):
        clock.now += seconds
        limit.count("connection-1")
        set_frames(connections_table, FRAMES_THAT_END_IT - 1)
        with pytest.raises(RateLimited) as refused:
            limit.count("connection-1")
        assert not isinstance(refused.value, ConnectionSpent)


def test_the_limit_holds_until_the_minute_is_over(
    limit: FrameLimit, connections: ConnectionStore, connections_table: Any, clock: SettableClock
) -> None:
    connections.sign_in(VERIFIED)
    fill_minute(limit, connections_table)
    limit.count("connection-1")
    for seconds in (0, 1, REST_OF_MINUTE - 1):
        clock.now = 1_000_000 + seconds
        with pytest.raises(RateLimited) as refused:
            limit.count("connection-1")
        assert refused.value.retry_after == REST_OF_MINUTE - seconds
    clock.now = 1_000_000 + REST_OF_MINUTE
    limit.count("connection-1")
    assert row_of(connections_table)["frames"] == 1


def test_who_is_refused_costs_one_write(
    limit: FrameLimit, connections: ConnectionStore, connections_table: Any
) -> None:
    connections.open("connection-1")
    connections.sign_in(Connection("connection-2", "user-1", "Ada", verified=True, expires_at=1_003_600))
    limit.count("connection-2")
    connections_table.update_item(
        Key={"connectionId": "connection-2"},
        UpdateExpression="SET frames = :frames",
        ExpressionAttributeValues={":frames": FRAMES_PER_MINUTE},
    )
    set_frames(connections_table, FRAMES_BEFORE_SIGN_IN)
    calls: list[str] = []
    client = connections_table.meta.client
    for connection_id in ("connection-1", "connection-2"):
        with (
            before_each(client, "UpdateItem", lambda: calls.append("write")),
            before_each(client, "GetItem", lambda: calls.append("read")),
            pytest.raises(RateLimited),
        ):
            limit.count(connection_id)
    assert calls == ["write"] * 2


@pytest.mark.parametrize("frames", [1, FRAMES_BEFORE_SIGN_IN])
def test_who_signs_in_half_way_begins_a_minute_of_its_own(
    limit: FrameLimit, connections: ConnectionStore, connections_table: Any, frames: int
) -> None:
    connections.open("connection-1")
    count(limit, frames)
    connections.sign_in(VERIFIED)
    limit.count("connection-1")
    assert row_of(connections_table)["frames"] == 1
    fill_minute(limit, connections_table)
    limit.count("connection-1")
    with pytest.raises(RateLimited):
        limit.count("connection-1")


def test_a_connection_whose_row_is_gone_has_to_sign_in_again_with_a_new_budget(
    limit: FrameLimit, connections: ConnectionStore, connections_table: Any, clock: SettableClock
) -> None:
    connections.sign_in(VERIFIED)
    fill_minute(limit, connections_table)
    connections.close("connection-1")
    count(limit, FRAMES_BEFORE_SIGN_IN)
    assert row_of(connections_table) == {
        "connectionId": "connection-1",
        "frames": FRAMES_BEFORE_SIGN_IN,
        "ttl": clock.now + ROW_SECONDS,
    }
    assert connections.find("connection-1") == Connection("connection-1")
    with pytest.raises(ConnectionSpent):
        limit.count("connection-1")
    connections.sign_in(VERIFIED)
    limit.count("connection-1")
    assert connections.find("connection-1") == VERIFIED


@pytest.mark.parametrize("auth_mode", ["cognito", "open"])
@pytest.mark.parametrize("connection", [None, VERIFIED])
def test_counting_changes_nothing_else_of_a_row(
    connections: ConnectionStore,
    connections_table: Any,
    clock: SettableClock,
    connection: Connection | None,
    auth_mode: str,
) -> None:
    connections.open("connection-1")
    if connection is not None:
        connections.sign_in(connection)
    before = row_of(connections_table)
    clock.now += 60
    count(FrameLimit(auth_mode, connections_table, clock), 3)
    after = row_of(connections_table)
    assert {name: after[name] for name in after if name not in {"frames", "minute"}} == before
    assert after["frames"] == 3


def test_a_user_s_item_is_no_connection(limit: FrameLimit, connections_table: Any) -> None:
    connections_table.put_item(Item={"connectionId": "user#1", "slots": {}, "version": 1, "ttl": 2_000_000})
    count(limit, FRAMES_BEFORE_SIGN_IN, "user#1")
    with pytest.raises(ConnectionSpent):
        limit.count("user#1")


def test_in_the_open_mode_every_connection_has_its_minutes(
    open_limit: FrameLimit, connections: ConnectionStore, connections_table: Any, clock: SettableClock
) -> None:
    connections.open("connection-1")
    count(open_limit, FRAMES_BEFORE_SIGN_IN * 2)
    set_frames(connections_table, FRAMES_PER_MINUTE - 1)
    open_limit.count("connection-1")
    with pytest.raises(RateLimited) as refused:
        open_limit.count("connection-1")
    assert not isinstance(refused.value, ConnectionSpent)
    assert refused.value.retry_after == REST_OF_MINUTE
    clock.now += REST_OF_MINUTE
    open_limit.count("connection-1")


def test_in_the_open_mode_a_connection_whose_row_is_gone_is_noted_again(
    open_limit: FrameLimit, connections_table: Any
) -> None:
    count(open_limit, FRAMES_BEFORE_SIGN_IN * 2)
    set_frames(connections_table, FRAMES_PER_MINUTE)
    with pytest.raises(RateLimited) as refused:
        open_limit.count("connection-1")
    assert not isinstance(refused.value, ConnectionSpent)


@pytest.mark.parametrize("seconds", [-60, -3600, 3600])
def test_a_clock_that_jumps_locks_nobody_out_and_the_limit_holds_in_the_other_minute_too(
    limit: FrameLimit, connections: ConnectionStore, connections_table: Any, clock: SettableClock, seconds: int
) -> None:
    connections.sign_in(VERIFIED)
    fill_minute(limit, connections_table)
    limit.count("connection-1")
    clock.now += seconds
    fill_minute(limit, connections_table)
    limit.count("connection-1")
    with pytest.raises(RateLimited) as refused:
        limit.count("connection-1")
    assert refused.value.retry_after == REST_OF_MINUTE


def test_a_clock_that_jumps_gives_no_new_budget(limit: FrameLimit, clock: SettableClock) -> None:
    count(limit, FRAMES_BEFORE_SIGN_IN)
    clock.now -= 3600
    with pytest.raises(ConnectionSpent):
        limit.count("connection-1")


def test_frames_that_cannot_be_counted_are_not_let_through(dynamodb: Any, clock: SettableClock) -> None:
    with pytest.raises(ClientError, match="ResourceNotFound"):
        FrameLimit("cognito", dynamodb.Table("no-such-table"), clock).count("connection-1")
