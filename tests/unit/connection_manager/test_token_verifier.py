import hashlib
import hmac
import json
from collections.abc import Iterator
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from hypothesis import example, given, settings
from hypothesis import strategies as st

from connection_manager.signing_keys import SigningKeys
from connection_manager.token_verifier import TokenUser, TokenVerifier
from finops_websocket.errors import InvalidToken
from unit.connection_manager.key_server import KeyServer
from unit.connection_manager.sample_tokens import (
    ACCESS_CLAIMS,
    CLIENT,
    ID_CLAIMS,
    IN_AN_HOUR,
    ISSUER,
    KEY,
    NOW,
    OTHER_KEY,
    encoded,
    key_set,
    published,
    token,
    token_of,
)
from unit.finops_websocket.settable_clock import SettableClock

HEADER = {"alg": "RS256", "kid": "key-1"}
KEYS = key_set(**{"key-1": KEY})


@pytest.fixture
def server() -> Iterator[KeyServer]:
    with KeyServer(KEYS) as server:
        yield server


@pytest.fixture
def tokens(server: KeyServer) -> TokenVerifier:
    return TokenVerifier.of_pool(ISSUER, CLIENT, server.url)


@pytest.mark.parametrize("claims", [ID_CLAIMS, ACCESS_CLAIMS])
@pytest.mark.parametrize("header", [HEADER, {**HEADER, "typ": "JWT"}])
def test_both_kinds_of_token_tell_their_user(
    tokens: TokenVerifier, claims: dict[str, Any], header: dict[str, str]
) -> None:
    assert tokens.verify(token_of(header, claims)) == TokenUser("user-1", "ada", IN_AN_HOUR)


@pytest.mark.parametrize("name", [None, "", "a" * 257, ["ada"], 1, True, "ada\x1b[2J", "\u202eada", "\ud800"])
@pytest.mark.parametrize(("claims", "claim"), [(ID_CLAIMS, "cognito:username"), (ACCESS_CLAIMS, "username")])
def test_a_user_without_a_proper_name_is_called_by_id(
    tokens: TokenVerifier, claims: dict[str, Any], claim: str, name: Any
) -> None:
    assert tokens.verify(token({**claims, claim: name})).username == "user-1"
    del (nameless := dict(claims))[claim]
    assert tokens.verify(token(nameless)).username == "user-1"


@pytest.mark.parametrize("name", ["a" * 256, "Zo\u00eb M\u00fcller", "\u674e"])
def test_a_name_may_have_any_letters(tokens: TokenVerifier, name: str) -> None:
    assert tokens.verify(token({**ID_CLAIMS, "sub": name, "cognito:username": name})) == TokenUser(
        name, name, IN_AN_HOUR
    )


def hs256_with(secret: bytes) -> str:
    """Give a token signed with what everybody knows, as if the published key were a shared secret."""
    signed = (
        f"{encoded(json.dumps({'alg': 'HS256', 'kid': 'key-1'}).encode())}.{encoded(json.dumps(ID_CLAIMS).encode())}"
    )
    return f"{signed}.{encoded(hmac.new(secret, signed.encode(), hashlib.sha256).digest())}"


def public_bytes(encoding: serialization.Encoding) -> bytes:
    return KEY.public_key().public_bytes(encoding, serialization.PublicFormat.SubjectPublicKeyInfo)


