"""What a harmless answer looks like, and what is done to its links and characters."""

from pathlib import Path

import pytest

from browser.answer_page import ATTRIBUTES, ELEMENTS, AnswerPage

READABLE_ANSWER = (Path(__file__).parent / "readable_answer.md").read_text(encoding="utf-8")


def only_link_text(answer_page: AnswerPage, markdown: str) -> str:
    (link,) = answer_page.show(markdown).links
    return link.text


def test_a_readable_answer_keeps_its_form(answer_page: AnswerPage) -> None:
    shown = answer_page.show(READABLE_ANSWER)
    assert shown.harm == ()
    assert shown.elements == ELEMENTS - {"br", "h2", "h3", "h4", "h5", "h6"}
    assert shown.attributes == ATTRIBUTES - {"start"}
    assert "get-cost-and-usage --granularity MONTHLY < query.json" in shown.text


def test_numbers_in_a_table_stand_to_the_right(answer_page: AnswerPage) -> None:
    answer_page.show(READABLE_ANSWER)
    cell = answer_page.page.get_by_role("cell", name="$7,301.10")
    assert cell.evaluate("cell => getComputedStyle(cell).textAlign") in {"right", "-webkit-right"}


def test_a_list_starts_where_it_says(answer_page: AnswerPage) -> None:
    answer_page.show("4. four\n5. five")
    assert answer_page.page.locator("#answer ol").get_attribute("start") == "4"


def test_a_link_opens_a_tab_that_learns_nothing_of_this_one(answer_page: AnswerPage) -> None:
    links = answer_page.show(READABLE_ANSWER).links
    assert len(links) == 3
    assert {(link.target, link.rel) for link in links} == {("_blank", "noopener noreferrer nofollow")}


@pytest.mark.parametrize(
    ("markdown", "text"),
    [
        ("[Savings](https://evil.test/a)", "Savings (evil.test)"),
        ("[https://aws.amazon.com/](https://evil.test/)", "https://aws.amazon.com/ (evil.test)"),
        ("[https://evil.test.aws.com/](https://evil.test/)", "https://evil.test.aws.com/ (evil.test)"),
        ("[](https://evil.test/)", " (evil.test)"),
        ("[aws](https://\u0430ws.test/)", "aws (xn--ws-6kc.test)"),
        ("<https://\u0430ws.test/>", "https://\u0430ws.test/ (xn--ws-6kc.test)"),
        ("![chart](https://evil.test/a.png)", "chart (evil.test)"),
        ("![](https://evil.test/a.png)", "image (evil.test)"),
        ("[![chart](https://evil.test/a.png)](https://evil.test/)", "chart (evil.test)"),
    ],
)
def test_a_link_shows_the_host_it_leads_to(answer_page: AnswerPage, markdown: str, text: str) -> None:
    assert only_link_text(answer_page, markdown) == text


@pytest.mark.parametrize(
    "address", ["https://evil.test", "https://evil.test/a?b=c#d", "https://evil.test:8443/", "https://evil.test/%20"]
)
def test_an_address_shown_whole_needs_no_host_beside_it(answer_page: AnswerPage, address: str) -> None:
    assert only_link_text(answer_page, address).startswith("https://evil.test")
    assert "(" not in only_link_text(answer_page, address)


@pytest.mark.parametrize(
    "controls", ["\u202e", "&#x202e;", "\u2067", "\u200b", "\u00ad", "\ufeff", "\x1b", "\x9b", "\U000e0041"]
)
def test_invisible_characters_are_taken_out(answer_page: AnswerPage, controls: str) -> None:
    assert answer_page.show(f"inv{controls}oice").text.strip() == "invoice"


@pytest.mark.parametrize(
    "text",
    [
        "👩\u200d👩\u200d👧",
        "❤\ufe0f",
        "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
        "क्\u200dष",
        "a\u0301",
        "👍🏽",
    ],
)
def test_characters_that_writing_needs_are_kept(answer_page: AnswerPage, text: str) -> None:
    assert answer_page.show(text).text.strip() == text


def test_half_a_surrogate_pair_is_replaced(answer_page: AnswerPage) -> None:
    assert answer_page.show("a\ud800b").text.strip() == "a\ufffdb"


def test_a_letter_keeps_as_many_accents_as_any_language_needs(answer_page: AnswerPage) -> None:
    assert answer_page.show("a" + "\u0301" * 500 + "b").text.strip() == "a" + "\u0301" * 30 + "b"


def test_an_address_of_thousands_of_characters_is_no_link(answer_page: AnswerPage) -> None:
    assert len(answer_page.show(f"[a](https://evil.test/{'x' * 1_900})").links) == 1
    assert answer_page.show(f"[a](https://evil.test/{'x' * 2_000})").links == ()
