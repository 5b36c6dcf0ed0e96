"""Messages as the background processor receives them."""

import json

from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from background_processor.queue_message import QueueMessage
from unit.doubles.all_services import AllServices
from unit.doubles.sample_events import event_of

QUEUE_URL = "https://sqs.us-east-1.amazonaws.com/123456789012/finops-websocket-processing-queue"
BODY = json.dumps({"jobId": "job-1"})


def a_message(services: AllServices, body: str = BODY, message_id: str = "message-1", lease: int = 0) -> QueueMessage:
    """Give a message that has just been received; by default it brings job-1."""
    [record] = event_of("queue_message")["Records"]
    received = SQSRecord({**record, "body": body, "messageId": message_id})
    return QueueMessage(services.sqs, QUEUE_URL, received, lease or services.lease, services.clock)
