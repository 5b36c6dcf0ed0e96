"""The three functions without their processes, over AWS in memory: all that the state machine knows of src/."""

import json
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from background_processor.agent_answer import AgentAnswer
from background_processor.agents import Agents, Outcome
from background_processor.dead_letters import fail_dead_letter
from background_processor.process_job import serve_queued_job
from background_processor.queue_message import QueueMessage
from background_processor.services import BackgroundProcessorServices
from background_processor.sweep import sweep
from connection_manager.authenticate import authenticate
from connection_manager.origins import OriginPolicy
from connection_manager.services import ConnectionManagerServices
from connection_manager.tokens import TokenUser, TokenVerifier
from faults.aws_in_memory import NOW, AwsInMemory, Note
from faults.history import Invoked
from faults.memory_queues import MemoryQueues
from finops_websocket.agents import AgentCatalogue
from finops_websocket.connections.channel import ClientChannel, Posted
from finops_websocket.connections.rate_limit import RateLimiter
from finops_websocket.connections.slots import ConnectionSlots
from finops_websocket.connections.store import ConnectionStore
from finops_websocket.dispatch import HANDLED, dispatch
from finops_websocket.errors import AgentFailed, JobHeldElsewhere, MessageStays
from finops_websocket.jobs.admission import JobAdmission, JobLimits
from finops_websocket.jobs.answers import AnswerStore
from finops_websocket.jobs.queue import JobQueue
from finops_websocket.jobs.store import JobStore
from finops_websocket.services import Services
from finops_websocket.wire.client_messages import Authenticate, CancelJob, FinopsQuery, ListJobs, ResumeJob
from finops_websocket.wire.server_messages import ServerMessage
from message_handler.finops_query import finops_query
from message_handler.jobs import cancel_job, list_jobs, resume_job
from message_handler.services import MessageHandlerServices

# In seconds.
LEASE, STUCK_AFTER, TIME_LIMIT, A_YEAR = 90, 900, 300, 365 * 24 * 3600
# More than anybody has or asks for here: what happens at the limits is shown elsewhere.
MOST = 1000

ACTIONS = {
    Authenticate: authenticate,
    FinopsQuery: finops_query,
    ResumeJob: resume_job,
    CancelJob: cancel_job,
    ListJobs: list_jobs,
}


@dataclass(frozen=True, kw_only=True)
class _AllServices(ConnectionManagerServices, MessageHandlerServices, BackgroundProcessorServices):
    """What the three functions work with."""


class FunctionsInMemory:
    """Serve a frame, a queue's message, or the sweep's schedule."""

    def __init__(self, aws: AwsInMemory, queues: MemoryQueues, clock: Callable[[], float], note: Note) -> None:
        self._clock = clock
        sqs: Any = queues
        connections = ConnectionStore(aws.connections_table, clock)
        jobs = JobStore(aws.jobs_table, clock)
        channel = PostsInTurn(aws.management_api)
        answers = AnswerStore(aws.jobs_table, lambda: aws.s3, aws.bucket)
        limits = JobLimits(active_jobs=MOST, queries_per_minute=MOST, agent_timeout=TIME_LIMIT)
        self._services = _AllServices(
            **vars(Services.over(channel, connections, jobs, answers, JobQueue(lambda: sqs, "main"), STUCK_AFTER)),
            auth_mode="cognito",
            rate_limiter=RateLimiter("cognito", connections),
            slots=ConnectionSlots(connections, channel.is_open, MOST),
            origins=OriginPolicy.read("*", "allow"),
            tokens=NamesAsTokens(clock),
            admission=JobAdmission(jobs, limits, sleep=lambda _seconds: None),
            catalogue=AgentCatalogue("cost-agent", "advisor-agent"),
            retention=A_YEAR,
            agents=ScriptedAgents(note),
            sqs=sqs,
            lease=LEASE,
        )

    def open(self, connection_id: str) -> None:
        """Note a connection, as $connect does."""
        self._services.connections.open(connection_id)

    def serve_frame(self, connection_id: str, frame: dict[str, Any]) -> None:
        """Serve a frame, whichever function it is routed to."""
        event = {"requestContext": {"connectionId": connection_id}, "body": json.dumps(frame)}
        assert dispatch(self._services, event, ACTIONS) == HANDLED

    def serve_message(self, queue: str, record: dict[str, Any], worker: str) -> bool:
        """Serve a queue's message in a worker's name; False if it is to come again."""
        message = QueueMessage(self._services.sqs, queue, SQSRecord(record), LEASE, self._clock)
        try:
            if queue == "main":
                serve_queued_job(self._services, message, worker, TIME_LIMIT)
            else:
                fail_dead_letter(self._services, message)
        except (JobHeldElsewhere, MessageStays):
            return False
        return True

    def sweep(self) -> None:
        """Serve the schedule's event, with all the time in the world."""
        sweep(self._services, lambda: 960.0)


class PostsInTurn(ClientChannel):
    """Posts to one follower after another, in the thread of the run, which stops at each."""

    def broadcast(
        self, connection_ids: Collection[str], messages: Sequence[ServerMessage], patience: float = 0
    ) -> dict[str, Posted]:
        return {connection_id: self._send_all(connection_id, messages) for connection_id in sorted(connection_ids)}


class ScriptedAgents(Agents):
    """Agents that do what the question says: `slow` lets a heartbeat go by, `fail` has no answer from the first."""

    def __init__(self, note: Note) -> None:
        self._note = note

    @contextmanager
    def asked(
        self, agents: Sequence[str], query: str, job_id: str, time_limit: float
    ) -> Iterator[Iterator[Outcome | None]]:
        for agent in agents:
            self._note(Invoked(NOW, agent, job_id))
        yield self._outcomes_for(agents, query)

    def _outcomes_for(self, agents: Sequence[str], query: str) -> Iterator[Outcome | None]:
        for number, agent in enumerate(agents):
            if "slow" in query:
                yield None
            if "fail" in query and number == 0:
                yield Outcome(agent, None, AgentFailed("It has failed."), 0)
            else:
                yield Outcome(agent, AgentAnswer(f"What {agent} says."), None, 0)


class NamesAsTokens(TokenVerifier):
    """Takes a user's name for a token of that user's, which never expires."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._until = int(clock()) + A_YEAR

    def verify(self, token: str) -> TokenUser:
        return TokenUser(token, token, self._until)
