"""What the actions of this function share."""

from collections.abc import Callable
from typing import Any

import pytest

from finops_websocket.announce_end import AnnounceEnd
from finops_websocket.answer_store import AnswerStore
from finops_websocket.connection_store import ConnectionStore
from finops_websocket.identity import Connection
from finops_websocket.job_admission import JobAdmission
from finops_websocket.job_store import JobStore
from finops_websocket.job_table import JobTable
from finops_websocket.overdue import OverdueJobs
from message_handler.finops_query import SubmitQuery
from message_handler.tell_end import TellEnd
from message_handler.visible_jobs import VisibleJobs
from unit.finops_websocket.recording_channel import RecordingChannel
from unit.finops_websocket.sample_jobs import CATALOGUE
from unit.finops_websocket.submitting_job_store import GENEROUS
from unit.message_handler.recording_queue import RecordingQueue


@pytest.fixture
def signed_in(connections: ConnectionStore) -> None:
    """Two connections of user-1 and one of user-2, all verified for an hour."""
    for connection_id, user_id in (("connection-1", "user-1"), ("connection-2", "user-1"), ("connection-3", "user-2")):
        connections.sign_in(Connection(connection_id, user_id, "Ada", verified=True, expires_at=1_003_600))


@pytest.fixture
def visible_jobs_in(connections: ConnectionStore, jobs: JobStore) -> Callable[[str], VisibleJobs]:
    """Makes the jobs that are visible in a mode."""
    return lambda auth_mode: VisibleJobs(auth_mode, connections, jobs)


@pytest.fixture
def visible_jobs(visible_jobs_in: Callable[[str], VisibleJobs]) -> VisibleJobs:
    return visible_jobs_in("cognito")


@pytest.fixture
def tell_end(announce_end: AnnounceEnd, answers: AnswerStore, channel: RecordingChannel) -> TellEnd:
    return TellEnd(announce_end, answers, channel)


@pytest.fixture
def queue(sqs: Any, queue_url: str) -> RecordingQueue:
    return RecordingQueue(sqs, queue_url)


@pytest.fixture
def submitter(
    connections: ConnectionStore,
    job_table: JobTable,
    jobs: JobStore,
    answers: AnswerStore,
    queue: RecordingQueue,
    overdue_jobs: OverdueJobs,
    tell_end: TellEnd,
    channel: RecordingChannel,
) -> Callable[..., SubmitQuery]:
    """Makes finops_query's action, with some of its parts replaced."""
    parts = {
        "auth_mode": "cognito",
        "retention_days": 30,
        "catalogue": CATALOGUE,
        "connections": connections,
        "admission": JobAdmission(job_table, GENEROUS),
        "jobs": jobs,
        "answers": answers,
        "queue": queue,
        "overdue_jobs": overdue_jobs,
        "tell_end": tell_end,
        "channel": channel,
    }
    return lambda **replaced: SubmitQuery(**{**parts, **replaced})


@pytest.fixture
def submit(submitter: Callable[..., SubmitQuery], signed_in: None) -> SubmitQuery:
    return submitter()
