"""Lambda entry point of `trusted-advisor-agent-trusted-advisor-agent`: says where money can be saved."""

import functools
import os
from dataclasses import replace

from sample_agents.advisor.savings import savings_report
from sample_agents.agent import Answer, respond
from sample_agents.cost_source import cost_source
from sample_agents.costs import Costs
from sample_agents.question import Kind
from sample_agents.understanding import understand


def answer(query: str, costs: Costs) -> Answer:
    """What can be saved in the services, regions and accounts that the question names, whatever it asks.

    Raises UnanswerableError, whose text is an answer too, if the data cannot answer.
    """
    question = understand(query, costs)
    return savings_report(replace(question, kind=Kind.SAVINGS, periods=(), notes=()), costs)


handler = functools.partial(respond, "advisor", answer, cost_source(os.environ.get("COSTS_S3_URI", "")))
