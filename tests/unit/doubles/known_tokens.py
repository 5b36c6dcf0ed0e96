"""Tokens that need no keys."""

from connection_manager.tokens import PoolKeys, TokenUser, TokenVerifier
from finops_websocket.errors import InvalidToken

ADA = TokenUser("user-1", "Ada", 1_003_600)


class KnownTokens(TokenVerifier):
    """Takes one token, for Ada, and keeps what it was asked."""

    def __init__(self) -> None:
        super().__init__("issuer", "client", PoolKeys("http://localhost:1"))
        self.asked: list[str] = []

    def verify(self, token: str) -> TokenUser:
        self.asked.append(token)
        if token != "ada's":
            raise InvalidToken("The token is not valid. Please sign in again.")
        return ADA
