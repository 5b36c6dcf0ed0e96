"""A job, its agents, and the processing of it, for the tests of process_job."""

import threading
from collections.abc import Callable, Iterator

import pytest

from background_processor.ask_agents import AskAgents
from background_processor.broadcast import Broadcast
from background_processor.process_job import ProcessJob
from finops_websocket.answer_store import AnswerStore
from finops_websocket.connection_store import ConnectionStore
from finops_websocket.job_store import JobStore
from unit.background_processor.recording_invoker import RecordingInvoker, says
from unit.finops_websocket.recording_channel import RecordingChannel
from unit.finops_websocket.sample_jobs import CATALOGUE, COST, LEASE, SAVINGS, a_job
from unit.finops_websocket.settable_clock import SettableClock

Process = Callable[..., None]


@pytest.fixture
def invoker() -> RecordingInvoker:
    return RecordingInvoker({COST: says("Costs rose."), SAVINGS: says("Delete the disk.")})


@pytest.fixture
def agents_clock() -> SettableClock:
    return SettableClock()


@pytest.fixture
def process(
    jobs: JobStore,
    answers: AnswerStore,
    connections: ConnectionStore,
    channel: RecordingChannel,
    invoker: RecordingInvoker,
    clock: SettableClock,
    agents_clock: SettableClock,
) -> Process:
    """Processes job-1 in a worker's name."""
    jobs.submit(a_job())
    broadcast = Broadcast(channel, jobs, connections)

    def run(worker: str = "worker-1", heartbeat: float = 20.0) -> None:
        ask_agents = AskAgents(invoker, heartbeat, agents_clock)
        ProcessJob(CATALOGUE, jobs, answers, ask_agents, broadcast, LEASE, clock)("job-1", worker, 300)

    return run


@pytest.fixture
def release() -> Iterator[threading.Event]:
    """What silent agents wait for; it happens at the test's end at the latest."""
    event = threading.Event()
    yield event
    event.set()
