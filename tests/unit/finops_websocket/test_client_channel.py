import json
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.config import Config
from botocore.exceptions import EndpointConnectionError
from botocore.stub import Stubber
from urllib3 import HTTPResponse

from finops_websocket.client_channel import ClientChannel, Delivery
from finops_websocket.server_messages import MAX_MESSAGE_BYTES, ErrorMessage, Pong

PONG = Pong(7)
EXPECTED = {"ConnectionId": "connection-1", "Data": PONG.encode()}


@pytest.fixture(autouse=True)
def namespace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "my-project")


def management_client() -> Any:
    """Give a client that tries once and reaches nobody: nobody listens on port 1."""
    return boto3.client(
        "apigatewaymanagementapi",
        "us-east-1",
        endpoint_url="http://127.0.0.1:1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(retries={"mode": "standard", "total_max_attempts": 1}),
    )


@pytest.fixture
def stubber() -> Iterator[Stubber]:
    with Stubber(management_client()) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


def counted(capsys: pytest.CaptureFixture[str]) -> list[str]:
    """Give the names of the metrics on standard output."""
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines() if "CloudWatchMetrics" in line]
    return [metric["Name"] for line in lines for metric in line["_aws"]["CloudWatchMetrics"][0]["Metrics"]]


def of_size(frame_bytes: int) -> ErrorMessage:
    """Give a message whose frame is that large."""
    return ErrorMessage("INTERNAL", "x" * (frame_bytes - len(ErrorMessage("INTERNAL", "", 7).encode())), 7)


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
        ("InternalServerError", 500),
        ("ServiceUnavailableException", 503),
        ("ForbiddenException", 403),
        ("PayloadTooLargeException", 413),
    ],
)
def test_any_other_refusal_is_a_failed_delivery_and_not_the_connection_s_end(
    stubber: Stubber, code: str, status: int
) -> None:
    stubber.add_client_error("post_to_connection", code, http_status_code=status, expected_params=EXPECTED)
    assert ClientChannel(stubber.client).send("connection-1", PONG) is Delivery.FAILED


@pytest.mark.parametrize("code", ["ForbiddenException", "AccessDeniedException", "403"])
def test_a_refusal_that_is_no_client_s_doing_is_counted(
    stubber: Stubber, capsys: pytest.CaptureFixture[str], code: str
) -> None:
    stubber.add_client_error("post_to_connection", code, http_status_code=403, expected_params=EXPECTED)
    assert ClientChannel(stubber.client).send("connection-1", PONG) is Delivery.FAILED
    assert counted(capsys) == ["DeliveriesRefused"]


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("GoneException", 410),
        ("PayloadTooLargeException", 413),
        ("LimitExceededException", 429),
        ("InternalServerError", 500),
    ],
)
def test_what_else_becomes_of_messages_raises_no_alarm(
    stubber: Stubber, capsys: pytest.CaptureFixture[str], code: str, status: int
) -> None:
    stubber.add_client_error("post_to_connection", code, http_status_code=status)
    ClientChannel(stubber.client).send("connection-1", PONG)
    assert counted(capsys) == []


def test_an_endpoint_that_cannot_be_reached_is_a_failed_delivery() -> None:
    client = management_client()
    with pytest.raises(EndpointConnectionError):
        client.post_to_connection(**EXPECTED)
    assert ClientChannel(client).send("connection-1", PONG) is Delivery.FAILED


def test_a_message_of_the_greatest_size_is_posted_and_a_larger_one_is_not(stubber: Stubber) -> None:
    stubber.add_response("post_to_connection", {})
    channel = ClientChannel(stubber.client)
    assert channel.send("connection-1", of_size(MAX_MESSAGE_BYTES)) is Delivery.SENT
    assert channel.send("connection-1", of_size(MAX_MESSAGE_BYTES + 1)) is Delivery.FAILED


def test_a_message_that_is_too_large_is_replaced_by_the_shorter_unposted(stubber: Stubber) -> None:
    stubber.add_response("post_to_connection", {}, EXPECTED)
    channel = ClientChannel(stubber.client)
    assert channel.send("connection-1", of_size(MAX_MESSAGE_BYTES + 1), lambda: PONG) is Delivery.SENT


