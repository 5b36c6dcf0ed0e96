"""What the background processor works with."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from background_processor.agents import Agents
from finops_websocket import aws_clients
from finops_websocket.agents import AgentCatalogue
from finops_websocket.services import Services, services_of
from finops_websocket.settings import BackgroundProcessorSettings

if TYPE_CHECKING:
    from types_boto3_sqs.client import SQSClient


@dataclass(frozen=True, kw_only=True)
class BackgroundProcessorServices(Services):
    """The shared services, and what only processing needs; each step holds its job for `lease` seconds more."""

    catalogue: AgentCatalogue
    agents: Agents
    sqs: "SQSClient"
    lease: int

    @classmethod
    def of_stack(cls, settings: BackgroundProcessorSettings) -> "BackgroundProcessorServices":
        """Make them for a function with these settings."""
        return cls(
            **vars(services_of(settings, aws_clients.PATIENT)),
            catalogue=AgentCatalogue(settings.cost_forecast_function, settings.trusted_advisor_function),
            agents=Agents(aws_clients.agent_client(settings.agent_timeout_seconds), settings.heartbeat_seconds),
            # Not patient: a message is hidden within its job's lease.
            sqs=aws_clients.sqs(),
            lease=settings.lease_seconds,
        )
