"""Tokens that need no keys, and the action that takes them."""

from collections.abc import Callable

from connection_manager.authenticate import SignIn
from connection_manager.signing_keys import SigningKeys
from connection_manager.token_verifier import TokenUser, TokenVerifier
from finops_websocket.errors import InvalidToken

ADA = TokenUser("user-1", "Ada", 1_003_600)

SignInWith = Callable[..., SignIn]
"""Makes the action, with some of its parts replaced."""


class KnownTokens(TokenVerifier):
    """Takes one token, for Ada, and keeps what it was asked."""

    def __init__(self) -> None:
        super().__init__("issuer", "client", SigningKeys("http://localhost:1"))
        self.asked: list[str] = []

    def verify(self, token: str) -> TokenUser:
        self.asked.append(token)
        if token != "ada's":
            raise InvalidToken("The token is not valid. Please sign in again.")
        return ADA
