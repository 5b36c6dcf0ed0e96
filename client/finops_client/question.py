"""A question as it goes over the wire."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Question:
    """What is asked of which agents, under which id; without agents the question's words decide."""

    request_id: str
    query: str
    agents: Sequence[str] | None = None

    def message(self) -> dict[str, object]:
        """The question for the wire. With the same request id each time it is the same job, however often."""
        message: dict[str, object] = {"action": "finops_query", "query": self.query, "requestId": self.request_id}
        if self.agents:
            message["agents"] = list(self.agents)
        return message
