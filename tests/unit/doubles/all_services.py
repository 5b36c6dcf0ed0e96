"""One value of services for the actions of all functions."""

from dataclasses import dataclass, replace
from typing import Any

from background_processor.services import BackgroundProcessorServices
from connection_manager.services import ConnectionManagerServices
from finops_websocket.connections.rate_limit import RateLimiter
from finops_websocket.jobs.admission import JobAdmission
from message_handler.services import MessageHandlerServices
from unit.doubles.known_tokens import KnownTokens
from unit.doubles.recording_channel import RecordingChannel
from unit.doubles.recording_sqs import RecordingSqs
from unit.doubles.sample_jobs import GENEROUS
from unit.doubles.scripted_agents import ScriptedAgents
from unit.doubles.settable_clock import SettableClock


@dataclass(frozen=True, kw_only=True)
class AllServices(ConnectionManagerServices, MessageHandlerServices, BackgroundProcessorServices):
    """What the three functions work with, and its doubles as what they are; `clock` is everybody's but the agents'."""

    channel: RecordingChannel
    sqs: RecordingSqs
    tokens: KnownTokens
    agents: ScriptedAgents
    clock: SettableClock

    def in_open_mode(self) -> "AllServices":
        """Give them as they are where users are taken at their word."""
        return replace(self, auth_mode="open", rate_limiter=RateLimiter("open", self.connections))

    def with_limits(self, **limits: Any) -> "AllServices":
        """Give them with other limits of each user's jobs."""
        admission = JobAdmission(self.jobs, replace(GENEROUS, **limits), sleep=lambda _seconds: None)
        return replace(self, admission=admission)
