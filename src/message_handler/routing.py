"""Which agents a question is for, by its words. Pure.

Costs and forecasts go to the cost agent, savings to the optimisation agent; a question with words of both, or of
neither, goes to both.
"""

import re

from finops_websocket.agents import AgentCatalogue

_COST_WORDS = re.compile(
    r"\b(costs?|spen[dt]|spending|spends|bills?|billed|budgets?|forecasts?|predict\w*|projection|trends?|total"
    r"|how much|expens\w+|invoices?|compare|comparison|top \d+)\b",
    re.IGNORECASE,
)
_SAVINGS_WORDS = re.compile(
    r"\b(sav(?:e|es|ed|ing|ings)|optimi[sz]\w*|reduc\w+|cut|cheaper|wast\w+|idle|unused|under-?utili[sz]ed|over-?provisioned"
    r"|right-?siz\w+|recommend\w*|advi[cs]\w+|untagged|commitments?|reserved|savings plans?)\b",
    re.IGNORECASE,
)


def agents_for(query: str, catalogue: AgentCatalogue) -> tuple[str, ...]:
    """Choose the agents for a question; there is always at least one."""
    is_about_cost = _COST_WORDS.search(query) is not None
    is_about_savings = _SAVINGS_WORDS.search(query) is not None
    if is_about_cost and not is_about_savings:
        return (catalogue.cost_analysis,)
    if is_about_savings and not is_about_cost:
        return (catalogue.optimisation,)
    return (catalogue.cost_analysis, catalogue.optimisation)
