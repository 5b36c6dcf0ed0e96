import pytest

from finops_websocket.errors import SessionExpired, Unauthenticated
from finops_websocket.identity import Connection, identify_asker

NOW = 1_000.0
SILENT = Connection("connection-1")
CLAIMED = Connection("connection-1", "claimed#claimed-user", "Name")
VERIFIED = Connection("connection-1", "verified-user", "Name", verified=True, expires_at=1_001)
EXPIRED = Connection("connection-1", "verified-user", "Name", verified=True, expires_at=1_000)
ENDLESS = Connection("connection-1", "verified-user", "Name", verified=True, expires_at=None)


@pytest.mark.parametrize(
    ("auth_mode", "connection", "claim", "user_id"),
    [
        ("cognito", VERIFIED, None, "verified-user"),
        ("cognito", VERIFIED, "somebody-else", "verified-user"),
        ("open", VERIFIED, "somebody-else", "verified-user"),
        ("open", CLAIMED, None, "claimed#claimed-user"),
        ("open", CLAIMED, "somebody-else", "claimed#claimed-user"),
        ("open", SILENT, "claimed-user", "claimed#claimed-user"),
    ],
)
def test_who_asks(auth_mode: str, connection: Connection, claim: str | None, user_id: str) -> None:
    assert identify_asker(auth_mode, connection, claim, NOW) == user_id


@pytest.mark.parametrize(
    ("auth_mode", "connection", "claim"),
    [
        ("cognito", SILENT, None),
        ("cognito", SILENT, "verified-user"),
        ("cognito", CLAIMED, "claimed-user"),
        ("cognito", Connection("connection-1", verified=True, expires_at=2_000), "claimed-user"),
        ("open", SILENT, None),
    ],
)
def test_who_has_shown_nothing_that_counts_is_nobody(auth_mode: str, connection: Connection, claim: str | None) -> None:
    with pytest.raises(Unauthenticated):
        identify_asker(auth_mode, connection, claim, NOW)


@pytest.mark.parametrize("auth_mode", ["cognito", "open"])
@pytest.mark.parametrize("connection", [EXPIRED, ENDLESS])
def test_a_token_that_has_run_out_counts_no_more(auth_mode: str, connection: Connection) -> None:
    with pytest.raises(SessionExpired):
        identify_asker(auth_mode, connection, "verified-user", NOW)
