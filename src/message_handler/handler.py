"""The message handler's entry point: finops_query, and everything that no route names."""

import os
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from finops_websocket import aws_clients
from finops_websocket.agents import AgentCatalogue
from finops_websocket.answer_store import AnswerStore
from finops_websocket.client_messages import FinopsQuery
from finops_websocket.connection_store import ConnectionStore
from finops_websocket.frame_dispatch import Action, dispatch_frame
from finops_websocket.job_queue import JobQueue
from finops_websocket.job_store import JobStore
from finops_websocket.results_bucket import ResultsBucket
from finops_websocket.settings import MessageHandlerSettings
from finops_websocket.websocket_event import WebSocketEvent
from message_handler.finops_query import SubmitQuery

logger = Logger()
settings = MessageHandlerSettings.read(os.environ)
channel = aws_clients.client_channel(settings.management_endpoint)
jobs_table = aws_clients.table(settings.jobs_table)

ACTIONS: dict[type, Action] = {
    FinopsQuery: SubmitQuery(
        settings.auth_mode,
        settings.job_retention_days,
        AgentCatalogue.of_functions(settings.cost_forecast_function, settings.trusted_advisor_function),
        ConnectionStore(aws_clients.table(settings.connections_table)),
        JobStore(jobs_table),
        AnswerStore(jobs_table, ResultsBucket(aws_clients.s3(), settings.results_bucket)),
        JobQueue(aws_clients.sqs(), settings.processing_queue_url),
        channel,
    )
}


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, int]:
    """Serve one frame."""
    websocket_event = WebSocketEvent.read(event)
    logger.append_keys(connectionId=websocket_event.connection_id)
    return dispatch_frame(websocket_event, ACTIONS, channel)
