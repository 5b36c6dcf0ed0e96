"""The advisor, `trusted-advisor-agent-trusted-advisor-agent`: where to save, and how commitments are used."""

import functools
from datetime import date

from sample_agents.advisor.report import answer as find_savings
from sample_agents.agent import answer_parts, respond
from sample_agents.answering.figures import Answer
from sample_agents.answering.report import answer as answer_query
from sample_agents.costs.charges import Costs
from sample_agents.costs.source import configured_costs
from sample_agents.query import Metric, Query, Shape


def _mine(query: Query) -> bool:
    return query.shape is Shape.SAVINGS or query.metric in (Metric.UTILISATION, Metric.COVERAGE)


def _answer(query: Query, costs: Costs, today: date) -> Answer:
    return (find_savings if query.shape is Shape.SAVINGS else answer_query)(query, costs, today)


_DOES = "where money can be saved, and how commitments are used"
answer = functools.partial(answer_parts, _DOES, _mine, _answer)
handler = functools.partial(respond, "advisor", answer, configured_costs)
