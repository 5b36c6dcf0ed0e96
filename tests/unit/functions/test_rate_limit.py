"""How many frames a connection may send before and after it has signed in."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from itertools import count
from typing import Any

import pytest

from finops_websocket.connections.identity import Connection
from finops_websocket.connections.rate_limit import (
    FRAMES_BEFORE_SIGN_IN,
    FRAMES_PER_MINUTE,
    FRAMES_THAT_END_IT,
    RateLimiter,
)
from finops_websocket.connections.store import ROW_SECONDS, ConnectionStore
from finops_websocket.errors import ConnectionSpent, RateLimited
from unit.doubles.interleaved_calls import before_each, just_before
from unit.doubles.lost_replies import lost_reply
from unit.doubles.settable_clock import SettableClock

SignedIn = Callable[..., Connection]
Acts = Mapping[int, Callable[[], object]]

# The clock begins forty seconds into a minute.
REST_OF_MINUTE = 20


@pytest.fixture
def limiter(connections: ConnectionStore) -> RateLimiter:
    return RateLimiter("cognito", connections)


def send(limiter: RateLimiter, frames: int = 1) -> None:
    for _ in range(frames):
        limiter.count("connection-1")


def refusal(limiter: RateLimiter) -> tuple[type[RateLimited], int]:
    """Send a frame that is refused; give how, and after how many seconds another may be sent."""
    with pytest.raises(RateLimited) as refused:
        send(limiter)
    return refused.type, refused.value.retry_after


def row_of(connections: ConnectionStore) -> dict[str, Any]:
    row: dict[str, Any] = connections.table.get_item(Key={"connectionId": "connection-1"})["Item"]
    return row


def have_sent(connections: ConnectionStore, frames: int) -> None:
    """Let the connection have sent so many frames in the minute that it has begun."""
    connections.table.put_item(Item={**row_of(connections), "frames": frames})


def before_updates(connections: ConnectionStore, acts: Acts) -> AbstractContextManager[None]:
    """Act before updates with these numbers; the first finds that no minute is counted, the second begins one."""
    updates = count(1)

    def act() -> None:
        acts.get(next(updates), lambda: None)()

    return before_each(connections.table.meta.client, "UpdateItem", act)


@pytest.mark.parametrize("shown", [None, Connection("connection-1"), Connection("connection-1", None, "Ada")])
def test_who_has_not_signed_in_may_send_few_frames_in_all_and_is_spent_then(
    limiter: RateLimiter, connections: ConnectionStore, clock: SettableClock, shown: Connection | None
) -> None:
    if shown is not None:
        connections.sign_in(shown)
    send(limiter, FRAMES_BEFORE_SIGN_IN - 1)
    clock.now += 3600
    send(limiter)
    # A clock that jumps gives no new budget either.
    for seconds in (0, 60, -3600):
        clock.now += seconds
        assert refusal(limiter) == (ConnectionSpent, 60)
    # Another connection's budget is its own.
    limiter.count("connection-2")


@pytest.mark.parametrize("auth_mode", ["cognito", "open"])
def test_who_is_known_may_send_many_frames_a_minute_and_who_goes_on_all_the_same_is_spent(
    connections: ConnectionStore, signed_in: SignedIn, clock: SettableClock, auth_mode: str
) -> None:
    limiter = RateLimiter(auth_mode, connections)
    connections.open("connection-1")
    if auth_mode == "cognito":
        signed_in()
    send(limiter, FRAMES_BEFORE_SIGN_IN * 2)
    assert row_of(connections)["frames"] == FRAMES_BEFORE_SIGN_IN * 2
    have_sent(connections, FRAMES_PER_MINUTE - 1)
    send(limiter)
    writes: list[str] = []
    with before_each(connections.table.meta.client, "UpdateItem", lambda: writes.append("")):
        for second in (0, 1, REST_OF_MINUTE - 1):
            clock.now = 1_000_000 + second
            assert refusal(limiter) == (RateLimited, REST_OF_MINUTE - second)
    # Whoever is refused costs no more than that.
    assert len(writes) == 3
    have_sent(connections, FRAMES_THAT_END_IT - 1)
    assert refusal(limiter)[0] is RateLimited
    assert refusal(limiter) == refusal(limiter) == (ConnectionSpent, 60)
    # In the next minute it has a new budget.
    clock.now = 1_000_000 + REST_OF_MINUTE
    send(limiter)
    assert row_of(connections)["frames"] == 1


@pytest.mark.parametrize("frames", [1, FRAMES_BEFORE_SIGN_IN])
def test_who_signs_in_half_way_begins_a_minute_of_its_own(
    limiter: RateLimiter, connections: ConnectionStore, signed_in: SignedIn, frames: int
) -> None:
    connections.open("connection-1")
    send(limiter, frames)
    connection = signed_in()
    assert limiter.count("connection-1") == connection
    assert row_of(connections)["frames"] == 1


@pytest.mark.parametrize("auth_mode", ["cognito", "open"])
@pytest.mark.parametrize("is_signed_in", [False, True])
def test_counting_tells_what_a_connection_has_shown_and_changes_nothing_else_of_its_row(
    connections: ConnectionStore, signed_in: SignedIn, clock: SettableClock, is_signed_in: bool, auth_mode: str
) -> None:
    connections.open("connection-1")
    shown = signed_in() if is_signed_in else Connection("connection-1")
    before = row_of(connections)
    clock.now += 60
    limiter = RateLimiter(auth_mode, connections)
    assert [limiter.count("connection-1") for _ in range(3)] == [shown] * 3
    after = row_of(connections)
    assert after.pop("frames") == 3
    assert {name: after[name] for name in after if name != "minute"} == before


@pytest.mark.parametrize("auth_mode", ["cognito", "open"])
def test_a_connection_whose_row_is_gone_has_to_sign_in_again_with_a_new_budget(
    connections: ConnectionStore, signed_in: SignedIn, clock: SettableClock, auth_mode: str
) -> None:
    limiter = RateLimiter(auth_mode, connections)
    signed_in()
    send(limiter)
    connections.close("connection-1")
    assert limiter.count("connection-1") == Connection("connection-1")
    assert row_of(connections) == {"connectionId": "connection-1", "frames": 1, "ttl": clock.now + ROW_SECONDS}
    connection = signed_in()
    assert limiter.count("connection-1") == connection


@pytest.mark.parametrize("seconds", [-60, -3600, 3600])
def test_a_clock_that_jumps_locks_nobody_out_and_the_limit_holds_in_the_other_minute_too(
    limiter: RateLimiter, connections: ConnectionStore, signed_in: SignedIn, clock: SettableClock, seconds: int
) -> None:
    signed_in()
    for jump in (0, seconds):
        clock.now += jump
        send(limiter)
        have_sent(connections, FRAMES_PER_MINUTE)
        assert refusal(limiter) == (RateLimited, REST_OF_MINUTE)


# Side by side, as AWS serves a connection's frames.


@pytest.mark.parametrize("others", [1, FRAMES_PER_MINUTE])
def test_a_minute_that_others_have_begun_meanwhile_counts_all_frames(
    limiter: RateLimiter, connections: ConnectionStore, signed_in: SignedIn, others: int
) -> None:
    signed_in()

    def begin() -> None:
        send(limiter)
        have_sent(connections, others)

    with before_updates(connections, {2: begin}):
        if others < FRAMES_PER_MINUTE:
            send(limiter)
        else:
            assert refusal(limiter)[0] is RateLimited
    assert row_of(connections)["frames"] == others + 1


def test_a_frame_that_comes_while_its_connection_signs_in_is_let_through(
    limiter: RateLimiter, connections: ConnectionStore, signed_in: SignedIn
) -> None:
    connections.open("connection-1")
    have_sent(connections, FRAMES_BEFORE_SIGN_IN)
    with just_before(connections.table.meta.client, "UpdateItem", signed_in):
        send(limiter)
    assert row_of(connections)["frames"] == 1


@pytest.mark.parametrize("closes_at", [1, 2])
def test_a_connection_that_closes_while_it_is_counted_has_a_row_that_expires_and_nobody_signed_in(
    limiter: RateLimiter, connections: ConnectionStore, signed_in: SignedIn, clock: SettableClock, closes_at: int
) -> None:
    signed_in()
    with before_updates(connections, {closes_at: lambda: connections.close("connection-1")}):
        assert limiter.count("connection-1") == Connection("connection-1")
    assert row_of(connections) == {"connectionId": "connection-1", "frames": 1, "ttl": clock.now + ROW_SECONDS}


def test_a_frame_that_cannot_be_counted_because_its_row_goes_and_comes_is_let_through(
    limiter: RateLimiter, connections: ConnectionStore, signed_in: SignedIn
) -> None:
    connection = signed_in()
    with before_updates(connections, {2: lambda: connections.close("connection-1"), 3: signed_in}):
        assert limiter.count("connection-1") == connection
    assert "frames" not in row_of(connections)


@pytest.mark.parametrize("is_signed_in", [False, True])
@pytest.mark.parametrize("which", [1, 2])
def test_a_frame_whose_reply_is_lost_is_let_through(
    limiter: RateLimiter, connections: ConnectionStore, signed_in: SignedIn, is_signed_in: bool, which: int
) -> None:
    """It may count twice: the budgets have room for that, where a token for each frame would have to be kept."""
    connections.open("connection-1")
    if is_signed_in:
        signed_in()
    with lost_reply(connections.table.meta.client, "dynamodb", "UpdateItem", which) as replies:
        send(limiter, which)
    assert len(replies) > which
    assert row_of(connections)["frames"] <= which + 1
