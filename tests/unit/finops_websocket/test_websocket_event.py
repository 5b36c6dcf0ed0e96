from typing import Any

import pytest

from finops_websocket.websocket_event import CONNECT, DISCONNECT, MESSAGE, WebSocketEvent
from unit.finops_websocket.sample_events import event_of


@pytest.mark.parametrize(
    ("name", "kind", "is_binary"),
    [
        ("connect", CONNECT, False),
        ("disconnect", DISCONNECT, False),
        ("ping", MESSAGE, False),
        ("finops_query", MESSAGE, False),
        ("binary_frame", MESSAGE, True),
    ],
)
def test_an_event_of_api_gateway_is_read(name: str, kind: str, is_binary: bool) -> None:
    event = event_of(name)
    read = WebSocketEvent.read(event)
    assert read == WebSocketEvent(kind, event["requestContext"]["connectionId"], event.get("body", ""), is_binary)


def test_an_empty_frame_is_an_empty_text() -> None:
    assert WebSocketEvent.read({**event_of("ping"), "body": None}).body == ""


@pytest.mark.parametrize(
    "event", [{}, {"requestContext": {}}, {"Records": []}, {"requestContext": {"eventType": "CONNECT"}}]
)
def test_an_event_from_elsewhere_is_a_key_error(event: dict[str, Any]) -> None:
    with pytest.raises(KeyError):
        WebSocketEvent.read(event)
