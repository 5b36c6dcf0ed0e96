from typing import Any

import pytest

from finops_websocket.connection_store import ConnectionStore
from finops_websocket.errors import InvalidToken
from finops_websocket.identity import Connection
from unit.finops_websocket.lost_replies import lost_reply
from unit.finops_websocket.settable_clock import SettableClock

TWO_HOURS = 2 * 3600
VERIFIED = Connection("connection-1", "user-1", "Ada", verified=True, expires_at=1_003_600)
CLAIMED = Connection("connection-1", "user-1", "Ada")


def test_a_new_connection_has_shown_nothing(connections: ConnectionStore) -> None:
    connections.open("connection-1")
    assert connections.find("connection-1") == Connection("connection-1")


def test_a_connection_that_is_noted_late_keeps_what_it_has_shown(connections: ConnectionStore) -> None:
    connections.open("connection-1")
    connections.sign_in(VERIFIED)
    connections.open("connection-1")
    assert connections.find("connection-1") == VERIFIED


def test_a_connection_that_is_not_there_has_shown_nothing(connections: ConnectionStore) -> None:
    assert connections.find("connection-1") == Connection("connection-1")


def test_only_a_connection_that_is_there_and_has_time_left_is_noted(
    connections: ConnectionStore, connections_table: Any, clock: SettableClock
) -> None:
    assert connections.find_noted("connection-1") is None
    connections.open("connection-1")
    assert connections.find_noted("connection-1") == Connection("connection-1")
    connections.sign_in(VERIFIED)
    ends = int(connections_table.get_item(Key={"connectionId": "connection-1"})["Item"]["ttl"])
    clock.now = ends - 1
    assert connections.find_noted("connection-1") == VERIFIED
    clock.now = ends
    assert connections.find_noted("connection-1") is None


@pytest.mark.parametrize("connection", [VERIFIED, CLAIMED, Connection("connection-1", None, "Ada")])
@pytest.mark.parametrize("is_opened", [True, False])
def test_what_a_connection_has_shown_is_kept(
    connections: ConnectionStore, connection: Connection, is_opened: bool
) -> None:
    if is_opened:
        connections.open("connection-1")
    connections.sign_in(connection)
    assert connections.find("connection-1") == connection


def test_a_row_outlives_api_gateway_s_two_hours_and_counts_no_longer(
    connections: ConnectionStore, connections_table: Any, clock: SettableClock
) -> None:
    connections.open("connection-1")
    connections.sign_in(VERIFIED)
    ends = int(connections_table.get_item(Key={"connectionId": "connection-1"})["Item"]["ttl"])
    assert ends > clock.now + TWO_HOURS
    clock.now = ends - 1
    assert connections.find("connection-1") == VERIFIED
    clock.now = ends
    assert connections.find("connection-1") == Connection("connection-1")


def test_signing_in_does_not_lengthen_a_connection_s_time(
    connections: ConnectionStore, connections_table: Any, clock: SettableClock
) -> None:
    connections.open("connection-1")
    ends = connections_table.get_item(Key={"connectionId": "connection-1"})["Item"]["ttl"]
    clock.now += 60
    connections.sign_in(VERIFIED)
    assert connections_table.get_item(Key={"connectionId": "connection-1"})["Item"]["ttl"] == ends


def test_a_verified_user_may_sign_in_again_with_a_newer_token(connections: ConnectionStore) -> None:
    connections.sign_in(VERIFIED)
    newer = Connection("connection-1", "user-1", "Ada", verified=True, expires_at=1_007_200)
    connections.sign_in(newer)
    assert connections.find("connection-1") == newer


@pytest.mark.parametrize(
    "other",
    [
        Connection("connection-1", "user-2", "Bob", verified=True, expires_at=1_007_200),
        Connection("connection-1", "user-2", "Bob"),
        Connection("connection-1", "user-1", "Ada"),
        Connection("connection-1", None, "Ada"),
    ],
)
def test_a_verified_connection_does_not_become_another_s_or_less(
    connections: ConnectionStore, other: Connection
) -> None:
    connections.sign_in(VERIFIED)
    with pytest.raises(InvalidToken):
        connections.sign_in(other)
    assert connections.find("connection-1") == VERIFIED


@pytest.mark.parametrize("connection", [VERIFIED, Connection("connection-1", "user-2", "Bob")])
def test_a_claim_may_be_replaced(connections: ConnectionStore, connection: Connection) -> None:
    connections.sign_in(CLAIMED)
    connections.sign_in(connection)
    assert connections.find("connection-1") == connection


def test_a_sign_in_whose_reply_is_lost_holds(connections: ConnectionStore, connections_table: Any) -> None:
    connections.open("connection-1")
    with lost_reply(connections_table.meta.client, "dynamodb", "UpdateItem") as replies:
        connections.sign_in(VERIFIED)
    assert len(replies) == 2
    assert connections.find("connection-1") == VERIFIED


def test_a_closed_connection_is_forgotten_however_often_it_is_closed(connections: ConnectionStore) -> None:
    connections.sign_in(VERIFIED)
    for _ in range(2):
        connections.close("connection-1")
        assert connections.find("connection-1") == Connection("connection-1")


@pytest.mark.parametrize("connection", [VERIFIED, CLAIMED, Connection("connection-1", None, "Ada")])
def test_who_closes_a_connection_learns_once_what_it_had_shown(
    connections: ConnectionStore, connection: Connection
) -> None:
    connections.sign_in(connection)
    assert connections.close("connection-1") == connection
    assert connections.close("connection-1") == Connection("connection-1")


def test_a_connection_whose_time_has_run_out_had_shown_what_it_had(
    connections: ConnectionStore, clock: SettableClock
) -> None:
    """$disconnect may come late: the connection's slot is given back all the same."""
    connections.sign_in(VERIFIED)
    clock.now += TWO_HOURS * 2
    assert connections.close("connection-1") == VERIFIED


def test_of_a_connection_that_was_never_noted_nothing_was_shown(connections: ConnectionStore) -> None:
    assert connections.close("connection-1") == Connection("connection-1")


def test_a_close_whose_reply_is_lost_forgets_the_connection(
    connections: ConnectionStore, connections_table: Any
) -> None:
    connections.sign_in(VERIFIED)
    with lost_reply(connections_table.meta.client, "dynamodb", "DeleteItem") as replies:
        # Whose it was is lost with the reply: its slot is found unused when somebody needs one.
        assert connections.close("connection-1") == Connection("connection-1")
    assert len(replies) == 2
    assert connections.find("connection-1") == Connection("connection-1")
