"""Who is asking: what goes into an `authenticate` message."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from finops_client.errors import CredentialsRefused


class Credentials(Protocol):
    """Anything that can say who is asking, each time a connection is made."""

    async def fields(self, *, renew: bool = False) -> Mapping[str, str]:
        """The fields of the `authenticate` message.

        With `renew`, the token given before is no longer accepted and must not be given again.

        Raises:
            CredentialsRefused: there is no token to be had.
            SignInUnavailable: there is none at the moment.
        """


@dataclass(frozen=True)
class ClaimedIdentity:
    """The guide's form: a user's id and name without proof."""

    user_id: str
    username: str

    async def fields(self, *, renew: bool = False) -> Mapping[str, str]:  # noqa: ARG002
        """`userId` and `username`; there is nothing to renew."""
        return {"userId": self.user_id, "username": self.username}


class GivenToken:
    """A token from somewhere else."""

    def __init__(self, token: str) -> None:
        """Keeps the token; it is not looked into."""
        self._token = token

    async def fields(self, *, renew: bool = False) -> Mapping[str, str]:
        """The token, which cannot be renewed.

        Raises:
            CredentialsRefused: a new one is asked for.
        """
        if renew:
            raise CredentialsRefused(
                "The token is not accepted and cannot be renewed; give a new one.", "SESSION_EXPIRED"
            )
        return {"token": self._token}
