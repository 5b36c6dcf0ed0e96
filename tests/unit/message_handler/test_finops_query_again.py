from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from finops_websocket.announce_end import AnnounceEnd
from finops_websocket.answer_store import Answer, AnswerStore
from finops_websocket.client_channel import Delivery
from finops_websocket.job import Job
from finops_websocket.job_lease import JobLease
from finops_websocket.job_store import JobStore
from finops_websocket.message_size import MAX_TEXT_BYTES, SHORT_TEXT_BYTES
from finops_websocket.overdue import MOST_ATTEMPTS
from finops_websocket.results_bucket import ResultsBucket
from finops_websocket.server_messages import ServerMessage
from message_handler.finops_query import SubmitQuery
from unit.finops_websocket.recording_channel import RecordingChannel
from unit.finops_websocket.sample_jobs import LEASE, STUCK_AFTER
from unit.finops_websocket.settable_clock import SettableClock
from unit.message_handler.expiring_jobs import ExpiringJobs
from unit.message_handler.recording_queue import RecordingQueue
from unit.message_handler.sample_questions import QUERY, claim, complete, job_of

pytestmark = pytest.mark.usefixtures("parent_logger")


@pytest.mark.parametrize(("request_id", "is_shared"), [("1", False), ("0b5e8c1a9d2f4e7b8c3a6d5e4f102938", True)])
def test_in_the_open_mode_only_an_id_that_cannot_be_guessed_leads_to_another_connection_s_job(
    submitter: Callable[..., SubmitQuery], jobs: JobStore, channel: RecordingChannel, request_id: str, is_shared: bool
) -> None:
    question = replace(QUERY, user_id="claimed-user", request_id=request_id)
    submit = submitter(auth_mode="open")
    for connection_id in ("connection-1", "connection-1", "connection-2"):
        submit(connection_id, question)
    first, again, elsewhere = (
        wire["jobId"] for wire in (*channel.wires_to("connection-1"), *channel.wires_to("connection-2"))
    )
    assert first == again
    assert (elsewhere == first) is is_shared


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
    submit: SubmitQuery, jobs: JobStore, leases: JobLease, queue: RecordingQueue, channel: RecordingChannel
) -> None:
    submit("connection-1", QUERY)
    claimed = claim(leases, job_of(jobs, channel).job_id)
    submit("connection-1", QUERY)
    assert len(queue.sent) == 1
    again = channel.wires_to("connection-1")[1:]
    assert [(wire["type"], wire["seq"], wire["progress"]) for wire in again] == [("job_queued", claimed.seq, 10)]


def test_a_duplicate_of_a_completed_job_gets_its_answer(
    submit: SubmitQuery, jobs: JobStore, leases: JobLease, answers: AnswerStore, channel: RecordingChannel
) -> None:
    submit("connection-1", QUERY)
    complete(leases, answers, job_of(jobs, channel).job_id, "Costs rose.")
    submit("connection-2", QUERY)
    acknowledgement, answer = channel.wires_to("connection-2")
    assert acknowledgement["duplicate"] is True
    assert (acknowledgement["progress"], acknowledgement["seq"]) == (100, answer["seq"])
    assert (answer["type"], answer["result"]["response"]) == ("job_completed", "Costs rose.")


class FullChannel(RecordingChannel):
    """API Gateway takes no message that can be shorter."""

    def send(
        self, connection_id: str, message: ServerMessage, shorter: Callable[[], ServerMessage] | None = None
    ) -> Delivery:
        return super().send(connection_id, message if shorter is None else shorter())


def test_an_end_that_does_not_fit_goes_out_shorter(
    submit: SubmitQuery,
    submitter: Callable[..., SubmitQuery],
    jobs: JobStore,
    leases: JobLease,
    answers: AnswerStore,
    channel: RecordingChannel,
) -> None:
    submit("connection-1", QUERY)
    complete(leases, answers, job_of(jobs, channel).job_id, "x" * MAX_TEXT_BYTES)
    full_channel = FullChannel()
    submitter(channel=full_channel)("connection-2", QUERY)
    answer = full_channel.wires_to("connection-2")[1]["result"]
    assert len(answer["response"]) < SHORT_TEXT_BYTES
    assert "response.md" in answer["responseUrl"]


