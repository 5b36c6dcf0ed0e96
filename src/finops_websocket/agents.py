"""The agents that this deployment can ask. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from finops_websocket.errors import UnknownAgent


@dataclass(frozen=True)
class AgentCatalogue:
    """The agents by what they are for, each by its name, which is its Lambda function's."""

    cost_analysis: str
    optimisation: str

    def named(self, names: Iterable[str]) -> tuple[str, ...]:
        """Give those names, each once; raise UnknownAgent, which lists the agents, if one is none of theirs."""
        known = (self.cost_analysis, self.optimisation)
        found = tuple(dict.fromkeys(names))
        if not set(found) <= set(known):
            raise UnknownAgent(f"There is no agent of that name. The agents are: {', '.join(known)}.")
        return found

    def titles_of(self, names: Iterable[str]) -> tuple[str, ...]:
        """Give agents' headings for people, in their order."""
        return tuple(map(self.title_of, names))

    def title_of(self, name: str) -> str:
        """Give an agent's heading for people; its name, if it has left the deployment since the job was made."""
        return {self.cost_analysis: "Cost analysis", self.optimisation: "Optimisation"}.get(name, name)
