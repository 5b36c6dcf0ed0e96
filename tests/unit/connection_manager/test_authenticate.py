from collections.abc import Callable

import jwt
import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from connection_manager.authenticate import SignIn
from connection_manager.redraw_job import RedrawJob
from connection_manager.token_verifier import TokenUser
from finops_websocket import metrics
from finops_websocket.answer_store import AnswerStore
from finops_websocket.client_messages import Authenticate
from finops_websocket.connection_store import ConnectionStore
from finops_websocket.errors import InvalidToken
from finops_websocket.identity import Connection
from finops_websocket.job import COMPLETED, PROCESSING, Job
from finops_websocket.overdue import MOST_REQUEUES
from unit.connection_manager.known_tokens import KnownTokens, SignInWith
from unit.finops_websocket.embedded_metrics import Measurement, names
from unit.finops_websocket.recording_channel import RecordingChannel
from unit.finops_websocket.sample_jobs import STUCK_AFTER, a_job, stored_job
from unit.finops_websocket.settable_clock import SettableClock
from unit.finops_websocket.submitting_job_store import SubmittingJobStore

pytestmark = pytest.mark.usefixtures("parent_logger")


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
    sign_in: SignIn, jobs: SubmittingJobStore, channel: RecordingChannel
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
    sign_in: SignIn,
    connections: ConnectionStore,
    jobs: SubmittingJobStore,
    channel: RecordingChannel,
    tokens: KnownTokens,
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
    sign_in_with: SignInWith, connections: ConnectionStore, jobs: SubmittingJobStore, channel: RecordingChannel
) -> None:
    jobs.submit(a_job(followers=frozenset()))
    sign_in_with(auth_mode="open")("connection-1", Authenticate(None, "user-1", None))
    # Not user-1, whom a token may stand for.
    assert connections.find("connection-1") == Connection("connection-1", "claimed#user-1", "user-1")
    (wire,) = channel.wires_to("connection-1")
    assert wire["message"] == "Welcome user-1! WebSocket connection established."
    assert wire["verified"] is False
    assert jobs.find("job-1") == a_job(followers=frozenset())


def test_in_the_open_mode_a_token_is_checked_too(sign_in_with: SignInWith, connections: ConnectionStore) -> None:
    sign_in = sign_in_with(auth_mode="open")
    with pytest.raises(InvalidToken):
        sign_in("connection-1", Authenticate("any", "user-1", "Ada"))
    sign_in("connection-1", Authenticate("ada's", None, None))
    assert connections.find("connection-1").verified


@pytest.mark.parametrize("is_expired", [False, True], ids=["ended", "gone"])
def test_a_job_that_is_over_is_not_named_as_unfinished(
    sign_in: SignIn, jobs: SubmittingJobStore, channel: RecordingChannel, is_expired: bool
) -> None:
    """The user's item still has it: such jobs are taken out when it is full."""
    over = {"ttl": 1_000_000} if is_expired else {"status": COMPLETED}
    jobs.submit(a_job(job_id="over", **over))
    jobs.submit(a_job(job_id="running"))
    sign_in("connection-1", Authenticate("ada's", None, None))
    assert channel.wires_to("connection-1")[0]["activeJobs"] == ["running"]
    assert {wire["jobId"] for wire in channel.wires_to("connection-1")[1:]} == {"running"}


def test_each_unfinished_job_is_drawn_newest_first_after_the_greeting(
    sign_in: SignIn, jobs: SubmittingJobStore, channel: RecordingChannel
) -> None:
    jobs.submit(a_job(job_id="older", status=PROCESSING, seq=3, lease_until=1_000_060))
    jobs.submit(a_job(job_id="newer", created_at=1_000_001))
    sign_in("connection-2", Authenticate("ada's", None, None))
    assert [(wire["type"], wire.get("jobId"), wire.get("seq")) for wire in channel.wires_to("connection-2")] == [
        ("authenticated", None, None),
        ("job_snapshot", "newer", 1),
        ("job_snapshot", "older", 3),
        ("analysis_started", "older", 3),
    ]
    # Who has followed them before is told nothing.
    assert channel.to("connection-1") == []


