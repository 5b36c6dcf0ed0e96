"""Tokens: whose they are, what is refused, and how often a pool is asked for its keys."""

import json
from types import SimpleNamespace

import jwt
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from connection_manager.tokens import PoolKeys, TokenUser, TokenVerifier
from finops_websocket import metrics
from finops_websocket.errors import InvalidToken
from unit.doubles.embedded_metrics import names
from unit.doubles.loopback_aws import LoopbackAws
from unit.doubles.sample_tokens import (
    ACCESS_CLAIMS,
    CLIENT,
    ID_CLAIMS,
    IN_AN_HOUR,
    ISSUER,
    KEY,
    NOW,
    OTHER_KEY,
    as_bytes,
    encoded,
    key_set,
    published,
    token,
    token_of,
)

HEADER = {"alg": "RS256", "kid": "key-1"}
KEYS = key_set(**{"key-1": KEY})
NEW_KEYS = key_set(**{"key-2": OTHER_KEY})
NEW_TOKEN = token(key=OTHER_KEY, key_id="key-2")


@pytest.fixture
def server():
    with LoopbackAws() as server:
        server.keys = KEYS
        yield server


@pytest.fixture
def tokens(server, clock, monkeypatch):
    """A verifier whose keys, PyJWT's part of them included, live by the clock."""
    for module in ("jwks_client", "jwk_set_cache", "api_jwk"):
        monkeypatch.setattr(f"jwt.{module}.time", SimpleNamespace(monotonic=clock))
    return TokenVerifier(ISSUER, CLIENT, PoolKeys(server.keys_url, clock))


def is_refused(tokens, refused):
    try:
        tokens.verify(refused)
    except InvalidToken as error:
        # Nothing of the check that failed.
        assert str(error) == "The token is not valid. Please sign in again."
        return True
    return False


def is_without_keys(tokens, sent=None):
    try:
        tokens.verify(sent or token())
    except jwt.PyJWKClientConnectionError:
        return True
    return False


@pytest.mark.parametrize("claims", [ID_CLAIMS, ACCESS_CLAIMS])
def test_both_kinds_of_token_tell_their_user(tokens, claims):
    assert tokens.verify(token_of({**HEADER, "typ": "JWT"}, claims)) == TokenUser("user-1", "ada", IN_AN_HOUR)


@pytest.mark.parametrize("name", [None, "", "a" * 257, ["ada"], "ada\x1b[2J", "\u202eada", "\ud800"])
@pytest.mark.parametrize(("claims", "claim"), [(ID_CLAIMS, "cognito:username"), (ACCESS_CLAIMS, "username")])
def test_a_user_without_a_proper_name_is_called_by_id(tokens, claims, claim, name):
    assert tokens.verify(token({**claims, claim: name})).username == "user-1"
    nameless = {key: value for key, value in claims.items() if key != claim}
    assert tokens.verify(token(nameless)).username == "user-1"


@pytest.mark.parametrize("name", ["a" * 256, "Zo\u00eb M\u00fcller", "\u674e"])
def test_a_name_may_have_any_letters(tokens, name):
    sent = token({**ID_CLAIMS, "sub": name, "cognito:username": name})
    assert tokens.verify(sent) == TokenUser(name, name, IN_AN_HOUR)


# None of these makes the keys be fetched: they are refused for their form. tests/security has more of each kind.
REFUSED_UNSEEN = {
    "not a token": "garbage",
    "no signature": token_of({**HEADER, "alg": "none"}),
    "no key named": token_of({"alg": "RS256"}),
    "a key's name that is no text": token_of({"alg": "RS256", "kid": ["key-1"]}),
    "another RSA algorithm": jwt.encode(ID_CLAIMS, KEY, "RS512", headers={"kid": "key-1"}),
    "a deep header": f"{encoded(b'[' * 10_000)}.e30.c2ln",
}


@pytest.mark.parametrize("refused", REFUSED_UNSEEN.values(), ids=list(REFUSED_UNSEEN))
def test_what_is_no_token_of_cognito_s_is_refused_without_a_fetch(server, tokens, refused):
    assert is_refused(tokens, refused)
    assert server.key_fetches == 0


REFUSED = {
    "another's signature": token(key=OTHER_KEY),
    "an unknown key": token(key_id="key-2"),
    "expiring now": token({**ID_CLAIMS, "exp": NOW}),
    "another pool": token({**ID_CLAIMS, "iss": ISSUER + "2"}),
    "another client's id token": token({**ID_CLAIMS, "aud": "another"}),
    "another client's access token": token({**ACCESS_CLAIMS, "client_id": "another"}),
    "an id token as access token": token({**ID_CLAIMS, "token_use": "access"}),
    "another use": token({**ID_CLAIMS, "token_use": "refresh"}),
    "a subject without characters": token({**ID_CLAIMS, "sub": ""}),
    "a subject of 257 characters": token({**ID_CLAIMS, "sub": "u" * 257}),
    "a subject that cannot be written": token({**ID_CLAIMS, "sub": "\ud800"}),
    "an end without end": token_of(HEADER, {**ID_CLAIMS, "exp": float("inf")}),
    **{
        f"no {claim}": token({name: value for name, value in ID_CLAIMS.items() if name != claim})
        for claim in ("exp", "iss", "sub", "aud", "token_use")
    },
    "no client_id": token({name: value for name, value in ACCESS_CLAIMS.items() if name != "client_id"}),
    "deep claims": token_of(HEADER, b"[" * 10_000),
}


