"""What the message handler works with."""

from dataclasses import dataclass

from finops_websocket import aws_clients
from finops_websocket.agents import AgentCatalogue
from finops_websocket.connections.rate_limit import RateLimiter
from finops_websocket.jobs.admission import JobAdmission, JobLimits
from finops_websocket.services import FrameServices, services_of
from finops_websocket.settings import MessageHandlerSettings


@dataclass(frozen=True, kw_only=True)
class MessageHandlerServices(FrameServices):
    """The shared services, and what only new jobs need; jobs are kept for `retention` seconds."""

    admission: JobAdmission
    catalogue: AgentCatalogue
    retention: int

    @classmethod
    def of_stack(cls, settings: MessageHandlerSettings) -> "MessageHandlerServices":
        """Make them for a function with these settings."""
        shared = services_of(settings)
        limits = JobLimits(
            active_jobs=settings.max_active_jobs_per_user,
            queries_per_minute=settings.max_queries_per_minute,
            agent_timeout=settings.agent_timeout_seconds,
        )
        # Made now, as it is needed for each question: Lambda gives a function that starts more of the processor.
        aws_clients.sqs()
        return cls(
            **vars(shared),
            auth_mode=settings.auth_mode,
            rate_limiter=RateLimiter(settings.auth_mode, shared.connections),
            admission=JobAdmission(shared.jobs, limits),
            catalogue=AgentCatalogue(settings.cost_forecast_function, settings.trusted_advisor_function),
            retention=settings.job_retention_days * 24 * 3600,
        )
