import pytest

from finops_websocket.answer_store import COMPLETED as ANSWERED
from finops_websocket.answer_store import Answer, AnswerStore
from finops_websocket.client_channel import Delivery
from finops_websocket.job import CANCELLED, COMPLETED, FAILED
from message_handler.tell_end import TellEnd
from unit.finops_websocket.recording_channel import RecordingChannel
from unit.finops_websocket.sample_jobs import COST, a_job, stored_job
from unit.finops_websocket.submitting_job_store import SubmittingJobStore

pytestmark = pytest.mark.usefixtures("parent_logger")


@pytest.mark.parametrize("asker", ["connection-1", "connection-9"])
@pytest.mark.parametrize(
    ("status", "kind"), [(COMPLETED, "job_completed"), (FAILED, "job_failed"), (CANCELLED, "job_cancelled")]
)
def test_asker_and_followers_are_told_once_each(
    tell_end: TellEnd, jobs: SubmittingJobStore, channel: RecordingChannel, asker: str, status: str, kind: str
) -> None:
    job = a_job(status=status, followers=frozenset({"connection-1", "connection-2"}))
    jobs.submit(job)
    tell_end(asker, job)
    for connection_id in {"connection-1", "connection-2", asker}:
        assert channel.kinds_to(connection_id) == [kind]
    assert stored_job(jobs).followers == frozenset()
    assert not stored_job(jobs).is_open


def test_when_all_know_the_end_only_the_asker_is_told(
    tell_end: TellEnd, jobs: SubmittingJobStore, channel: RecordingChannel
) -> None:
    jobs.submit(a_job(status=CANCELLED, followers=frozenset(), is_open=False))
    tell_end("connection-1", stored_job(jobs))
    assert [connection_id for connection_id, _ in channel.sent] == ["connection-1"]


def test_a_follower_that_could_not_be_told_stays_one_and_is_no_failure(
    tell_end: TellEnd, jobs: SubmittingJobStore, channel: RecordingChannel
) -> None:
    job = a_job(status=CANCELLED, followers=frozenset({"connection-1", "connection-2"}))
    jobs.submit(job)
    channel.deliveries["connection-2"] = Delivery.FAILED
    tell_end("connection-1", job)
    assert stored_job(jobs).followers == {"connection-2"}
    assert stored_job(jobs).is_open


def test_an_end_has_the_answer(
    tell_end: TellEnd, jobs: SubmittingJobStore, answers: AnswerStore, channel: RecordingChannel
) -> None:
    job = a_job(status=COMPLETED, followers=frozenset())
    jobs.submit(job)
    answers.put(job, Answer(COST, "Cost analysis", "Costs rose.", ANSWERED, 1_000_030))
    tell_end("connection-9", job)
    assert channel.wires_to("connection-9")[0]["result"]["response"] == "Costs rose."
