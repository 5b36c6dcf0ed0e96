import contextlib
import json
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.stub import Stubber
from hypothesis import given
from hypothesis import strategies as st

from finops_websocket.errors import QueueUnavailable
from finops_websocket.job_queue import JobQueue, job_id_of


def received(sqs: Any, queue_url: str) -> list[dict[str, Any]]:
    answer = sqs.receive_message(QueueUrl=queue_url, MaxNumberOfMessages=10, AttributeNames=["MessageGroupId"])
    return sorted(answer["Messages"], key=lambda message: str(message["Body"]))


def test_a_job_arrives_with_its_id_and_nothing_else(sqs: Any, queue_url: str) -> None:
    JobQueue(sqs, queue_url).send("job-1", "user-1")
    (message,) = received(sqs, queue_url)
    assert json.loads(message["Body"]) == {"jobId": "job-1"}
    assert job_id_of(message["Body"]) == "job-1"


@pytest.mark.parametrize("user_id", ["user-1", "Ünal 日本 😀", "u" * 256])
def test_a_user_s_jobs_are_one_group_that_does_not_name_the_user(sqs: Any, queue_url: str, user_id: str) -> None:
    queue = JobQueue(sqs, queue_url)
    for job_id, user in (("job-1", user_id), ("job-2", user_id), ("job-3", "another")):
        queue.send(job_id, user)
    first, second, third = (message["Attributes"]["MessageGroupId"] for message in received(sqs, queue_url))
    assert first == second != third
    assert first.isascii()
    assert len(first) <= 128
    assert user_id not in first


def test_a_queue_that_refuses_is_unavailable() -> None:
    client = boto3.client("sqs", "us-east-1", aws_access_key_id="test", aws_secret_access_key="test")
    with Stubber(client) as stubber:
        stubber.add_client_error("send_message", "RequestThrottled", http_status_code=400)
        with pytest.raises(QueueUnavailable):
            JobQueue(client, "https://sqs.us-east-1.amazonaws.com/123456789012/queue").send("job-1", "user-1")


def test_a_queue_that_cannot_be_reached_is_unavailable() -> None:
    client = boto3.client(
        "sqs",
        "us-east-1",
        endpoint_url="http://127.0.0.1:1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(retries={"mode": "standard", "total_max_attempts": 1}),
    )
    with pytest.raises(QueueUnavailable):
        JobQueue(client, "http://127.0.0.1:1/123456789012/queue").send("job-1", "user-1")


@pytest.mark.parametrize("body", ["", "job-1", "null", "[]", '"job-1"', "{}", '{"jobId": null}', '{"jobId": 1}'])
def test_what_is_no_job_is_a_value_error(body: str) -> None:
    with pytest.raises(ValueError):
        job_id_of(body)


@given(
    st.text() | st.dictionaries(st.sampled_from(["jobId", "x"]), st.none() | st.integers() | st.text()).map(json.dumps)
)
def test_any_body_is_a_job_or_a_value_error(body: str) -> None:
    with contextlib.suppress(ValueError):
        assert isinstance(job_id_of(body), str)
