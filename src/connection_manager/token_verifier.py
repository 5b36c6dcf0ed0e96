"""Cognito's tokens: which user, and until when.

What is checked, and why: https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-tokens-verifying-a-jwt.html
"""

from dataclasses import dataclass
from typing import Any

import jwt
from aws_lambda_powertools import Logger

from connection_manager.signing_keys import SigningKeys
from connection_manager.token_header import read_key_id
from finops_websocket.errors import InvalidToken

logger = Logger(child=True)

# Which claim names the app client depends on the kind of token.
_CLIENT_CLAIMS = {"id": "aud", "access": "client_id"}
_USERNAME_CLAIMS = {"id": "cognito:username", "access": "username"}

# Characters: the contract's bound on a userId and a username, above Cognito's own of 36 and 128.
_MAX_NAME = 256


@dataclass(frozen=True)
class TokenUser:
    """Whom a valid token stands for; `expires_at` is its end in epoch seconds."""

    user_id: str
    username: str
    expires_at: int


class TokenVerifier:
    """Checks tokens of one app client of one user pool."""

    def __init__(self, issuer: str, client_id: str, keys: SigningKeys) -> None:
        """Keep the pool's issuer, the client's id and the pool's published keys."""
        self._issuer = issuer
        self._client_id = client_id
        self._keys = keys

    @classmethod
    def of_pool(cls, issuer: str, client_id: str, keys_url: str) -> "TokenVerifier":
        """Make the verifier of the pool that publishes its keys at `keys_url`, which are fetched when first needed."""
        return cls(issuer, client_id, SigningKeys(keys_url))

    def verify(self, token: str) -> TokenUser:
        """Give the user of a token.

        Raises InvalidToken, with a sentence that tells nothing of the check that failed, and PyJWKClientConnectionError
        if the pool's keys cannot be had: then nobody gets in, and it is not the token's fault.
        """
        try:
            return self._user_of(token)
        except jwt.PyJWKClientConnectionError:
            raise
        except jwt.PyJWTError as error:
            logger.info("A token was refused.", reason=type(error).__name__)
            raise InvalidToken("The token is not valid. Please sign in again.") from None

    def _user_of(self, token: str) -> TokenUser:
        key = self._keys.find(read_key_id(token))
        if key is None:
            raise jwt.PyJWKClientError("The pool has no such key.")
        # PyJWT refuses by itself an `iat` or `nbf` that lies in the future.
        claims: dict[str, Any] = jwt.decode(
            token,
            key,
            # Cognito signs with nothing else; a list from the token itself would let its sender choose.
            algorithms=["RS256"],
            issuer=self._issuer,
            options={"require": ["exp", "iss", "sub", "token_use"], "verify_aud": False},
        )
        token_use = str(claims["token_use"])
        if token_use not in _CLIENT_CLAIMS:
            raise jwt.InvalidTokenError("The token is for another use.")
        if claims.get(_CLIENT_CLAIMS[token_use]) != self._client_id:
            raise jwt.InvalidAudienceError("The token is another client's.")
        user_id = _name(claims["sub"])
        if user_id is None:
            raise jwt.InvalidTokenError("The subject names no user.")
        return TokenUser(user_id, _name(claims.get(_USERNAME_CLAIMS[token_use])) or user_id, int(claims["exp"]))


def _name(claim: Any) -> str | None:
    # Printable: without control characters, and with nothing that cannot be written as UTF-8.
    is_name = isinstance(claim, str) and 0 < len(claim) <= _MAX_NAME and claim.isprintable()
    return claim if is_name else None
