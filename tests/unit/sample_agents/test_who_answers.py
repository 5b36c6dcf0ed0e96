"""Routing by words and the typed query agree on who answers, over all questions of `questions.tsv`."""

import csv
from datetime import date
from pathlib import Path

import pytest

from finops_websocket.agents import AgentCatalogue
from message_handler.routing import agents_for
from sample_agents.errors import UnanswerableError
from sample_agents.query import Metric, Query, Shape
from sample_agents.understanding import understand

COST, ADVISOR = "cost", "advisor"
QUESTIONS = Path(__file__).with_name("questions.tsv")


def owner(query: Query) -> str:
    is_advisors = query.shape is Shape.SAVINGS or query.metric in (Metric.UTILISATION, Metric.COVERAGE)
    return ADVISOR if is_advisors else COST


@pytest.fixture(scope="module")
def routed(shipped):
    """Of each question that is understood: who must answer, and who is asked."""
    routed = {}
    with QUESTIONS.open(encoding="utf-8") as lines:
        for line in csv.DictReader(lines, delimiter="\t"):
            try:
                parts = understand(line["question"], shipped, date(2026, 11, 30), None)
            except UnanswerableError:
                continue
            asked = agents_for(line["question"], AgentCatalogue(COST, ADVISOR))
            routed[line["question"]] = ({owner(query) for query in parts}, set(asked))
    return routed


def test_every_question_reaches_whoever_answers_it(routed):
    assert len(routed) > 100
    assert {question: who for question, who in routed.items() if not who[0] <= who[1]} == {}


def test_hardly_a_question_is_sent_to_an_agent_that_has_no_part_in_it(routed):
    needless = [question for question, (needed, asked) in routed.items() if asked - needed]
    assert len(needless) <= len(routed) // 50, needless
