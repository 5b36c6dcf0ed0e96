"""One value of services for the actions of all functions, and a verifier of tokens that needs no keys."""

from dataclasses import dataclass, replace
from typing import Any

from background_processor.services import BackgroundProcessorServices
from connection_manager.services import ConnectionManagerServices
from connection_manager.tokens import PoolKeys, TokenUser, TokenVerifier
from finops_websocket.errors import InvalidToken
from finops_websocket.jobs.admission import JobAdmission
from message_handler.services import MessageHandlerServices
from unit.doubles.recording_channel import RecordingChannel
from unit.doubles.recording_sqs import RecordingSqs
from unit.doubles.sample_jobs import GENEROUS
from unit.doubles.scripted_agents import ScriptedAgents
from unit.doubles.settable_clock import SettableClock


class KnownTokens(TokenVerifier):
    """Takes one token, for Ada."""

    def __init__(self) -> None:
        super().__init__("issuer", "client", PoolKeys("http://localhost:1"))

    def verify(self, token: str) -> TokenUser:
        if token != "ada's":
            raise InvalidToken("The token is not valid. Please sign in again.")
        return TokenUser("user-1", "Ada", 1_003_600)


@dataclass(frozen=True, kw_only=True)
class AllServices(ConnectionManagerServices, MessageHandlerServices, BackgroundProcessorServices):
    """What the three functions work with, and its doubles as what they are; `clock` is everybody's but the agents'."""

    channel: RecordingChannel
    sqs: RecordingSqs
    tokens: KnownTokens
    agents: ScriptedAgents
    clock: SettableClock

    def with_limits(self, **limits: Any) -> "AllServices":
        """Give them with other limits of each user's jobs."""
        admission = JobAdmission(self.jobs, replace(GENEROUS, **limits), sleep=lambda _seconds: None)
        return replace(self, admission=admission)
