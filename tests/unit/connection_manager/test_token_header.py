import json
from typing import Any

import jwt
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from connection_manager.token_header import read_key_id
from unit.connection_manager.sample_tokens import encoded

COGNITO = {"kid": "key-1", "alg": "RS256"}


def with_header(header: dict[str, Any] | bytes) -> str:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return f"{encoded(text)}.e30.c2ln"


@pytest.mark.parametrize(
    "header",
    [COGNITO, {**COGNITO, "typ": "JWT"}, {**COGNITO, "kid": "k" * 128}, {**COGNITO, "kid": "Schl\u00fcssel"}],
)
def test_a_header_as_cognito_writes_it_names_its_key(header: dict[str, Any]) -> None:
    assert read_key_id(with_header(header)) == header["kid"]


@pytest.mark.parametrize("algorithm", ["none", "None", "HS256", "RS512", "PS256", "ES256", "rs256", "RS256 ", "", None])
def test_only_rs256_is_taken(algorithm: str | None) -> None:
    with pytest.raises(jwt.InvalidAlgorithmError):
        read_key_id(with_header({**COGNITO, "alg": algorithm}))


@pytest.mark.parametrize("algorithm", [["RS256"], {"RS256": 1}, True, 256])
def test_an_algorithm_that_is_no_text_is_none(algorithm: object) -> None:
    with pytest.raises(jwt.InvalidAlgorithmError):
        read_key_id(with_header({**COGNITO, "alg": algorithm}))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("jwk", {"kty": "RSA", "n": "AQAB", "e": "AQAB"}),
        ("jku", "https://attacker.example/jwks.json"),
        ("x5u", "https://attacker.example/certificate.pem"),
        ("x5c", ["MIIB"]),
        ("x5t", "thumb"),
        ("crit", ["exp"]),
        ("crit", []),
        ("b64", False),
        ("zip", "DEF"),
        ("enc", "A256GCM"),
        ("cty", "JWT"),
        ("Alg", "none"),
        ("", 1),
    ],
)
def test_a_header_chooses_nothing_else(name: str, value: object) -> None:
    with pytest.raises(jwt.InvalidTokenError):
        read_key_id(with_header({**COGNITO, name: value}))


@pytest.mark.parametrize("kid", ["", "k" * 129, None, ["key-1"], {"key-1": 1}, 1, True])
def test_a_key_is_named_by_a_short_text(kid: object) -> None:
    with pytest.raises(jwt.InvalidTokenError):
        read_key_id(with_header({**COGNITO, "kid": kid}))


@pytest.mark.parametrize("missing", ["alg", "kid"])
def test_a_header_without_its_parameters_is_refused(missing: str) -> None:
    with pytest.raises(jwt.InvalidTokenError):
        read_key_id(with_header({name: value for name, value in COGNITO.items() if name != missing}))


def test_a_type_that_is_no_text_is_refused() -> None:
    with pytest.raises(jwt.InvalidTokenError):
        read_key_id(with_header({**COGNITO, "typ": ["JWT"]}))


@pytest.mark.parametrize(
    "header",
    [
        b'{"alg":"RS256","kid":"key-1","alg":"RS256"}',
        b'{"alg":"none","kid":"key-1","alg":"RS256"}',
        b'{"alg":"RS256","kid":"key-1","kid":"key-2"}',
        b'{"alg":"RS256","kid":"key-1","\\u0061lg":"none"}',
    ],
)
def test_a_name_that_is_there_twice_is_refused(header: bytes) -> None:
    with pytest.raises(jwt.DecodeError):
        read_key_id(with_header(header))


HEADER = json.dumps(COGNITO)


@pytest.mark.parametrize(
    "header",
    [
        b"",
        b"null",
        b"[]",
        b'"RS256"',
        HEADER.encode() + b"{}",
        HEADER[:-1].encode(),
        HEADER.encode("utf-16"),
        HEADER.encode("utf-32"),
        HEADER.encode("utf-8-sig"),
        b'{"alg":"RS256","kid":"\xff\xfe"}',
        b'{"alg":"RS256","kid":"\xed\xa0\x80"}',
        b'{"alg":"RS256","kid":"line\nbreak"}',
        b"[" * 384,
        b'{"kid":' * 50,
        b"9" * 384,
    ],
    ids=range(15),
)
def test_a_header_that_is_no_json_object_is_refused(header: bytes) -> None:
    with pytest.raises(jwt.DecodeError):
        read_key_id(with_header(header))


GOOD = with_header(COGNITO)
PART = encoded(HEADER.encode())
# 32 bytes leave two spare bits in the last character.
LOOSE = PART[:-1] + chr(ord(PART[-1]) + 1)


@pytest.mark.parametrize(
    "token",
    [
        "",
        ".",
        "..",
        "garbage",
        PART,
        f"{PART}.e30",
        f"{PART}.e30.",
        f"{PART}..c2ln",
        f".{GOOD}",
        f"{GOOD}.",
        f"{GOOD}.c2ln",
        f"{GOOD}.c2ln.c2ln",
        f" {GOOD}",
        f"{GOOD} ",
        f"{GOOD}\n",
        f"{GOOD}\x00",
        f"{GOOD}=",
        GOOD.replace(".", "=.", 1),
        GOOD.replace(".", "==.", 1),
        GOOD.replace(".", "\n.", 1),
        GOOD.replace(".", "\uff0e"),
        GOOD.replace("e30", "e+/0"),
        GOOD.replace("e30", "e\u06630"),
        GOOD.replace("e30", "e\ud8000"),
        f"A{GOOD}",
        f"Bearer {GOOD}",
        GOOD.replace(PART, LOOSE),
    ],
)
def test_what_has_not_the_form_of_a_token_is_refused(token: str) -> None:
    with pytest.raises(jwt.DecodeError):
        read_key_id(token)


def test_a_header_may_have_512_characters_and_no_more() -> None:
    assert read_key_id(with_header(HEADER.ljust(384).encode())) == "key-1"
    with pytest.raises(jwt.DecodeError):
        read_key_id(with_header(HEADER.ljust(385).encode()))


def test_a_token_may_have_16384_characters_and_no_more() -> None:
    largest = GOOD + "A" * (16_384 - len(GOOD))
    assert read_key_id(largest) == "key-1"
    with pytest.raises(jwt.DecodeError):
        read_key_id(largest + "A")


NAMES = st.sampled_from(["alg", "kid", "typ", "jwk", "jku", "x5u", "crit", "b64"]) | st.text(max_size=3)
VALUES = st.recursive(
    st.sampled_from(["RS256", "none", "JWT", ""]) | st.none() | st.booleans() | st.floats() | st.text(max_size=5),
    lambda values: st.lists(values, max_size=3) | st.dictionaries(NAMES, values, max_size=3),
)
HEADERS = st.binary(max_size=80) | st.dictionaries(NAMES, VALUES, max_size=4).map(
    lambda value: json.dumps(value).encode()
)


@given(header=HEADERS)
@example(header=HEADER.encode())
def test_any_header_names_its_key_or_is_an_invalid_token(header: bytes) -> None:
    try:
        key_id = read_key_id(with_header(header))
    except jwt.InvalidTokenError:
        return
    read = json.loads(header)
    assert (read.pop("kid"), read.pop("alg")) == (key_id, "RS256")
    assert read.keys() <= {"typ"}


@given(token=st.text() | st.text(alphabet="ab-_=. \n").map(lambda text: text + ".e30.c2ln"))
def test_any_text_that_names_no_key_is_an_invalid_token(token: str) -> None:
    with pytest.raises(jwt.InvalidTokenError):
        read_key_id(token)
