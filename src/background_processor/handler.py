"""The background processor's entry point: the processing queue, the dead-letter queue, and the sweep's schedule."""

import os
from functools import partial
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.batch.exceptions import BatchProcessingError
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from background_processor.agent_invocation import AgentInvoker
from background_processor.ask_agents import AskAgents
from background_processor.dead_letter import FailDeadLetter
from background_processor.process_job import ProcessJob
from background_processor.queue_message import QueueMessage
from background_processor.queued_job import ServeQueuedJob
from background_processor.sweep import Sweep
from finops_websocket import aws_clients
from finops_websocket.agents import AgentCatalogue
from finops_websocket.entry_point import raises_no_text
from finops_websocket.errors import JobHeldElsewhere, MessageStays
from finops_websocket.job_lease import JobLease
from finops_websocket.job_services import JobServices
from finops_websocket.log_format import ContentFreeFormatter
from finops_websocket.settings import BackgroundProcessorSettings

# Seconds that the processor keeps for itself after the agents' deadline, to deliver what is there before Lambda's.
_DELIVERY_SECONDS = 30

logger = Logger(logger_formatter=ContentFreeFormatter())
settings = BackgroundProcessorSettings.read(os.environ)
services = JobServices.of_stack(settings, aws_clients.PATIENT)
# Not patient: a message is hidden within its job's lease.
sqs = aws_clients.sqs()

serve_queued_job = ServeQueuedJob(
    ProcessJob(
        AgentCatalogue.of_functions(settings.cost_forecast_function, settings.trusted_advisor_function),
        JobLease(services.job_table, settings.lease),
        services.answers,
        AskAgents(AgentInvoker(partial(aws_clients.agent_client, settings.agent_timeout)), settings.heartbeat),
        services.broadcast,
        services.job_table.now,
    ),
    services.jobs,
    services.announce_end,
)
fail_dead_letter = FailDeadLetter(services.jobs, services.announce_end)
sweep = Sweep(services.history, services.jobs, services.overdue_jobs, services.announce_end)
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
    if settings.dead_letter_queue_url.endswith("/" + record.event_source_arn.rpartition(":")[2]):
        fail_dead_letter(QueueMessage(sqs, settings.dead_letter_queue_url, record, settings.lease))
        return
    time_left = lambda_context.get_remaining_time_in_millis() / 1000
    serve_queued_job(
        QueueMessage(sqs, settings.processing_queue_url, record, settings.lease),
        lambda_context.aws_request_id,
        min(settings.agent_timeout, time_left - _DELIVERY_SECONDS),
    )


@logger.inject_lambda_context(clear_state=True)
@raises_no_text
def handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse | None:
    """Serve a batch of messages, of which only those that failed stay in their queue; or the schedule's event."""
    if "Records" not in event:
        sweep(lambda: context.get_remaining_time_in_millis() / 1000)
        return None
    try:
        return process_partial_response(event, serve_record, batch, context)
    except BatchProcessingError as failed:
        # All have failed. A message that must only wait is no error of this function.
        if all(isinstance(error, JobHeldElsewhere | MessageStays) for _, error, _ in failed.child_exceptions):
            return {"batchItemFailures": [{"itemIdentifier": record["messageId"]} for record in event["Records"]]}
        raise
