import json
import uuid
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from finops_websocket import metrics
from finops_websocket.client_messages import FinopsQuery
from finops_websocket.errors import (
    LimitReached,
    RateLimited,
    SessionExpired,
    TooManyJobs,
    Unauthenticated,
    UnknownAgent,
)
from finops_websocket.frame_dispatch import dispatch_frame
from finops_websocket.frame_limit import FrameLimit
from finops_websocket.job import FAILED, PROCESSING, QUEUED, Job
from finops_websocket.job_admission import JobAdmission
from finops_websocket.job_lease import JobLease
from finops_websocket.job_store import JobStore
from finops_websocket.job_table import JobTable
from finops_websocket.server_messages import JobQueued, ServerMessage
from finops_websocket.user_jobs import JobLimits
from finops_websocket.websocket_event import MESSAGE, WebSocketEvent
from message_handler.finops_query import SubmitQuery
from unit.finops_websocket.embedded_metrics import Measurement, names
from unit.finops_websocket.recording_channel import RecordingChannel
from unit.finops_websocket.sample_jobs import AGENT_TIMEOUT, COST, SAVINGS
from unit.finops_websocket.settable_clock import SettableClock
from unit.message_handler.recording_queue import RecordingQueue
from unit.message_handler.sample_questions import QUERY, claim, job_of

pytestmark = pytest.mark.usefixtures("parent_logger")


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
    assert (job.created_at, job.updated_at, job.queued_at) == (clock.now, clock.now, clock.now)
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
    submitter: Callable[..., SubmitQuery], jobs: JobStore, channel: RecordingChannel
) -> None:
    submitter(auth_mode="open")("connection-9", replace(QUERY, user_id="claimed-user"))
    assert job_of(jobs, channel, "connection-9").user_id == "claimed#claimed-user"


def test_in_the_open_mode_somebody_must_ask(submitter: Callable[..., SubmitQuery], channel: RecordingChannel) -> None:
    with pytest.raises(Unauthenticated):
        submitter(auth_mode="open")("connection-9", QUERY)


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
    assert job.followers == frozenset()


def test_a_job_that_was_acknowledged_does_not_fail_because_it_cannot_be_queued_once_more(
    submit: SubmitQuery, jobs: JobStore, queue: RecordingQueue, channel: RecordingChannel
) -> None:
    submit("connection-1", QUERY)
    queue.is_down = True
    submit("connection-2", QUERY)
    for connection_id in ("connection-1", "connection-2"):
        assert [wire["type"] for wire in channel.wires_to(connection_id)] == ["job_queued"]
    assert job_of(jobs, channel).status == QUEUED


def test_a_job_that_the_queue_took_though_it_refused_is_acknowledged_and_goes_on(
    submit: SubmitQuery, jobs: JobStore, leases: JobLease, queue: RecordingQueue, channel: RecordingChannel
) -> None:
    queue.is_down = True
    queue.before_refusal = lambda job_id: claim(leases, job_id)
    submit("connection-1", QUERY)
    (wire,) = channel.wires_to("connection-1")
    assert wire["type"] == "job_queued"
    assert "duplicate" not in wire
    assert job_of(jobs, channel).status == PROCESSING


@pytest.mark.parametrize(
    ("limits", "error"),
    [
        (JobLimits(active_jobs=1, queries_per_minute=10, agent_timeout=AGENT_TIMEOUT), TooManyJobs),
        (JobLimits(active_jobs=10, queries_per_minute=1, agent_timeout=AGENT_TIMEOUT), RateLimited),
    ],
)
def test_a_question_above_its_user_s_limits_makes_no_job_and_another_user_s_does(
    submitter: Callable[..., SubmitQuery],
    signed_in: None,
    job_table: JobTable,
    queue: RecordingQueue,
    channel: RecordingChannel,
    limits: JobLimits,
    error: type[LimitReached],
) -> None:
    submit = submitter(admission=JobAdmission(job_table, limits))
    submit("connection-1", QUERY)
    # On whichever connection.
    for connection_id in ("connection-1", "connection-2"):
        with pytest.raises(error):
            submit(connection_id, replace(QUERY, request_id=None))
    submit("connection-3", QUERY)
    assert [channel.kinds_to(f"connection-{number}") for number in (1, 2, 3)] == [["job_queued"], [], ["job_queued"]]
    assert [user_id for _, user_id in queue.sent] == ["user-1", "user-2"]


