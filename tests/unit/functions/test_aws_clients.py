"""AWS as the functions use it: how long each call may take, where links lead, what DynamoDB and API Gateway refuse."""

import os
import time

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from background_processor.services import BackgroundProcessorServices
from finops_benchmarks.cloudformation_template import load
from finops_benchmarks.function_environment import function_environment
from finops_websocket import aws_clients, metrics
from finops_websocket.conditions import Attr
from finops_websocket.connections.channel import ClientChannel, Posted
from finops_websocket.dynamodb import read_items, update_item
from finops_websocket.settings import BackgroundProcessorSettings
from finops_websocket.wire.server_messages import Pong
from unit.doubles.aws_calls import handled
from unit.doubles.embedded_metrics import measurements, names
from unit.doubles.loopback_aws import LoopbackAws

PONG = Pong(7)


class HangingConnections(LoopbackAws):
    """Connections of which some take nothing until they are released."""

    def __init__(self, hanging, release):
        super().__init__()
        self.hanging, self.release = hanging, release

    def answer(self, command, path, body):
        if path.rpartition("/")[2] in self.hanging:
            assert self.release.wait(20)
        return super().answer(command, path, body)


@pytest.fixture(autouse=True)
def region(monkeypatch):
    for name, value in function_environment("background_processor.handler.handler").items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    # These are made once a process, and other tests' are in another region.
    made = (aws_clients.dynamodb, aws_clients.sqs)
    for client in made:
        client.cache_clear()
    yield
    for client in made:
        client.cache_clear()


def limits(client):
    config = client.meta.config
    return config.connect_timeout, config.read_timeout, config.retries["mode"], config.retries["total_max_attempts"]


@pytest.mark.parametrize(("tries", "waits"), [(aws_clients.PROMPT, 0), (aws_clients.PATIENT, 1 + 2 + 4 + 8 + 16)])
def test_a_call_ends_before_the_function_s_20_seconds_or_the_processor_s_lease(tries, waits):
    most = 20 if tries == aws_clients.PROMPT else load()["Parameters"]["LeaseSeconds"]["Default"]
    for client in (aws_clients.table("jobs", tries).client, aws_clients.sqs(tries), aws_clients.s3(tries)):
        connect_timeout, read_timeout, mode, attempts = limits(client)
        assert (connect_timeout + read_timeout) * attempts + waits < most
        assert (mode, attempts) == ("standard", tries)


def test_the_processor_is_patient_with_its_stores_and_not_with_its_message_or_an_agent():
    """What it gives up is done again by another one, agents included; a message is hidden within the lease."""
    services = BackgroundProcessorServices.of_stack(BackgroundProcessorSettings.read(os.environ))
    for client, tries in ((services.jobs.table.client, aws_clients.PATIENT), (services.sqs, aws_clients.PROMPT)):
        assert limits(client)[3] == tries
    assert limits(aws_clients.agent_client(300)) == (5, 300, "standard", 1)


def link():
    return aws_clients.s3().generate_presigned_url("get_object", Params={"Bucket": "results", "Key": "jobs/1.md"})


def test_links_are_signed_with_version_4_and_lead_to_the_bucket_s_region_or_to_the_local_cloud(monkeypatch):
    assert link().startswith("https://results.s3.eu-central-1.amazonaws.com/jobs/1.md?")
    assert "X-Amz-Algorithm=AWS4-HMAC-SHA256" in link()
    # The number and not the name: below localhost, no bucket's name resolves.
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:4566")
    assert link().startswith("http://127.0.0.1:4566/results/jobs/1.md?")


def test_the_channel_posts_to_a_connection_of_the_stage_looks_at_it_and_closes_it():
    with LoopbackAws() as loopback:
        channel = aws_clients.client_channel(loopback.management_endpoint)
        assert channel.send("connection=1", PONG) is Posted.SENT
        assert channel.is_open("connection=1")
        channel.close("connection=1")
        loopback.gone = {"connection=1"}
        assert channel.send("connection=1", PONG) is Posted.GONE
        assert not channel.is_open("connection=1")
    assert loopback.posted == [("connection=1", {"action": "pong", "timestamp": 7})]
    assert loopback.closed == ["connection=1"]


def test_who_takes_nothing_keeps_nobody_from_being_told_and_is_not_waited_for_again(release):
    with HangingConnections({"hangs"}, release) as loopback:
        channel = aws_clients.client_channel(loopback.management_endpoint)
        told = channel.broadcast({"takes it", "hangs"}, [PONG, Pong(8)], patience=0.2)
        assert told == {"takes it": Posted.SENT, "hangs": Posted.FAILED}
        # What is under way holds nobody up: a minute would be longer than this test may take.
        assert channel.broadcast({"takes it", "hangs"}, [Pong(9)], patience=60) == told
        release.set()
        deadline = time.monotonic() + 20
        while channel.broadcast({"hangs"}, [Pong(10)])["hangs"] is Posted.FAILED:
            assert time.monotonic() < deadline
    assert [message["timestamp"] for connection, message in loopback.posted if connection == "takes it"] == [7, 8, 9]
    assert [message["timestamp"] for connection, message in loopback.posted if connection == "hangs"] == [7, 8, 10]


@pytest.fixture
def stubber():
    """A client that tries once and reaches nobody: nobody listens on port 1."""
    once = Config(retries={"mode": "standard", "total_max_attempts": 1})
    client = boto3.client("apigatewaymanagementapi", endpoint_url="http://127.0.0.1:1", config=once)
    with Stubber(client) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


# A 403 has many names.
@pytest.mark.parametrize(
    ("code", "status"), [("LimitExceededException", 429), ("PayloadTooLargeException", 413), ("403", 403)]
)
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


def test_an_endpoint_that_cannot_be_reached_tells_nothing_of_a_connection(stubber):
    stubber.deactivate()
    channel = ClientChannel(stubber.client)
    assert channel.send("connection-1", PONG) is Posted.FAILED
    assert channel.is_open("connection-1")
    channel.close("connection-1")


# DynamoDB as the stores use it.


@pytest.fixture
def table(jobs):
    return jobs.table


def test_any_other_refusal_is_an_error(table):
    with Stubber(table.client) as stubber:
        stubber.add_client_error("update_item", "ThrottlingException")
        with pytest.raises(ClientError):
            update_item(table, {"jobId": "a"}, Attr("jobId").exists(), assign={"seq": 4})


def test_what_a_batch_leaves_out_is_asked_for_again_after_longer_and_longer_pauses(table):
    for job_id in ("a", "b", "c"):
        table.put_item(Item={"jobId": job_id})
    pauses = []
    asked = []

    def note(params, **_event):
        asked.append(params["RequestItems"][table.name]["ConsistentRead"])

    def leave_out_all_but_one(parsed, **_event):
        left_out, parsed["Responses"][table.name] = (items := parsed["Responses"][table.name])[1:], items[:1]
        if left_out:
            rest = [{"jobId": item["jobId"]} for item in left_out]
            parsed["UnprocessedKeys"] = {table.name: {"Keys": rest, "ConsistentRead": True}}

    client = table.client
    answered = handled(client, "after-call.dynamodb.BatchGetItem", leave_out_all_but_one)
    with answered, handled(client, "provide-client-params.dynamodb.BatchGetItem", note):
        found = list(read_items(table, [{"jobId": job_id} for job_id in ("a", "b", "missing", "c")], pauses.append))
    assert sorted(item["jobId"] for item in found) == ["a", "b", "c"]
    assert pauses == [0.05, 0.1]
    assert asked == [True] * 3
    # DynamoDB refuses an empty batch.
    assert list(read_items(table, [])) == []
