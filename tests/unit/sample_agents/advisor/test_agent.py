import pytest

from sample_agents.advisor.agent import answer
from sample_agents.errors import UnanswerableError


@pytest.mark.parametrize("text", ["Where can I save money on EC2?", "What was my EC2 spend in May?", "forecast EC2"])
def test_every_question_gets_the_savings_of_what_it_names(shipped, text):
    given = answer(text, shipped)
    assert given.markdown.startswith("I understood: savings in Amazon EC2.")
    assert "Amazon RDS" not in given.markdown
    assert (given.kind, given.found) == ("savings", True)


def test_other_questions(shipped):
    with pytest.raises(UnanswerableError):
        answer("What is the weather?", shipped)
