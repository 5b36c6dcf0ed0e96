"""The fault proxy, between boto3 and the local cloud: each fault is what a caller of AWS would meet."""

import json
import time
import uuid
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError

from faults.fault import Fault, Kind
from faults.fault_proxy import FaultProxy
from faults.history import Injected, Stored
from local_cloud.running_cloud import LocalCloud

TABLE = "fault-proxy-jobs"
QUEUE = "fault-proxy-queue"
# Every refusal that a row of the table may ask for, and the call that meets it.
REFUSALS = {
    ("dynamodb", "ProvisionedThroughputExceededException"): 400,
    ("dynamodb", "InternalServerError"): 500,
    ("sqs", "ServiceUnavailable"): 503,
    ("lambda", "TooManyRequestsException"): 429,
    ("lambda", "ServiceException"): 500,
    ("connections", "GoneException"): 410,
    ("connections", "PayloadTooLargeException"): 413,
    ("connections", "LimitExceededException"): 429,
    ("connections", "ForbiddenException"): 403,
    ("connections", "InternalServerErrorException"): 500,
    ("s3", "SlowDown"): 503,
}


@pytest.fixture
def proxy(local_cloud: LocalCloud) -> Iterator[FaultProxy]:
    proxy = FaultProxy(local_cloud)
    yield proxy
    proxy.stop()
    assert proxy.failures == []


