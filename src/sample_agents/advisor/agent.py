"""Answers a question with what can be saved in the services, regions and accounts that it names. Pure."""

from dataclasses import replace

from sample_agents.advisor.savings_report import savings_report
from sample_agents.answer import Answer
from sample_agents.costs import Costs
from sample_agents.question_words import Kind
from sample_agents.understanding import understand


def answer(query: str, costs: Costs) -> Answer:
    """The answer. Raises UnanswerableError, whose text is one too, if the data cannot answer."""
    question = understand(query, costs)
    return savings_report(replace(question, kind=Kind.SAVINGS, periods=(), notes=()), costs)
