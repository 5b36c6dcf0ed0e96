import pytest

from sample_agents.cost_agent.agent import answer
from sample_agents.errors import UnanswerableError


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("S3 spend in May", "cost"),
        ("compare April and May", "comparison"),
        ("forecast", "forecast"),
        ("forecast for May 2026", "cost"),
    ],
)
def test_each_kind_has_its_report(shipped, text, kind):
    given = answer(text, shipped)
    assert given.markdown.startswith("I understood: ")
    assert (given.kind, given.found) == (kind, True)


def test_savings_are_left_to_the_advisor(shipped):
    given = answer("Where can I save money on S3?", shipped)
    assert given.markdown.startswith("I understood: cost of Amazon S3 in October 2026")
    assert "- Where to save is the advisor's question; this is where the money goes." in given.markdown


def test_other_questions(shipped):
    with pytest.raises(UnanswerableError):
        answer("What is the weather?", shipped)
