"""Lambda entry point of `trusted-advisor-agent-trusted-advisor-agent`."""

from collections.abc import Mapping
from typing import Any

from sample_agents.advisor.agent import answer
from sample_agents.cost_source import CostSource
from sample_agents.invocation import Agent
from sample_agents.settings import Settings

agent = Agent("advisor", answer, CostSource(Settings.from_environment()))


def handler(event: Mapping[str, Any], _context: object) -> dict[str, object]:
    """Answer `{"query": ..., "jobId": ...}`."""
    return agent.invoke(event)
