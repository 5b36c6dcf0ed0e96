"""AWS as the functions use it: how long each call may take, where links lead, and what becomes of a message."""

import boto3
import pytest
from botocore.config import Config
from botocore.stub import Stubber

from cloudformation_template import load
from finops_websocket import aws_clients, metrics
from finops_websocket.connections.channel import ClientChannel, Posted
from finops_websocket.wire.server_messages import Pong
from unit.doubles.embedded_metrics import measurements, names
from unit.doubles.loopback_aws import LoopbackAws


@pytest.fixture(autouse=True)
def region(monkeypatch):
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    # DynamoDB is made once a process, and other tests' is in another region.
    aws_clients.dynamodb.cache_clear()
    yield
    aws_clients.dynamodb.cache_clear()


def limits(client):
    config = client.meta.config
    return config.connect_timeout, config.read_timeout, config.retries["mode"], config.retries["total_max_attempts"]


def test_a_call_on_a_client_s_behalf_ends_before_the_function_s_20_seconds():
    clients = [aws_clients.table("jobs").meta.client, aws_clients.sqs(), aws_clients.s3()]
    for client in clients:
        connect_timeout, read_timeout, mode, attempts = limits(client)
        assert (connect_timeout + read_timeout) * attempts <= 20
        assert (mode, attempts) == ("standard", 3)


def test_the_processor_is_patient_but_not_for_longer_than_its_lease():
    waits = 1 + 2 + 4 + 8 + 16
    for client in (aws_clients.table("jobs", aws_clients.PATIENT).meta.client, aws_clients.sqs(aws_clients.PATIENT)):
        connect_timeout, read_timeout, mode, attempts = limits(client)
        assert (mode, attempts) == ("standard", 6)
        assert (connect_timeout + read_timeout) * attempts + waits < load()["Parameters"]["LeaseSeconds"]["Default"]


def test_an_agent_is_invoked_once_and_waited_for_as_long_as_told():
    client = aws_clients.agent_client(300)
    assert limits(client) == (5, 300, "standard", 1)


def link():
    return aws_clients.s3().generate_presigned_url("get_object", Params={"Bucket": "results", "Key": "jobs/1.md"})


def test_links_are_signed_with_version_4_and_lead_to_the_bucket_s_region_without_a_redirect():
    assert link().startswith("https://results.s3.eu-central-1.amazonaws.com/jobs/1.md?")
    assert "X-Amz-Algorithm=AWS4-HMAC-SHA256" in link()
    assert "%2Feu-central-1%2Fs3%2F" in link()


def test_links_on_the_local_cloud_lead_to_its_address(monkeypatch):
    # The number and not the name: below localhost, no bucket's name resolves.
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:4566")
    assert link().startswith("http://127.0.0.1:4566/results/jobs/1.md?")


def test_the_channel_posts_to_the_stage_s_endpoint():
    with LoopbackAws() as loopback:
        channel = aws_clients.client_channel(loopback.management_endpoint)
        assert channel.send("connection=1", Pong(7)) is Posted.SENT
    assert loopback.posted == [("connection=1", {"action": "pong", "timestamp": 7})]


# The way back to the clients: what becomes of each message, and what that says of its connection.


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


def management_client():
    """Give a client that tries once and reaches nobody: nobody listens on port 1."""
    once = Config(retries={"mode": "standard", "total_max_attempts": 1})
    return boto3.client("apigatewaymanagementapi", "us-east-1", endpoint_url="http://127.0.0.1:1", config=once)


@pytest.fixture
def stubber(aws):
    with Stubber(management_client()) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


def test_a_message_is_posted_and_a_connection_looked_at_and_closed(stubber):
    channel = ClientChannel(stubber.client)
    stubber.add_response("post_to_connection", {}, POST)
    assert channel.send("connection-1", PONG) is Posted.SENT
    stubber.add_response("get_connection", {}, CONNECTION)
    assert channel.is_open("connection-1")
    stubber.add_response("delete_connection", {}, CONNECTION)
    channel.close("connection-1")


def test_a_connection_that_api_gateway_has_forgotten_is_gone(stubber):
    channel = ClientChannel(stubber.client)
    for operation in ("post_to_connection", "get_connection", "delete_connection"):
        stubber.add_client_error(operation, "GoneException", http_status_code=410)
    assert channel.send("connection-1", PONG) is Posted.GONE
    assert not channel.is_open("connection-1")
    channel.close("connection-1")


@REFUSALS
def test_any_other_refusal_is_no_connection_s_end_and_one_that_is_no_client_s_doing_is_counted(
    stubber, capsys, code, status
):
    channel = ClientChannel(stubber.client)
    for operation in ("post_to_connection", "get_connection", "delete_connection"):
        stubber.add_client_error(operation, code, http_status_code=status)
    assert channel.send("connection-1", PONG) is Posted.FAILED
    counted = names(measurements(capsys.readouterr().out))
    assert counted == ({metrics.DELIVERIES_REFUSED: 1} if status == 403 else {})
    assert channel.is_open("connection-1")
    channel.close("connection-1")


def test_an_endpoint_that_cannot_be_reached_tells_nothing_of_a_connection():
    channel = ClientChannel(management_client())
    assert channel.send("connection-1", PONG) is Posted.FAILED
    assert channel.is_open("connection-1")
    channel.close("connection-1")
