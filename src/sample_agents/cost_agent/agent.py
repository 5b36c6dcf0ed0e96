"""Answers a question about costs. Pure."""

from dataclasses import replace

from sample_agents.answer import Answer
from sample_agents.cost_agent.comparison_report import comparison_report
from sample_agents.cost_agent.cost_report import cost_report
from sample_agents.cost_agent.forecast_report import forecast_report
from sample_agents.costs import Costs
from sample_agents.question_defaults import complete
from sample_agents.question_words import Kind
from sample_agents.understanding import understand

_REPORTS = {
    Kind.COST: cost_report,
    Kind.COMPARISON: comparison_report,
    Kind.FORECAST: forecast_report,
}
_SAVINGS_NOTE = "Where to save is the advisor's question; this is where the money goes."


def answer(query: str, costs: Costs) -> Answer:
    """The answer. Raises UnanswerableError, whose text is one too, if the data cannot answer."""
    question = understand(query, costs)
    if question.kind is Kind.SAVINGS:
        as_cost = replace(question, kind=Kind.COST, notes=(*question.notes, _SAVINGS_NOTE))
        question = complete(as_cost, costs.calendar)
    return _REPORTS[question.kind](question, costs)
