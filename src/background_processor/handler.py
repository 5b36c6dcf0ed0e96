"""The background processor's entry point: the processing queue, the dead-letter queue, and the sweep's schedule."""

from finops_websocket import cold_start

# isort: split
import os
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.batch.exceptions import BatchProcessingError
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from background_processor.dead_letters import fail_dead_letter
from background_processor.process_job import serve_queued_job
from background_processor.queue_message import QueueMessage
from background_processor.services import BackgroundProcessorServices
from background_processor.sweep import sweep
from finops_websocket.errors import JobHeldElsewhere, MessageStays
from finops_websocket.observability import entry_point
from finops_websocket.settings import BackgroundProcessorSettings

# Seconds that the processor keeps for itself after the agents' deadline, to deliver what is there before Lambda's.
_DELIVERY_SECONDS = 30

logger = Logger(child=True)
settings = BackgroundProcessorSettings.read(os.environ)
services = BackgroundProcessorServices.of_stack(settings)
batch = BatchProcessor(event_type=EventType.SQS)


def serve_record(record: SQSRecord, lambda_context: LambdaContext) -> None:
    """Serve one message of either queue; an exception leaves it in the queue."""
    try:
        serve_message(record, lambda_context)
    except (JobHeldElsewhere, MessageStays):
        raise
    except Exception:  # Of several messages, what one raises is logged nowhere else; it is raised all the same.
        logger.exception("A message could not be processed.")
        raise


def serve_message(record: SQSRecord, lambda_context: LambdaContext) -> None:
    """Serve one message by the queue that it came from."""
    # A queue's ARN and its address end with its name.
    is_dead = settings.dead_letter_queue_url.endswith("/" + record.event_source_arn.rpartition(":")[2])
    queue_url = settings.dead_letter_queue_url if is_dead else settings.processing_queue_url
    message = QueueMessage(services.sqs, queue_url, record, services.lease)
    if is_dead:
        fail_dead_letter(services, message)
        return
    time_left = lambda_context.get_remaining_time_in_millis() / 1000
    time_limit = min(settings.agent_timeout_seconds, time_left - _DELIVERY_SECONDS)
    serve_queued_job(services, message, lambda_context.aws_request_id, time_limit)


@entry_point
def handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse | None:
    """Serve a batch of messages, of which only those that failed stay in their queue; or the schedule's event."""
    if "Records" not in event:
        sweep(services, lambda: context.get_remaining_time_in_millis() / 1000)
        return None
    try:
        return process_partial_response(event, serve_record, batch, context)
    except BatchProcessingError as failed:
        # All have failed. A message that must only wait is no error of this function.
        if all(isinstance(error, JobHeldElsewhere | MessageStays) for _, error, _ in failed.child_exceptions):
            return {"batchItemFailures": [{"itemIdentifier": record["messageId"]} for record in event["Records"]]}
        raise


cold_start.is_over()
