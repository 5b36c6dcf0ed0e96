import uuid
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from finops_websocket.answer_store import COMPLETED as ANSWERED
from finops_websocket.answer_store import Answer, AnswerStore
from finops_websocket.client_messages import FinopsQuery
from finops_websocket.connection_store import ConnectionStore
from finops_websocket.errors import QueueUnavailable, SessionExpired, Unauthenticated, UnknownAgent
from finops_websocket.identity import Connection
from finops_websocket.job import FAILED, PROCESSING, QUEUED, Job
from finops_websocket.job_queue import JobQueue
from finops_websocket.job_store import JobStore
from message_handler.finops_query import SubmitQuery
from unit.finops_websocket.recording_channel import RecordingChannel
from unit.finops_websocket.sample_jobs import CATALOGUE, COST, SAVINGS
from unit.finops_websocket.settable_clock import SettableClock

pytestmark = pytest.mark.usefixtures("parent_logger")

QUERY = FinopsQuery("Why did my costs rise?", "request-1", None, None)


class RecordingQueue(JobQueue):
    """Keeps what it sends; refuses while it `is_down`. `before_refusal` happens before it says so."""

    def __init__(self, sqs: Any, queue_url: str) -> None:
        super().__init__(sqs, queue_url)
        self.sent: list[tuple[str, str]] = []
        self.is_down = False
        self.before_refusal: Callable[[str], object] = lambda _job_id: None

    def send(self, job_id: str, user_id: str) -> None:
        if self.is_down:
            self.before_refusal(job_id)
            raise QueueUnavailable("The queue is down.") from ConnectionError()
        super().send(job_id, user_id)
        self.sent.append((job_id, user_id))


@pytest.fixture
def queue(sqs: Any, queue_url: str) -> RecordingQueue:
    return RecordingQueue(sqs, queue_url)


Submit = Callable[..., SubmitQuery]


@pytest.fixture
def submitter(
    connections: ConnectionStore,
    jobs: JobStore,
    answers: AnswerStore,
    queue: RecordingQueue,
    channel: RecordingChannel,
    clock: SettableClock,
) -> Submit:
    def make(auth_mode: str = "cognito") -> SubmitQuery:
        return SubmitQuery(auth_mode, 30, CATALOGUE, connections, jobs, answers, queue, channel, clock)

    return make


@pytest.fixture
def submit(submitter: Submit, connections: ConnectionStore) -> SubmitQuery:
    """Serves two connections of user-1 and one of user-2, all verified."""
    for connection_id, user_id in (("connection-1", "user-1"), ("connection-2", "user-1"), ("connection-3", "user-2")):
        connections.sign_in(Connection(connection_id, user_id, "Ada", verified=True, expires_at=1_003_600))
    return submitter()


def job_of(jobs: JobStore, channel: RecordingChannel, connection_id: str = "connection-1") -> Job:
    """Give the job that the connection's latest message is about."""
    job = jobs.find(channel.wires_to(connection_id)[-1]["jobId"])
    assert job is not None
    return job


def test_a_question_becomes_a_stored_and_queued_job_and_is_then_acknowledged(
    submit: SubmitQuery, jobs: JobStore, queue: RecordingQueue, channel: RecordingChannel
) -> None:
    at_acknowledgement: list[tuple[list[tuple[str, str]], Job | None]] = []
    channel.at_send = lambda _, message: at_acknowledgement.append(
        (list(queue.sent), jobs.find(message.to_wire()["jobId"]))
    )
    submit("connection-1", QUERY)
    job = job_of(jobs, channel)
    assert at_acknowledgement == [([(job.job_id, "user-1")], job)]
    assert channel.wires_to("connection-1") == [
        {
            "type": "job_queued",
            "jobId": job.job_id,
            "message": "Your question is queued.",
            "query": "Why did my costs rise?",
            "progress": 5,
            "seq": 1,
            "requestId": "request-1",
        }
    ]


def test_the_job_is_its_asker_s_and_followed_by_the_connection_that_asked(
    submit: SubmitQuery, jobs: JobStore, channel: RecordingChannel, clock: SettableClock
) -> None:
    submit("connection-1", replace(QUERY, request_id=None, user_id="user-2"))
    job = job_of(jobs, channel)
    assert (job.user_id, job.followers, job.status, job.seq) == ("user-1", {"connection-1"}, QUEUED, 1)
    assert (job.created_at, job.updated_at) == (clock.now, clock.now)
    assert job.ttl == clock.now + 30 * 24 * 3600
    assert uuid.UUID(job.job_id).version == 4


