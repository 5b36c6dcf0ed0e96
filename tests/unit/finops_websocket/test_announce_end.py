from dataclasses import replace
from typing import Any

import pytest
from botocore.stub import Stubber

from finops_websocket.announce_end import AnnounceEnd
from finops_websocket.answer_store import COMPLETED as ANSWERED
from finops_websocket.answer_store import Answer, AnswerStore
from finops_websocket.client_channel import Delivery
from finops_websocket.errors import EndNotTold
from finops_websocket.job import CANCELLED, COMPLETED, FAILED, PROCESSING, QUEUED, Job
from finops_websocket.message_size import MAX_TEXT_BYTES, SHORT_TEXT_BYTES, first_part
from unit.finops_websocket.recording_channel import RecordingChannel
from unit.finops_websocket.sample_jobs import COST, RESPONSE_KEY, SAVINGS, a_job, stored_job
from unit.finops_websocket.submitting_job_store import SubmittingJobStore

ENDED = a_job(
    progress=100, seq=7, followers=frozenset({"connection-1", "connection-2"}), completed_agents=(COST, SAVINGS)
)


@pytest.fixture
def completed(jobs: SubmittingJobStore, answers: AnswerStore) -> Job:
    job = replace(ENDED, status=COMPLETED)
    jobs.submit(job)
    answers.put(job, Answer(COST, "Cost analysis", "Costs rose.", ANSWERED, 1_000_030))
    answers.put(job, Answer(SAVINGS, "Optimisation", "Delete the disk.", ANSWERED, 1_000_040))
    return job


def test_a_completed_job_s_answer_is_told_from_the_store(
    announce_end: AnnounceEnd, channel: RecordingChannel, completed: Job
) -> None:
    announce_end(completed)
    for connection_id in ("connection-1", "connection-2"):
        (message,) = channel.wires_to(connection_id)
        assert (message["type"], message["seq"]) == ("job_completed", 7)
        assert message["result"]["response"] == (
            "## Cost analysis\n\nCosts rose.\n\n## Optimisation\n\nDelete the disk."
        )


@pytest.mark.parametrize(("status", "kind"), [(FAILED, "job_failed"), (CANCELLED, "job_cancelled")])
def test_the_other_ends_are_told_too(
    announce_end: AnnounceEnd, channel: RecordingChannel, jobs: SubmittingJobStore, status: str, kind: str
) -> None:
    job = replace(ENDED, status=status)
    jobs.submit(job)
    announce_end(job)
    assert channel.kinds_to("connection-1") == channel.kinds_to("connection-2") == [kind]
    assert (stored_job(jobs).followers, stored_job(jobs).is_open) == (frozenset(), False)


def test_an_end_that_everybody_knows_is_not_told_again_and_costs_nothing(
    announce_end: AnnounceEnd, channel: RecordingChannel, jobs: SubmittingJobStore, jobs_table: Any, completed: Job
) -> None:
    announce_end(completed)
    channel.sent.clear()
    known = stored_job(jobs)
    with Stubber(jobs_table.meta.client):
        # Any call would be one too many for the stubber.
        announce_end(known)
    assert channel.sent == []


@pytest.mark.parametrize("status", [QUEUED, PROCESSING])
def test_a_job_that_goes_on_has_no_end_to_tell(
    announce_end: AnnounceEnd, channel: RecordingChannel, jobs: SubmittingJobStore, status: str
) -> None:
    job = replace(ENDED, status=status)
    jobs.submit(job)
    announce_end(job)
    assert channel.sent == []
    assert stored_job(jobs) == job


def test_an_end_that_somebody_could_not_be_told_is_an_error_until_it_could(
    announce_end: AnnounceEnd, channel: RecordingChannel, jobs: SubmittingJobStore, completed: Job
) -> None:
    channel.deliveries["connection-1"] = Delivery.FAILED
    with pytest.raises(EndNotTold):
        announce_end(completed)
    with pytest.raises(EndNotTold):
        announce_end(stored_job(jobs))
    assert channel.kinds_to("connection-2") == ["job_completed"]
    channel.deliveries.clear()
    announce_end(stored_job(jobs))
    first, second, third = channel.wires_to("connection-1")
    assert first == second == third
    assert not stored_job(jobs).is_open


def test_an_end_whose_followers_are_all_gone_is_told(
    announce_end: AnnounceEnd, channel: RecordingChannel, jobs: SubmittingJobStore, completed: Job
) -> None:
    channel.deliveries = {"connection-1": Delivery.GONE, "connection-2": Delivery.GONE}
    announce_end(completed)
    assert not stored_job(jobs).is_open


def test_an_end_that_nobody_follows_is_closed_without_a_word(
    announce_end: AnnounceEnd, channel: RecordingChannel, jobs: SubmittingJobStore
) -> None:
    job = replace(ENDED, status=FAILED, followers=frozenset())
    jobs.submit(job)
    announce_end(job)
    assert channel.sent == []
    assert not stored_job(jobs).is_open


def test_an_answer_that_api_gateway_finds_too_large_is_told_in_short_with_a_link_to_the_whole(
    announce_end: AnnounceEnd,
    channel: RecordingChannel,
    jobs: SubmittingJobStore,
    answers: AnswerStore,
    s3: Any,
    bucket_name: str,
) -> None:
    job = replace(ENDED, status=COMPLETED, agents=(COST,), completed_agents=(COST,))
    jobs.submit(job)
    content = "y" * (MAX_TEXT_BYTES - 2)
    answers.put(job, Answer(COST, "Cost analysis", content, ANSWERED, 1_000_030))
    channel.room = 64 * 1024
    announce_end(job)
    (message,) = channel.wires_to("connection-1")
    result = message["result"]
    assert result["response"] == first_part(content, SHORT_TEXT_BYTES)
    assert RESPONSE_KEY in result["responseUrl"]
    assert s3.get_object(Bucket=bucket_name, Key=RESPONSE_KEY)["Body"].read().decode() == content
    assert not stored_job(jobs).is_open
