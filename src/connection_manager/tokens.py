"""Cognito's tokens: which user, and until when.

What is checked, and why: https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-tokens-verifying-a-jwt.html
"""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from connection_manager import lazy_x509  # noqa: F401 (first: it is what PyJWT imports that is put off)

# isort: split
import jwt
from aws_lambda_powertools import Logger

from finops_websocket import metrics
from finops_websocket.errors import InvalidToken

logger = Logger(child=True)

# Which claim names the app client depends on the kind of token.
_CLIENT_CLAIMS = {"id": "aud", "access": "client_id"}
_USERNAME_CLAIMS = {"id": "cognito:username", "access": "username"}

# Characters: the contract's bound on a userId and a username, above Cognito's own of 36 and 128.
_MAX_NAME = 256

# Seconds. A key that the pool has taken back is refused after the first. Whatever clients send, and whether the pool
# answers or not, it is asked once in the second. A function that answers a frame has 29 in all for the third.
_KEYS_KEPT = 3600
_BETWEEN_FETCHES = 60
_FETCH_TIMEOUT = 4


@dataclass(frozen=True)
class TokenUser:
    """Whom a valid token stands for; `expires_at` is its end in epoch seconds."""

    user_id: str
    username: str
    expires_at: int


class PoolKeys(jwt.PyJWKClient):
    """The keys that a user pool publishes. Fails closed: without keys of the last hour, nothing is found."""

    def __init__(self, keys_url: str, clock: Callable[[], float] = time.monotonic) -> None:
        """Keep where the keys are published; they are fetched when first needed. `clock` is in seconds."""
        super().__init__(keys_url, lifespan=_KEYS_KEPT, timeout=_FETCH_TIMEOUT, cooldown_duration=_BETWEEN_FETCHES)
        self._clock = clock
        self._failed_at = -math.inf

    def fetch_data(self) -> Any:
        """Fetch the keys; raise PyJWKClientConnectionError if they cannot be had, at once for a minute after that."""
        if self._clock() - self._failed_at < _BETWEEN_FETCHES:
            raise jwt.PyJWKClientConnectionError("The pool's keys could not be fetched a moment ago.")
        try:
            return super().fetch_data()
        # What comes may be anything: no JSON, nested more deeply than Python reads, a list for an algorithm's name.
        except (jwt.PyJWTError, ValueError, TypeError, RecursionError, OSError) as error:
            self._failed_at = self._clock()
            metrics.count(metrics.TOKEN_KEYS_UNAVAILABLE)
            raise jwt.PyJWKClientConnectionError("The pool's keys cannot be had.") from error


class TokenVerifier:
    """Checks tokens of one app client of one user pool."""

    def __init__(self, issuer: str, client_id: str, keys: jwt.PyJWKClient) -> None:
        self._issuer = issuer
        self._client_id = client_id
        self._keys = keys

    def verify(self, token: str) -> TokenUser:
        """Give the user of a token.

        Raises InvalidToken, with a sentence that tells nothing of the check that failed, and PyJWKClientConnectionError
        if the pool's keys cannot be had: then nobody gets in, and it is not the token's fault.
        """
        try:
            return self._user_of(token)
        except jwt.PyJWKClientConnectionError:
            raise
        # A token may be nested more deeply than Python reads, its numbers may be larger than any time, and what is half
        # a character cannot be written.
        except (jwt.PyJWTError, RecursionError, OverflowError, ValueError) as error:
            logger.info("A token was refused.", reason=type(error).__name__)
            raise InvalidToken("The token is not valid. Please sign in again.") from None

    def _user_of(self, token: str) -> TokenUser:
        header = jwt.get_unverified_header(token)
        # Before a key is looked for: whoever sends something else is not to cause a fetch.
        if header.get("alg") != "RS256" or not header.get("kid"):
            raise jwt.InvalidAlgorithmError("The token is not signed with a key of the pool.")
        # PyJWT refuses by itself an `iat` or `nbf` that lies in the future.
        claims: dict[str, Any] = jwt.decode(
            token,
            self._keys.get_signing_key(header["kid"]),
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
