"""The parts with which a service in memory acts: each stops at a checkpoint, and writes down what it does."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from background_processor.agents import Agents, Outcome
from connection_manager.tokens import PoolKeys, TokenUser, TokenVerifier
from faults.history import Event, Invoked, Received, Stored
from faults.stepped_run import checkpoint
from finops_websocket.connections.channel import Posted
from finops_websocket.errors import AgentFailed
from finops_websocket.jobs.admission import JobAdmission, Submission
from finops_websocket.jobs.job import Job
from finops_websocket.jobs.store import Change, JobStore
from finops_websocket.wire.server_messages import ServerMessage
from unit.doubles.recording_channel import RecordingChannel
from unit.doubles.sample_jobs import GENEROUS
from unit.doubles.settable_clock import SettableClock

# Long enough that no token expires in a run.
_TOKEN_SECONDS = 365 * 24 * 3600

Note = Callable[[Callable[[float], Event]], None]
"""Writes down an event, which is made with the time that it gets."""


class RecordedJobs(JobStore):
    """Writes down each change of a job, after a checkpoint."""

    def __init__(self, table: Any, clock: SettableClock, note: Note) -> None:
        super().__init__(table, clock)
        self._note = note

    def note(self, job: Job) -> None:
        self._note(lambda at: Stored(at, job.to_item()))

    def _update(self, *arguments: Any, **keywords: Any) -> Change:
        checkpoint()
        change = super()._update(*arguments, **keywords)
        if change.made and change.job is not None:
            self.note(change.job)
        return change


class RecordedAdmission(JobAdmission):
    """Writes down each new job, after a checkpoint. Nobody comes near its limits, and nobody waits."""

    def __init__(self, jobs: RecordedJobs) -> None:
        super().__init__(jobs, GENEROUS, sleep=lambda _seconds: None)
        self._recorded = jobs

    def admit(self, job: Job, request_scope: str = "") -> Submission:
        checkpoint()
        submission = super().admit(job, request_scope)
        if not submission.is_duplicate:
            self._recorded.note(submission.job)
        return submission


class SteppedAgents(Agents):
    """Agents that do what the question says: `slow` lets a heartbeat go by, `fail` has no answer from the first."""

    def __init__(self, note: Note) -> None:
        self._note = note

    def ask(self, agents: Sequence[str], query: str, job_id: str, time_limit: float) -> Iterator[Outcome | None]:
        for agent in agents:
            self._note(lambda at, agent=agent: Invoked(at, agent, job_id))  # type: ignore[misc]
        for number, agent in enumerate(agents):
            if "slow" in query:
                yield None
            if "fail" in query and number == 0:
                yield Outcome(agent, None, AgentFailed("It has failed."), 1)
            else:
                yield Outcome(agent, f"What {agent} says.", None, 1)


class Clients(RecordingChannel):
    """The clients' ends of the connections: open, gone, or for the moment not to be reached."""

    def __init__(self, note: Note) -> None:
        super().__init__()
        self._note = note
        self.users: dict[str, str] = {}
        self.unreachable: set[str] = set()

    def send(self, connection_id: str, message: ServerMessage) -> Posted:
        checkpoint()
        if connection_id not in self.users:
            return Posted.GONE
        if connection_id in self.unreachable:
            return Posted.FAILED
        posted = super().send(connection_id, message)
        wire = self.to(connection_id)[-1]
        user = self.users[connection_id]
        self._note(lambda at: Received(at, user, connection_id, wire))
        return posted

    def is_open(self, connection_id: str) -> bool:
        return connection_id in self.users


class NamesAsTokens(TokenVerifier):
    """Takes a user's name for a token of that user."""

    def __init__(self, clock: SettableClock) -> None:
        super().__init__("issuer", "client", PoolKeys("http://localhost:1"))
        self._until = int(clock()) + _TOKEN_SECONDS

    def verify(self, token: str) -> TokenUser:
        return TokenUser(token, token, self._until)
