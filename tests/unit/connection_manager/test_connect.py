import logging
from collections.abc import Callable
from typing import Any

import pytest
from aws_lambda_powertools.logging.formatter import LambdaPowertoolsFormatter
from botocore.exceptions import ClientError

from connection_manager.connect import Connect
from connection_manager.origin_policy import OriginPolicy
from finops_websocket import metrics
from finops_websocket.connection_store import ConnectionStore
from finops_websocket.errors import OriginNotAllowed, client_text
from finops_websocket.identity import Connection
from finops_websocket.websocket_event import CONNECT, WebSocketEvent
from unit.finops_websocket.embedded_metrics import Measurement, names

PAGE = "https://finops.example.com"


def event(*origins: str) -> WebSocketEvent:
    return WebSocketEvent(CONNECT, "connection-1", "", is_binary=False, origins=origins)


@pytest.fixture
def connect(connections: ConnectionStore) -> Connect:
    return Connect(connections, OriginPolicy.read(PAGE, "refuse"))


def test_a_new_connection_is_noted_and_nobody_s(
    connect: Connect, connections: ConnectionStore, connections_table: Any
) -> None:
    connect(event(PAGE))
    assert connections.find("connection-1") == Connection("connection-1")
    assert connections_table.get_item(Key={"connectionId": "connection-1"})["Item"]["verified"] is False


@pytest.mark.parametrize("origins", [(), ("https://attacker.example",), ("null",), (PAGE, PAGE)])
def test_a_page_from_elsewhere_is_refused_and_leaves_nothing(
    connect: Connect, connections_table: Any, origins: tuple[str, ...]
) -> None:
    with pytest.raises(OriginNotAllowed) as refused:
        connect(event(*origins))
    assert client_text(refused.value)[0] == "ORIGIN_NOT_ALLOWED"
    assert connections_table.scan()["Items"] == []


@pytest.mark.parametrize(
    "origin", ['https://a.example\n{"level": "ERROR"}', "\x1b[2J\x9b2J\x7f", "\u202ereversed", "\ud800", "x" * 5000]
)
def test_the_log_of_a_refusal_is_one_short_line_in_ascii(
    connect: Connect, caplog: pytest.LogCaptureFixture, origin: str
) -> None:
    caplog.set_level(logging.INFO)
    with pytest.raises(OriginNotAllowed):
        connect(event(origin))
    (record,) = caplog.records
    line = LambdaPowertoolsFormatter().format(record)
    assert ascii(origin[:100])[1:-1].replace("\\", "\\\\").replace('"', '\\"') in line
    assert line.isascii()
    assert line.isprintable()
    assert len(line) < 1000


def test_connections_are_counted_as_opened_or_refused(
    connect: Connect, connections_table: Any, measured: Callable[[], list[Measurement]]
) -> None:
    connect(event(PAGE))
    assert names(measured()) == {metrics.CONNECTIONS_OPENED: 1}
    with pytest.raises(OriginNotAllowed):
        connect(event("https://attacker.example"))
    assert names(measured()) == {metrics.CONNECTIONS_REFUSED: 1}
    connections_table.delete()
    with pytest.raises(ClientError):
        connect(event(PAGE))
    assert measured() == []
