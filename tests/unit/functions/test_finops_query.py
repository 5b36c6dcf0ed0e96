"""finops_query: stored, queued, and only then acknowledged."""

from collections.abc import Callable

from finops_websocket.connections.identity import Connection
from finops_websocket.jobs.job import FAILED, QUEUED
from finops_websocket.wire.client_messages import FinopsQuery
from message_handler.finops_query import finops_query
from unit.doubles.all_services import AllServices
from unit.doubles.recording_channel import RecordingChannel
from unit.doubles.recording_sqs import RecordingSqs
from unit.doubles.sample_jobs import stored

SignedIn = Callable[..., Connection]


def test_a_question_is_stored_and_queued_before_it_is_acknowledged(
    services: AllServices, signed_in: SignedIn, channel: RecordingChannel, sqs: RecordingSqs
) -> None:
    def check(_connection_id: str, message: object) -> None:
        [job_id] = sqs.job_ids()
        assert stored(services.jobs, job_id).status == QUEUED

    channel.at_send = check
    finops_query(services, signed_in(), FinopsQuery("What did S3 cost?", "request-1"))
    [queued] = channel.to("connection-1")
    assert queued["type"] == "job_queued"
    assert queued["requestId"] == "request-1"


def test_a_question_that_cannot_be_queued_ends_as_failed_and_says_so(
    services: AllServices, signed_in: SignedIn, channel: RecordingChannel, sqs: RecordingSqs
) -> None:
    sqs.is_down = True
    finops_query(services, signed_in(), FinopsQuery("What did S3 cost?"))
    [failed] = channel.to("connection-1")
    assert failed["code"] == "QUEUE_UNAVAILABLE"
    assert stored(services.jobs, failed["jobId"]).status == FAILED
