import pytest

from background_processor.broadcast import Broadcast
from finops_websocket.client_channel import Delivery
from finops_websocket.connection_store import ConnectionStore
from finops_websocket.identity import Connection
from finops_websocket.job_messages import progress_update
from finops_websocket.job_store import JobStore
from unit.finops_websocket.recording_channel import RecordingChannel
from unit.finops_websocket.sample_jobs import a_job

JOB = a_job(followers=frozenset({"connection-1", "connection-2", "connection-3"}))
MESSAGE = progress_update(JOB)


@pytest.fixture
def broadcast(channel: RecordingChannel, jobs: JobStore, connections: ConnectionStore) -> Broadcast:
    jobs.submit(JOB)
    for connection_id in JOB.followers:
        connections.sign_in(Connection(connection_id, "user-1", "Ada"))
    return Broadcast(channel, jobs, connections)


def is_known(connections: ConnectionStore, connection_id: str) -> bool:
    return connections.find(connection_id).user_id is not None


def test_every_follower_is_sent_the_message(broadcast: Broadcast, channel: RecordingChannel) -> None:
    broadcast(JOB, MESSAGE)
    assert channel.sent == [(connection_id, MESSAGE) for connection_id in sorted(JOB.followers)]


def test_a_gone_connection_is_forgotten_and_the_others_are_served(
    broadcast: Broadcast, channel: RecordingChannel, jobs: JobStore, connections: ConnectionStore
) -> None:
    channel.deliveries["connection-1"] = Delivery.GONE
    broadcast(JOB, MESSAGE)
    assert [receiver for receiver, _ in channel.sent] == ["connection-1", "connection-2", "connection-3"]
    assert jobs.find("job-1") == a_job(followers=frozenset({"connection-2", "connection-3"}))
    assert [is_known(connections, connection_id) for connection_id in sorted(JOB.followers)] == [False, True, True]


def test_a_connection_that_could_not_be_reached_is_kept(
    broadcast: Broadcast, channel: RecordingChannel, jobs: JobStore, connections: ConnectionStore
) -> None:
    channel.deliveries["connection-1"] = Delivery.FAILED
    broadcast(JOB, MESSAGE)
    assert len(channel.sent) == 3
    assert jobs.find("job-1") == JOB
    assert is_known(connections, "connection-1")


def test_a_job_that_nobody_follows_is_sent_to_nobody(broadcast: Broadcast, channel: RecordingChannel) -> None:
    broadcast(a_job(followers=frozenset()), MESSAGE)
    assert channel.sent == []
