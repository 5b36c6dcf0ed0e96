from typing import Any

import jwt
import pytest

from connection_manager.authenticate import SignIn
from connection_manager.token_verifier import TokenUser, TokenVerifier
from finops_websocket.client_messages import Authenticate
from finops_websocket.connection_store import ConnectionStore
from finops_websocket.errors import InvalidToken
from finops_websocket.identity import Connection
from finops_websocket.job import COMPLETED
from finops_websocket.job_store import JobStore
from unit.finops_websocket.recording_channel import RecordingChannel
from unit.finops_websocket.sample_jobs import a_job
from unit.finops_websocket.settable_clock import SettableClock

ADA = TokenUser("user-1", "Ada", 1_003_600)


class KnownTokens(TokenVerifier):
    """Takes one token, for Ada, and keeps what it was asked."""

    def __init__(self) -> None:
        super().__init__("issuer", "client", jwt.PyJWKClient("http://localhost:1"))
        self.asked: list[str] = []

    def verify(self, token: str) -> TokenUser:
        self.asked.append(token)
        if token != "ada's":
            raise InvalidToken("The token is not valid. Please sign in again.")
        return ADA


@pytest.fixture
def tokens() -> KnownTokens:
    return KnownTokens()


@pytest.fixture
def sign_in(connections: ConnectionStore, jobs: JobStore, channel: RecordingChannel, tokens: KnownTokens) -> SignIn:
    return SignIn("cognito", connections, jobs, channel, tokens)


def test_a_valid_token_makes_the_connection_its_user_s(
    sign_in: SignIn, connections: ConnectionStore, channel: RecordingChannel
) -> None:
    sign_in("connection-1", Authenticate("ada's", None, None))
    assert connections.find("connection-1") == Connection("connection-1", "user-1", "Ada", True, 1_003_600)
    assert channel.wires_to("connection-1") == [
        {
            "type": "authenticated",
            "message": "Welcome Ada! WebSocket connection established.",
            "userId": "user-1",
            "connectionId": "connection-1",
            "verified": True,
            "expiresAt": 1_003_600,
            "activeJobs": [],
        }
    ]


def test_a_claim_beside_a_token_counts_for_nothing(
    sign_in: SignIn, connections: ConnectionStore, channel: RecordingChannel
) -> None:
    sign_in("connection-1", Authenticate("ada's", "user-2", "Bob"))
    assert connections.find("connection-1").user_id == "user-1"
    assert "Ada" in channel.wires_to("connection-1")[0]["message"]


def test_a_verified_connection_follows_its_user_s_unfinished_jobs(
    sign_in: SignIn, jobs: JobStore, channel: RecordingChannel
) -> None:
    jobs.submit(a_job(job_id="older", followers=frozenset()))
    jobs.submit(a_job(job_id="newer", followers=frozenset({"connection-0"}), created_at=1_000_001))
    jobs.submit(a_job(job_id="ended", followers=frozenset(), status=COMPLETED))
    jobs.submit(a_job(job_id="another-s", followers=frozenset(), user_id="user-2"))
    sign_in("connection-1", Authenticate("ada's", None, None))
    assert channel.wires_to("connection-1")[0]["activeJobs"] == ["newer", "older"]
    followers = {
        job_id: job.followers for job_id in ("older", "newer", "ended", "another-s") if (job := jobs.find(job_id))
    }
    assert followers == {
        "older": {"connection-1"},
        "newer": {"connection-0", "connection-1"},
        "ended": frozenset(),
        "another-s": frozenset(),
    }


def test_an_invalid_token_changes_nothing_and_no_claim_beside_it_helps(
    sign_in: SignIn, connections: ConnectionStore, channel: RecordingChannel
) -> None:
    with pytest.raises(InvalidToken):
        sign_in("connection-1", Authenticate("forged", "user-1", "Ada"))
    assert connections.find("connection-1") == Connection("connection-1")
    assert channel.sent == []


def test_where_tokens_count_a_claim_is_greeted_and_is_nobody(
    sign_in: SignIn, connections: ConnectionStore, jobs: JobStore, channel: RecordingChannel, tokens: KnownTokens
) -> None:
    jobs.submit(a_job(followers=frozenset()))
    sign_in("connection-1", Authenticate(None, "user-1", "Ada"))
    assert connections.find("connection-1") == Connection("connection-1", None, "Ada")
    assert channel.wires_to("connection-1") == [
        {
            "type": "authenticated",
            "message": "Welcome Ada! WebSocket connection established.",
            "userId": "user-1",
            "connectionId": "connection-1",
            "verified": False,
        }
    ]
    assert jobs.find("job-1") == a_job(followers=frozenset())
    assert tokens.asked == []


def test_in_the_open_mode_a_claim_is_taken_and_no_user_s(
    connections: ConnectionStore, jobs: JobStore, channel: RecordingChannel, tokens: KnownTokens
) -> None:
    jobs.submit(a_job(followers=frozenset()))
    SignIn("open", connections, jobs, channel, tokens)("connection-1", Authenticate(None, "user-1", None))
    # Not user-1, whom a token may stand for.
    assert connections.find("connection-1") == Connection("connection-1", "claimed#user-1", "user-1")
    (wire,) = channel.wires_to("connection-1")
    assert wire["message"] == "Welcome user-1! WebSocket connection established."
    assert wire["verified"] is False
    assert jobs.find("job-1") == a_job(followers=frozenset())


def test_in_the_open_mode_a_token_is_checked_too(
    connections: ConnectionStore, jobs: JobStore, channel: RecordingChannel, tokens: KnownTokens
) -> None:
    sign_in = SignIn("open", connections, jobs, channel, tokens)
    with pytest.raises(InvalidToken):
        sign_in("connection-1", Authenticate("any", "user-1", "Ada"))
    sign_in("connection-1", Authenticate("ada's", None, None))
    assert connections.find("connection-1").verified


class LaggingJobs(JobStore):
    """An index that does not know yet that a job has ended."""

    def unfinished_of(self, user_id: str) -> list[str]:
        return ["ended", *super().unfinished_of(user_id)]


def test_a_job_that_has_just_ended_is_not_named_as_unfinished(
    connections: ConnectionStore, jobs_table: Any, clock: SettableClock, channel: RecordingChannel, tokens: KnownTokens
) -> None:
    jobs = LaggingJobs(jobs_table, clock)
    jobs.submit(a_job(job_id="ended", status=COMPLETED))
    jobs.submit(a_job(job_id="running"))
    SignIn("cognito", connections, jobs, channel, tokens)("connection-1", Authenticate("ada's", None, None))
    assert channel.wires_to("connection-1")[0]["activeJobs"] == ["running"]
