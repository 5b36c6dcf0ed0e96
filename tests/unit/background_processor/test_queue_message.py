import json
from typing import Any

import pytest
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from botocore.exceptions import ClientError, EndpointConnectionError
from hypothesis import example, given
from hypothesis import strategies as st

from background_processor.queue_message import QueueMessage
from unit.background_processor.recording_sqs import RecordingSqs
from unit.background_processor.sample_messages import BODY, QUEUE_URL, a_message
from unit.finops_websocket.sample_events import event_of
from unit.finops_websocket.settable_clock import SettableClock

REFUSED = ClientError({"Error": {"Code": "RequestThrottled", "Message": "secret"}}, "ChangeMessageVisibility")
UNREACHABLE = EndpointConnectionError(endpoint_url="https://sqs.example.com")


def test_at_the_start_it_is_hidden_for_a_third_and_a_second_longer_than_its_job_is_held(
    recording_sqs: RecordingSqs, clock: SettableClock
) -> None:
    (record,) = event_of("queue_message")["Records"]
    a_message(recording_sqs, clock, lease=90).keep_hidden()
    assert recording_sqs.asked == [
        {"QueueUrl": QUEUE_URL, "ReceiptHandle": record["receiptHandle"], "VisibilityTimeout": 121}
    ]


def test_it_is_hidden_again_after_a_third_of_the_lease_and_not_at_every_step(
    recording_sqs: RecordingSqs, clock: SettableClock
) -> None:
    message = a_message(recording_sqs, clock, lease=90)
    asked = []
    for seconds in (0, 10, 19.9, 0.1, 29, 1, 300):
        clock.now += seconds
        message.keep_hidden()
        asked.append(len(recording_sqs.asked))
    assert asked == [1, 1, 1, 2, 2, 3, 4]
    assert recording_sqs.hidden_for == [121] * 4


@pytest.mark.parametrize("refusal", [REFUSED, UNREACHABLE])
def test_what_sqs_refused_is_tried_again_at_the_next_step(
    recording_sqs: RecordingSqs, clock: SettableClock, refusal: Exception
) -> None:
    message = a_message(recording_sqs, clock, lease=90)
    recording_sqs.refusal = refusal
    message.keep_hidden()
    message.keep_hidden()
    recording_sqs.refusal = None
    message.keep_hidden()
    message.keep_hidden()
    assert len(recording_sqs.asked) == 3


def test_a_refused_extension_does_not_count_as_one(recording_sqs: RecordingSqs, clock: SettableClock) -> None:
    message = a_message(recording_sqs, clock, lease=90)
    message.keep_hidden()
    clock.now += 30
    recording_sqs.refusal = REFUSED
    message.keep_hidden()
    recording_sqs.refusal = None
    clock.now += 1
    message.keep_hidden()
    assert len(recording_sqs.asked) == 3
    assert recording_sqs.seen_again_at == clock.now + 121


@pytest.mark.parametrize(("lease", "hidden_for"), [(3, 5), (4, 7), (5, 8), (90, 121), (91, 123), (600, 801)])
def test_it_is_seen_again_soon_after_a_dead_worker_s_lease(
    recording_sqs: RecordingSqs, clock: SettableClock, lease: int, hidden_for: int
) -> None:
    a_message(recording_sqs, clock, lease=lease).keep_hidden()
    assert recording_sqs.hidden_for == [hidden_for]


# Pauses in eighths of a second, which add up exactly: most are shorter than a third of the lease, and some come close.
@given(
    lease=st.integers(min_value=3, max_value=600),
    pauses=st.lists(st.integers(min_value=0, max_value=1600).map(lambda eighths: eighths / 8), max_size=20),
)
@example(lease=90, pauses=[29.875])
@example(lease=4, pauses=[1.25])
@example(lease=5, pauses=[1.625])
@example(lease=91, pauses=[30.25])
def test_while_its_worker_lives_it_stays_hidden_for_a_lease_and_a_second(lease: int, pauses: list[float]) -> None:
    # The second is what a step may come after the call that hides the message.
    assert least_hidden(lease, pauses) >= lease + 1


def least_hidden(lease: int, pauses: list[float]) -> float:
    """Take steps with pauses between them, and give the shortest time for which the message was hidden after one."""
    clock = SettableClock()
    sqs = RecordingSqs(clock)
    message = a_message(sqs, clock, lease=lease)
    hidden = []
    for pause in [0.0, *pauses]:
        clock.now += pause
        message.keep_hidden()
        hidden.append(sqs.seen_again_at - clock.now)
    return min(hidden)


@pytest.mark.parametrize(("refusal", "agreed"), [(None, True), (REFUSED, False), (UNREACHABLE, False)])
def test_it_says_whether_sqs_has_agreed(
    recording_sqs: RecordingSqs, clock: SettableClock, refusal: Exception | None, agreed: bool
) -> None:
    recording_sqs.refusal = refusal
    assert a_message(recording_sqs, clock).show_again_in(5) is agreed
    assert recording_sqs.hidden_for == [5]


def received(sqs: Any, queue_url: str) -> QueueMessage | None:
    """Receive a message of a queue as this function would, if there is one to see."""
    (record,) = event_of("queue_message")["Records"]
    for message in sqs.receive_message(QueueUrl=queue_url, WaitTimeSeconds=0).get("Messages", []):
        taken = {"messageId": message["MessageId"], "receiptHandle": message["ReceiptHandle"], "body": message["Body"]}
        return QueueMessage(sqs, queue_url, SQSRecord({**record, **taken}), lease=90)
    return None


def test_sqs_takes_what_it_is_asked(sqs: Any, queue_url: str) -> None:
    sqs.send_message(QueueUrl=queue_url, MessageBody=BODY)
    message = received(sqs, queue_url)
    assert message is not None
    assert message.show_again_in(0)
    again = received(sqs, queue_url)
    assert again is not None
    assert (again.message_id, again.body) == (message.message_id, BODY)
    again.keep_hidden()
    assert received(sqs, queue_url) is None


def test_what_is_kept_of_it_can_be_sent_once_more(recording_sqs: RecordingSqs, clock: SettableClock) -> None:
    kept = a_message(recording_sqs, clock, message_id="message-7").to_item()
    # Of milliseconds, seconds.
    assert kept == {"messageId": "message-7", "body": BODY, "sentAt": 1_795_431_600}
    assert json.loads(kept["body"]) == {"jobId": "job-1"}
