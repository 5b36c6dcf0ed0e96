"""The queue of jobs: what is sent, and what is read of a message that anybody may have sent."""

import json

import boto3
import pytest
from botocore.config import Config
from botocore.stub import Stubber
from hypothesis import given
from hypothesis import strategies as st

from finops_websocket.errors import NotAJob, QueueUnavailable
from finops_websocket.jobs.queue import JobQueue, job_id_of
from unit.doubles.recording_sqs import RecordingSqs


@pytest.mark.parametrize("user_id", ["user-1", "Ünal 日本 😀", "u" * 256], ids=["plain", "any letters", "long"])
def test_a_user_s_jobs_are_one_group_that_does_not_name_the_user(sqs: RecordingSqs, user_id: str) -> None:
    queue = JobQueue(sqs, "queue")
    for job_id, user in (("job-1", user_id), ("job-2", user_id), ("job-3", "another")):
        queue.send(job_id, user)
    first, second, third = (message["MessageGroupId"] for message in sqs.sent)
    assert first == second != third
    assert first.isascii()
    assert len(first) <= 128
    assert user_id not in first
    assert json.loads(sqs.sent[0]["MessageBody"]) == {"jobId": "job-1"}
    assert job_id_of(sqs.sent[1]["MessageBody"]) == "job-2"


@pytest.mark.parametrize("is_reached", [True, False], ids=["refuses", "cannot be reached"])
def test_a_queue_that_takes_nothing_is_unavailable(aws: None, is_reached: bool) -> None:
    # Nobody listens on port 1.
    once = Config(retries={"mode": "standard", "total_max_attempts": 1})
    client = boto3.client("sqs", endpoint_url="http://127.0.0.1:1", config=once)
    with Stubber(client) as stubber:
        if is_reached:
            stubber.add_client_error("send_message", "RequestThrottled", http_status_code=400)
        else:
            stubber.deactivate()
        with pytest.raises(QueueUnavailable):
            JobQueue(client, "http://127.0.0.1:1/123456789012/queue").send("job-1", "user-1")


@pytest.mark.parametrize(
    "body",
    [
        *["", "job-1", "null", "[]", '"job-1"', "{}", '{"jobId": null}', '{"jobId": 1}', '{"jobId": ["job-1"]}'],
        *[json.dumps({"jobId": job_id}) for job_id in ("", "x" * 129, "é", "two\nlines", "\ud800")],
        # Python reads no number of more than 4,300 digits, and nothing that is nested too deeply.
        "9" * 5_000,
        "[" * 100_000,
    ],
    ids=lambda body: body[:20],
)
def test_what_is_no_job_is_said_to_be_none_and_not_repeated(body: str) -> None:
    with pytest.raises(NotAJob) as refused:
        job_id_of(body)
    assert str(refused.value) == "The queue's message is no job."
    assert refused.value.__cause__ is None


@given(
    st.text() | st.dictionaries(st.sampled_from(["jobId", "x"]), st.none() | st.integers() | st.text()).map(json.dumps)
)
def test_any_body_is_a_job_or_said_to_be_none(body: str) -> None:
    try:
        job_id = job_id_of(body)
    except NotAJob:
        return
    assert job_id == json.loads(body)["jobId"]
    assert 0 < len(job_id) <= 128
