from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finops_websocket.websocket_event import CONNECT, DISCONNECT, MESSAGE, WebSocketEvent
from unit.finops_websocket.sample_events import event_of

PAGE, OTHER_PAGE = "https://finops.example.com", "https://other.example.com"


@pytest.mark.parametrize(
    ("name", "kind", "is_binary", "origins"),
    [
        ("connect", CONNECT, False, (PAGE,)),
        ("connect_without_origin", CONNECT, False, ()),
        ("disconnect", DISCONNECT, False, ()),
        ("ping", MESSAGE, False, ()),
        ("finops_query", MESSAGE, False, ()),
        ("binary_frame", MESSAGE, True, ()),
    ],
)
def test_an_event_of_api_gateway_is_read(name: str, kind: str, is_binary: bool, origins: tuple[str, ...]) -> None:
    event = event_of(name)
    connection_id = event["requestContext"]["connectionId"]
    read = WebSocketEvent.read(event)
    assert read == WebSocketEvent(kind, connection_id, event.get("body", ""), is_binary, origins)


def test_an_empty_frame_is_an_empty_text() -> None:
    assert WebSocketEvent.read({**event_of("ping"), "body": None}).body == ""


@pytest.mark.parametrize(
    "event", [{}, {"requestContext": {}}, {"Records": []}, {"requestContext": {"eventType": "CONNECT"}}]
)
def test_an_event_from_elsewhere_is_a_key_error(event: dict[str, Any]) -> None:
    with pytest.raises(KeyError):
        WebSocketEvent.read(event)


def origins_of(name: str = "connect", **headers: Any) -> tuple[str, ...]:
    bare = {key: value for key, value in event_of(name).items() if key not in {"headers", "multiValueHeaders"}}
    return WebSocketEvent.read({**bare, **headers}).origins


@pytest.mark.parametrize("name", ["Origin", "origin", "ORIGIN", "oRiGiN"])
def test_a_header_s_name_may_be_in_any_case(name: str) -> None:
    assert origins_of(multiValueHeaders={name: [PAGE]}) == (PAGE,)
    assert origins_of(headers={name: PAGE}) == (PAGE,)


def test_every_origin_is_kept() -> None:
    # The other map has only the last value of each name.
    assert origins_of(multiValueHeaders={"Origin": [PAGE, OTHER_PAGE]}, headers={"Origin": OTHER_PAGE}) == (
        PAGE,
        OTHER_PAGE,
    )
    assert origins_of(multiValueHeaders={"Origin": [PAGE], "origin": [OTHER_PAGE]}) == (PAGE, OTHER_PAGE)
    assert origins_of(headers={"Origin": PAGE, "origin": OTHER_PAGE}) == (PAGE, OTHER_PAGE)


def test_an_origin_that_is_in_one_map_alone_is_not_missed() -> None:
    assert origins_of(multiValueHeaders={"Host": ["h"]}, headers={"Origin": PAGE}) == (PAGE,)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"headers": None, "multiValueHeaders": None},
        {"headers": {}, "multiValueHeaders": {}},
        {"multiValueHeaders": {"Origin": []}},
        {"headers": {"Host": PAGE, "X-Origin": PAGE, "Origin ": PAGE}},
    ],
)
def test_a_connection_may_have_no_origin(headers: dict[str, Any]) -> None:
    assert origins_of(**headers) == ()


@pytest.mark.parametrize("name", ["disconnect", "ping"])
def test_no_other_event_has_an_origin(name: str) -> None:
    assert origins_of(name, multiValueHeaders={"Origin": [PAGE]}, headers={"Origin": PAGE}) == ()


@given(
    headers=st.dictionaries(st.sampled_from(["Origin", "origin", "Host"]) | st.text(), st.lists(st.text(), min_size=1))
)
def test_any_headers_give_the_origins_among_them(headers: dict[str, list[str]]) -> None:
    last_values = {name: values[-1] for name, values in headers.items()}
    expected = [value for name, values in headers.items() if name in {"Origin", "origin"} for value in values]
    read = origins_of(multiValueHeaders=headers, headers=last_values)
    if {name.lower() for name in headers} & {"origin"}:
        assert set(expected) <= set(read)
    else:
        assert read == ()
