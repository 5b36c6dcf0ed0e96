"""The message handler's entry point: questions, jobs, and everything that no route names."""

from finops_websocket import cold_start

# isort: split
import os
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from finops_websocket.dispatch import Action, Response, dispatch
from finops_websocket.observability import entry_point, serves_connections
from finops_websocket.settings import MessageHandlerSettings
from finops_websocket.wire.client_messages import CancelJob, FinopsQuery, ListJobs, ResumeJob
from message_handler.finops_query import finops_query
from message_handler.jobs import cancel_job, list_jobs, resume_job
from message_handler.replay import replay_job
from message_handler.services import MessageHandlerServices

services = MessageHandlerServices.of_stack(MessageHandlerSettings.read(os.environ))

ACTIONS: dict[type, Action[MessageHandlerServices]] = {
    FinopsQuery: finops_query,
    ResumeJob: resume_job,
    CancelJob: cancel_job,
    ListJobs: list_jobs,
}


@serves_connections
def serve_frame(event: dict[str, Any], _context: LambdaContext) -> Response:
    """Serve one frame."""
    return dispatch(services, event, ACTIONS)


@entry_point
def handler(event: dict[str, Any], context: LambdaContext) -> Any:
    """Serve one frame; or an operator, who invokes the function itself with `{"operation": "replay", "jobId": id}`."""
    # API Gateway's events have no such field, whatever a client sends.
    if event.get("operation") == "replay":
        return replay_job(services, event["jobId"])
    return serve_frame(event, context)


cold_start.is_over()
