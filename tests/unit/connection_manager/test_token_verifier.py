import base64
import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import given, settings
from hypothesis import strategies as st

from connection_manager.token_verifier import TokenUser, TokenVerifier
from finops_websocket.errors import InvalidToken
from unit.finops_websocket.loopback_aws import LoopbackAws

ISSUER = "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_Example"
CLIENT = "1example23456789"
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
IN_AN_HOUR = int(time.time()) + 3600

ID_CLAIMS = {
    "sub": "user-1",
    "iss": ISSUER,
    "aud": CLIENT,
    "cognito:username": "ada",
    "token_use": "id",
    "exp": IN_AN_HOUR,
    "iat": IN_AN_HOUR - 3600,
}
ACCESS_CLAIMS = {
    "sub": "user-1",
    "iss": ISSUER,
    "client_id": CLIENT,
    "username": "ada",
    "token_use": "access",
    "exp": IN_AN_HOUR,
    "iat": IN_AN_HOUR - 3600,
}


def key_set(**keys: rsa.RSAPrivateKey) -> bytes:
    entries = []
    for key_id, key in keys.items():
        entry = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key()))
        entries.append({**entry, "kid": key_id, "alg": "RS256", "use": "sig"})
    return json.dumps({"keys": entries}).encode()


def token(
    claims: dict[str, Any] = ID_CLAIMS, *, key: Any = KEY, key_id: str = "key-1", algorithm: str = "RS256"
) -> str:
    return jwt.encode(claims, key, algorithm, headers={"kid": key_id})


def encoded(part: bytes) -> str:
    return base64.urlsafe_b64encode(part).decode().rstrip("=")


@pytest.fixture
def loopback() -> Iterator[LoopbackAws]:
    with LoopbackAws() as loopback:
        loopback.keys = key_set(**{"key-1": KEY})
        yield loopback


@pytest.fixture
def tokens(loopback: LoopbackAws) -> TokenVerifier:
    return TokenVerifier.of_pool(ISSUER, CLIENT, loopback.keys_url)


@pytest.mark.parametrize("claims", [ID_CLAIMS, ACCESS_CLAIMS])
def test_both_kinds_of_token_tell_their_user(tokens: TokenVerifier, claims: dict[str, Any]) -> None:
    assert tokens.verify(token(claims)) == TokenUser("user-1", "ada", IN_AN_HOUR)


@pytest.mark.parametrize(("claims", "name"), [(ID_CLAIMS, "cognito:username"), (ACCESS_CLAIMS, "username")])
def test_a_user_without_a_name_is_called_by_id(tokens: TokenVerifier, claims: dict[str, Any], name: str) -> None:
    nameless = {claim: value for claim, value in claims.items() if claim != name}
    assert tokens.verify(token(nameless)).username == "user-1"


def hs256_with_the_public_key() -> str:
    """Give a token signed with what everybody knows, as if the published key were a shared secret."""
    published = KEY.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    header = encoded(json.dumps({"alg": "HS256", "typ": "JWT", "kid": "key-1"}).encode())
    signed = f"{header}.{encoded(json.dumps(ID_CLAIMS).encode())}"
    return f"{signed}.{encoded(hmac.new(published, signed.encode(), hashlib.sha256).digest())}"


def changed_after_signing() -> str:
    header, _, signature = token().split(".")
    return f"{header}.{encoded(json.dumps({**ID_CLAIMS, 'sub': 'user-2'}).encode())}.{signature}"