class UnreadableAnswers(AnswerStore):
    """DynamoDB refuses to give answers."""

    def find(self, job: Job) -> dict[str, Answer]:
        raise ClientError({"Error": {"Code": "InternalServerError"}}, "BatchGetItem")


def test_an_end_that_cannot_be_made_is_no_acknowledgement_so_that_it_is_asked_for_again(
    submit: SubmitQuery,
    submitter: Callable[..., SubmitQuery],
    jobs: JobStore,
    leases: JobLease,
    jobs_table: Any,
    answers: AnswerStore,
    bucket: ResultsBucket,
    channel: RecordingChannel,
) -> None:
    submit("connection-1", QUERY)
    complete(leases, answers, job_of(jobs, channel).job_id, "Costs rose.")
    with pytest.raises(ClientError):
        submitter(answers=UnreadableAnswers(jobs_table, bucket))("connection-2", QUERY)
    assert channel.to("connection-2") == []
    submit("connection-2", QUERY)
    assert channel.kinds_to("connection-2") == ["job_queued", "job_completed"]


def test_a_duplicate_of_a_stuck_job_queues_it_again_and_notes_that(
    submit: SubmitQuery,
    jobs: JobStore,
    leases: JobLease,
    queue: RecordingQueue,
    channel: RecordingChannel,
    clock: SettableClock,
) -> None:
    submit("connection-1", QUERY)
    job = claim(leases, job_of(jobs, channel).job_id)
    # Its worker is dead, and its message never came again.
    clock.now += LEASE + STUCK_AFTER
    submit("connection-2", QUERY)
    assert queue.sent == [(job.job_id, "user-1")] * 2
    assert job_of(jobs, channel).requeues == 1
    assert channel.kinds_to("connection-2") == ["job_queued"]


def test_a_duplicate_of_a_job_that_is_given_up_gets_its_end_once_after_the_acknowledgement(
    submit: SubmitQuery, jobs: JobStore, leases: JobLease, channel: RecordingChannel, clock: SettableClock
) -> None:
    submit("connection-1", QUERY)
    job_id = job_of(jobs, channel).job_id
    for _ in range(MOST_ATTEMPTS):
        claim(leases, job_id)
        clock.now += LEASE
    clock.now += STUCK_AFTER
    submit("connection-2", QUERY)
    assert channel.kinds_to("connection-1") == ["job_queued", "job_failed"]
    assert channel.kinds_to("connection-2") == ["job_queued", "job_failed"]
    assert channel.wires_to("connection-2")[1]["code"] == "PROCESSING_FAILED"


def test_a_duplicate_of_a_failed_job_is_told_that_it_failed(
    submit: SubmitQuery, queue: RecordingQueue, channel: RecordingChannel
) -> None:
    queue.is_down = True
    submit("connection-1", QUERY)
    submit("connection-2", QUERY)
    assert [wire["type"] for wire in channel.wires_to("connection-2")] == ["job_queued", "job_failed"]
    assert len(channel.to("connection-1")) == 1


def test_a_duplicate_of_a_job_whose_time_runs_out_meanwhile_is_that_job(
    submit: SubmitQuery,
    submitter: Callable[..., SubmitQuery],
    jobs: JobStore,
    leases: JobLease,
    queue: RecordingQueue,
    announce_end: AnnounceEnd,
    channel: RecordingChannel,
    clock: SettableClock,
) -> None:
    submit("connection-1", QUERY)
    job = claim(leases, job_of(jobs, channel).job_id)
    submitter(overdue_jobs=ExpiringJobs(jobs, queue, announce_end, clock))("connection-2", QUERY)
    assert [(wire["type"], wire["jobId"]) for wire in channel.wires_to("connection-2")] == [("job_queued", job.job_id)]
