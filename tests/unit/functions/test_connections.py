"""What a connection has shown of its user, and whom that makes it."""

from typing import Any

import pytest

from finops_websocket.connections.identity import Connection, identify_asker, identify_verified, may_see
from finops_websocket.connections.store import ConnectionStore
from finops_websocket.errors import InvalidToken, SessionExpired, Unauthenticated
from unit.doubles.lost_replies import lost_reply
from unit.doubles.settable_clock import SettableClock

TWO_HOURS = 2 * 3600
UNKNOWN = Connection("connection-1")
ADA = Connection("connection-1", "user-1", "Ada", verified=True, expires_at=1_003_600)
NEWER = Connection("connection-1", "user-1", "Ada", verified=True, expires_at=1_007_200)
BOB = Connection("connection-1", "user-2", "Bob", verified=True, expires_at=1_007_200)
CLAIM = Connection("connection-1", "claimed#user-1", "Ada")
NAME_ALONE = Connection("connection-1", None, "Ada")


def row_end(connections: ConnectionStore) -> int:
    return int(connections.table.get_item(Key={"connectionId": "connection-1"})["Item"]["ttl"])


@pytest.mark.parametrize("connection", [ADA, CLAIM, NAME_ALONE])
@pytest.mark.parametrize("is_opened", [True, False])
def test_what_a_connection_has_shown_is_kept_and_given_once_to_who_closes_it(
    connections: ConnectionStore, connection: Connection, is_opened: bool
) -> None:
    assert connections.find("connection-1") is None
    if is_opened:
        connections.open("connection-1")
        assert connections.find("connection-1") == UNKNOWN
    connections.sign_in(connection)
    assert connections.find("connection-1") == connection
    assert connections.close("connection-1") == connection
    assert connections.find("connection-1") is None
    assert connections.close("connection-1") == UNKNOWN


def test_a_connection_that_is_noted_late_keeps_what_it_has_shown(connections: ConnectionStore) -> None:
    connections.sign_in(ADA)
    connections.open("connection-1")
    assert connections.find("connection-1") == ADA


@pytest.mark.parametrize("is_opened", [True, False])
def test_a_row_outlives_api_gateway_s_two_hours_and_is_not_lengthened_by_signing_in(
    connections: ConnectionStore, clock: SettableClock, is_opened: bool
) -> None:
    if is_opened:
        connections.open("connection-1")
    else:
        connections.sign_in(ADA)
    ends = row_end(connections)
    assert ends > clock.now + TWO_HOURS
    clock.now += 60
    connections.sign_in(NEWER)
    assert row_end(connections) == ends
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
        (ADA, Connection("connection-1", "user-1", "Ada"), False),
        (ADA, NAME_ALONE, False),
        (CLAIM, ADA, True),
        (CLAIM, Connection("connection-1", "claimed#user-2", "Bob"), True),
    ],
)
def test_a_verified_connection_does_not_become_another_s_or_less(
    connections: ConnectionStore, before: Connection, after: Connection, is_taken: bool
) -> None:
    connections.sign_in(before)
    if is_taken:
        connections.sign_in(after)
    else:
        with pytest.raises(InvalidToken):
            connections.sign_in(after)
    assert connections.find("connection-1") == (after if is_taken else before)


def test_a_sign_in_or_a_close_whose_reply_is_lost_is_done(connections: ConnectionStore) -> None:
    client: Any = connections.table.meta.client
    connections.open("connection-1")
    with lost_reply(client, "dynamodb", "UpdateItem") as signed_in:
        connections.sign_in(ADA)
    assert connections.find("connection-1") == ADA
    with lost_reply(client, "dynamodb", "DeleteItem") as closed:
        # Whose it was is lost with the reply: its slot is found unused when somebody needs one.
        assert connections.close("connection-1") == UNKNOWN
    assert connections.find("connection-1") is None
    assert (len(signed_in), len(closed)) == (2, 2)


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
        ("cognito", UNKNOWN, None, Unauthenticated),
        ("cognito", UNKNOWN, "user-1", Unauthenticated),
        ("cognito", CLAIM, "user-1", Unauthenticated),
        ("cognito", NOBODY_S_TOKEN, "user-1", Unauthenticated),
        ("cognito", EXPIRED, "user-1", SessionExpired),
        ("cognito", ENDLESS, "user-1", SessionExpired),
        ("open", ADA, "somebody-else", "user-1"),
        ("open", CLAIM, None, "claimed#user-1"),
        ("open", CLAIM, "somebody-else", "claimed#user-1"),
        ("open", UNKNOWN, "user-1", "claimed#user-1"),
        ("open", UNKNOWN, None, Unauthenticated),
        ("open", EXPIRED, "user-1", SessionExpired),
        ("open", ENDLESS, "user-1", SessionExpired),
    ],
)
def test_who_asks(auth_mode: str, connection: Connection, claim: str | None, expected: str | type[Exception]) -> None:
    if isinstance(expected, str):
        assert identify_asker(auth_mode, connection, claim, NOW) == expected
    else:
        with pytest.raises(expected):
            identify_asker(auth_mode, connection, claim, NOW)


@pytest.mark.parametrize(
    ("connection", "refusal"),
    [(UNKNOWN, Unauthenticated), (CLAIM, Unauthenticated), (EXPIRED, SessionExpired), (ENDLESS, SessionExpired)],
)
def test_only_a_token_that_counts_makes_a_verified_user(connection: Connection, refusal: type[Exception]) -> None:
    assert identify_verified(ADA, NOW) == "user-1"
    with pytest.raises(refusal):
        identify_verified(connection, NOW)
    # Whether there is a job makes no difference: nobody learns it from the kind of refusal.
    for owner in ("user-1", "user-2", "claimed#user-1", None):
        with pytest.raises(refusal):
            may_see("cognito", connection, owner, NOW)


@pytest.mark.parametrize(
    ("auth_mode", "connection", "sees"),
    [
        ("cognito", ADA, {"user-1"}),
        ("open", ADA, {"user-1", "claimed#user-1", "claimed#user-2"}),
        ("open", CLAIM, {"claimed#user-1", "claimed#user-2"}),
        ("open", UNKNOWN, {"claimed#user-1", "claimed#user-2"}),
    ],
)
def test_who_sees_whose_job(auth_mode: str, connection: Connection, sees: set[str]) -> None:
    owners = ["user-1", "user-2", "claimed#user-1", "claimed#user-2", None]
    assert {owner for owner in owners if may_see(auth_mode, connection, owner, NOW)} == sees


@pytest.mark.parametrize("owner", ["user-1", "user-2", None])
def test_in_the_open_mode_too_a_token_that_has_run_out_shows_no_user_s_job(owner: str | None) -> None:
    with pytest.raises(SessionExpired):
        may_see("open", EXPIRED, owner, NOW)
