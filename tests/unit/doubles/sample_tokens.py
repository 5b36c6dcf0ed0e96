"""Tokens as Cognito makes them, and with anything else in them; keys as a pool publishes them."""

import base64
import json
import time
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

ISSUER = "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_Example"
CLIENT = "1example23456789"
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
NOW = int(time.time())
IN_AN_HOUR = NOW + 3600

ID_CLAIMS: dict[str, Any] = {
    "sub": "user-1",
    "iss": ISSUER,
    "aud": CLIENT,
    "cognito:username": "ada",
    "token_use": "id",
    "exp": IN_AN_HOUR,
    "iat": NOW,
}
ACCESS_CLAIMS: dict[str, Any] = {
    **{name: value for name, value in ID_CLAIMS.items() if name not in ("aud", "cognito:username")},
    **{"client_id": CLIENT, "username": "ada", "token_use": "access"},
}


def token(claims: dict[str, Any] = ID_CLAIMS, *, key: Any = KEY, key_id: str = "key-1") -> str:
    """Sign a token with these claims."""
    return token_of({"alg": "RS256", "kid": key_id}, claims, key=key)


def token_of(header: Any, payload: Any = ID_CLAIMS, *, key: Any = KEY) -> str:
    """Sign a token with this header and payload, each a value to be written as JSON, or the bytes themselves."""
    signed = f"{encoded(as_bytes(header))}.{encoded(as_bytes(payload))}"
    algorithm = jwt.get_algorithm_by_name("RS256")
    return f"{signed}.{encoded(algorithm.sign(signed.encode(), key))}"


def encoded(part: bytes) -> str:
    """Write bytes as a token's parts are written."""
    return base64.urlsafe_b64encode(part).decode().rstrip("=")


def as_bytes(part: Any) -> bytes:
    """Write a value as JSON; leave bytes as they are."""
    return part if isinstance(part, bytes) else json.dumps(part).encode()


def published(key: rsa.RSAPrivateKey, key_id: str) -> dict[str, Any]:
    """Give a key as an entry of a pool's key set."""
    entry: dict[str, Any] = jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)
    return {"kid": key_id, "alg": "RS256", "use": "sig", "kty": entry["kty"], "n": entry["n"], "e": entry["e"]}


def key_set(**keys: rsa.RSAPrivateKey) -> bytes:
    """Give a pool's key set with these keys, by id."""
    return as_bytes({"keys": [published(key, key_id) for key_id, key in keys.items()]})
