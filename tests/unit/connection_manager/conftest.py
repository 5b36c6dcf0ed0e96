"""What the tests of authenticate share."""

import pytest

from connection_manager.authenticate import SignIn
from connection_manager.redraw_job import RedrawJob
from finops_websocket.answer_store import AnswerStore
from finops_websocket.connection_store import ConnectionStore
from finops_websocket.job_history import JobHistory
from finops_websocket.overdue import OverdueJobs
from finops_websocket.user_connections import UserConnections
from unit.connection_manager.known_tokens import KnownTokens, SignInWith
from unit.finops_websocket.recording_channel import RecordingChannel
from unit.finops_websocket.submitting_job_store import SubmittingJobStore


@pytest.fixture
def tokens() -> KnownTokens:
    return KnownTokens()


@pytest.fixture
def sign_in_with(
    connections: ConnectionStore,
    user_connections: UserConnections,
    jobs: SubmittingJobStore,
    history: JobHistory,
    overdue_jobs: OverdueJobs,
    answers: AnswerStore,
    channel: RecordingChannel,
    tokens: KnownTokens,
) -> SignInWith:
    """Makes the action, with some of its parts replaced."""
    parts = {
        "auth_mode": "cognito",
        "connections": connections,
        "user_connections": user_connections,
        "jobs": jobs,
        "history": history,
        "overdue_jobs": overdue_jobs,
        "redraw_job": RedrawJob(answers, channel),
        "channel": channel,
        "tokens": tokens,
    }
    return lambda **replaced: SignIn(**{**parts, **replaced})


@pytest.fixture
def sign_in(sign_in_with: SignInWith) -> SignIn:
    return sign_in_with()