@pytest.mark.parametrize("refused", REFUSED.values(), ids=list(REFUSED))
def test_what_proves_nothing_is_refused(tokens, refused):
    assert is_refused(tokens, refused)


def test_keys_are_fetched_when_first_needed_and_kept_for_an_hour(server, tokens, clock):
    assert server.key_fetches == 0
    tokens.verify(token())
    server.keys = NEW_KEYS
    clock.now += 3600
    tokens.verify(token())
    assert server.key_fetches == 1
    # A key that the pool has taken back opens nothing after that, and nothing does while the pool is silent.
    clock.now += 1
    server.keys_status = 503
    assert is_without_keys(tokens)
    clock.now += 60
    server.keys_status = 200
    assert is_refused(tokens, token())


def test_unknown_keys_make_them_be_fetched_once_a_minute_and_a_new_one_is_found(server, tokens, clock):
    for second in range(180):
        assert is_refused(tokens, token(key_id=f"made-up-{second}") if second % 60 in {0, 1, 59} else NEW_TOKEN)
        clock.now += 1
    assert server.key_fetches == 3
    server.keys = NEW_KEYS
    assert tokens.verify(NEW_TOKEN).user_id == "user-1"
    assert is_refused(tokens, token())


def test_keys_that_cannot_be_had_let_nobody_in_and_are_asked_for_and_counted_once_a_minute(
    server, tokens, clock, measured
):
    server.keys_status = 503
    for _ in range(180):
        assert is_without_keys(tokens)
        clock.now += 1
    assert server.key_fetches == 3
    assert names(measured()) == {metrics.TOKEN_KEYS_UNAVAILABLE: 3}
    server.keys_status = 200
    assert tokens.verify(token()).user_id == "user-1"
    assert measured() == []


GOOD = published(KEY, "key-1")
RUBBISH = {
    "nothing": b"",
    "a page": b"<html>Service Unavailable</html>",
    "no keys": b'{"keys": []}',
    "no key": as_bytes({"keys": [{**GOOD, "n": 5}]}),
    "depth": b"[" * 60_000,
}


@pytest.mark.parametrize("rubbish", RUBBISH.values(), ids=list(RUBBISH))
def test_an_answer_without_keys_is_no_fault_of_the_token_s_and_takes_no_key_away_within_its_hour(
    server, tokens, clock, rubbish
):
    server.keys = rubbish
    for _ in range(3):
        assert is_without_keys(tokens)
    assert server.key_fetches == 1
    clock.now += 60
    server.keys = KEYS
    tokens.verify(token())
    clock.now += 60
    server.keys = rubbish
    for _ in range(3):
        # Whether the pool has this key is not known before it answers again.
        assert is_without_keys(tokens, NEW_TOKEN)
        assert tokens.verify(token())
    assert server.key_fetches == 3


@pytest.mark.parametrize(
    "useless",
    [{"kty": "oct", "k": "c2VjcmV0", "kid": "key-1", "alg": "RS256"}, {**GOOD, "use": "enc"}, "key-1"],
    ids=["a shared secret", "for encryption", "a text"],
)
def test_what_is_no_key_for_rs256_checks_nothing_and_the_others_do(server, tokens, useless):
    server.keys = as_bytes({"keys": [useless, published(OTHER_KEY, "key-2")]})
    assert is_refused(tokens, token())
    assert tokens.verify(NEW_TOKEN).user_id == "user-1"


def test_no_redirect_is_followed(server, tokens):
    with LoopbackAws() as elsewhere:
        elsewhere.keys = KEYS
        server.keys_status = 302
        server.keys_headers = {"Location": elsewhere.keys_url}
        assert is_without_keys(tokens)
        assert elsewhere.key_fetches == 0


NAMES = st.sampled_from([*HEADER, "typ", "crit", "b64", *ID_CLAIMS, "nbf", "jti"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.sampled_from(["id", "access"]),
    lambda values: st.lists(values, max_size=3) | st.dictionaries(NAMES, values, max_size=4),
)
PARTS = st.binary(max_size=60) | VALUES.map(lambda value: json.dumps(value).encode())
# The tables of PyJWT's clock stay as they are, and the keys are fetched once.
often = settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])


@often
@given(
    forged=st.text(st.characters(exclude_categories=()), max_size=60)
    | st.lists(PARTS.map(encoded), min_size=2, max_size=4).map(".".join)
)
def test_any_text_is_refused_as_an_invalid_token(tokens, forged):
    assert is_refused(tokens, forged)


@often
@given(
    header=PARTS | st.dictionaries(NAMES, VALUES, max_size=2).map(lambda changes: {**HEADER, **changes}),
    payload=PARTS | st.dictionaries(NAMES, VALUES, max_size=3).map(lambda changes: {**ID_CLAIMS, **changes}),
)
@example(header=HEADER, payload=ID_CLAIMS)
def test_anything_that_the_pool_signs_is_a_user_or_an_invalid_token(tokens, header, payload):
    try:
        user = tokens.verify(token_of(header, payload))
    except InvalidToken:
        return
    assert user.user_id == payload["sub"]
    assert 0 < len(user.username) <= 256
    assert user.expires_at > NOW
