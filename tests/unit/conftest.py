"""The functions' services over moto: the stack's tables as the template defines them, doubles where AWS talks back."""

import io
import threading
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from aws_lambda_powertools import Logger
from moto import mock_aws

from connection_manager.origins import OriginPolicy
from finops_benchmarks.stack_tables import create_table
from finops_websocket import aws_clients
from finops_websocket.connections.identity import Connection
from finops_websocket.connections.rate_limit import RateLimiter
from finops_websocket.connections.slots import ConnectionSlots
from finops_websocket.connections.store import ConnectionStore
from finops_websocket.jobs.admission import JobAdmission
from finops_websocket.jobs.answers import AnswerStore
from finops_websocket.jobs.queue import JobQueue
from finops_websocket.jobs.store import JobStore
from finops_websocket.services import Services
from finops_websocket.table import Table
from unit.doubles.all_services import AllServices, KnownTokens
from unit.doubles.embedded_metrics import Measurement, measurements
from unit.doubles.recording_channel import RecordingChannel
from unit.doubles.recording_sqs import RecordingSqs
from unit.doubles.sample_jobs import CATALOGUE, GENEROUS, LEASE, STUCK_AFTER
from unit.doubles.scripted_agents import ScriptedAgents
from unit.doubles.settable_clock import SettableClock


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
def make_table(aws: None) -> Callable[[str], Table]:
    """Makes a table of its own, with the keys and indexes of the template's of that logical name."""
    client = aws_clients.dynamodb()
    client.meta.events.register("provide-client-params.dynamodb.GetItem", assert_consistent)

    def make(logical_name: str) -> Table:
        name = f"{logical_name}-{uuid.uuid4()}"
        create_table(client, logical_name, name)
        return Table(client, name)

    return make


def assert_consistent(params: Any, **_: Any) -> None:
    """Hold that an item is read as it is now, which moto gives in any case."""
    assert params["ConsistentRead"]


@pytest.fixture(scope="module")
def s3(aws: None) -> Any:
    return aws_clients.s3()


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock()


@pytest.fixture
def channel() -> RecordingChannel:
    return RecordingChannel()


@pytest.fixture
def sqs(clock: SettableClock) -> RecordingSqs:
    return RecordingSqs(clock)


@pytest.fixture
def connections(make_table: Callable[[str], Table], clock: SettableClock) -> ConnectionStore:
    return ConnectionStore(make_table("ConnectionsTable"), clock)


@pytest.fixture
def jobs(make_table: Callable[[str], Table], clock: SettableClock) -> JobStore:
    return JobStore(make_table("JobsTable"), clock)


@pytest.fixture
def bucket_name(s3: Any) -> str:
    name = f"results-{uuid.uuid4()}"
    s3.create_bucket(Bucket=name)
    return name


@pytest.fixture
def answers(jobs: JobStore, s3: Any, bucket_name: str) -> AnswerStore:
    return AnswerStore(jobs.table, lambda: s3, bucket_name)


@pytest.fixture
def admission(jobs: JobStore) -> JobAdmission:
    """Admits whatever a test asks, and waits for nobody."""
    return JobAdmission(jobs, GENEROUS, sleep=lambda _seconds: None)


@pytest.fixture
def services(
    parent_logger: Logger,
    channel: RecordingChannel,
    connections: ConnectionStore,
    jobs: JobStore,
    answers: AnswerStore,
    admission: JobAdmission,
    sqs: RecordingSqs,
    clock: SettableClock,
) -> AllServices:
    """What the actions of all functions work with."""
    shared = Services.over(channel, connections, jobs, answers, JobQueue(lambda: sqs, "queue"), STUCK_AFTER)
    return AllServices(
        **vars(shared),
        auth_mode="cognito",
        rate_limiter=RateLimiter("cognito", connections),
        slots=ConnectionSlots(connections, channel.is_open, 2, sleep=lambda _seconds: None),
        origins=OriginPolicy.read("*", "allow"),
        tokens=KnownTokens(),
        admission=admission,
        catalogue=CATALOGUE,
        retention=30 * 24 * 3600,
        agents=ScriptedAgents(),
        sqs=sqs,
        lease=LEASE,
        clock=clock,
    )


@pytest.fixture
def signed_in(connections: ConnectionStore) -> Callable[..., Connection]:
    """Gives a connection on which a user, by default user-1, is signed in for an hour."""

    def sign_in(connection_id: str = "connection-1", user_id: str = "user-1") -> Connection:
        connection = Connection(connection_id, user_id, "Ada", verified=True, expires_at=1_003_600)
        connections.sign_in(connection)
        return connection

    return sign_in


@pytest.fixture
def release() -> Iterator[threading.Event]:
    """What silent agents wait for; it happens at the test's end at the latest."""
    event = threading.Event()
    yield event
    event.set()


@pytest.fixture
def pauses() -> list[float]:
    """What was slept, in seconds, by whoever sleeps with its `append`."""
    return []
