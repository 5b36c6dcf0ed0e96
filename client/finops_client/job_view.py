"""What there is to see of a job: percent, one sentence, and how each agent stands. `progress.py` shows it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from finops_client.events import (
    AgentCompleted,
    AgentResult,
    AnalysisStarted,
    JobCancelled,
    JobCompleted,
    JobEvent,
    JobFailed,
    JobSnapshot,
)
from finops_client.terminal_text import clean_line

# What is worth a look; a server's sentences and names are shorter.
LONGEST_MESSAGE = 300
LONGEST_NAME = 140


class AgentState(Enum):
    """How an agent stands."""

    WORKING = "working"
    COMPLETED = "completed"
    FAILED = "failed"


@dataclass
class JobView:
    """A job as its events have told it so far; all texts are safe to print."""

    percent: int = 0
    message: str = ""
    agents: dict[str, AgentState] = field(default_factory=dict)

    @property
    def failed_agents(self) -> list[str]:
        """The names of the agents that failed."""
        return [name for name, state in self.agents.items() if state is AgentState.FAILED]

    def apply(self, event: JobEvent) -> None:
        """Takes in one event."""
        if isinstance(event, AnalysisStarted):
            # After a snapshot they are all known, and its sentence is the newer one.
            if self._add_agents(event.agents):
                self.message = clean_line("Asking " + ", ".join(self.agents), LONGEST_MESSAGE)
        elif isinstance(event, JobCompleted):
            self.percent = 100
            self.message = "Partial answer" if event.result.partial else "Answer complete"
        elif isinstance(event, JobFailed):
            self.message = "Failed"
        elif isinstance(event, JobCancelled):
            self.message = "Cancelled"
        else:
            self.percent = min(100, max(0, int(event.progress)))
            if isinstance(event, AgentCompleted):
                if self._apply_result(event.result):
                    self.message = self._about(event)
            else:
                self.message = clean_line(event.message, LONGEST_MESSAGE)
            if isinstance(event, JobSnapshot):
                self._add_agents(event.agents)
                for result in event.results:
                    self._apply_result(result)

    def _add_agents(self, names: tuple[str, ...]) -> bool:
        """Takes in agents that are asked; whether one of them was not known."""
        known = len(self.agents)
        for name in names:
            self.agents.setdefault(_name(name), AgentState.WORKING)
        return len(self.agents) > known

    def _apply_result(self, result: AgentResult) -> bool:
        """Takes in what became of an agent; whether that was not known."""
        name = _name(result.agent)
        state = AgentState.FAILED if result.status == "failed" else AgentState.COMPLETED
        before = self.agents.get(name)
        self.agents[name] = state
        return state is not before

    def _about(self, event: AgentCompleted) -> str:
        done = sum(state is not AgentState.WORKING for state in self.agents.values())
        state = self.agents[_name(event.result.agent)].value
        return clean_line(f"{_name(event.agent)} {state} ({done} of {event.total_agents})", LONGEST_MESSAGE)


def _name(agent: str) -> str:
    return clean_line(agent, LONGEST_NAME)
