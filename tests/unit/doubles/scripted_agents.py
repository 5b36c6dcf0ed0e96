"""Agents that nobody asks."""

import threading
from collections.abc import Callable

import boto3

from background_processor.agent_answer import AgentAnswer
from background_processor.agents import Agents
from unit.doubles.sample_jobs import COST, SAVINGS
from unit.doubles.settable_clock import SettableClock

Behaviour = Callable[[], AgentAnswer]


class ScriptedAgents(Agents):
    """Let each agent behave as the test says, and keep who was asked what for which job.

    `stopped` are the events by which an agent's thread learns that nobody waits for it any more.
    """

    def __init__(self, heartbeat: float = 20.0) -> None:
        self.clock = SettableClock()
        super().__init__(boto3.client("lambda", "us-east-1"), heartbeat, self.clock)
        self.behaviours: dict[str, Behaviour] = {COST: says("Costs rose."), SAVINGS: says("Delete the disk.")}
        self.invoked: list[tuple[str, str, str]] = []
        self.stopped: list[threading.Event] = []

    def _invoke(self, agent: str, query: str, job_id: str, deadline: float, stopped: threading.Event) -> AgentAnswer:
        self.invoked.append((agent, query, job_id))
        self.stopped.append(stopped)
        return self.behaviours[agent]()


def says(text: str, data: str | None = None) -> Behaviour:
    return lambda: AgentAnswer(text, data)


def fails(error: Exception) -> Behaviour:
    def fail() -> AgentAnswer:
        raise error

    return fail


def after(event: threading.Event, behaviour: Behaviour) -> Behaviour:
    """Behave so when the event has happened; a test that never lets it happen ends after 20 seconds."""

    def wait() -> AgentAnswer:
        assert event.wait(20)
        return behaviour()

    return wait


def join_agents() -> None:
    """Wait for the threads that ask agents: on Lambda they die with their worker."""
    for thread in threading.enumerate():
        if thread.name.startswith("agent"):
            thread.join(30)
