"""Connections: what each has shown of its user, how many a user may have, and how many frames each may send."""

from contextlib import nullcontext
from functools import partial

import pytest

from finops_websocket.connections.channel import Posted
from finops_websocket.connections.identity import Connection, identify_asker, may_see
from finops_websocket.connections.rate_limit import (
    FRAMES_BEFORE_SIGN_IN,
    FRAMES_PER_MINUTE,
    FRAMES_THAT_END_IT,
    RateLimiter,
)
from finops_websocket.connections.slots import ConnectionSlots
from finops_websocket.connections.store import ROW_SECONDS
from finops_websocket.errors import ConnectionSpent, InvalidToken, RateLimited, SessionExpired, Unauthenticated
from unit.doubles.aws_calls import all_at_once, always_overtaken, before_each, just_before, lost_reply
from unit.doubles.stored_items import items_in

UNKNOWN = Connection("connection-1")
ADA = Connection("connection-1", "user-1", "Ada", verified=True, expires_at=1_003_600)
NEWER = Connection("connection-1", "user-1", "Ada", verified=True, expires_at=1_007_200)
BOB = Connection("connection-1", "user-2", "Bob", verified=True, expires_at=1_007_200)
CLAIM = Connection("connection-1", "claimed#user-1", "Ada")
NAME_ALONE = Connection("connection-1", None, "Ada")


def row_of(connections):
    return connections.table.get_item(Key={"connectionId": "connection-1"}, ConsistentRead=True)["Item"]


@pytest.mark.parametrize("connection", [ADA, CLAIM, NAME_ALONE])
def test_what_a_connection_has_shown_is_kept_and_given_once_to_who_closes_it(connections, connection):
    connections.sign_in(connection)
    assert connections.find("connection-1") == connection
    assert connections.close("connection-1") == connection
    assert connections.find("connection-1") is None
    assert connections.close("connection-1") == UNKNOWN


@pytest.mark.parametrize("is_opened", [True, False])
def test_a_row_outlives_api_gateway_s_two_hours_and_is_not_lengthened_by_signing_in(connections, clock, is_opened):
    connections.open("connection-1") if is_opened else connections.sign_in(ADA)
    ends = row_of(connections)["ttl"]
    assert ends > clock.now + 2 * 3600
    clock.now += 60
    connections.sign_in(NEWER)
    assert row_of(connections)["ttl"] == ends
    clock.now = ends - 1
    assert connections.find("connection-1") == NEWER
    clock.now = ends
    assert connections.find("connection-1") is None
    # $disconnect may come late: the connection's slot is released all the same.
    assert connections.close("connection-1") == NEWER


@pytest.mark.parametrize(
    ("before", "after", "is_taken"),
    [
        (ADA, NEWER, True),
        (ADA, BOB, False),
        (ADA, CLAIM, False),
        (ADA, NAME_ALONE, False),
        (CLAIM, ADA, True),
        (CLAIM, Connection("connection-1", "claimed#user-2", "Bob"), True),
    ],
)
def test_a_verified_connection_does_not_become_another_s_or_less(connections, before, after, is_taken):
    connections.sign_in(before)
    with nullcontext() if is_taken else pytest.raises(InvalidToken):
        connections.sign_in(after)
    assert connections.find("connection-1") == (after if is_taken else before)


# Whom that makes it.

NOW = 1_000_000.0
EXPIRED = Connection("connection-1", "user-1", "Ada", verified=True, expires_at=1_000_000)
ENDLESS = Connection("connection-1", "user-1", "Ada", verified=True, expires_at=None)
NOBODY_S_TOKEN = Connection("connection-1", verified=True, expires_at=1_003_600)


@pytest.mark.parametrize(
    ("auth_mode", "connection", "claim", "expected"),
    [
        ("cognito", ADA, None, "user-1"),
        ("cognito", ADA, "somebody-else", "user-1"),
        ("cognito", UNKNOWN, "user-1", Unauthenticated),
        ("cognito", CLAIM, "user-1", Unauthenticated),
        ("cognito", NOBODY_S_TOKEN, "user-1", Unauthenticated),
        ("cognito", EXPIRED, "user-1", SessionExpired),
        ("open", ADA, "somebody-else", "user-1"),
        ("open", CLAIM, None, "claimed#user-1"),
        ("open", CLAIM, "somebody-else", "claimed#user-1"),
        ("open", UNKNOWN, "user-1", "claimed#user-1"),
        ("open", UNKNOWN, None, Unauthenticated),
        ("open", EXPIRED, "user-1", SessionExpired),
        ("open", ENDLESS, "user-1", SessionExpired),
    ],
)
def test_who_asks(auth_mode, connection, claim, expected):
    with nullcontext() if isinstance(expected, str) else pytest.raises(expected):
        assert identify_asker(auth_mode, connection, claim, NOW) == expected