def test_a_message_that_api_gateway_finds_too_large_is_replaced_by_the_shorter(stubber: Stubber) -> None:
    large = of_size(MAX_MESSAGE_BYTES)
    stubber.add_client_error(
        "post_to_connection",
        "PayloadTooLargeException",
        http_status_code=413,
        expected_params={"ConnectionId": "connection-1", "Data": large.encode()},
    )
    stubber.add_response("post_to_connection", {}, EXPECTED)
    assert ClientChannel(stubber.client).send("connection-1", large, lambda: PONG) is Delivery.SENT


def test_a_shorter_message_that_is_too_large_too_is_a_failed_delivery(stubber: Stubber) -> None:
    for _ in range(2):
        stubber.add_client_error("post_to_connection", "PayloadTooLargeException", http_status_code=413)
    assert ClientChannel(stubber.client).send("connection-1", PONG, lambda: PONG) is Delivery.FAILED


def test_what_becomes_of_the_shorter_message_is_what_became_of_the_message(stubber: Stubber) -> None:
    stubber.add_client_error("post_to_connection", "GoneException", http_status_code=410)
    channel = ClientChannel(stubber.client)
    assert channel.send("connection-1", of_size(MAX_MESSAGE_BYTES + 1), lambda: PONG) is Delivery.GONE


@pytest.mark.parametrize("code", [None, "GoneException", "LimitExceededException", "ForbiddenException"])
def test_a_shorter_message_is_not_made_without_need(stubber: Stubber, code: str | None) -> None:
    def make() -> ErrorMessage:
        raise AssertionError("It writes into the bucket.")

    if code is None:
        stubber.add_response("post_to_connection", {})
    else:
        stubber.add_client_error("post_to_connection", code)
    ClientChannel(stubber.client).send("connection-1", PONG, make)


@pytest.mark.parametrize(
    ("status", "error_type", "delivery"),
    [
        (200, "", Delivery.SENT),
        (410, "GoneException", Delivery.GONE),
        (413, "PayloadTooLargeException", Delivery.FAILED),
        (403, "ForbiddenException", Delivery.FAILED),
        # A refusal of API Gateway itself, which knows no error types.
        (403, "", Delivery.FAILED),
    ],
)
def test_an_http_answer_is_read_as_the_sdk_reads_it(
    capsys: pytest.CaptureFixture[str], status: int, error_type: str, delivery: Delivery
) -> None:
    client = management_client()

    def answer(**_event: Any) -> AWSResponse:
        return AWSResponse(
            "http://127.0.0.1:1",
            status,
            {"x-amzn-ErrorType": error_type} if error_type else {},
            HTTPResponse(BytesIO(), preload_content=False),
        )

    client.meta.events.register("before-send.apigatewaymanagementapi.PostToConnection", answer)
    assert ClientChannel(client).send("connection-1", PONG) is delivery
    assert counted(capsys) == (["DeliveriesRefused"] if status == 403 else [])


CONNECTION = {"ConnectionId": "connection-1"}


def test_a_connection_that_api_gateway_knows_is_open(stubber: Stubber) -> None:
    stubber.add_response("get_connection", {}, CONNECTION)
    assert ClientChannel(stubber.client).is_open("connection-1")


def test_a_connection_that_api_gateway_has_forgotten_is_not_open(stubber: Stubber) -> None:
    stubber.add_client_error("get_connection", "GoneException", http_status_code=410, expected_params=CONNECTION)
    assert not ClientChannel(stubber.client).is_open("connection-1")


@pytest.mark.parametrize(
    ("code", "status"),
    [("ForbiddenException", 403), ("LimitExceededException", 429), ("InternalServerError", 500)],
)
def test_a_connection_counts_as_open_where_api_gateway_does_not_say(stubber: Stubber, code: str, status: int) -> None:
    stubber.add_client_error("get_connection", code, http_status_code=status)
    assert ClientChannel(stubber.client).is_open("connection-1")


def test_a_connection_is_closed(stubber: Stubber) -> None:
    stubber.add_response("delete_connection", {}, CONNECTION)
    ClientChannel(stubber.client).close("connection-1")


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("GoneException", 410),
        ("ForbiddenException", 403),
        ("LimitExceededException", 429),
        ("InternalServerError", 500),
    ],
)
def test_a_connection_that_cannot_be_closed_is_no_error(stubber: Stubber, code: str, status: int) -> None:
    stubber.add_client_error("delete_connection", code, http_status_code=status, expected_params=CONNECTION)
    ClientChannel(stubber.client).close("connection-1")


def test_an_endpoint_that_cannot_be_reached_tells_nothing_of_a_connection() -> None:
    channel = ClientChannel(management_client())
    assert channel.is_open("connection-1")
    channel.close("connection-1")
