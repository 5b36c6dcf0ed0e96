"""$connect, with the pages from which it may come, $disconnect and ping.

Their code stands in a handler's module, which reads its environment when it is imported.
"""

import json
import logging
from dataclasses import replace

import pytest
from aws_lambda_powertools.logging.formatter import LambdaPowertoolsFormatter
from hypothesis import given
from hypothesis import strategies as st

from connection_manager.origins import OriginPolicy, origins_of
from finops_websocket import metrics
from finops_websocket.connections.identity import Connection
from finops_websocket.dispatch import HANDLED
from finops_websocket.errors import SettingsError
from function_environment import function_environment
from unit.doubles.embedded_metrics import names
from unit.doubles.sample_events import event_of

PAGE, OTHER_PAGE = "https://finops.example.com", "http://localhost:5173"
LISTED = OriginPolicy.read(f"{PAGE},{OTHER_PAGE}", "refuse")
ANY = OriginPolicy.read("*", "refuse")
CONNECTION_ID = event_of("connect")["requestContext"]["connectionId"]


@pytest.fixture(scope="module")
def function():
    """The connection manager's module."""
    with pytest.MonkeyPatch.context() as environment:
        for name, value in function_environment("connection_manager.handler.handler").items():
            environment.setenv(name, value)
        from connection_manager import handler  # noqa: PLC0415 - it reads the environment

        yield handler


def opening(*origins):
    return {**event_of("connect"), "headers": {}, "multiValueHeaders": {"Origin": list(origins)}}


def test_a_new_connection_is_noted_and_nobody_s(services, function, measured):
    assert function.connect(services, event_of("connect")) == HANDLED
    assert services.connections.find(CONNECTION_ID) == Connection(CONNECTION_ID)
    assert services.channel.sent == []
    assert names(measured()) == {metrics.CONNECTIONS_OPENED: 1}


@pytest.mark.parametrize("origins", [(), ("https://attacker.example",), ("null",), (PAGE, PAGE)])
def test_a_page_from_elsewhere_is_refused_and_leaves_nothing(services, function, measured, origins):
    assert function.connect(replace(services, origins=LISTED), opening(*origins)) == {"statusCode": 403}
    assert services.connections.table.scan()["Items"] == []
    assert names(measured()) == {metrics.CONNECTIONS_REFUSED: 1}


@pytest.mark.parametrize(
    "origin", ['https://a.example\n{"level": "ERROR"}', "\x1b[2J\x9b2J\x7f\u202ereversed", "\ud800", "x" * 5000]
)
def test_the_log_of_a_refusal_is_one_short_line_in_ascii(services, function, caplog, origin):
    caplog.set_level(logging.INFO)
    function.connect(replace(services, origins=LISTED), opening(origin))
    [record] = caplog.records
    line = LambdaPowertoolsFormatter().format(record)
    assert json.loads(line)["origin"] == ascii(origin[:100])
    assert line.isascii()
    assert line.isprintable()
    assert len(line) < 1000


def test_a_closed_connection_is_forgotten_and_makes_place_for_one_other_of_its_user(
    services, function, signed_in, measured
):
    for connection_id in (CONNECTION_ID, "connection-2"):
        services.slots.acquire("user-1", connection_id)
        signed_in(connection_id)
    # API Gateway may say it twice.
    for _ in range(2):
        assert function.disconnect(services, event_of("disconnect")) == HANDLED
    assert services.connections.find(CONNECTION_ID) is None
    [user] = [item for item in services.connections.table.scan()["Items"] if "slots" in item]
    assert list(user["slots"]) == ["connection-2"]
    assert services.connections.find("connection-2").user_id == "user-1"
    assert names(measured()) == {metrics.CONNECTIONS_CLOSED: 2}


def test_a_ping_is_answered_with_the_server_s_time(services, function):
    services.clock.set(7.9)
    function.ping(services, Connection("connection-1"), None)
    assert services.channel.to("connection-1") == [{"action": "pong", "timestamp": 7}]


