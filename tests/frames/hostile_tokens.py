"""Tokens that prove nothing, and a pool's key and keys file to make them with. Strategies of hypothesis.

Those that claim to be the other user are never signed as the pool signs.
"""

import hashlib
import hmac
import time
from typing import Any

from cryptography.hazmat.primitives import serialization
from hypothesis import strategies as st

from finops_benchmarks.function_environment import function_environment
from frames import hostile_values
from frames.planted_jobs import OTHER_USER
from unit.doubles.sample_tokens import KEY, OTHER_KEY, as_bytes, encoded, published, token_of

_ENVIRONMENT = function_environment("connection_manager.handler.handler")
KEY_ID = "ours"
_HEADER: dict[str, Any] = {"alg": "RS256", "kid": KEY_ID}
# Whom a token stands for that the pool has signed and that is wrong otherwise.
_SIGNED_USER = "f47ac10b-58cc-4372-a567-0e02b2c3d479"


def valid_token(user_id: str) -> str:
    """Give a token of the pool's, valid for a day: longer than any run."""
    return token_of(_HEADER, _claims(user_id))


def _claims(user_id: str) -> dict[str, Any]:
    now = int(time.time())
    return {
        "sub": user_id,
        "iss": _ENVIRONMENT["TOKEN_ISSUER"],
        "aud": _ENVIRONMENT["TOKEN_CLIENT_ID"],
        "cognito:username": "ada",
        "token_use": "id",
        "iat": now,
        "exp": now + 24 * 3600,
    }


def _unsigned(header: Any) -> str:
    return f"{encoded(as_bytes(header))}.{encoded(as_bytes(_CLAIMED))}"


def _signed_with_public_key(header: Any) -> str:
    public = KEY.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    signature = hmac.new(public, _unsigned(header).encode(), hashlib.sha256).digest()
    return f"{_unsigned(header)}.{encoded(signature)}"


_CLAIMED = _claims(OTHER_USER)

_headers = st.one_of(
    st.just(_HEADER),
    st.builds(
        lambda algorithm, fields: {**_HEADER, "alg": algorithm, **fields},
        st.sampled_from(["RS256", "none", "None", "nOnE", "", "HS256", "HS512", "RS512", "PS256", "ES256", "EdDSA"]),
        st.fixed_dictionaries(
            {},
            optional={
                "kid": st.one_of(st.just("key-2"), hostile_values.values),
                "jwk": st.one_of(st.just(published(OTHER_KEY, KEY_ID)), hostile_values.values),
                "jku": st.just("http://192.0.2.1/jwks.json"),
                "x5u": st.just("http://192.0.2.1/x5u.pem"),
                "x5c": st.just(["MIIB"]),
                "crit": st.sampled_from([["exp"], ["b64"], [], "exp", None]),
                "b64": st.booleans(),
                "typ": st.one_of(st.just("JWT"), hostile_values.values),
                "cty": st.just("JWT"),
                "zip": st.just("DEF"),
            },
        ),
    ),
    st.dictionaries(hostile_values.names, hostile_values.values, max_size=4),
    hostile_values.values,
)

_forged = st.one_of(
    st.builds(lambda header: f"{_unsigned(header)}.", _headers),
    st.builds(_signed_with_public_key, _headers),
    st.builds(lambda header: token_of(header, _CLAIMED, key=OTHER_KEY), _headers),
    st.builds(lambda header, signature: f"{_unsigned(header)}.{encoded(signature)}", _headers, st.binary(max_size=300)),
)

# The pool signs none of these: another pool's, another client's, another use, none of its claims.
_wrong_claims = st.builds(
    lambda changes, missing: {
        name: value for name, value in {**_claims(_SIGNED_USER), **changes}.items() if name not in missing
    },
    st.fixed_dictionaries(
        {},
        optional={
            "iss": st.one_of(st.just("https://cognito-idp.us-east-1.amazonaws.com/another"), hostile_values.values),
            "aud": st.one_of(st.just("another-client"), hostile_values.values),
            "token_use": st.one_of(st.sampled_from(["access", "refresh"]), hostile_values.values),
            "exp": st.one_of(st.just(1), hostile_values.values),
            "nbf": st.one_of(st.just(2**40), hostile_values.values),
            "iat": st.one_of(st.just(2**40), hostile_values.values),
        },
    ),
    st.sets(st.sampled_from(["iss", "aud", "token_use", "exp", "sub", "iat"]), max_size=2),
)
_signed_and_wrong = st.one_of(
    st.builds(lambda header: token_of(header, _claims(_SIGNED_USER)), _headers),
    st.builds(lambda claims: token_of(_HEADER, claims), _wrong_claims),
)

_nested_part = st.builds(
    lambda opening, depth: encoded(opening * depth), st.sampled_from([b"[", b'{"a":']), st.integers(1, 2000)
)
_any_part = st.one_of(
    st.binary(max_size=60).map(encoded),
    st.one_of(hostile_values.values, _headers).map(lambda value: encoded(as_bytes(value))),
    _nested_part,
)
_any_parts = st.builds(".".join, st.lists(_any_part, max_size=5))

_SPOILED = valid_token(_SIGNED_USER)
_places = st.integers(0, len(_SPOILED) - 1)
_spoiled = st.one_of(
    _places.map(lambda place: _SPOILED[:place]),
    st.builds(lambda place, text: _SPOILED[:place] + text + _SPOILED[place:], _places, hostile_values.texts),
    st.sampled_from([f"Bearer {_SPOILED}", f" {_SPOILED}", f"{_SPOILED}.", f"{_SPOILED}===", _SPOILED.upper()]),
)

tokens = st.one_of(_forged, _signed_and_wrong, _any_parts, _spoiled, hostile_values.texts)
