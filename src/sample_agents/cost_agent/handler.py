"""Lambda entry point of `aws-cost-forecast-agent`: answers questions about costs."""

import os
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sample_agents.agent import Answer, respond
from sample_agents.cost_agent.reports import comparison_report, cost_report, forecast_report
from sample_agents.cost_source import cost_source
from sample_agents.costs import Costs
from sample_agents.question import complete
from sample_agents.question_words import Kind
from sample_agents.understanding import understand

_REPORTS = {
    Kind.COST: cost_report,
    Kind.COMPARISON: comparison_report,
    Kind.FORECAST: forecast_report,
}
_SAVINGS_NOTE = "Where to save is the advisor's question; this is where the money goes."
_costs = cost_source(os.environ.get("COSTS_S3_URI", ""))


def answer(query: str, costs: Costs) -> Answer:
    """The answer. Raises UnanswerableError, whose text is one too, if the data cannot answer."""
    question = understand(query, costs)
    if question.kind is Kind.SAVINGS:
        as_cost = replace(question, kind=Kind.COST, notes=(*question.notes, _SAVINGS_NOTE))
        question = complete(as_cost, costs.calendar)
    return _REPORTS[question.kind](question, costs)


def handler(event: Mapping[str, Any], _context: object) -> dict[str, object]:
    """Answer `{"query": ..., "jobId": ...}`."""
    return respond("cost", answer, _costs, event)
