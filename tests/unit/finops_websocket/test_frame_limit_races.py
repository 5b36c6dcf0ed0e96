"""Frames of one connection side by side, as AWS serves them, and replies that are lost."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from itertools import count
from typing import Any

import pytest

from finops_websocket.connection_store import ROW_SECONDS, ConnectionStore
from finops_websocket.errors import ConnectionSpent, RateLimited
from finops_websocket.frame_limit import FRAMES_BEFORE_SIGN_IN, FRAMES_PER_MINUTE, FrameLimit
from finops_websocket.identity import Connection
from unit.finops_websocket.interleaved_calls import before_each, just_before
from unit.finops_websocket.lost_replies import lost_reply
from unit.finops_websocket.racing_updates import RacingUpdates
from unit.finops_websocket.settable_clock import SettableClock

VERIFIED = Connection("connection-1", "user-1", "Ada", verified=True, expires_at=1_003_600)


@pytest.fixture
def limit(connections_table: Any, clock: SettableClock) -> FrameLimit:
    return FrameLimit("cognito", connections_table, clock)


def row_of(connections_table: Any) -> dict[str, Any]:
    row: dict[str, Any] = connections_table.get_item(Key={"connectionId": "connection-1"})["Item"]
    return row


def set_frames(connections_table: Any, frames: int) -> None:
    connections_table.update_item(
        Key={"connectionId": "connection-1"},
        UpdateExpression="SET frames = :frames",
        ExpressionAttributeValues={":frames": frames},
    )


def before_updates(connections_table: Any, acts: Mapping[int, Callable[[], object]]) -> AbstractContextManager[None]:
    """Act before updates with these numbers; the first finds that no minute is counted, the second begins one."""
    updates = count(1)

    def act() -> None:
        acts.get(next(updates), lambda: None)()

    return before_each(connections_table.meta.client, "UpdateItem", act)


def refusals(limit: FrameLimit, frames: int) -> list[type[RateLimited]]:
    """Count frames side by side; give the errors of those that are refused."""

    def send(_number: int) -> type[RateLimited] | None:
        try:
            limit.count("connection-1")
        except RateLimited as error:
            return type(error)
        return None

    with ThreadPoolExecutor(frames) as threads:
        return [error for error in threads.map(send, range(frames)) if error is not None]


def test_a_minute_that_begins_with_several_frames_counts_them_all_and_refuses_none(
    connections: ConnectionStore, connections_table: Any, clock: SettableClock
) -> None:
    connections.sign_in(VERIFIED)
    frames = 6
    limit = FrameLimit("cognito", RacingUpdates(connections_table, frames), clock)
    assert refusals(limit, frames) == []
    assert row_of(connections_table)["frames"] == frames


def test_of_more_frames_side_by_side_than_the_budget_has_as_many_are_let_through(
    connections: ConnectionStore, connections_table: Any, clock: SettableClock
) -> None:
    connections.open("connection-1")
    too_many = 4
    limit = FrameLimit("cognito", RacingUpdates(connections_table, too_many), clock)
    assert refusals(limit, FRAMES_BEFORE_SIGN_IN + too_many) == [ConnectionSpent] * too_many
    assert row_of(connections_table)["frames"] == FRAMES_BEFORE_SIGN_IN + too_many


def test_of_more_frames_side_by_side_than_the_minute_has_as_many_are_let_through(
    limit: FrameLimit, connections: ConnectionStore, connections_table: Any, clock: SettableClock
) -> None:
    connections.sign_in(VERIFIED)
    limit.count("connection-1")
    left, too_many = 3, 4
    set_frames(connections_table, FRAMES_PER_MINUTE - left)
    racing = FrameLimit("cognito", RacingUpdates(connections_table, too_many), clock)
    assert refusals(racing, left + too_many) == [RateLimited] * too_many
    assert row_of(connections_table)["frames"] == FRAMES_PER_MINUTE + too_many


def test_a_minute_that_others_have_begun_and_filled_meanwhile_is_full(
    limit: FrameLimit, connections: ConnectionStore, connections_table: Any, clock: SettableClock
) -> None:
    connections.sign_in(VERIFIED)
    row = {**row_of(connections_table), "minute": int(clock()) // 60, "frames": FRAMES_PER_MINUTE}
    begin_and_fill = before_updates(connections_table, {2: lambda: connections_table.put_item(Item=row)})
    with begin_and_fill, pytest.raises(RateLimited):
        limit.count("connection-1")
    assert row_of(connections_table)["frames"] == FRAMES_PER_MINUTE + 1


def test_a_connection_that_closes_while_its_minute_begins_has_a_row_that_expires(
    limit: FrameLimit, connections: ConnectionStore, connections_table: Any, clock: SettableClock
) -> None:
    connections.sign_in(VERIFIED)
    with before_updates(connections_table, {2: lambda: connections.close("connection-1")}):
        limit.count("connection-1")
    assert row_of(connections_table) == {
        "connectionId": "connection-1",
        "frames": 1,
        "ttl": clock.now + ROW_SECONDS,
    }


def test_a_frame_that_comes_while_its_connection_signs_in_is_let_through(
    limit: FrameLimit, connections: ConnectionStore, connections_table: Any
) -> None:
    connections.open("connection-1")
    set_frames(connections_table, FRAMES_BEFORE_SIGN_IN)
    with just_before(connections_table.meta.client, "UpdateItem", lambda: connections.sign_in(VERIFIED)):
        limit.count("connection-1")
    assert row_of(connections_table)["frames"] == 1


def test_a_frame_that_cannot_be_counted_because_its_row_goes_and_comes_is_let_through(
    limit: FrameLimit, connections: ConnectionStore, connections_table: Any
) -> None:
    connections.sign_in(VERIFIED)
    acts = {2: lambda: connections.close("connection-1"), 3: lambda: connections.sign_in(VERIFIED)}
    with before_updates(connections_table, acts):
        limit.count("connection-1")
    assert "frames" not in row_of(connections_table)


@pytest.mark.parametrize("act", ["open", "close"])
def test_a_frame_that_comes_while_its_row_comes_or_goes_leaves_nobody_signed_in(
    limit: FrameLimit, connections: ConnectionStore, connections_table: Any, act: str
) -> None:
    if act == "close":
        connections.sign_in(VERIFIED)
    change: Callable[[str], object] = getattr(connections, act)
    with just_before(connections_table.meta.client, "UpdateItem", lambda: change("connection-1")):
        limit.count("connection-1")
    assert connections.find("connection-1") == Connection("connection-1")
    assert row_of(connections_table)["frames"] == 1


@pytest.mark.parametrize("is_signed_in", [False, True])
@pytest.mark.parametrize("before", [0, 1])
def test_a_frame_whose_reply_is_lost_is_let_through(
    limit: FrameLimit, connections: ConnectionStore, connections_table: Any, is_signed_in: bool, before: int
) -> None:
    """It may count twice: the budgets have room for that, where a token for each frame would have to be kept."""
    connections.open("connection-1")
    if is_signed_in:
        connections.sign_in(VERIFIED)
    for _ in range(before):
        limit.count("connection-1")
    with lost_reply(connections_table.meta.client, "dynamodb", "UpdateItem"):
        limit.count("connection-1")
    assert row_of(connections_table)["frames"] <= before + 2


def test_the_first_frame_of_a_minute_is_let_through_though_the_reply_is_lost(
    limit: FrameLimit, connections: ConnectionStore, connections_table: Any
) -> None:
    connections.sign_in(VERIFIED)
    with lost_reply(connections_table.meta.client, "dynamodb", "UpdateItem", which=2) as replies:
        limit.count("connection-1")
    # One that finds no minute, one that begins it, its second try, and one that counts.
    assert len(replies) == 4
    assert row_of(connections_table)["frames"] == 2
