"""The stack's stores, made in moto as the template defines them, for the tests of the three functions."""

import io
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from aws_lambda_powertools import Logger
from moto import mock_aws

from finops_websocket import aws_clients
from finops_websocket.announce_end import AnnounceEnd
from finops_websocket.answer_store import AnswerStore
from finops_websocket.broadcast import Broadcast
from finops_websocket.connection_store import ConnectionStore
from finops_websocket.job_history import JobHistory
from finops_websocket.job_lease import JobLease
from finops_websocket.job_queue import JobQueue
from finops_websocket.job_store import JobStore
from finops_websocket.job_table import JobTable
from finops_websocket.overdue import OverdueJobs
from finops_websocket.results_bucket import ResultsBucket
from finops_websocket.user_connections import UserConnections
from stack_tables import create_table
from unit.finops_websocket.embedded_metrics import Measurement, measurements
from unit.finops_websocket.recording_channel import RecordingChannel
from unit.finops_websocket.sample_jobs import LEASE, STUCK_AFTER
from unit.finops_websocket.settable_clock import SettableClock
from unit.finops_websocket.submitting_job_store import SubmittingJobStore


@pytest.fixture(scope="session")
def parent_logger() -> Logger:
    """The logger that a handler makes: without one, its modules' loggers take no keys."""
    return Logger(stream=io.StringIO())


@pytest.fixture(scope="module")
def aws() -> Iterator[None]:
    """AWS in memory. Once a module, because making clients takes longer than a test; each test has its own tables."""
    with pytest.MonkeyPatch.context() as environment, mock_aws():
        environment.setenv("AWS_DEFAULT_REGION", "us-east-1")
        environment.setenv("POWERTOOLS_METRICS_NAMESPACE", "finops-websocket")
        yield


@pytest.fixture
def measured(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[Measurement]]:
    """Gives what has been counted and measured since it was last asked."""
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "finops-websocket")
    return lambda: measurements(capsys.readouterr().out)


@pytest.fixture(scope="module")
def dynamodb(aws: None) -> Any:
    return boto3.resource("dynamodb")


@pytest.fixture(scope="module")
def s3(aws: None) -> Any:
    return aws_clients.s3()


@pytest.fixture(scope="module")
def sqs(aws: None) -> Any:
    return aws_clients.sqs()


@pytest.fixture
def connections_table(dynamodb: Any) -> Any:
    return create_table(dynamodb, "ConnectionsTable", f"connections-{uuid.uuid4()}")


@pytest.fixture
def jobs_table(dynamodb: Any) -> Any:
    return create_table(dynamodb, "JobsTable", f"jobs-{uuid.uuid4()}")


@pytest.fixture
def bucket_name(s3: Any) -> str:
    name = f"results-{uuid.uuid4()}"
    s3.create_bucket(Bucket=name)
    return name


@pytest.fixture
def queue_url(sqs: Any) -> str:
    url: str = sqs.create_queue(QueueName=f"processing-queue-{uuid.uuid4()}")["QueueUrl"]
    return url


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock()


@pytest.fixture
def connections(connections_table: Any, clock: SettableClock) -> ConnectionStore:
    return ConnectionStore(connections_table, clock)


@pytest.fixture
def user_connections(connections: ConnectionStore, channel: RecordingChannel) -> UserConnections:
    """At most two for each user."""
    return UserConnections(connections, channel.is_open, 2, sleep=lambda _seconds: None)


@pytest.fixture
def job_table(jobs_table: Any, clock: SettableClock) -> JobTable:
    return JobTable(jobs_table, clock)


@pytest.fixture
def jobs(job_table: JobTable) -> SubmittingJobStore:
    return SubmittingJobStore(job_table)


@pytest.fixture
def leases(job_table: JobTable) -> JobLease:
    return JobLease(job_table, LEASE)


@pytest.fixture
def history(job_table: JobTable) -> JobHistory:
    return JobHistory(job_table)


@pytest.fixture
def queue(sqs: Any, queue_url: str) -> JobQueue:
    return JobQueue(sqs, queue_url)


@pytest.fixture
def broadcast(channel: RecordingChannel, jobs: JobStore, connections: ConnectionStore) -> Broadcast:
    return Broadcast(channel, jobs, connections)


@pytest.fixture
def announce_end(answers: AnswerStore, broadcast: Broadcast) -> AnnounceEnd:
    return AnnounceEnd(answers, broadcast)


@pytest.fixture
def overdue_jobs(jobs: JobStore, queue: JobQueue, announce_end: AnnounceEnd) -> OverdueJobs:
    return OverdueJobs(jobs, queue, announce_end, STUCK_AFTER)


@pytest.fixture
def bucket(s3: Any, bucket_name: str) -> ResultsBucket:
    return ResultsBucket(s3, bucket_name)


@pytest.fixture
def answers(jobs_table: Any, bucket: ResultsBucket) -> AnswerStore:
    return AnswerStore(jobs_table, bucket)


@pytest.fixture
def channel() -> RecordingChannel:
    return RecordingChannel()
