"""A job, its agents, and the processing of it, for the tests of process_job and of what serves the queues."""

import threading
from collections.abc import Callable, Iterator

import pytest

from background_processor.ask_agents import AskAgents
from background_processor.process_job import ProcessJob
from background_processor.queued_job import ServeQueuedJob
from finops_websocket.announce_end import AnnounceEnd
from finops_websocket.answer_store import AnswerStore
from finops_websocket.broadcast import Broadcast
from finops_websocket.job_lease import JobLease
from unit.background_processor.recording_invoker import RecordingInvoker, says
from unit.background_processor.recording_sqs import RecordingSqs
from unit.background_processor.sample_messages import a_message
from unit.finops_websocket.sample_jobs import CATALOGUE, COST, SAVINGS, a_job
from unit.finops_websocket.settable_clock import SettableClock
from unit.finops_websocket.submitting_job_store import SubmittingJobStore

Process = Callable[..., None]


@pytest.fixture
def invoker() -> RecordingInvoker:
    return RecordingInvoker({COST: says("Costs rose."), SAVINGS: says("Delete the disk.")})


@pytest.fixture
def agents_clock() -> SettableClock:
    return SettableClock()


@pytest.fixture
def recording_sqs(clock: SettableClock) -> RecordingSqs:
    return RecordingSqs(clock)


@pytest.fixture
def process_job(
    leases: JobLease,
    answers: AnswerStore,
    broadcast: Broadcast,
    invoker: RecordingInvoker,
    clock: SettableClock,
    agents_clock: SettableClock,
) -> Callable[[float], ProcessJob]:
    """Makes a processor of jobs with a heartbeat in seconds."""

    def make(heartbeat: float) -> ProcessJob:
        return ProcessJob(CATALOGUE, leases, answers, AskAgents(invoker, heartbeat, agents_clock), broadcast, clock)

    return make


@pytest.fixture
def process(
    jobs: SubmittingJobStore,
    process_job: Callable[[float], ProcessJob],
    recording_sqs: RecordingSqs,
    clock: SettableClock,
) -> Process:
    """Processes job-1, which is stored, in a worker's name."""
    jobs.submit(a_job())

    def run(worker: str = "worker-1", heartbeat: float = 20.0) -> None:
        process_job(heartbeat)("job-1", a_message(recording_sqs, clock), worker, 300)

    return run


@pytest.fixture
def serve(
    jobs: SubmittingJobStore,
    process_job: Callable[[float], ProcessJob],
    announce_end: AnnounceEnd,
    recording_sqs: RecordingSqs,
    clock: SettableClock,
) -> Process:
    """Serves a message of the processing queue, by default the one that brings job-1, in a worker's name."""

    def run(worker: str = "worker-1", **message: str) -> None:
        ServeQueuedJob(process_job(20.0), jobs, announce_end)(a_message(recording_sqs, clock, **message), worker, 300)

    return run


@pytest.fixture
def release() -> Iterator[threading.Event]:
    """What silent agents wait for; it happens at the test's end at the latest."""
    event = threading.Event()
    yield event
    event.set()