@pytest.mark.parametrize(
    ("auth_mode", "connection", "sees"),
    [
        ("cognito", ADA, {"user-1"}),
        ("open", ADA, {"user-1", "claimed#user-1", "claimed#user-2"}),
        ("open", CLAIM, {"claimed#user-1", "claimed#user-2"}),
        ("open", UNKNOWN, {"claimed#user-1", "claimed#user-2"}),
    ],
)
def test_who_sees_whose_job(auth_mode, connection, sees):
    owners = ["user-1", "user-2", "claimed#user-1", "claimed#user-2", None]
    assert {owner for owner in owners if may_see(auth_mode, connection, owner, NOW)} == sees


# On how many connections a user may be signed in at the same time.


@pytest.fixture
def slots(connections, channel, pauses):
    """Two for each user."""
    return ConnectionSlots(connections, channel.is_open, 2, pauses.append)


@pytest.fixture
def sign_in(slots, signed_in):
    """Signs in as `authenticate` does."""

    def sign_in(*connection_ids, user_id="user-1"):
        for connection_id in connection_ids:
            slots.acquire(user_id, connection_id)
            signed_in(connection_id, user_id)

    return sign_in


@pytest.fixture
def client(connections):
    return connections.table.client


def of_user(connection_id, user_id="user-1"):
    return Connection(connection_id, user_id, "Ada", verified=True, expires_at=1_003_600)


def user_items(connections):
    return [item for item in items_in(connections.table) if "slots" in item]


def slots_of(connections):
    [user] = user_items(connections)
    return set(user["slots"])


def test_one_connection_more_than_is_allowed_is_refused(sign_in, connections, channel, clock):
    sign_in("a", "b")
    clock.now += 10
    sign_in("b", "a")
    # Its item expires when none of its connections can be open any more.
    [user] = user_items(connections)
    assert user["ttl"] == clock.now + ROW_SECONDS
    sign_in("a-of-user-2", "b-of-user-2", user_id="user-2")
    before = items_in(connections.table)
    # Nobody is looked for while there are free slots, or they are so young that they may not be signed in yet.
    for user_id in ("user-1", "user-2"):
        with pytest.raises(RateLimited, match="2 connections") as refused:
            sign_in("c", user_id=user_id)
        assert refused.value.retry_after == 60
    assert channel.looked_at == []
    assert items_in(connections.table) == before


@pytest.mark.parametrize("how", ["its row is gone", "API Gateway says 410", "a claim has it"])
def test_a_connection_that_is_gone_makes_place_for_one(sign_in, connections, channel, clock, how):
    connections.open("a")
    clock.now += 600
    sign_in("a", "b")
    match how:
        case "its row is gone":
            # However young.
            connections.close("a")
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
def test_who_has_no_slot_releases_none(sign_in, slots, connections, connection):
    sign_in("a")
    before = items_in(connections.table)
    slots.release(connection)
    assert items_in(connections.table) == before


def test_no_choice_of_a_name_reaches_a_connection_or_another_user(slots, connections):
    connections.open("a")
    for user_id in ("a", "user#a", "user-1", "user-1#"):
        slots.acquire(user_id, ":a.b#=")
        slots.acquire(user_id, "b")
        slots.release(of_user(":a.b#=", user_id))
    keys = {item["connectionId"]: set(item["slots"]) for item in user_items(connections)}
    assert list(keys.values()) == [{"b"}] * 4
    assert all(key.startswith("user#") and len(key) == len("user#") + 64 for key in keys)


def test_two_connections_for_a_slot_that_is_not_used_any_more_do_not_both_get_it(sign_in, connections, client):
    """Both have read before the first writes."""
    sign_in("a", "gone")
    connections.close("gone")
    refused = []

    def try_to_sign_in(connection_id):
        connections.open(connection_id)
        try:
            sign_in(connection_id)
        except RateLimited:
            refused.append(connection_id)

    all_at_once(client, "PutItem", [partial(try_to_sign_in, "b"), partial(try_to_sign_in, "c")])
    assert len(refused) == 1
    assert slots_of(connections) == {"a", "b", "c"} - set(refused)


