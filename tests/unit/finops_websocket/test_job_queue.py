import json
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.stub import Stubber
from hypothesis import given
from hypothesis import strategies as st

from finops_websocket.errors import NotAJob, QueueUnavailable
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


@pytest.mark.parametrize(
    "body",
    [
        "",
        "job-1",
        "null",
        "[]",
        '"job-1"',
        "{}",
        '{"jobId": null}',
        '{"jobId": 1}',
        '{"jobId": ["job-1"]}',
        # Python reads no number of more than 4,300 digits, and nothing that is nested too deeply.
        "9" * 5_000,
        "[" * 100_000,
    ],
    ids=lambda body: body[:20],
)
def test_what_is_no_job_is_said_to_be_none(body: str) -> None:
    with pytest.raises(NotAJob):
        job_id_of(body)


@pytest.mark.parametrize(
    ("job_id", "is_a_job"),
    [("", False), ("x", True), ("x" * 128, True), ("x" * 129, False), ("é", False), ("two\nlines", False)],
    ids=lambda value: ascii(value)[:12],
)
def test_an_id_that_is_none_of_the_contract_is_no_job(job_id: str, is_a_job: bool) -> None:
    body = json.dumps({"jobId": job_id})
    if is_a_job:
        assert job_id_of(body) == job_id
    else:
        with pytest.raises(NotAJob):
            job_id_of(body)


def test_an_id_that_is_no_text_is_no_job() -> None:
    with pytest.raises(NotAJob):
        job_id_of(r'{"jobId": "\ud800"}')


@given(
    st.text() | st.dictionaries(st.sampled_from(["jobId", "x"]), st.none() | st.integers() | st.text()).map(json.dumps)
)
def test_any_body_is_a_job_or_said_to_be_none(body: str) -> None:
    try:
        job_id = job_id_of(body)
    except NotAJob:
        return
    assert job_id == json.loads(body)["jobId"]
    assert job_id


def test_what_a_message_is_refused_with_says_nothing_of_it() -> None:
    with pytest.raises(NotAJob) as refused:
        job_id_of('{"secret": "a question"}')
    assert "secret" not in str(refused.value)
    assert refused.value.__cause__ is None