@pytest.mark.parametrize(
    ("query", "agents", "asked"),
    [
        ("Why did my costs rise?", None, (COST,)),
        ("What is idle?", None, (SAVINGS,)),
        ("Hello", None, (COST, SAVINGS)),
        ("Why did my costs rise?", (SAVINGS, COST), (SAVINGS, COST)),
    ],
)
def test_the_words_choose_the_agents_unless_the_asker_does(
    submit: SubmitQuery,
    jobs: JobStore,
    channel: RecordingChannel,
    query: str,
    agents: tuple[str, ...] | None,
    asked: tuple[str, ...],
) -> None:
    submit("connection-1", FinopsQuery(query, None, agents, None))
    assert job_of(jobs, channel).agents == asked


def test_a_question_for_an_unknown_agent_makes_no_job(
    submit: SubmitQuery, jobs_table: Any, queue: RecordingQueue, channel: RecordingChannel
) -> None:
    with pytest.raises(UnknownAgent):
        submit("connection-1", replace(QUERY, agents=("nobody",)))
    assert (jobs_table.scan()["Items"], queue.sent, channel.sent) == ([], [], [])


def test_who_has_not_signed_in_makes_no_job(
    submit: SubmitQuery, jobs_table: Any, queue: RecordingQueue, channel: RecordingChannel
) -> None:
    with pytest.raises(Unauthenticated):
        submit("a-stranger-s-connection", replace(QUERY, user_id="user-1"))
    assert (jobs_table.scan()["Items"], queue.sent, channel.sent) == ([], [], [])


def test_who_has_run_out_of_time_makes_no_job(submit: SubmitQuery, jobs_table: Any, clock: SettableClock) -> None:
    clock.now = 1_003_600
    with pytest.raises(SessionExpired):
        submit("connection-1", QUERY)
    assert jobs_table.scan()["Items"] == []


def test_in_the_open_mode_a_question_may_say_who_asks(
    submitter: Submit, jobs: JobStore, channel: RecordingChannel
) -> None:
    submitter("open")("connection-9", replace(QUERY, user_id="claimed-user"))
    assert job_of(jobs, channel, "connection-9").user_id == "claimed#claimed-user"


@pytest.mark.parametrize(("request_id", "is_shared"), [("1", False), ("0b5e8c1a9d2f4e7b8c3a6d5e4f102938", True)])
def test_in_the_open_mode_only_an_id_that_cannot_be_guessed_leads_to_another_connection_s_job(
    submitter: Submit, jobs: JobStore, channel: RecordingChannel, request_id: str, is_shared: bool
) -> None:
    question = replace(QUERY, user_id="claimed-user", request_id=request_id)
    submit = submitter("open")
    for connection_id in ("connection-1", "connection-1", "connection-2"):
        submit(connection_id, question)
    first, again, elsewhere = (
        wire["jobId"] for wire in (*channel.wires_to("connection-1"), *channel.wires_to("connection-2"))
    )
    assert first == again
    assert (elsewhere == first) is is_shared


def test_in_the_open_mode_somebody_must_ask(submitter: Submit, channel: RecordingChannel) -> None:
    with pytest.raises(Unauthenticated):
        submitter("open")("connection-9", QUERY)


def test_the_same_request_again_is_the_same_job_and_follows_it(
    submit: SubmitQuery, jobs: JobStore, channel: RecordingChannel
) -> None:
    submit("connection-1", QUERY)
    first = job_of(jobs, channel)
    submit("connection-2", QUERY)
    second = job_of(jobs, channel, "connection-2")
    assert second == replace(first, followers=frozenset({"connection-1", "connection-2"}))
    assert channel.wires_to("connection-2")[0]["duplicate"] is True


