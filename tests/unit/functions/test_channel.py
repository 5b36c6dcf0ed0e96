"""The way back to the clients: what becomes of each message, and what that says of its connection."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.stub import Stubber

from finops_websocket import metrics
from finops_websocket.connections.channel import ClientChannel, Posted
from finops_websocket.wire.server_messages import Pong
from unit.doubles.embedded_metrics import measurements, names

PONG = Pong(7)
CONNECTION = {"ConnectionId": "connection-1"}
POST = {**CONNECTION, "Data": PONG.encode()}

# API Gateway's errors, but for the one that says that a connection is gone.
REFUSALS = pytest.mark.parametrize(
    ("code", "status"),
    [
        ("LimitExceededException", 429),
        ("InternalServerError", 500),
        ("PayloadTooLargeException", 413),
        ("ForbiddenException", 403),
        # A 403 has many names.
        ("403", 403),
    ],
)


def management_client() -> Any:
    """Give a client that tries once and reaches nobody: nobody listens on port 1."""
    once = Config(retries={"mode": "standard", "total_max_attempts": 1})
    return boto3.client("apigatewaymanagementapi", "us-east-1", endpoint_url="http://127.0.0.1:1", config=once)


@pytest.fixture
def stubber(aws: None) -> Iterator[Stubber]:
    with Stubber(management_client()) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


def test_a_message_is_posted_and_a_connection_looked_at_and_closed(stubber: Stubber) -> None:
    channel = ClientChannel(stubber.client)
    stubber.add_response("post_to_connection", {}, POST)
    assert channel.send("connection-1", PONG) is Posted.SENT
    stubber.add_response("get_connection", {}, CONNECTION)
    assert channel.is_open("connection-1")
    stubber.add_response("delete_connection", {}, CONNECTION)
    channel.close("connection-1")


def test_a_connection_that_api_gateway_has_forgotten_is_gone(stubber: Stubber) -> None:
    channel = ClientChannel(stubber.client)
    for operation in ("post_to_connection", "get_connection", "delete_connection"):
        stubber.add_client_error(operation, "GoneException", http_status_code=410)
    assert channel.send("connection-1", PONG) is Posted.GONE
    assert not channel.is_open("connection-1")
    channel.close("connection-1")


@REFUSALS
def test_any_other_refusal_is_no_connection_s_end_and_one_that_is_no_client_s_doing_is_counted(
    stubber: Stubber, capsys: pytest.CaptureFixture[str], code: str, status: int
) -> None:
    channel = ClientChannel(stubber.client)
    for operation in ("post_to_connection", "get_connection", "delete_connection"):
        stubber.add_client_error(operation, code, http_status_code=status)
    assert channel.send("connection-1", PONG) is Posted.FAILED
    counted = names(measurements(capsys.readouterr().out))
    assert counted == ({metrics.DELIVERIES_REFUSED: 1} if status == 403 else {})
    assert channel.is_open("connection-1")
    channel.close("connection-1")


def test_an_endpoint_that_cannot_be_reached_tells_nothing_of_a_connection() -> None:
    channel = ClientChannel(management_client())
    assert channel.send("connection-1", PONG) is Posted.FAILED
    assert channel.is_open("connection-1")
    channel.close("connection-1")