REFUSED = {
    "another's signature": token(key=OTHER_KEY),
    "changed after signing": changed_after_signing(),
    "no signature": token(key=None, algorithm="none"),
    "signed with the public key": hs256_with_the_public_key(),
    "another RSA algorithm": token(algorithm="RS512"),
    "expired": token({**ID_CLAIMS, "exp": IN_AN_HOUR - 3600 - 1}),
    "another pool": token({**ID_CLAIMS, "iss": ISSUER + "2"}),
    "another client's id token": token({**ID_CLAIMS, "aud": "another"}),
    "another client's access token": token({**ACCESS_CLAIMS, "client_id": "another"}),
    "an id token as access token": token({**ID_CLAIMS, "token_use": "access"}),
    "an access token as id token": token({**ACCESS_CLAIMS, "token_use": "id"}),
    "another use": token({**ID_CLAIMS, "token_use": "refresh"}),
    "an unknown key": token(key_id="key-2"),
    **{
        f"no {claim}": token({name: value for name, value in ID_CLAIMS.items() if name != claim})
        for claim in ("exp", "iss", "sub", "aud", "token_use")
    },
    "garbage": "garbage",
    "empty parts": "..",
    "an empty header": f"{encoded(b'{}')}.{encoded(b'{}')}.",
    "a deep header": f"{encoded(b'[' * 10_000)}.{encoded(b'{}')}.",
    "a key id that is no text": f"{encoded(json.dumps({'alg': 'RS256', 'kid': ['key-1']}).encode())}.e30.e30",
}


@pytest.mark.parametrize("refused", REFUSED.values(), ids=list(REFUSED))
def test_what_proves_nothing_is_refused_without_saying_why(tokens: TokenVerifier, refused: str) -> None:
    with pytest.raises(InvalidToken) as raised:
        tokens.verify(refused)
    assert str(raised.value) == "The token is not valid. Please sign in again."


@pytest.fixture(scope="module")
def shared_tokens() -> Iterator[TokenVerifier]:
    with LoopbackAws() as loopback:
        loopback.keys = key_set(**{"key-1": KEY})
        yield TokenVerifier.of_pool(ISSUER, CLIENT, loopback.keys_url)


PARTS = st.binary(max_size=60) | st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda values: st.dictionaries(st.sampled_from(["alg", "kid", "typ", "exp", "crit", "b64"]), values, max_size=4),
).map(lambda value: json.dumps(value).encode())


@settings(max_examples=150, deadline=None)
@given(forged=st.text(max_size=60) | st.lists(PARTS.map(encoded), min_size=2, max_size=4).map(".".join))
def test_any_text_is_refused_as_an_invalid_token(shared_tokens: TokenVerifier, forged: str) -> None:
    with pytest.raises(InvalidToken):
        shared_tokens.verify(forged)


def test_keys_are_fetched_when_first_needed_and_kept(loopback: LoopbackAws, tokens: TokenVerifier) -> None:
    assert loopback.key_fetches == 0
    for _ in range(3):
        tokens.verify(token())
    assert loopback.key_fetches == 1


def test_an_unknown_key_makes_them_be_fetched_again_at_most_once_a_minute(
    loopback: LoopbackAws, tokens: TokenVerifier
) -> None:
    tokens.verify(token())
    for number in range(5):
        with pytest.raises(InvalidToken):
            tokens.verify(token(key_id=f"made-up-{number}"))
    # The first fetch was less than a minute ago.
    assert loopback.key_fetches == 1


def test_keys_that_the_pool_has_changed_are_found_after_that_minute(loopback: LoopbackAws) -> None:
    class HurriedKeys(jwt.PyJWKClient):
        """Waits for no minute."""

        def __init__(self) -> None:
            super().__init__(loopback.keys_url, cooldown_duration=0)

    tokens = TokenVerifier(ISSUER, CLIENT, HurriedKeys())
    tokens.verify(token())
    loopback.keys = key_set(**{"key-2": OTHER_KEY})
    assert tokens.verify(token(key=OTHER_KEY, key_id="key-2")).user_id == "user-1"
    assert loopback.key_fetches == 2


def test_a_pool_whose_keys_cannot_be_had_is_not_the_token_s_fault() -> None:
    tokens = TokenVerifier.of_pool(ISSUER, CLIENT, "http://127.0.0.1:1/pool/.well-known/jwks.json")
    with pytest.raises(jwt.PyJWKClientConnectionError):
        tokens.verify(token())
