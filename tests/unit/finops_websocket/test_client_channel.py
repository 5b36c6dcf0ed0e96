from collections.abc import Iterator

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import EndpointConnectionError
from botocore.stub import Stubber

from finops_websocket.client_channel import ClientChannel, Delivery
from finops_websocket.server_messages import MAX_MESSAGE_BYTES, ErrorMessage, Pong

PONG = Pong(7)
EXPECTED = {"ConnectionId": "connection-1", "Data": PONG.encode()}


@pytest.fixture
def stubber() -> Iterator[Stubber]:
    client = boto3.client(
        "apigatewaymanagementapi",
        "us-east-1",
        endpoint_url="http://localhost:1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(retries={"mode": "standard", "total_max_attempts": 1}),
    )
    with Stubber(client) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


def test_a_message_is_posted_to_its_connection(stubber: Stubber) -> None:
    stubber.add_response("post_to_connection", {}, EXPECTED)
    assert ClientChannel(stubber.client).send("connection-1", PONG) is Delivery.SENT


def test_a_closed_connection_is_gone(stubber: Stubber) -> None:
    stubber.add_client_error("post_to_connection", "GoneException", http_status_code=410, expected_params=EXPECTED)
    assert ClientChannel(stubber.client).send("connection-1", PONG) is Delivery.GONE


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("LimitExceededException", 429),
        ("ForbiddenException", 403),
        ("PayloadTooLargeException", 413),
        ("InternalServerError", 500),
    ],
)
def test_any_other_refusal_is_a_failed_delivery_and_not_the_connection_s_end(
    stubber: Stubber, caplog: pytest.LogCaptureFixture, code: str, status: int
) -> None:
    stubber.add_client_error("post_to_connection", code, http_status_code=status, expected_params=EXPECTED)
    assert ClientChannel(stubber.client).send("connection-1", PONG) is Delivery.FAILED


def test_an_endpoint_that_cannot_be_reached_is_a_failed_delivery() -> None:
    # Port 1 on loopback: nobody listens there.
    client = boto3.client(
        "apigatewaymanagementapi",
        "us-east-1",
        endpoint_url="http://127.0.0.1:1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(retries={"mode": "standard", "total_max_attempts": 1}),
    )
    with pytest.raises(EndpointConnectionError):
        client.post_to_connection(**EXPECTED)
    assert ClientChannel(client).send("connection-1", PONG) is Delivery.FAILED


def test_a_message_of_the_greatest_size_is_posted_and_a_larger_one_is_not(stubber: Stubber) -> None:
    room = MAX_MESSAGE_BYTES - len(ErrorMessage("INTERNAL", "", 7).encode())
    stubber.add_response("post_to_connection", {})
    channel = ClientChannel(stubber.client)
    assert channel.send("connection-1", ErrorMessage("INTERNAL", "x" * room, 7)) is Delivery.SENT
    with pytest.raises(ValueError, match="131073 bytes"):
        channel.send("connection-1", ErrorMessage("INTERNAL", "x" * (room + 1), 7))
