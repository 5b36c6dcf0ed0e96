"""The message handler's entry point: questions, jobs, and everything that no route names."""

import os
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from finops_websocket.agents import AgentCatalogue
from finops_websocket.client_messages import CancelJob, FinopsQuery, ListJobs, ResumeJob
from finops_websocket.entry_point import counts_unserved, raises_no_text
from finops_websocket.frame_dispatch import Action, dispatch_frame
from finops_websocket.frame_limit import FrameLimit
from finops_websocket.job_admission import JobAdmission
from finops_websocket.job_services import JobServices
from finops_websocket.log_format import ContentFreeFormatter
from finops_websocket.settings import MessageHandlerSettings
from finops_websocket.user_jobs import JobLimits
from finops_websocket.websocket_event import WebSocketEvent
from message_handler.cancel_job import EndJob
from message_handler.finops_query import SubmitQuery
from message_handler.list_jobs import SendPage
from message_handler.replay_job import ReplayJob
from message_handler.resume_job import FollowJob
from message_handler.tell_end import TellEnd
from message_handler.visible_jobs import VisibleJobs

logger = Logger(logger_formatter=ContentFreeFormatter())
settings = MessageHandlerSettings.read(os.environ)
services = JobServices.of_stack(settings)
frame_limit = FrameLimit(settings.auth_mode, services.connections.table)
limits = JobLimits(
    active_jobs=settings.max_active_jobs_per_user,
    queries_per_minute=settings.max_queries_per_minute,
    agent_timeout=settings.agent_timeout,
)
catalogue = AgentCatalogue.of_functions(settings.cost_forecast_function, settings.trusted_advisor_function)
admission = JobAdmission(services.job_table, limits)
visible_jobs = VisibleJobs(settings.auth_mode, services.connections, services.jobs)
tell_end = TellEnd(services.announce_end, services.answers, services.channel)

ACTIONS: dict[type, Action] = {
    FinopsQuery: SubmitQuery(
        settings.auth_mode,
        settings.job_retention_days,
        catalogue,
        services.connections,
        admission,
        services.jobs,
        services.answers,
        services.queue,
        services.overdue_jobs,
        tell_end,
        services.channel,
    ),
    ResumeJob: FollowJob(visible_jobs, services.jobs, services.answers, services.overdue_jobs, services.channel),
    CancelJob: EndJob(visible_jobs, services.jobs, tell_end),
    ListJobs: SendPage(services.connections, services.jobs, services.history, services.channel),
}
replay_job = ReplayJob(settings.job_retention_days, catalogue, admission, services.jobs, services.queue)


@counts_unserved
def serve_frame(event: dict[str, Any], _context: LambdaContext) -> dict[str, int]:
    """Serve one frame."""
    websocket_event = WebSocketEvent.read(event)
    logger.append_keys(connectionId=websocket_event.connection_id)
    return dispatch_frame(websocket_event, ACTIONS, frame_limit, services.channel)


@logger.inject_lambda_context(clear_state=True)
@raises_no_text
def handler(event: dict[str, Any], context: LambdaContext) -> Any:
    """Serve one frame; or an operator, who invokes the function itself with `{"operation": "replay", "jobId": id}`."""
    # API Gateway's events have no such field, whatever a client sends.
    if event.get("operation") == "replay":
        return replay_job(event["jobId"])
    return serve_frame(event, context)
