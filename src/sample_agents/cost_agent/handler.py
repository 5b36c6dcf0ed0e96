"""The cost agent, `aws-cost-forecast-agent`: what it cost, how periods compare, what it will cost."""

import functools

from sample_agents.agent import answer_parts, respond
from sample_agents.answering.report import answer as answer_query
from sample_agents.costs.source import configured_costs
from sample_agents.query import Query, Shape


def _mine(query: Query) -> bool:
    return query.shape is not Shape.SAVINGS


_DOES = "what things cost and will cost, and what changed"
answer = functools.partial(answer_parts, _DOES, _mine, answer_query)
handler = functools.partial(respond, "cost", answer, configured_costs)
