"""An answer of any size and depth leaves the page responsive."""

import pytest

from browser.answer_page import AnswerPage
from browser.heavy_answers import HEAVY_ANSWERS

# The slowest takes about one on two cores that nobody else uses; without the bounds many take minutes.
MOST_SECONDS = 8


@pytest.mark.parametrize("name", HEAVY_ANSWERS)
def test_the_page_stays_responsive(answer_page: AnswerPage, name: str) -> None:
    shown = answer_page.show(HEAVY_ANSWERS[name]())
    assert shown.harm == ()
    assert shown.seconds < MOST_SECONDS


def test_an_answer_that_is_too_long_is_shown_as_it_is_with_what_is_left_out(answer_page: AnswerPage) -> None:
    shown = answer_page.show("**word** " * 20_000)
    assert shown.elements == {"pre", "p"}
    assert shown.text.startswith("**word** **word** ")
    assert shown.text.endswith("80,000 more characters are not shown.")


@pytest.mark.parametrize(
    "answer", [">" * 100 + " deep", "- a\n" * 20_000, "x" * 10_001, "**a *a " * 50 + "end" + "* a**" * 50]
)
def test_nothing_of_an_answer_over_another_bound_is_lost(answer_page: AnswerPage, answer: str) -> None:
    shown = answer_page.show(answer)
    assert shown.elements == {"pre"}
    assert shown.text.replace("\n", "") == answer.replace("\n", "")


def test_an_answer_within_the_bounds_is_rendered(answer_page: AnswerPage) -> None:
    row = "| EC2 | eu-central-1 | 2026-10 | 1.00 | 2.00 | 3.00 |\n"
    shown = answer_page.show("| a | b | c | d | e | f |\n|---|---|---|---|---|---|\n" + row * 1_000)
    assert "table" in shown.elements
    assert shown.seconds < MOST_SECONDS
