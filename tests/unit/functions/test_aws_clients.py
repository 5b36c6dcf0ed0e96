"""The AWS clients: how long each may take, and where links lead."""

from collections.abc import Iterator
from typing import Any

import pytest

from cloudformation_template import load
from finops_websocket import aws_clients
from finops_websocket.connections.channel import Posted
from finops_websocket.wire.server_messages import Pong
from unit.doubles.loopback_aws import LoopbackAws


@pytest.fixture(autouse=True)
def region(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    # DynamoDB is made once a process, and other tests' is in another region.
    aws_clients.dynamodb.cache_clear()
    yield
    aws_clients.dynamodb.cache_clear()


def limits(client: Any) -> tuple[float, float, str, int]:
    config = client.meta.config
    return config.connect_timeout, config.read_timeout, config.retries["mode"], config.retries["total_max_attempts"]


def test_a_call_on_a_client_s_behalf_ends_before_the_function_s_20_seconds() -> None:
    clients = [aws_clients.table("jobs").meta.client, aws_clients.sqs(), aws_clients.s3()]
    for client in clients:
        connect_timeout, read_timeout, mode, attempts = limits(client)
        assert (connect_timeout + read_timeout) * attempts <= 20
        assert (mode, attempts) == ("standard", 3)


def test_the_processor_is_patient_but_not_for_longer_than_its_lease() -> None:
    waits = 1 + 2 + 4 + 8 + 16
    for client in (aws_clients.table("jobs", aws_clients.PATIENT).meta.client, aws_clients.sqs(aws_clients.PATIENT)):
        connect_timeout, read_timeout, mode, attempts = limits(client)
        assert (mode, attempts) == ("standard", 6)
        assert (connect_timeout + read_timeout) * attempts + waits < load()["Parameters"]["LeaseSeconds"]["Default"]


def test_an_agent_is_invoked_once_and_waited_for_as_long_as_told() -> None:
    client = aws_clients.agent_client(300)
    assert limits(client) == (5, 300, "standard", 1)


def link() -> str:
    return aws_clients.s3().generate_presigned_url("get_object", Params={"Bucket": "results", "Key": "jobs/1.md"})


def test_links_are_signed_with_version_4_and_lead_to_the_bucket_s_region_without_a_redirect() -> None:
    assert link().startswith("https://results.s3.eu-central-1.amazonaws.com/jobs/1.md?")
    assert "X-Amz-Algorithm=AWS4-HMAC-SHA256" in link()
    assert "%2Feu-central-1%2Fs3%2F" in link()


def test_links_on_the_local_cloud_lead_to_its_address(monkeypatch: pytest.MonkeyPatch) -> None:
    # The number and not the name: below localhost, no bucket's name resolves.
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:4566")
    assert link().startswith("http://127.0.0.1:4566/results/jobs/1.md?")


def test_the_channel_posts_to_the_stage_s_endpoint() -> None:
    with LoopbackAws() as loopback:
        channel = aws_clients.client_channel(loopback.management_endpoint)
        assert channel.send("connection=1", Pong(7)) is Posted.SENT
    assert loopback.posted == [("connection=1", {"action": "pong", "timestamp": 7})]
