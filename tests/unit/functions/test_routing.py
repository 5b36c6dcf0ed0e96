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
    ("agents", "queries"),
    [
        (
            COST,
            [
                "What were my AWS costs last month?",
                "Forecast next quarter",
                "Show me the top 5 services",
                "S3 cost in May",
                "What was our invoice for October?",
                "How much tax did we pay last month?",
                "What credits did we get in May?",
                "What rose most in October 2026?",
                "Why did costs go up in October 2026?",
                "Any anomalies in October 2026?",
                "What is our run rate?",
                "What is our year over year growth?",
                "consumed quantity of Lambda in October",
                "How many GB-Months of S3 did we use in May?",
                "How many GB did we transfer?",
                "Which resources cost the most?",
                "average per day",
                "What is expected by year end?",
                "Cost by project in May",
                "on-demand EC2 spend in May 2026",
                "EC2 last month",
                "S3 in Oregon, 2026-05",
                # Words of savings that only name what is added up.
                "savings against list in October",
                "How much did we save compared to list price for EC2 in Q3 2026?",
                "How much have we saved this year?",
                "untagged spend in October",
                "Which resources are untagged?",
                "EC2 cost excluding savings in May 2026",
                "What did savings plans cost us in May?",
                "How much did we spend on reserved instances?",
                "committed spend in May",
                "Cost of RIs by account",
            ],
        ),
        (
            SAVINGS,
            [
                "Which resources are idle?",
                "Recommend right-sizing",
                "Should we buy savings plans?",
                "Where can we save?",
                "Where can we save on S3 and EC2?",
                # Words of costs that only name what is saved.
                "How can I reduce my costs?",
                "How do we cut our AWS bill?",
                "Where can we spend less?",
                "Where can we save on on-demand costs?",
                "What are our biggest savings opportunities?",
                "Which on-demand usage would a commitment cover?",
                "savings plan utilization in September",
                "What is our commitment coverage?",
                "commitment utilisation by month in Q3 2026",
                "unused EBS volumes",
                "How much do unattached addresses cost us?",
                "cost of idle and unattached resources",
                "snapshots in October",
                "fast growth",
                "How much of our EC2 usage is covered by savings plans?",
                "What does cross-zone traffic cost?",
                "Where are we on old generations?",
                "What runs on previous generation instances?",
                "Do we need more reservations?",
            ],
        ),
        (
            BOTH,
            [
                "",
                "hello",
                "cuánto gastamos en mayo",
                # Each clause has its agent.
                "What did S3 cost in May and where can we save?",
                "Which resources are idle? And what was our invoice?",
                "Compare April with May, then recommend what to do",
                # In doubt.
                "How much can we save in October?",
                "Did we spend less in May than in April?",
                "Tell me about our savings plans in May",
                # Words are whole words.
                "Is Costa Rica a region?",
            ],
        ),
    ],
)
def test_a_question_s_words_choose_the_agents(agents, queries):
    assert {query: agents_for(query, CATALOGUE) for query in queries} == dict.fromkeys(queries, agents)


WORDS = st.lists(st.sampled_from(["my", "costs", "save", "bill", "idle", "and", "list", "savings plans", "please"]))


@given(WORDS)
def test_case_does_not_matter(words):
    assert agents_for(" ".join(words), CATALOGUE) == agents_for(" ".join(words).upper(), CATALOGUE)


@given(WORDS, WORDS)
def test_an_agent_that_a_clause_needs_is_asked_whatever_follows(first, second):
    chosen = set(agents_for(" ".join(first), CATALOGUE))
    if len(chosen) == 1:
        assert chosen <= set(agents_for(f"{' '.join(first)}? {' '.join(second)}", CATALOGUE))
