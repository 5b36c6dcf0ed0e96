"""Which agents a question is for, by its words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from message_handler.routing import agents_for
from unit.doubles import sample_jobs
from unit.doubles.sample_jobs import CATALOGUE

COST, SAVINGS = (sample_jobs.COST,), (sample_jobs.SAVINGS,)
BOTH = COST + SAVINGS


@pytest.mark.parametrize(
    ("query", "agents"),
    [
        ("What were my AWS costs last month?", COST),
        ("Forecast next quarter", COST),
        ("Show me the top 5 services", COST),
        ("Which resources are idle?", SAVINGS),
        ("Recommend right-sizing", SAVINGS),
        ("Should we buy savings plans?", SAVINGS),
        ("How can I reduce my costs?", BOTH),
        ("", BOTH),
        # Words are whole words.
        ("Is Costa Rica a region?", BOTH),
    ],
)
def test_a_question_s_words_choose_the_agents(query, agents):
    assert agents_for(query, CATALOGUE) == agents


@given(st.lists(st.sampled_from(["my", "costs", "save", "bill", "idle", "please"])))
def test_neither_case_nor_the_order_of_the_words_matters(words):
    assert agents_for(" ".join(words), CATALOGUE) == agents_for(" ".join(reversed(words)).upper(), CATALOGUE)
