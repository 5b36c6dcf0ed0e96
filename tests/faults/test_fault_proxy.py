"""The fault proxy, between boto3 and the local cloud: a fault is what a caller of AWS would meet."""

import uuid
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError

from faults.fault import STATUSES, Fault, Kind
from faults.fault_proxy import FaultProxy
from faults.history import Stored
from local_cloud.running_cloud import LocalCloud

TABLE = "fault-proxy-jobs"


@pytest.fixture
def proxy(local_cloud: LocalCloud) -> Iterator[FaultProxy]:
    proxy = FaultProxy(local_cloud)
    yield proxy
    proxy.stop()
    assert proxy.failures == []


def client(proxy: FaultProxy, service: str, path: str = "") -> Any:
    """A client of a service behind the proxy, which tries once."""
    return boto3.client(
        service,
        endpoint_url=proxy.url + path,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(retries={"total_max_attempts": 1}),
    )


def call(proxy: FaultProxy, service: str) -> None:
    match service:
        case "dynamodb":
            client(proxy, service).get_item(TableName=TABLE, Key={"jobId": {"S": "none"}})
        case "sqs":
            client(proxy, service).send_message(QueueUrl="none", MessageBody="{}")
        case "lambda":
            client(proxy, service).invoke(FunctionName="none")
        case "connections":
            api = client(proxy, "apigatewaymanagementapi", "/_aws/execute-api/none/prod")
            api.post_to_connection(ConnectionId="none", Data=b"{}")
        case "s3":
            client(proxy, service).get_object(Bucket="none", Key="none")


@pytest.mark.parametrize(("service", "error"), STATUSES)
def test_a_refusal_is_read_by_the_sdk_as_the_services_own(proxy: FaultProxy, service: str, error: str) -> None:
    proxy.inject([Fault("refused", service, Kind.REFUSE, error=error)])

    with pytest.raises(ClientError) as refused:
        call(proxy, service)

    assert refused.value.response["Error"]["Code"] == error
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == STATUSES[service, error]
    assert proxy.injected == {"refused": 1}


@pytest.mark.parametrize(("kind", "steps"), [(Kind.DROP, 0), (Kind.LOSE_REPLY, 1), (Kind.DUPLICATE, 2)])
def test_a_call_has_been_done_as_often_as_the_fault_says_and_is_written_down(
    proxy: FaultProxy, local_cloud: LocalCloud, kind: Kind, steps: int
) -> None:
    dynamodb, job_id = local_cloud.client("dynamodb"), str(uuid.uuid4())
    if TABLE not in dynamodb.list_tables()["TableNames"]:
        dynamodb.create_table(
            TableName=TABLE,
            AttributeDefinitions=[{"AttributeName": "jobId", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "jobId", "KeyType": "HASH"}],
            BillingMode="PAY_PER_REQUEST",
        )
    proxy.inject([Fault("injected", "dynamodb", kind)])

    try:
        client(proxy, "dynamodb").update_item(
            TableName=TABLE,
            Key={"jobId": {"S": job_id}},
            UpdateExpression="SET userId = :user ADD seq :one",
            ExpressionAttributeValues={":user": {"S": "anna"}, ":one": {"N": "1"}},
            ReturnValues="ALL_NEW",
        )
    except ConnectionClosedError:
        assert kind is not Kind.DUPLICATE

    stored = dynamodb.get_item(TableName=TABLE, Key={"jobId": {"S": job_id}}).get("Item", {"seq": {"N": "0"}})
    assert int(stored["seq"]["N"]) == steps
    assert [event.item["seq"] for event in proxy.history.events if isinstance(event, Stored)] == [*range(1, steps + 1)]
