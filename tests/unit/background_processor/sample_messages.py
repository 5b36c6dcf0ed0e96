"""Messages as this function receives them."""

import json
from collections.abc import Callable
from typing import Any

from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from background_processor.queue_message import QueueMessage
from unit.finops_websocket.sample_events import event_of
from unit.finops_websocket.sample_jobs import LEASE

QUEUE_URL = "https://sqs.us-east-1.amazonaws.com/123456789012/finops-websocket-processing-queue"
BODY = json.dumps({"jobId": "job-1"})


def a_message(
    sqs: Any, clock: Callable[[], float], body: str = BODY, message_id: str = "message-1", lease: int = LEASE
) -> QueueMessage:
    """Give a message that has just been received; by default it brings job-1."""
    (record,) = event_of("queue_message")["Records"]
    return QueueMessage(sqs, QUEUE_URL, SQSRecord({**record, "body": body, "messageId": message_id}), lease, clock)
