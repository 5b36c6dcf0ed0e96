import base64
import json
import socket
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import given
from hypothesis import strategies as st

from connection_manager.key_set import fetch_key_set, read_key_set
from unit.connection_manager.key_server import KeyServer
from unit.connection_manager.sample_tokens import KEY, OTHER_KEY, key_set, published

GOOD = published(KEY, "key-1")
TWO_KEYS = key_set(**{"key-1": KEY, "key-2": OTHER_KEY})


def set_of(*entries: Any) -> bytes:
    return json.dumps({"keys": entries}).encode()


def modulus_of(bits: int) -> str:
    return base64.urlsafe_b64encode(((1 << bits) - 1).to_bytes(bits // 8, "big")).decode().rstrip("=")


def test_the_keys_of_a_pool_are_read_by_id() -> None:
    keys = read_key_set(TWO_KEYS)
    assert {key_id: key.key.public_numbers() for key_id, key in keys.items()} == {
        "key-1": KEY.public_key().public_numbers(),
        "key-2": OTHER_KEY.public_key().public_numbers(),
    }


@pytest.mark.parametrize("name", ["alg", "use"])
def test_a_key_need_not_say_what_it_is_for(name: str) -> None:
    assert "key-1" in read_key_set(set_of({key: value for key, value in GOOD.items() if key != name}))


USELESS: dict[str, Any] = {
    "an elliptic curve": {
        **jwt.algorithms.ECAlgorithm.to_jwk(ec.generate_private_key(ec.SECP256R1()).public_key(), as_dict=True),
        "kid": "key-2",
    },
    "a shared secret": {"kty": "oct", "k": "c2VjcmV0", "kid": "key-2", "alg": "HS256"},
    "a shared secret for RS256": {"kty": "oct", "k": "c2VjcmV0", "kid": "key-2", "alg": "RS256"},
    "for encryption": {**GOOD, "kid": "key-2", "use": "enc"},
    "for another algorithm": {**GOOD, "kid": "key-2", "alg": "RS512"},
    "for an algorithm that is no text": {**GOOD, "kid": "key-2", "alg": ["RS256"]},
    "without an id": {name: value for name, value in GOOD.items() if name != "kid"},
    "with an id that is no text": {**GOOD, "kid": ["key-2"]},
    "without a type": {name: value for name, value in GOOD.items() if name != "kty"},
    "without a modulus": {name: value for name, value in GOOD.items() if name != "n"},
    "with a modulus of 0": {**GOOD, "kid": "key-2", "n": "AA"},
    "with a modulus that is no number": {**GOOD, "kid": "key-2", "n": "\ud800"},
    "with an exponent of 0": {**GOOD, "kid": "key-2", "e": "AA"},
    "with an even exponent": {**GOOD, "kid": "key-2", "e": "Ag"},
    "of 1024 bits": {**GOOD, "kid": "key-2", "n": modulus_of(1024)},
    "of 16384 bits": {**GOOD, "kid": "key-2", "n": modulus_of(16384)},
    "no object": "key-2",
    "a list": [GOOD],
}


@pytest.mark.parametrize("useless", USELESS.values(), ids=list(USELESS))
def test_what_is_no_key_for_rs256_is_passed_over(useless: Any) -> None:
    assert list(read_key_set(set_of(useless, GOOD))) == ["key-1"]


def test_a_private_key_is_taken_for_its_public_half() -> None:
    private = {**jwt.algorithms.RSAAlgorithm.to_jwk(KEY, as_dict=True), "kid": "key-1"}
    assert isinstance(read_key_set(set_of(private))["key-1"].key, rsa.RSAPublicKey)


RUBBISH = {
    "nothing": b"",
    "a page": b"<html>Service Unavailable</html>",
    "no object": b"[]",
    "no keys": b"{}",
    "keys of null": b'{"keys": null}',
    "keys in an object": b'{"keys": {"key-1": {}}}',
    "keys in a number": b'{"keys": 1}',
    "keys in a text": b'{"keys": "key-1"}',
    "an empty set": b'{"keys": []}',
    "only others' keys": set_of(USELESS["an elliptic curve"]),
    "bytes": b"\xff\xfe\x00",
    "depth": b"[" * 60_000,
    "a deep set": b'{"keys":' * 7_000,
    "a number of many digits": b'{"keys": ' + b"9" * 60_000 + b"}",
}


@pytest.mark.parametrize("rubbish", RUBBISH.values(), ids=list(RUBBISH))
def test_an_answer_without_a_key_is_none(rubbish: bytes) -> None:
    with pytest.raises(jwt.PyJWKClientConnectionError):
        read_key_set(rubbish)


MEMBERS = st.none() | st.booleans() | st.integers() | st.text(max_size=4) | st.lists(st.text(max_size=2), max_size=2)
ENTRIES = MEMBERS | st.fixed_dictionaries(
    {}, optional={name: st.just(value) | MEMBERS for name, value in {**GOOD, "d": "AQAB", "x5c": ["MII"]}.items()}
)
ANSWERS = st.binary(max_size=60) | st.lists(ENTRIES, max_size=3).map(lambda entries: set_of(*entries))


@given(answer=ANSWERS)
def test_any_answer_is_keys_or_none(answer: bytes) -> None:
    try:
        keys = read_key_set(answer)
    except jwt.PyJWKClientConnectionError:
        return
    assert all(isinstance(key.key, rsa.RSAPublicKey) and key.algorithm_name == "RS256" for key in keys.values())


def test_a_pool_s_keys_are_fetched() -> None:
    with KeyServer(TWO_KEYS) as server:
        assert list(fetch_key_set(server.url)) == ["key-1", "key-2"]


def test_64_kilobytes_of_keys_are_read_and_no_more() -> None:
    room = 64 * 1024 - len(TWO_KEYS)
    with KeyServer(TWO_KEYS + b" " * room) as server:
        assert "key-1" in fetch_key_set(server.url)
        server.body += b" "
        with pytest.raises(jwt.PyJWKClientConnectionError, match="more than a key set"):
            fetch_key_set(server.url)


@pytest.mark.parametrize("status", [204, 400, 403, 404, 429, 500, 503])
def test_keys_in_any_other_answer_are_not_taken(status: int) -> None:
    with KeyServer(TWO_KEYS) as server:
        server.status = status
        with pytest.raises(jwt.PyJWKClientConnectionError, match=str(status)):
            fetch_key_set(server.url)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_no_redirect_is_followed(status: int) -> None:
    with KeyServer(TWO_KEYS) as elsewhere, KeyServer(TWO_KEYS) as server:
        server.status = status
        server.headers = {"Location": elsewhere.url}
        with pytest.raises(jwt.PyJWKClientConnectionError):
            fetch_key_set(server.url)
        assert elsewhere.fetches == []


@pytest.mark.parametrize("headers", [{"Content-Length": "5"}, {"Transfer-Encoding": "chunked"}])
def test_an_answer_that_is_broken_off_or_garbled_is_none(headers: dict[str, str]) -> None:
    with KeyServer(TWO_KEYS) as server:
        server.headers = headers
        with pytest.raises(jwt.PyJWKClientConnectionError):
            fetch_key_set(server.url)


def test_a_pool_that_is_not_there_has_no_keys() -> None:
    with socket.socket() as unheard:
        # Bound and not listening: whoever connects is refused.
        unheard.bind(("127.0.0.1", 0))
        with pytest.raises(jwt.PyJWKClientConnectionError):
            fetch_key_set(f"http://127.0.0.1:{unheard.getsockname()[1]}/jwks.json")