# Nothing of these makes the keys be fetched: they are refused for their form.
REFUSED_UNSEEN = {
    "not a token": "garbage",
    "empty": "",
    "empty parts": "..",
    "oversized": token({**ID_CLAIMS, "padding": "x" * 16_384}),
    "no signature": token_of({**HEADER, "alg": "none"}),
    "no signature, and none there": token_of({**HEADER, "alg": "none"}).rsplit(".", 1)[0] + ".",
    "no algorithm": token_of({"kid": "key-1"}),
    "no key named": token_of({"alg": "RS256"}),
    "HS256 with the public key in PEM": hs256_with(public_bytes(serialization.Encoding.PEM)),
    "HS256 with the public key in DER": hs256_with(public_bytes(serialization.Encoding.DER)),
    "HS256 with the published JSON": hs256_with(KEYS),
    "another RSA algorithm": jwt.encode(ID_CLAIMS, KEY, "RS512", headers={"kid": "key-1"}),
    "another RSA scheme": jwt.encode(ID_CLAIMS, KEY, "PS256", headers={"kid": "key-1"}),
    "its own key": token_of({**HEADER, "jwk": published(OTHER_KEY, "key-1")}, key=OTHER_KEY),
    "its own key set": token_of({**HEADER, "jku": "https://attacker.example/jwks.json"}, key=OTHER_KEY),
    "its own certificate": token_of({**HEADER, "x5c": ["MIIB"]}, key=OTHER_KEY),
    "its own certificate's address": token_of({**HEADER, "x5u": "https://attacker.example/cert.pem"}, key=OTHER_KEY),
    "an unknown extension": token_of({**HEADER, "crit": ["exp"]}),
    "an extension that is unknown to nobody": token_of({**HEADER, "crit": ["b64"], "b64": True}),
    "an unencoded payload": token_of({**HEADER, "crit": ["b64"], "b64": False}),
    "two algorithms": token_of(b'{"alg":"none","kid":"key-1","alg":"RS256"}'),
    "padding": token() + "==",
    "a deep header": f"{encoded(b'[' * 10_000)}.e30.c2ln",
}


@pytest.mark.parametrize("refused", REFUSED_UNSEEN.values(), ids=list(REFUSED_UNSEEN))
def test_what_is_no_token_of_cognito_s_is_refused_without_a_fetch(
    server: KeyServer, tokens: TokenVerifier, refused: str
) -> None:
    with pytest.raises(InvalidToken):
        tokens.verify(refused)
    assert server.fetches == []


def changed_after_signing() -> str:
    header, _, signature = token().split(".")
    return f"{header}.{encoded(json.dumps({**ID_CLAIMS, 'sub': 'user-2'}).encode())}.{signature}"


REFUSED = {
    "another's signature": token(key=OTHER_KEY),
    "changed after signing": changed_after_signing(),
    "half a signature": token()[:-100],
    "a signature of nothing": token().rsplit(".", 1)[0] + ".AA",
    "an unknown key": token(key_id="key-2"),
    "an unknown key of its own": token(key=OTHER_KEY, key_id="key-2"),
    "expired": token({**ID_CLAIMS, "exp": NOW - 1}),
    "expiring now": token({**ID_CLAIMS, "exp": NOW}),
    "not yet valid": token({**ID_CLAIMS, "nbf": IN_AN_HOUR}),
    "issued in the future": token({**ID_CLAIMS, "iat": IN_AN_HOUR}),
    "another pool": token({**ID_CLAIMS, "iss": ISSUER + "2"}),
    "another pool's issuer in a list": token_of(HEADER, {**ID_CLAIMS, "iss": [ISSUER]}),
    "another client's id token": token({**ID_CLAIMS, "aud": "another"}),
    "an id token of several clients": token({**ID_CLAIMS, "aud": [CLIENT, "another"]}),
    "another client's access token": token({**ACCESS_CLAIMS, "client_id": "another"}),
    "an id token as access token": token({**ID_CLAIMS, "token_use": "access"}),
    "an access token as id token": token({**ACCESS_CLAIMS, "token_use": "id"}),
    "another use": token({**ID_CLAIMS, "token_use": "refresh"}),
    "several uses": token({**ID_CLAIMS, "token_use": ["id", "access"]}),
    "a subject without characters": token({**ID_CLAIMS, "sub": ""}),
    "a subject of 257 characters": token({**ID_CLAIMS, "sub": "u" * 257}),
    "a subject that is no text": token({**ID_CLAIMS, "sub": 1}),
    "a subject that cannot be written": token({**ID_CLAIMS, "sub": "\ud800"}),
    "an end that is no time": token({**ID_CLAIMS, "exp": "tomorrow"}),
    "an end without end": token_of(HEADER, {**ID_CLAIMS, "exp": float("inf")}),
    **{
        f"no {claim}": token({name: value for name, value in ID_CLAIMS.items() if name != claim})
        for claim in ("exp", "iss", "sub", "aud", "token_use")
    },
    "no client_id": token({name: value for name, value in ACCESS_CLAIMS.items() if name != "client_id"}),
    **{f"{claim} of null": token_of(HEADER, {**ID_CLAIMS, claim: None}) for claim in ID_CLAIMS if ":" not in claim},
    "claims that are no object": token_of(HEADER, [ID_CLAIMS]),
    "claims that are no JSON": token_of(HEADER, b"claims"),
    "deep claims": token_of(HEADER, b"[" * 10_000),
}


