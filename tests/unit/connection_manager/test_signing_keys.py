from collections.abc import Callable, Iterator

import jwt
import pytest

from connection_manager.signing_keys import SigningKeys
from finops_websocket import metrics
from unit.connection_manager.key_server import KeyServer
from unit.connection_manager.sample_tokens import KEY, OTHER_KEY, key_set
from unit.finops_websocket.embedded_metrics import Measurement, names
from unit.finops_websocket.settable_clock import SettableClock

OLD, NEW = key_set(**{"key-1": KEY}), key_set(**{"key-2": OTHER_KEY})


@pytest.fixture
def server() -> Iterator[KeyServer]:
    with KeyServer(OLD) as server:
        yield server


@pytest.fixture
def keys(server: KeyServer, clock: SettableClock) -> SigningKeys:
    return SigningKeys(server.url, clock)


def find_in_vain(keys: SigningKeys, key_id: str) -> None:
    with pytest.raises(jwt.PyJWKClientConnectionError):
        keys.find(key_id)


def test_keys_are_fetched_when_first_needed_and_kept_for_an_hour(
    server: KeyServer, keys: SigningKeys, clock: SettableClock
) -> None:
    assert server.fetches == []
    for seconds in (0, 60, 3539):
        clock.now += seconds
        assert keys.find("key-1") is not None
    assert server.fetches == ["/pool/.well-known/jwks.json"]
    clock.now += 1
    assert keys.find("key-1") is not None
    assert len(server.fetches) == 2


def test_unknown_keys_make_them_be_fetched_once_a_minute(
    server: KeyServer, keys: SigningKeys, clock: SettableClock
) -> None:
    for second in range(180):
        assert keys.find(f"made-up-{second}") is None
        clock.now += 1
    assert len(server.fetches) == 3


def test_keys_that_cannot_be_had_are_asked_for_once_a_minute(
    server: KeyServer, keys: SigningKeys, clock: SettableClock
) -> None:
    server.status = 503
    for _ in range(180):
        find_in_vain(keys, "key-1")
        clock.now += 1
    assert len(server.fetches) == 3
    server.status = 200
    assert keys.find("key-1") is not None


def test_a_key_that_the_pool_has_added_is_found_after_a_minute(
    server: KeyServer, keys: SigningKeys, clock: SettableClock
) -> None:
    assert keys.find("key-1") is not None
    server.body = NEW
    clock.now += 59
    assert keys.find("key-2") is None
    clock.now += 1
    assert keys.find("key-2") is not None
    assert len(server.fetches) == 2


def test_a_key_that_the_pool_has_removed_is_gone_when_others_are_fetched(
    server: KeyServer, keys: SigningKeys, clock: SettableClock
) -> None:
    assert keys.find("key-1") is not None
    server.body = NEW
    clock.now += 60
    assert keys.find("key-2") is not None
    assert keys.find("key-1") is None


def test_a_key_that_the_pool_has_removed_is_gone_after_an_hour(
    server: KeyServer, keys: SigningKeys, clock: SettableClock
) -> None:
    assert keys.find("key-1") is not None
    server.body = NEW
    clock.now += 3599
    assert keys.find("key-1") is not None
    clock.now += 1
    assert keys.find("key-1") is None


def test_an_hour_old_key_opens_nothing_while_the_pool_is_silent(
    server: KeyServer, keys: SigningKeys, clock: SettableClock
) -> None:
    assert keys.find("key-1") is not None
    server.status = 503
    clock.now += 3600
    for _ in range(3):
        find_in_vain(keys, "key-1")
        clock.now += 1
    assert len(server.fetches) == 2


@pytest.mark.parametrize("answer", [b"", b'{"keys": []}', b"<html>", b" " * 100_000])
def test_a_bad_answer_takes_no_key_away_within_its_hour(
    server: KeyServer, keys: SigningKeys, clock: SettableClock, answer: bytes
) -> None:
    assert keys.find("key-1") is not None
    server.body = answer
    clock.now += 60
    find_in_vain(keys, "key-2")
    assert keys.find("key-1") is not None
    # Whether the pool has this key is not known before it answers again.
    find_in_vain(keys, "key-2")
    assert len(server.fetches) == 2
    clock.now += 3540
    find_in_vain(keys, "key-1")


def test_a_clock_that_is_set_back_lets_no_key_live_longer(
    server: KeyServer, keys: SigningKeys, clock: SettableClock
) -> None:
    assert keys.find("key-1") is not None
    server.body = NEW
    clock.now -= 1
    assert keys.find("key-1") is None
    assert len(server.fetches) == 2


def test_a_fetch_that_fails_is_counted_and_not_each_token_that_waits_for_the_next(
    server: KeyServer, keys: SigningKeys, clock: SettableClock, measured: Callable[[], list[Measurement]]
) -> None:
    server.status = 503
    for _ in range(120):
        find_in_vain(keys, "key-1")
        clock.now += 1
    assert names(measured()) == {metrics.TOKEN_KEYS_UNAVAILABLE: 2}
    server.status = 200
    assert keys.find("key-1") is not None
    # Keys that the pool does not have are no fault of it.
    clock.now += 60
    assert keys.find("made-up") is None
    assert measured() == []
