"""Lambda entry point of `aws-cost-forecast-agent`: answers questions about costs."""

import functools
import os
from dataclasses import replace

from sample_agents.agent import Answer, respond
from sample_agents.cost_agent.reports import cost_report, forecast_report
from sample_agents.cost_source import cost_source
from sample_agents.costs import Costs
from sample_agents.question import Kind, complete
from sample_agents.understanding import understand

_SAVINGS_NOTE = "Where to save is the advisor's question; this is where the money goes."


def answer(query: str, costs: Costs) -> Answer:
    """The answer. Raises UnanswerableError, whose text is one too, if the data cannot answer."""
    question = understand(query, costs)
    if question.kind is Kind.SAVINGS:
        as_cost = replace(question, kind=Kind.COST, notes=(*question.notes, _SAVINGS_NOTE))
        question = complete(as_cost, costs.calendar)
    return (forecast_report if question.kind is Kind.FORECAST else cost_report)(question, costs)


handler = functools.partial(respond, "cost", answer, cost_source(os.environ.get("COSTS_S3_URI", "")))