@pytest.fixture(scope="module")
def table(local_cloud: LocalCloud) -> str:
    local_cloud.client("dynamodb").create_table(
        TableName=TABLE,
        AttributeDefinitions=[{"AttributeName": "jobId", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "jobId", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    return TABLE


@pytest.fixture(scope="module")
def queue(local_cloud: LocalCloud) -> str:
    url: str = local_cloud.client("sqs").create_queue(QueueName=QUEUE)["QueueUrl"]
    return url


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


def call(proxy: FaultProxy, service: str, table: str, queue: str) -> None:
    match service:
        case "dynamodb":
            client(proxy, service).get_item(TableName=table, Key={"jobId": {"S": "none"}})
        case "sqs":
            client(proxy, service).send_message(QueueUrl=queue, MessageBody="{}")
        case "lambda":
            client(proxy, service).invoke(FunctionName="none")
        case "connections":
            api = client(proxy, "apigatewaymanagementapi", "/_aws/execute-api/none/prod")
            api.post_to_connection(ConnectionId="none", Data=b"{}")
        case "s3":
            client(proxy, service).get_object(Bucket="none", Key="none")


def add_step(proxy: FaultProxy, table: str, job_id: str) -> None:
    client(proxy, "dynamodb").update_item(
        TableName=table,
        Key={"jobId": {"S": job_id}},
        UpdateExpression="SET userId = :user ADD seq :one",
        ExpressionAttributeValues={":user": {"S": "anna"}, ":one": {"N": "1"}},
        ReturnValues="ALL_NEW",
    )


def seq_of(local_cloud: LocalCloud, table: str, job_id: str) -> int:
    item = local_cloud.client("dynamodb").get_item(TableName=table, Key={"jobId": {"S": job_id}}).get("Item")
    return int(item["seq"]["N"]) if item else 0


@pytest.mark.parametrize(("service", "error"), REFUSALS)
def test_refusal_is_read_by_the_sdk_as_the_services_own(
    proxy: FaultProxy, table: str, queue: str, service: str, error: str
) -> None:
    proxy.inject([Fault("refused", service, Kind.REFUSE, error=error)])

    with pytest.raises(ClientError) as refused:
        call(proxy, service, table, queue)

    assert refused.value.response["Error"]["Code"] == error
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == REFUSALS[service, error]
    assert "date" in refused.value.response["ResponseMetadata"]["HTTPHeaders"]
    assert proxy.injected == {"refused": 1}
    (noted,) = proxy.history.events
    assert isinstance(noted, Injected)
    assert (noted.fault, noted.service) == ("refused", service)


def test_without_faults_a_call_is_served_and_what_it_stored_is_written_down(proxy: FaultProxy, table: str) -> None:
    job_id = str(uuid.uuid4())

    add_step(proxy, table, job_id)
    add_step(proxy, table, job_id)

    assert [event.item for event in proxy.history.events if isinstance(event, Stored)] == [
        {"jobId": job_id, "userId": "anna", "seq": 1},
        {"jobId": job_id, "userId": "anna", "seq": 2},
    ]


def test_jobs_of_a_transaction_are_written_down_and_other_items_are_not(proxy: FaultProxy, table: str) -> None:
    note, job = {"jobId": {"S": "request#1"}}, {"jobId": {"S": "j"}, "userId": {"S": "anna"}, "seq": {"N": "1"}}

    client(proxy, "dynamodb").transact_write_items(
        TransactItems=[{"Put": {"TableName": table, "Item": item}} for item in (note, job)]
    )

    assert [event.item for event in proxy.history.events if isinstance(event, Stored)] == [
        {"jobId": "j", "userId": "anna", "seq": 1}
    ]


@pytest.mark.parametrize(("kind", "steps"), [(Kind.DROP, 0), (Kind.LOSE_REPLY, 1)])
def test_lost_call_has_been_done_or_not(
    proxy: FaultProxy, local_cloud: LocalCloud, table: str, kind: Kind, steps: int
) -> None:
    job_id = str(uuid.uuid4())
    proxy.inject([Fault("lost", "dynamodb", kind)])

    with pytest.raises(ConnectionClosedError):
        add_step(proxy, table, job_id)

    assert seq_of(local_cloud, table, job_id) == steps
    assert sum(isinstance(event, Stored) for event in proxy.history.events) == steps


def test_duplicate_is_done_twice(proxy: FaultProxy, local_cloud: LocalCloud, table: str) -> None:
    job_id = str(uuid.uuid4())
    proxy.inject([Fault("twice", "dynamodb", Kind.DUPLICATE)])

    add_step(proxy, table, job_id)

    assert seq_of(local_cloud, table, job_id) == 2


def test_delayed_call_is_served_later(proxy: FaultProxy, table: str, queue: str) -> None:
    proxy.inject([Fault("slow", "dynamodb", Kind.DELAY, seconds=0.2)])
    begin = time.monotonic()

    call(proxy, "dynamodb", table, queue)

    assert time.monotonic() - begin >= 0.2


def test_hidden_message_is_visible_at_once(proxy: FaultProxy, queue: str) -> None:
    sqs = client(proxy, "sqs")
    sqs.purge_queue(QueueUrl=queue)
    sqs.send_message(QueueUrl=queue, MessageBody=json.dumps({"jobId": "j"}))
    (message,) = sqs.receive_message(QueueUrl=queue, VisibilityTimeout=600)["Messages"]
    proxy.inject([Fault("visible", "sqs", Kind.HIDE, "ChangeMessageVisibility")])

    sqs.change_message_visibility(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=600)

    (again,) = sqs.receive_message(QueueUrl=queue)["Messages"]
    assert again["MessageId"] == message["MessageId"]


def test_fault_befalls_only_the_calls_that_it_names(proxy: FaultProxy, table: str, queue: str) -> None:
    proxy.inject(
        [
            Fault("other service", "s3", Kind.DROP),
            Fault("other operation", "dynamodb", Kind.DROP, "PutItem"),
            Fault("other caller", "dynamodb", Kind.DROP, caller="-background-processor"),
            Fault("other body", "dynamodb", Kind.DROP, matches=lambda body: b"somebody" in body),
            # Nobody to kill: the tests' own process has made the call.
            Fault("no worker", "dynamodb", Kind.KILL),
        ]
    )

    call(proxy, "dynamodb", table, queue)

    assert proxy.injected.total() == 0


def test_fault_lets_the_first_calls_pass_and_then_comes_as_often_as_it_says(
    proxy: FaultProxy, table: str, queue: str
) -> None:
    proxy.inject([Fault("twice", "dynamodb", Kind.DROP, after=1, times=2)])

    served = [is_served(proxy, table, queue) for _ in range(5)]

    assert served == [True, False, False, True, True]


def test_same_seed_throws_the_same_dice(proxy: FaultProxy, table: str, queue: str) -> None:
    runs = []
    for seed in (7, 7, 8):
        proxy.inject([Fault("sometimes", "dynamodb", Kind.DROP, probability=0.5)], seed)
        runs.append([is_served(proxy, table, queue) for _ in range(12)])

    assert runs[0] == runs[1] != runs[2]
    assert set(runs[0]) == {True, False}


def test_healed_proxy_keeps_the_counts(proxy: FaultProxy, table: str, queue: str) -> None:
    proxy.inject([Fault("lost", "dynamodb", Kind.DROP)])
    assert not is_served(proxy, table, queue)

    proxy.heal()

    assert is_served(proxy, table, queue)
    assert proxy.injected == {"lost": 1}


def is_served(proxy: FaultProxy, table: str, queue: str) -> bool:
    try:
        call(proxy, "dynamodb", table, queue)
    except ConnectionClosedError:
        return False
    return True
