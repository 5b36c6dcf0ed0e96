"""The agents that this deployment can ask. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from finops_websocket.errors import UnknownAgent


@dataclass(frozen=True)
class Agent:
    """An agent: the name of its Lambda function, and its heading for people."""

    name: str
    title: str


@dataclass(frozen=True)
class AgentCatalogue:
    """The agents by what they are for."""

    cost_analysis: Agent
    optimisation: Agent

    @classmethod
    def of_functions(cls, cost_forecast: str, trusted_advisor: str) -> "AgentCatalogue":
        """Make the catalogue from the functions' names."""
        return cls(Agent(cost_forecast, "Cost analysis"), Agent(trusted_advisor, "Optimisation"))

    def named(self, names: Iterable[str]) -> tuple[Agent, ...]:
        """Find agents by name; raise UnknownAgent, which lists those that there are."""
        known = {agent.name: agent for agent in (self.cost_analysis, self.optimisation)}
        found = []
        for name in names:
            if name not in known:
                raise UnknownAgent(f"There is no agent of that name. The agents are: {', '.join(known)}.")
            found.append(known[name])
        return tuple(found)

    def title_of(self, name: str) -> str:
        """Give an agent's heading; its name, if it has left the deployment since the job was made."""
        for agent in (self.cost_analysis, self.optimisation):
            if agent.name == name:
                return agent.title
        return name
