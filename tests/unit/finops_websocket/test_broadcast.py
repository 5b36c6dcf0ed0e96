import itertools

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from finops_websocket.broadcast import Broadcast
from finops_websocket.client_channel import Delivery
from finops_websocket.connection_store import ConnectionStore
from finops_websocket.identity import Connection
from finops_websocket.job import CANCELLED, COMPLETED, FAILED, PROCESSING, Job
from finops_websocket.job_messages import progress_update
from finops_websocket.server_messages import MAX_MESSAGE_BYTES, ErrorMessage, JobCancelled
from unit.finops_websocket.recording_channel import RecordingChannel
from unit.finops_websocket.sample_jobs import a_job, stored_job
from unit.finops_websocket.submitting_job_store import SubmittingJobStore

FOLLOWERS = ("connection-1", "connection-2", "connection-3")
JOB = a_job(followers=frozenset(FOLLOWERS))
MESSAGE = progress_update(JOB)
END = JobCancelled("job-1", 1_000_000, 1)


@pytest.fixture(autouse=True)
def signed_in(connections: ConnectionStore) -> None:
    for connection_id in FOLLOWERS:
        connections.sign_in(Connection(connection_id, "user-1", "Ada"))


def stored(jobs: SubmittingJobStore, status: str = PROCESSING) -> Job:
    """Store a job that all three follow."""
    job = a_job(status=status, followers=frozenset(FOLLOWERS))
    jobs.submit(job)
    return job


def known(connections: ConnectionStore) -> list[str]:
    return [each for each in FOLLOWERS if connections.find(each).user_id is not None]


def test_every_follower_is_sent_the_message(
    broadcast: Broadcast, channel: RecordingChannel, jobs: SubmittingJobStore
) -> None:
    assert broadcast(stored(jobs), MESSAGE)
    assert channel.sent == [(connection_id, MESSAGE) for connection_id in FOLLOWERS]
    assert stored_job(jobs) == stored(jobs)


def test_a_gone_connection_is_forgotten_and_the_others_are_served(
    broadcast: Broadcast, channel: RecordingChannel, jobs: SubmittingJobStore, connections: ConnectionStore
) -> None:
    channel.deliveries["connection-1"] = Delivery.GONE
    assert broadcast(stored(jobs), MESSAGE)
    assert [receiver for receiver, _ in channel.sent] == list(FOLLOWERS)
    assert stored_job(jobs).followers == {"connection-2", "connection-3"}
    assert known(connections) == ["connection-2", "connection-3"]


def test_a_connection_that_could_not_be_reached_is_kept(
    broadcast: Broadcast, channel: RecordingChannel, jobs: SubmittingJobStore, connections: ConnectionStore
) -> None:
    channel.deliveries["connection-1"] = Delivery.FAILED
    job = stored(jobs)
    assert not broadcast(job, MESSAGE)
    assert len(channel.sent) == 3
    assert stored_job(jobs) == job
    assert known(connections) == list(FOLLOWERS)


@pytest.mark.parametrize("status", [PROCESSING, COMPLETED])
def test_a_job_that_nobody_follows_is_sent_to_nobody(
    broadcast: Broadcast, channel: RecordingChannel, jobs: SubmittingJobStore, status: str
) -> None:
    job = a_job(status=status, followers=frozenset())
    jobs.submit(job)
    assert broadcast(job, MESSAGE)
    assert channel.sent == []
    assert stored_job(jobs).is_open is (status == PROCESSING)


@pytest.mark.parametrize("status", [COMPLETED, FAILED, CANCELLED])
def test_who_knows_the_end_follows_no_more(
    broadcast: Broadcast, channel: RecordingChannel, jobs: SubmittingJobStore, connections: ConnectionStore, status: str
) -> None:
    assert broadcast(stored(jobs, status), END)
    assert channel.sent == [(connection_id, END) for connection_id in FOLLOWERS]
    told = stored_job(jobs)
    assert (told.followers, told.is_open) == (frozenset(), False)
    # They are open still, and may ask for something else.
    assert known(connections) == list(FOLLOWERS)


def test_who_could_not_be_told_the_end_is_told_it_the_next_time_and_the_others_are_not(
    broadcast: Broadcast, channel: RecordingChannel, jobs: SubmittingJobStore, connections: ConnectionStore
) -> None:
    channel.deliveries = {"connection-1": Delivery.FAILED, "connection-2": Delivery.GONE}
    assert not broadcast(stored(jobs, COMPLETED), END)
    left = stored_job(jobs)
    assert (left.followers, left.is_open) == ({"connection-1"}, True)
    assert known(connections) == ["connection-1", "connection-3"]
    channel.deliveries = {}
    channel.sent.clear()
    assert broadcast(left, END)
    assert channel.sent == [("connection-1", END)]
    assert not stored_job(jobs).is_open


def test_when_nobody_could_be_told_the_end_nothing_changes(
    broadcast: Broadcast, channel: RecordingChannel, jobs: SubmittingJobStore
) -> None:
    channel.deliveries = dict.fromkeys(FOLLOWERS, Delivery.FAILED)
    job = stored(jobs, COMPLETED)
    assert not broadcast(job, END)
    assert stored_job(jobs) == job


def test_a_message_that_is_too_large_is_replaced_by_the_shorter(
    broadcast: Broadcast, channel: RecordingChannel, jobs: SubmittingJobStore
) -> None:
    large, short = ErrorMessage("INTERNAL", "x" * MAX_MESSAGE_BYTES, 7), ErrorMessage("INTERNAL", "x", 7)
    assert broadcast(stored(jobs), large, lambda: short)
    assert channel.sent == [(connection_id, short) for connection_id in FOLLOWERS]


job_numbers = itertools.count()


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    attempts=st.lists(
        st.fixed_dictionaries({follower: st.sampled_from(Delivery) for follower in FOLLOWERS}), max_size=4
    )
)
def test_each_follower_is_told_the_end_once_however_often_it_takes(
    broadcast: Broadcast, channel: RecordingChannel, jobs: SubmittingJobStore, attempts: list[dict[str, Delivery]]
) -> None:
    job_id = f"job-of-example-{next(job_numbers)}"
    job: Job | None = a_job(job_id=job_id, status=COMPLETED, followers=frozenset(FOLLOWERS))
    assert job is not None
    jobs.submit(job)
    left = set(FOLLOWERS)
    for deliveries in attempts:
        channel.deliveries = dict(deliveries)
        channel.sent.clear()
        all_know = broadcast(job, END)
        assert {receiver for receiver, _ in channel.sent} == left
        left = {follower for follower in left if deliveries[follower] is Delivery.FAILED}
        assert all_know is (not left)
        job = jobs.find(job_id)
        assert job is not None
        assert (job.followers, job.is_open) == (left, bool(left))
