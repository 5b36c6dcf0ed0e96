"""Cognito's tokens: which user, and until when.

What is checked, and why: https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-tokens-verifying-a-jwt.html
"""

from dataclasses import dataclass
from typing import Any

import jwt
from aws_lambda_powertools import Logger

from finops_websocket.errors import InvalidToken

logger = Logger(child=True)

# Which claim names the app client depends on the kind of token.
_CLIENT_CLAIMS = {"id": "aud", "access": "client_id"}
_USERNAME_CLAIMS = {"id": "cognito:username", "access": "username"}

# Seconds for which the pool's keys are kept, and for which an unknown key id does not make them be fetched again.
_KEYS_SECONDS = 3600
_REFETCH_SECONDS = 60


@dataclass(frozen=True)
class TokenUser:
    """Whom a valid token stands for; `expires_at` is its end in epoch seconds."""

    user_id: str
    username: str
    expires_at: int


class TokenVerifier:
    """Checks tokens of one app client of one user pool."""

    def __init__(self, issuer: str, client_id: str, keys: jwt.PyJWKClient) -> None:
        """Keep the pool's issuer, the client's id and the pool's published keys."""
        self._issuer = issuer
        self._client_id = client_id
        self._keys = keys

    @classmethod
    def of_pool(cls, issuer: str, client_id: str, keys_url: str) -> "TokenVerifier":
        """Make the verifier of the pool that publishes its keys at `keys_url`, which are fetched when first needed."""
        keys = jwt.PyJWKClient(keys_url, lifespan=_KEYS_SECONDS, timeout=4, cooldown_duration=_REFETCH_SECONDS)
        return cls(issuer, client_id, keys)

    def verify(self, token: str) -> TokenUser:
        """Give the user of a token.

        Raises InvalidToken, with a sentence that tells nothing of the check that failed, and PyJWKClientConnectionError
        if the pool's keys cannot be had: then nobody gets in, and it is not the token's fault.
        """
        try:
            key = self._keys.get_signing_key_from_jwt(token)
            claims: dict[str, Any] = jwt.decode(
                token,
                key,
                # Cognito signs with nothing else; a list from the token itself would let its sender choose.
                algorithms=["RS256"],
                issuer=self._issuer,
                options={"require": ["exp", "iss", "sub", "token_use"], "verify_aud": False},
            )
        except jwt.PyJWKClientConnectionError:
            raise
        except jwt.PyJWTError as error:
            logger.info("A token was refused.", reason=type(error).__name__)
            raise InvalidToken("The token is not valid. Please sign in again.") from None
        token_use = str(claims["token_use"])
        if token_use not in _CLIENT_CLAIMS or claims.get(_CLIENT_CLAIMS[token_use]) != self._client_id:
            logger.info("A token was refused.", reason="OtherClientOrUse")
            raise InvalidToken("The token is not valid. Please sign in again.")
        user_id = str(claims["sub"])
        return TokenUser(user_id, str(claims.get(_USERNAME_CLAIMS[token_use], user_id)), int(claims["exp"]))
