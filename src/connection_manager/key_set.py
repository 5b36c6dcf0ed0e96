"""The key set (JWKS) that a user pool publishes: fetched, and read.

https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-tokens-verifying-a-jwt.html
https://www.rfc-editor.org/rfc/rfc7517#section-5
"""

import http.client
import json
import urllib.request
from typing import Any

import jwt

# Seconds for each wait on the network: a function that answers a frame has 29 in all.
_TIMEOUT = 4

# Cognito publishes two keys, in less than 1 KB.
_MAX_BYTES = 64 * 1024

# Bits. RS256 needs the first (https://www.rfc-editor.org/rfc/rfc7518#section-3.3); the second keeps a check cheap.
_MIN_KEY, _MAX_KEY = 2048, 8192


def fetch_key_set(url: str) -> dict[str, jwt.PyJWK]:
    """Fetch the keys that are published at an http or https address, by id.

    Raises jwt.PyJWKClientConnectionError if there is no answer for 4 seconds, or no key set in it.
    """
    # No other handlers: neither redirects are followed nor addresses of another kind opened.
    opener = urllib.request.OpenerDirector()
    opener.add_handler(urllib.request.HTTPHandler())
    opener.add_handler(urllib.request.HTTPSHandler())
    try:
        with opener.open(url, timeout=_TIMEOUT) as response:
            status, text = response.status, response.read(_MAX_BYTES + 1)
    except (OSError, http.client.HTTPException) as error:
        raise jwt.PyJWKClientConnectionError("The pool's keys could not be fetched.") from error
    if status != http.client.OK:
        raise jwt.PyJWKClientConnectionError(f"The pool answered {status} in place of its keys.")
    if len(text) > _MAX_BYTES:
        raise jwt.PyJWKClientConnectionError("The pool answered with more than a key set.")
    return read_key_set(text)


def read_key_set(text: bytes) -> dict[str, jwt.PyJWK]:
    """Read the keys for RS256 out of a JWKS, by id; whatever else is in it is passed over.

    Raises jwt.PyJWKClientConnectionError if it holds none: a pool always has some.
    """
    try:
        key_set = json.loads(text)
    except (ValueError, RecursionError):
        raise jwt.PyJWKClientConnectionError("The pool's answer is not JSON.") from None
    entries = key_set.get("keys") if isinstance(key_set, dict) else None
    found = [_read_key(entry) for entry in entries] if isinstance(entries, list) else []
    keys = {key.key_id: key for key in found if key is not None and key.key_id is not None}
    if not keys:
        raise jwt.PyJWKClientConnectionError("The pool's answer has no key for RS256.")
    return keys


def _read_key(entry: Any) -> jwt.PyJWK | None:
    if not isinstance(entry, dict) or not all(isinstance(entry.get(name), str) for name in ("kid", "n", "e")):
        return None
    if entry.get("kty") != "RSA" or entry.get("use", "sig") != "sig" or entry.get("alg", "RS256") != "RS256":
        return None
    try:
        # The public members alone: with more, PyJWT would make a private key of it.
        key = jwt.PyJWK({name: entry[name] for name in ("kid", "kty", "n", "e")}, "RS256")
    except jwt.PyJWTError:
        return None
    return key if _MIN_KEY <= key.key.key_size <= _MAX_KEY else None
