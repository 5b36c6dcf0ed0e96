"""Lambda entry point of `trusted-advisor-agent-trusted-advisor-agent`: says where money can be saved."""

import os
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sample_agents.advisor.savings import savings_report
from sample_agents.agent import Answer, respond
from sample_agents.cost_source import cost_source
from sample_agents.costs import Costs
from sample_agents.question_words import Kind
from sample_agents.understanding import understand

_costs = cost_source(os.environ.get("COSTS_S3_URI", ""))


def answer(query: str, costs: Costs) -> Answer:
    """What can be saved in the services, regions and accounts that the question names, whatever it asks.

    Raises UnanswerableError, whose text is an answer too, if the data cannot answer.
    """
    question = understand(query, costs)
    return savings_report(replace(question, kind=Kind.SAVINGS, periods=(), notes=()), costs)


def handler(event: Mapping[str, Any], _context: object) -> dict[str, object]:
    """Answer `{"query": ..., "jobId": ...}`."""
    return respond("advisor", answer, _costs, event)