def test_another_user_s_same_request_is_another_job(
    submit: SubmitQuery, jobs: JobStore, channel: RecordingChannel
) -> None:
    submit("connection-1", QUERY)
    submit("connection-3", QUERY)
    mine, theirs = job_of(jobs, channel), job_of(jobs, channel, "connection-3")
    assert mine.job_id != theirs.job_id
    assert (mine.followers, theirs.followers) == ({"connection-1"}, {"connection-3"})
    assert "duplicate" not in channel.wires_to("connection-3")[0]


def test_a_duplicate_of_a_job_that_may_never_have_been_queued_queues_it_again(
    submit: SubmitQuery, jobs: JobStore, queue: RecordingQueue, channel: RecordingChannel
) -> None:
    submit("connection-1", QUERY)
    submit("connection-1", QUERY)
    assert queue.sent == [(job_of(jobs, channel).job_id, "user-1")] * 2


def test_a_duplicate_of_a_job_at_work_is_acknowledged_only(
    submit: SubmitQuery, jobs: JobStore, queue: RecordingQueue, channel: RecordingChannel
) -> None:
    submit("connection-1", QUERY)
    claimed = jobs.claim(job_of(jobs, channel).job_id, "worker-1", 120, progress=10, message="Working.")
    submit("connection-1", QUERY)
    assert len(queue.sent) == 1
    again = channel.wires_to("connection-1")[1:]
    assert [(wire["type"], wire["seq"], wire["progress"]) for wire in again] == [("job_queued", claimed.seq, 10)]


def test_a_duplicate_of_a_completed_job_gets_its_answer(
    submit: SubmitQuery, jobs: JobStore, answers: AnswerStore, channel: RecordingChannel
) -> None:
    submit("connection-1", QUERY)
    job = jobs.claim(job_of(jobs, channel).job_id, "worker-1", 120, progress=10, message="Working.")
    answers.put(job, Answer(COST, "Cost analysis", "Costs rose.", ANSWERED, 1_000_030))
    jobs.complete(job, message="Ready.", partial=False)
    submit("connection-2", QUERY)
    acknowledgement, answer = channel.wires_to("connection-2")
    assert acknowledgement["duplicate"] is True
    assert (answer["type"], answer["result"]["response"]) == ("job_completed", "Costs rose.")


def test_a_job_that_cannot_be_queued_fails_and_its_asker_is_told(
    submit: SubmitQuery, jobs: JobStore, queue: RecordingQueue, channel: RecordingChannel
) -> None:
    queue.is_down = True
    submit("connection-1", QUERY)
    (wire,) = channel.wires_to("connection-1")
    job = job_of(jobs, channel)
    assert (job.status, job.code) == (FAILED, "QUEUE_UNAVAILABLE")
    assert (wire["type"], wire["code"], wire["error"]) == ("job_failed", "QUEUE_UNAVAILABLE", job.error)
    assert (wire["jobId"], wire["requestId"], wire["seq"]) == (job.job_id, "request-1", 2)


def test_all_who_follow_a_job_that_cannot_be_queued_are_told(
    submit: SubmitQuery, queue: RecordingQueue, channel: RecordingChannel
) -> None:
    submit("connection-1", QUERY)
    queue.is_down = True
    submit("connection-2", QUERY)
    assert [wire["type"] for wire in channel.wires_to("connection-1")] == ["job_queued", "job_failed"]
    assert [wire["type"] for wire in channel.wires_to("connection-2")] == ["job_failed"]


def test_a_duplicate_of_a_failed_job_is_told_that_it_failed(
    submit: SubmitQuery, queue: RecordingQueue, channel: RecordingChannel
) -> None:
    queue.is_down = True
    submit("connection-1", QUERY)
    submit("connection-2", QUERY)
    assert [wire["type"] for wire in channel.wires_to("connection-2")] == ["job_queued", "job_failed"]
    assert len(channel.to("connection-1")) == 1


def test_a_job_that_the_queue_took_though_it_refused_is_acknowledged_and_goes_on(
    submit: SubmitQuery, jobs: JobStore, queue: RecordingQueue, channel: RecordingChannel
) -> None:
    queue.is_down = True
    queue.before_refusal = lambda job_id: jobs.claim(job_id, "worker-1", 120, progress=10, message="Working.")
    submit("connection-1", QUERY)
    (wire,) = channel.wires_to("connection-1")
    assert wire["type"] == "job_queued"
    assert "duplicate" not in wire
    assert job_of(jobs, channel).status == PROCESSING
