"""An agent invoker that asks nobody."""

import threading
from collections.abc import Callable

import boto3

from background_processor.agent_invocation import AgentInvoker

Behaviour = Callable[[], str]


class RecordingInvoker(AgentInvoker):
    """Keeps whom it is to ask, and lets each agent behave as the test says.

    `stopped` are the events by which its callers say that they do not wait any more.
    """

    def __init__(self, behaviours: dict[str, Behaviour] | None = None) -> None:
        super().__init__(lambda: boto3.client("lambda", "us-east-1"))
        self.behaviours = behaviours or {}
        self.invoked: list[tuple[str, str, str]] = []
        self.deadlines: set[float] = set()
        self.stopped: list[threading.Event] = []

    def invoke(self, agent: str, query: str, job_id: str, give_up_at: float, stopped: threading.Event) -> str:
        self.deadlines.add(give_up_at)
        self.stopped.append(stopped)
        self.invoked.append((agent, query, job_id))
        return self.behaviours[agent]()

    def agents(self) -> list[str]:
        """Name the agents that were asked, in alphabetical order, each as often as it was."""
        return sorted(agent for agent, _, _ in self.invoked)


def says(text: str) -> Behaviour:
    return lambda: text


def fails(error: Exception) -> Behaviour:
    def fail() -> str:
        raise error

    return fail


def after(event: threading.Event, behaviour: Behaviour) -> Behaviour:
    """Behave so when the event has happened; a test that never lets it happen ends after 20 seconds."""

    def wait() -> str:
        assert event.wait(20)
        return behaviour()

    return wait