def test_what_was_asked_before_takes_no_place_and_is_queued_again_within_the_limit_of_questions_only(
    submitter: Callable[..., SubmitQuery],
    signed_in: None,
    job_table: JobTable,
    queue: RecordingQueue,
    channel: RecordingChannel,
) -> None:
    limits = JobLimits(active_jobs=1, queries_per_minute=2, agent_timeout=AGENT_TIMEOUT)
    submit = submitter(admission=JobAdmission(job_table, limits))
    submit("connection-1", QUERY)
    submit("connection-2", QUERY)
    for connection_id in ("connection-1", "connection-2"):
        with pytest.raises(RateLimited):
            submit(connection_id, QUERY)
    assert [channel.kinds_to(f"connection-{number}") for number in (1, 2)] == [["job_queued"]] * 2
    assert len(queue.sent) == 2


def test_in_the_open_mode_each_claimed_user_has_its_limits(
    submitter: Callable[..., SubmitQuery], job_table: JobTable, channel: RecordingChannel
) -> None:
    admission = JobAdmission(job_table, JobLimits(active_jobs=1, queries_per_minute=10, agent_timeout=AGENT_TIMEOUT))
    submit = submitter(auth_mode="open", admission=admission)
    for user_id in ("ann", "bob"):
        submit(f"{user_id}-s", replace(QUERY, request_id=None, user_id=user_id))
        with pytest.raises(TooManyJobs):
            submit(f"{user_id}-s", replace(QUERY, request_id=None, user_id=user_id))
        assert channel.kinds_to(f"{user_id}-s") == ["job_queued"]


def test_a_question_that_cannot_be_queued_leaves_its_place(
    submitter: Callable[..., SubmitQuery],
    signed_in: None,
    job_table: JobTable,
    queue: RecordingQueue,
    channel: RecordingChannel,
) -> None:
    submit = submitter(
        admission=JobAdmission(job_table, JobLimits(active_jobs=1, queries_per_minute=10, agent_timeout=AGENT_TIMEOUT))
    )
    queue.is_down = True
    submit("connection-1", replace(QUERY, request_id=None))
    queue.is_down = False
    submit("connection-1", replace(QUERY, request_id=None))
    assert channel.kinds_to("connection-1") == ["job_failed", "job_queued"]


Measured = Callable[[], list[Measurement]]


def test_a_new_question_is_counted_once_it_is_queued_and_no_duplicate_is(
    submit: SubmitQuery, queue: RecordingQueue, measured: Measured
) -> None:
    submit("connection-1", QUERY)
    assert names(measured()) == {metrics.QUERIES_ACCEPTED: 1}
    submit("connection-1", QUERY)
    queue.is_down = True
    submit("connection-2", QUERY)
    assert measured() == []


def test_a_question_that_could_not_be_queued_is_a_failed_job_and_not_an_accepted_question(
    submit: SubmitQuery, queue: RecordingQueue, measured: Measured
) -> None:
    queue.is_down = True
    submit("connection-1", QUERY)
    assert names(measured()) == {metrics.JOBS_FAILED: 1}
    # Asked again, it is told the same end.
    submit("connection-1", QUERY)
    assert measured() == []


def test_a_question_that_the_queue_took_though_it_refused_is_accepted(
    submit: SubmitQuery, leases: JobLease, queue: RecordingQueue, measured: Measured
) -> None:
    queue.is_down = True
    queue.before_refusal = lambda job_id: claim(leases, job_id)
    submit("connection-1", QUERY)
    assert names(measured()) == {metrics.QUERIES_ACCEPTED: 1, metrics.TIME_TO_FIRST_PROGRESS: 1}


def test_a_question_whose_acknowledgement_breaks_is_counted_as_refused_only(
    submit: SubmitQuery,
    connections_table: Any,
    clock: SettableClock,
    queue: RecordingQueue,
    channel: RecordingChannel,
    measured: Measured,
) -> None:
    def fail(_connection_id: str, message: ServerMessage) -> None:
        if isinstance(message, JobQueued):
            raise ConnectionError("Broken.")

    channel.at_send = fail
    frame = json.dumps({"action": "finops_query", "query": "Why?"})
    event = WebSocketEvent(MESSAGE, "connection-1", frame, is_binary=False)
    limit = FrameLimit("cognito", connections_table, clock)
    dispatch_frame(event, {FinopsQuery: submit}, limit, channel, clock)
    assert len(queue.sent) == 1
    assert channel.kinds_to("connection-1") == ["job_failed"]
    assert names(measured()) == {metrics.QUERIES_REFUSED: 1, metrics.FRAMES_UNSERVED: 1}


def test_a_question_that_makes_no_job_is_not_accepted(submit: SubmitQuery, measured: Measured) -> None:
    with pytest.raises(Unauthenticated):
        submit("a-stranger-s-connection", QUERY)
    assert measured() == []