class BrokenDrawing(RedrawJob):
    """Cannot draw one of the jobs."""

    def __init__(self, answers: AnswerStore, channel: RecordingChannel, error: Exception) -> None:
        super().__init__(answers, channel)
        self.error = error

    def __call__(self, connection_id: str, job: Job) -> None:
        if job.job_id == "newer":
            raise self.error
        super().__call__(connection_id, job)


@pytest.mark.parametrize(
    "error",
    [
        ClientError({"Error": {"Code": "SlowDown"}}, "PutObject"),
        ReadTimeoutError(endpoint_url="https://dynamodb.us-east-1.amazonaws.com"),
    ],
)
def test_a_job_that_cannot_be_drawn_keeps_no_other_from_its_messages(
    sign_in_with: SignInWith,
    jobs: SubmittingJobStore,
    answers: AnswerStore,
    channel: RecordingChannel,
    error: Exception,
) -> None:
    jobs.submit(a_job(job_id="older", followers=frozenset()))
    jobs.submit(a_job(job_id="newer", followers=frozenset(), created_at=1_000_001))
    sign_in = sign_in_with(redraw_job=BrokenDrawing(answers, channel, error))
    sign_in("connection-1", Authenticate("ada's", None, None))
    greeting, *drawn = channel.wires_to("connection-1")
    assert greeting["activeJobs"] == ["newer", "older"]
    assert [wire["jobId"] for wire in drawn] == ["older"]
    for job_id in ("older", "newer"):
        job = jobs.find(job_id)
        assert job is not None
        assert job.followers == {"connection-1"}


def test_a_job_that_nobody_took_is_queued_again_when_its_user_comes_back(
    sign_in: SignIn, jobs: SubmittingJobStore, clock: SettableClock
) -> None:
    jobs.submit(a_job())
    clock.now += STUCK_AFTER
    sign_in("connection-1", Authenticate("ada's", None, None))
    assert stored_job(jobs).requeues == 1


def test_a_job_that_is_given_up_when_its_user_comes_back_ends_after_the_greeting(
    sign_in: SignIn, jobs: SubmittingJobStore, channel: RecordingChannel
) -> None:
    jobs.submit(a_job(requeues=MOST_REQUEUES, queued_at=0))
    sign_in("connection-2", Authenticate("ada's", None, None))
    assert channel.kinds_to("connection-2") == ["authenticated", "job_failed", "job_snapshot"]
    assert channel.wires_to("connection-2")[2]["status"] == "failed"
    assert channel.kinds_to("connection-1") == ["job_failed"]


class NoKeys(KnownTokens):
    """Has no keys to check a token with."""

    def verify(self, token: str) -> TokenUser:
        raise jwt.PyJWKClientConnectionError("The pool's keys could not be fetched.")


def test_sign_ins_with_a_token_are_counted_and_claims_are_not(
    sign_in: SignIn, sign_in_with: SignInWith, measured: Callable[[], list[Measurement]]
) -> None:
    sign_in("connection-1", Authenticate("ada's", None, None))
    assert names(measured()) == {metrics.SIGN_INS: 1}
    with pytest.raises(InvalidToken):
        sign_in("connection-2", Authenticate("forged", None, None))
    assert names(measured()) == {metrics.SIGN_INS_REFUSED: 1}
    for mode in ("cognito", "open"):
        sign_in_with(auth_mode=mode)("connection-3", Authenticate(None, "user-1", "Ada"))
    # No token is refused because it cannot be checked.
    with pytest.raises(jwt.PyJWKClientConnectionError):
        sign_in_with(tokens=NoKeys())("connection-4", Authenticate("ada's", None, None))
    assert measured() == []


def test_a_sign_in_whose_jobs_cannot_be_drawn_is_counted_once(
    sign_in_with: SignInWith,
    jobs: SubmittingJobStore,
    answers: AnswerStore,
    channel: RecordingChannel,
    measured: Callable[[], list[Measurement]],
) -> None:
    jobs.submit(a_job(job_id="newer", followers=frozenset()))
    error = ClientError({"Error": {"Code": "SlowDown"}}, "PutObject")
    sign_in_with(redraw_job=BrokenDrawing(answers, channel, error))("connection-1", Authenticate("ada's", None, None))
    assert names(measured()) == {metrics.SIGN_INS: 1}
