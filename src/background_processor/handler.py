"""The background processor's entry point: messages of the processing queue."""

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
from background_processor.broadcast import Broadcast
from background_processor.process_job import ProcessJob
from finops_websocket import aws_clients
from finops_websocket.agents import AgentCatalogue
from finops_websocket.answer_store import AnswerStore
from finops_websocket.connection_store import ConnectionStore
from finops_websocket.errors import JobEnded, JobHeldElsewhere
from finops_websocket.job_queue import job_id_of
from finops_websocket.job_store import JobStore
from finops_websocket.results_bucket import ResultsBucket
from finops_websocket.settings import BackgroundProcessorSettings

# Seconds that the processor keeps for itself after the agents' deadline, to deliver what is there before Lambda's.
_DELIVERY_SECONDS = 30

logger = Logger()
settings = BackgroundProcessorSettings.read(os.environ)
jobs_table = aws_clients.table(settings.jobs_table)
jobs = JobStore(jobs_table)

process_job = ProcessJob(
    AgentCatalogue.of_functions(settings.cost_forecast_function, settings.trusted_advisor_function),
    jobs,
    AnswerStore(jobs_table, ResultsBucket(aws_clients.s3(), settings.results_bucket)),
    AskAgents(AgentInvoker(partial(aws_clients.agent_client, settings.agent_timeout)), settings.heartbeat),
    Broadcast(
        aws_clients.client_channel(settings.management_endpoint),
        jobs,
        ConnectionStore(aws_clients.table(settings.connections_table)),
    ),
    settings.lease,
)
batch = BatchProcessor(event_type=EventType.SQS)


def serve_record(record: SQSRecord, lambda_context: LambdaContext) -> None:
    """Process one queue message; an exception leaves it in the queue."""
    job_id = job_id_of(record.body)
    logger.append_keys(jobId=job_id)
    time_left = lambda_context.get_remaining_time_in_millis() / 1000
    try:
        process_job(job_id, lambda_context.aws_request_id, min(settings.agent_timeout, time_left - _DELIVERY_SECONDS))
    except JobEnded:
        # Delivered twice, or cancelled meanwhile: there is nothing left to do.
        logger.info("A message was dropped: its job has ended.")


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    """Process a batch; only the messages that failed stay in the queue."""
    try:
        return process_partial_response(event, serve_record, batch, context)
    except BatchProcessingError as failed:
        # All have failed. A second message for a job that is being processed waits, and is no error of this function.
        if all(isinstance(error, JobHeldElsewhere) for _, error, _ in failed.child_exceptions):
            return {"batchItemFailures": [{"itemIdentifier": record["messageId"]} for record in event["Records"]]}
        raise