@pytest.mark.parametrize("refused", REFUSED.values(), ids=list(REFUSED))
def test_what_proves_nothing_is_refused_without_saying_why(tokens: TokenVerifier, refused: str) -> None:
    with pytest.raises(InvalidToken) as raised:
        tokens.verify(refused)
    assert str(raised.value) == "The token is not valid. Please sign in again."


def test_forged_tokens_make_the_keys_be_fetched_once(server: KeyServer, tokens: TokenVerifier) -> None:
    for number in range(20):
        with pytest.raises(InvalidToken):
            tokens.verify(token(key_id=f"made-up-{number}"))
    assert len(server.fetches) == 1
    assert tokens.verify(token()).user_id == "user-1"


def test_keys_that_the_pool_has_changed_are_found_after_a_minute(server: KeyServer, clock: SettableClock) -> None:
    tokens = TokenVerifier(ISSUER, CLIENT, SigningKeys(server.url, clock))
    tokens.verify(token())
    server.body = key_set(**{"key-2": OTHER_KEY})
    clock.now += 60
    assert tokens.verify(token(key=OTHER_KEY, key_id="key-2")).user_id == "user-1"
    with pytest.raises(InvalidToken):
        tokens.verify(token())
    assert len(server.fetches) == 2


def test_keys_that_cannot_be_had_let_nobody_in_and_are_not_the_token_s_fault(
    server: KeyServer, tokens: TokenVerifier
) -> None:
    server.status = 503
    for _ in range(3):
        with pytest.raises(jwt.PyJWKClientConnectionError):
            tokens.verify(token())
    assert len(server.fetches) == 1


@pytest.fixture(scope="module")
def shared_tokens() -> Iterator[TokenVerifier]:
    with KeyServer(KEYS) as server:
        yield TokenVerifier.of_pool(ISSUER, CLIENT, server.url)


NAMES = st.sampled_from([*HEADER, "typ", "crit", "b64", *ID_CLAIMS, "nbf", "jti"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.sampled_from(["id", "access"]),
    lambda values: st.lists(values, max_size=3) | st.dictionaries(NAMES, values, max_size=4),
)
PARTS = st.binary(max_size=60) | VALUES.map(lambda value: json.dumps(value).encode())


@settings(max_examples=150, deadline=None)
@given(forged=st.text(max_size=60) | st.lists(PARTS.map(encoded), min_size=2, max_size=4).map(".".join))
def test_any_text_is_refused_as_an_invalid_token(shared_tokens: TokenVerifier, forged: str) -> None:
    with pytest.raises(InvalidToken):
        shared_tokens.verify(forged)


@settings(max_examples=150, deadline=None)
@given(
    header=PARTS | st.dictionaries(NAMES, VALUES, max_size=2).map(lambda changes: {**HEADER, **changes}),
    payload=PARTS | st.dictionaries(NAMES, VALUES, max_size=3).map(lambda changes: {**ID_CLAIMS, **changes}),
)
@example(header=HEADER, payload=ID_CLAIMS)
def test_anything_that_the_pool_signs_is_a_user_or_an_invalid_token(
    shared_tokens: TokenVerifier, header: Any, payload: Any
) -> None:
    try:
        user = shared_tokens.verify(token_of(header, payload))
    except InvalidToken:
        return
    assert user.user_id == payload["sub"]
    assert 0 < len(user.username) <= 256
    assert user.expires_at > NOW
