"""The questions that the web client begins with are ones that the agents answer."""

import re
from pathlib import Path

import pytest

from sample_agents.advisor.handler import answer as advise
from sample_agents.cost_agent.handler import answer as tell_costs
from sample_agents.errors import UnanswerableError

EXAMPLES = Path(__file__).resolve().parents[3] / "finops-ui/src/workspace/agents.ts"


def _questions() -> list[str]:
    groups = re.findall(r"questions: \[([^]]*)\]", EXAMPLES.read_text())
    return [question for group in groups for question in re.findall(r"'([^']+)'", group)]


def test_there_are_six():
    assert len(_questions()) == 6


@pytest.mark.parametrize("question", _questions())
def test_one_of_the_agents_answers(question, shipped, today):
    def figures_by(answer):
        try:
            return answer(question, shipped, today).figures
        except UnanswerableError:
            return ()

    assert figures_by(tell_costs) or figures_by(advise)
