import pytest

from finops_websocket.errors import SessionExpired, Unauthenticated
from finops_websocket.identity import Connection, identify_asker, identify_verified, may_see

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


def test_only_a_token_that_counts_makes_a_verified_user() -> None:
    assert identify_verified(VERIFIED, NOW) == "verified-user"
    for connection in (SILENT, CLAIMED):
        with pytest.raises(Unauthenticated):
            identify_verified(connection, NOW)
    for connection in (EXPIRED, ENDLESS):
        with pytest.raises(SessionExpired):
            identify_verified(connection, NOW)


MINE, ANOTHER_S, CLAIMED_S, NO_JOB_S = "verified-user", "another-user", "claimed#claimed-user", None


@pytest.mark.parametrize(
    ("auth_mode", "connection", "owner", "sees"),
    [
        ("cognito", VERIFIED, MINE, True),
        ("cognito", VERIFIED, ANOTHER_S, False),
        ("cognito", VERIFIED, CLAIMED_S, False),
        ("cognito", VERIFIED, NO_JOB_S, False),
        ("open", VERIFIED, MINE, True),
        ("open", VERIFIED, ANOTHER_S, False),
        ("open", VERIFIED, CLAIMED_S, True),
        ("open", VERIFIED, NO_JOB_S, False),
        ("open", CLAIMED, CLAIMED_S, True),
        ("open", CLAIMED, "claimed#somebody-else", True),
        ("open", CLAIMED, MINE, False),
        ("open", SILENT, CLAIMED_S, True),
        ("open", SILENT, MINE, False),
        ("open", SILENT, NO_JOB_S, False),
    ],
)
def test_who_sees_whose_job(auth_mode: str, connection: Connection, owner: str | None, sees: bool) -> None:
    assert may_see(auth_mode, connection, owner, NOW) is sees


# Whether there is a job makes no difference: nobody learns it from the kind of refusal.
@pytest.mark.parametrize("owner", [MINE, ANOTHER_S, CLAIMED_S, NO_JOB_S])
@pytest.mark.parametrize(
    ("connection", "refusal"),
    [(SILENT, Unauthenticated), (CLAIMED, Unauthenticated), (EXPIRED, SessionExpired), (ENDLESS, SessionExpired)],
)
def test_where_tokens_count_nobody_sees_a_job_without_one(
    connection: Connection, refusal: type[Exception], owner: str | None
) -> None:
    with pytest.raises(refusal):
        may_see("cognito", connection, owner, NOW)


@pytest.mark.parametrize("owner", [MINE, ANOTHER_S, NO_JOB_S])
def test_in_the_open_mode_too_a_token_that_has_run_out_shows_no_user_s_job(owner: str | None) -> None:
    with pytest.raises(SessionExpired):
        may_see("open", EXPIRED, owner, NOW)