@pytest.mark.parametrize(
    ("headers", "origins"),
    [
        ({"multiValueHeaders": {"oRiGiN": [PAGE]}, "headers": None}, (PAGE,)),
        ({"headers": {"ORIGIN": PAGE}}, (PAGE,)),
        # The other map has only the last value of each name.
        ({"multiValueHeaders": {"Origin": [PAGE, OTHER_PAGE]}, "headers": {"Origin": OTHER_PAGE}}, (PAGE, OTHER_PAGE)),
        ({"headers": {"Origin": PAGE, "origin": OTHER_PAGE}}, (PAGE, OTHER_PAGE)),
        ({"multiValueHeaders": {"Host": ["h"]}, "headers": {"Origin": PAGE}}, (PAGE,)),
        ({"headers": None, "multiValueHeaders": None}, ()),
        ({"headers": {"Host": PAGE, "X-Origin": PAGE, "Origin ": PAGE}}, ()),
    ],
)
def test_every_origin_that_an_event_has_is_found(headers, origins):
    assert origins_of(headers) == origins


@pytest.mark.parametrize(
    "origin",
    [
        *("http://finops.example.com", f"{PAGE}:443", f"{PAGE}/", f"{PAGE}.attacker.example", f"{PAGE}\n"),
        *("https://sub.finops.example.com", "https://FINOPS.example.com", "https://finopsXexample.com"),
        *(f"{PAGE},{OTHER_PAGE}", "finops.example.com", "null", "*", ""),
    ],
)
def test_an_origin_that_differs_in_a_character_may_not(origin):
    assert not LISTED.allows((origin,))
    assert ANY.allows((origin,))


@pytest.mark.parametrize("allowed", ["*", f"{PAGE},*", f"* , {PAGE}"])
def test_a_star_among_origins_allows_any_and_several(allowed):
    assert OriginPolicy.read(allowed, "allow").allows((PAGE, "https://attacker.example"))


@pytest.mark.parametrize("allowed", ["*", PAGE])
def test_a_missing_origin_is_allowed_by_one_word_alone(allowed):
    assert OriginPolicy.read(allowed, "allow").allows(())
    for missing in ("refuse", "", "Allow", "allow ", "true"):
        assert not OriginPolicy.read(allowed, missing).allows(())


def test_origins_are_listed_with_commas_between_them():
    others = {"http://[::1]:3000", "https://xn--bcher-kva.example", "chrome-extension://abcdefghijklmnop"}
    assert OriginPolicy.read(f" {PAGE} , {','.join(others)} ", "allow").allowed == {PAGE, *others}


@pytest.mark.parametrize(
    "allowed",
    [
        *("", " ", ",", f"{PAGE},", f"{PAGE},,{OTHER_PAGE}", f"{PAGE} {OTHER_PAGE}", "null", "https://*.example.com"),
        *("https://", "finops.example.com", f"{PAGE}/", f"{PAGE}?", f"{PAGE}:", f"{PAGE}:https"),
        *("https://Finops.example.com", "https://user@finops.example.com", "https://b\u00fccher.example"),
    ],
)
def test_what_no_browser_would_send_cannot_be_listed(allowed):
    with pytest.raises(SettingsError):
        OriginPolicy.read(allowed, "allow")


@given(origins=st.lists(st.sampled_from([PAGE, OTHER_PAGE, "null", "*", ""]) | st.text(), max_size=3).map(tuple))
def test_nothing_but_a_listed_origin_alone_is_allowed(origins):
    assert LISTED.allows(origins) == (origins in {(PAGE,), (OTHER_PAGE,)})


@given(allowed=st.text() | st.lists(st.from_regex(r"https?://[a-z.]{1,9}/?", fullmatch=True)).map(",".join))
def test_any_list_is_read_or_refused(allowed):
    try:
        policy = OriginPolicy.read(allowed, "refuse")
    except SettingsError:
        return
    assert policy.allowed is None or all(policy.allows((origin,)) for origin in policy.allowed)
