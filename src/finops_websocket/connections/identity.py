"""Who is asking. Pure: what a connection has shown is read elsewhere, the decision is made here.

In the mode `cognito` only a verified token counts. In the mode `open`, for older frontends that send none, a claimed
userId is taken too, but never for a verified user's: what is claimed has names of its own.
"""

from dataclasses import dataclass

from finops_websocket.errors import SessionExpired, Unauthenticated

_CLAIMED = "claimed#"


@dataclass(frozen=True)
class Connection:
    """What the connection with this id has shown of its user; `expires_at` is the token's end in epoch seconds.

    `user_id` is the owner of what it asks: a verified token's `sub`, or a claimed_owner.
    """

    connection_id: str
    user_id: str | None = None
    username: str | None = None
    verified: bool = False
    expires_at: int | None = None


def claimed_owner(user_id: str) -> str:
    """Give the owner that a userId without proof stands for. No token's `sub`, a UUID, is such a name."""
    return f"{_CLAIMED}{user_id}"


def is_claimed(owner: str) -> bool:
    """Tell whether nobody has proved to be this owner."""
    return owner.startswith(_CLAIMED)


def identify_asker(auth_mode: str, connection: Connection, claimed_user_id: str | None, now: float) -> str:
    """Give the owner in whose name a connection asks at `now` (epoch seconds).

    Raises Unauthenticated if it has shown nothing that counts, SessionExpired if its token has run out.
    """
    if auth_mode == "open" and not connection.verified:
        if connection.user_id:
            return connection.user_id
        if claimed_user_id:
            return claimed_owner(claimed_user_id)
        raise Unauthenticated("Please say who is asking: send authenticate first, or a userId with the question.")
    return identify_verified(connection, now)


def identify_verified(connection: Connection, now: float) -> str:
    """Give the user whose token a connection has shown, at `now` (epoch seconds).

    Raises Unauthenticated if it has shown none, SessionExpired if the token has run out.
    """
    if not (connection.verified and connection.user_id):
        raise Unauthenticated("Please sign in: send authenticate with a token first.")
    if connection.expires_at is None or connection.expires_at <= now:
        raise SessionExpired("Your session has expired. Please sign in again.")
    return connection.user_id


def may_see(auth_mode: str, connection: Connection, owner: str | None, now: float) -> bool:
    """Tell whether a connection may see and cancel the job of an owner at `now` (epoch seconds); None: there is no job.

    In the mode `open` whoever knows the id of a claimed user's job may: nobody has more to show. Raises Unauthenticated
    and SessionExpired where a token is needed, whether there is a job or not.
    """
    if auth_mode == "open":
        if owner is not None and is_claimed(owner):
            return True
        if not connection.verified:
            return False
    return identify_verified(connection, now) == owner
