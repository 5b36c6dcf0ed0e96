"""What an agent's hostile answer does in a real browser: nothing, and nothing either with one of two controls out."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from browser.answer_page import AnswerPage, Controls
from browser.hostile_answers import HOSTILE_ANSWERS

NAMED = pytest.mark.parametrize("answer", HOSTILE_ANSWERS.values(), ids=HOSTILE_ANSWERS.keys())


@NAMED
def test_a_hostile_answer_does_no_harm(answer_page: AnswerPage, answer: str) -> None:
    assert answer_page.show(answer).harm == ()


@NAMED
@pytest.mark.parametrize("controls", [Controls.PARSER, Controls.SANITIZER])
def test_each_control_alone_stops_it(answer_page: AnswerPage, answer: str, controls: Controls) -> None:
    assert answer_page.show(answer, controls).harm == ()


@pytest.fixture(scope="module")
def unprotected_page(browser: Browser) -> Iterator[AnswerPage]:
    with AnswerPage(browser) as page:
        yield page


@pytest.mark.parametrize(
    ("name", "harm"),
    [
        ("svg load", "script ran"),
        ("raw link to a script", "link to 'javascript:canary()'"),
        ("somebody before the host", "link to 'https://aws.amazon.com@evil.test/'"),
        ("host in a comment", "link to evil.test as 'https://aws.amazon.com'"),
        ("iframe with a script", "element iframe"),
        ("style attribute", "attribute style"),
        ("clobbering by id", "attribute id"),
    ],
)
def test_without_both_it_does_harm(unprotected_page: AnswerPage, name: str, harm: str) -> None:
    assert harm in unprotected_page.show(HOSTILE_ANSWERS[name], Controls.NEITHER).harm


def test_a_request_is_noticed(unprotected_page: AnswerPage) -> None:
    unprotected_page.page.evaluate("fetch('https://evil.test/a.png').catch(() => {})")
    assert "request CONNECT evil.test:443" in unprotected_page.show("nothing").harm
