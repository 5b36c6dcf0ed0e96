"""The keys that a user pool signs with: when they are fetched, and for how long they are believed."""

import math
import time
from collections.abc import Callable

import jwt

from connection_manager.key_set import fetch_key_set
from finops_websocket import metrics

# Seconds. A key that the pool has taken back is refused after the first; whatever clients send, and whether the pool
# answers or not, it is asked once in the second.
_KEPT = 3600
_BETWEEN_FETCHES = 60


class SigningKeys:
    """Finds a pool's keys by id. Fails closed: without keys that were fetched within the hour, nothing is found."""

    def __init__(self, keys_url: str, clock: Callable[[], float] = time.time) -> None:
        """Keep where the keys are published; they are fetched when first needed.

        `clock` tells the time in epoch seconds. A monotonic clock would be no better: it may stand still while Lambda
        freezes the function, and keys would outlive their hour.
        """
        self._keys_url = keys_url
        self._clock = clock
        self._keys: dict[str, jwt.PyJWK] = {}
        self._fetched_at = -math.inf
        self._tried_at = -math.inf

    def find(self, key_id: str) -> jwt.PyJWK | None:
        """Give the key with this id, or None if the pool does not publish it.

        Raises jwt.PyJWKClientConnectionError if that cannot be told, because the pool's keys cannot be had: at the
        fetch that failed, and for the rest of its minute.
        """
        now = self._clock()
        if key_id in self._keys and _is_within(_KEPT, self._fetched_at, now):
            return self._keys[key_id]
        if not _is_within(_BETWEEN_FETCHES, self._tried_at, now):
            self._tried_at = now
            self._keys = self._fetch()
            self._fetched_at = now
        if self._fetched_at != self._tried_at:
            raise jwt.PyJWKClientConnectionError("The pool's keys could not be fetched a moment ago.")
        return self._keys.get(key_id)

    def _fetch(self) -> dict[str, jwt.PyJWK]:
        try:
            return fetch_key_set(self._keys_url)
        except jwt.PyJWKClientConnectionError:
            metrics.count(metrics.TOKEN_KEYS_UNAVAILABLE)
            raise


def _is_within(seconds: float, then: float, now: float) -> bool:
    # A clock that was set back tells nothing about how long ago a time before was.
    return 0 <= now - then < seconds