@pytest.mark.parametrize("operation", ["PutItem", "UpdateItem"])
def test_a_slot_that_is_released_while_another_is_acquired_stays_so(slots, connections, client, operation):
    slots.acquire("user-1", "a")
    acquire, release = partial(slots.acquire, "user-1", "b"), partial(slots.release, of_user("a"))
    first, then = (release, acquire) if operation == "PutItem" else (acquire, release)
    with just_before(client, operation, first):
        then()
    assert slots_of(connections) == {"b"}


def test_replies_that_are_lost_acquire_and_release_once(slots, connections, client):
    for connection_id in ("a", "b"):
        with lost_reply(client, "PutItem") as acquired:
            slots.acquire("user-1", connection_id)
        # The second try finds another version; then it is written once more, over itself.
        assert len(acquired) == 3
    assert slots_of(connections) == {"a", "b"}
    with lost_reply(client, "UpdateItem") as released:
        slots.release(of_user("a"))
    assert len(released) == 2
    assert slots_of(connections) == {"b"}


def test_who_is_always_overtaken_is_told_to_try_again_in_a_moment(slots, connections, pauses):
    slots.acquire("user-1", "a")
    key = {"connectionId": user_items(connections)[0]["connectionId"]}
    with always_overtaken(connections.table, key, "PutItem"), pytest.raises(RateLimited) as refused:
        slots.acquire("user-1", "b")
    assert (refused.value.retry_after, slots_of(connections)) == (1, {"a"})
    # A function that answers a frame has 20 seconds.
    assert 0 < sum(pauses) < 4


# How many frames a connection may send before and after it has signed in.

# The clock begins forty seconds into a minute.
REST_OF_MINUTE = 20


@pytest.fixture
def limiter(connections):
    return RateLimiter("cognito", connections)


def send(limiter, frames=1):
    for _ in range(frames):
        limiter.count("connection-1")


def refusal(limiter):
    """Send a frame that is refused; give how, and after how many seconds another may be sent."""
    with pytest.raises(RateLimited) as refused:
        send(limiter)
    return refused.type, refused.value.retry_after


# The minute of the clock's first second.
MINUTE = f"minute{1_000_000 // 60}"


def have_sent(connections, frames):
    """Let the connection have sent so many frames in this minute."""
    connections.table.put_item(Item={**row_of(connections), MINUTE: frames})


@pytest.mark.parametrize("shown", [None, Connection("connection-1"), Connection("connection-1", None, "Ada")])
def test_who_has_not_signed_in_may_send_few_frames_in_all_and_is_spent_then(limiter, connections, clock, shown):
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
    connections, signed_in, clock, auth_mode
):
    limiter = RateLimiter(auth_mode, connections)
    connections.open("connection-1")
    if auth_mode == "cognito":
        signed_in()
    send(limiter, FRAMES_BEFORE_SIGN_IN * 2)
    have_sent(connections, FRAMES_PER_MINUTE - 1)
    send(limiter)
    writes = []
    with before_each(connections.table.client, "UpdateItem", lambda: writes.append("")):
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
    send(limiter, FRAMES_BEFORE_SIGN_IN + 1)


def test_who_signs_in_half_way_may_send_more_and_is_known_with_the_next_frame(limiter, connections, signed_in):
    connections.open("connection-1")
    send(limiter, FRAMES_BEFORE_SIGN_IN)
    connection = signed_in()
    assert limiter.count("connection-1") == connection


# Side by side, as AWS serves a connection's frames.


def test_a_frame_that_comes_while_its_connection_signs_in_is_let_through(limiter, connections, signed_in):
    connections.open("connection-1")
    send(limiter, FRAMES_BEFORE_SIGN_IN)
    with just_before(connections.table.client, "UpdateItem", signed_in):
        send(limiter)


def test_a_connection_that_closes_before_it_is_counted_has_a_row_that_expires_and_nobody_signed_in(
    limiter, connections, signed_in, clock
):
    signed_in()
    with just_before(connections.table.client, "UpdateItem", lambda: connections.close("connection-1")):
        assert limiter.count("connection-1") == Connection("connection-1")
    row = {"connectionId": "connection-1", "frames": 1, MINUTE: 1, "ttl": clock.now + ROW_SECONDS}
    assert row_of(connections) == row
