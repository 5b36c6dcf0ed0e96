"""All that can be done, done by keyboard alone."""

import re

from playwright.sync_api import Locator, expect

from browser.web_client.client_page import ClientPage
from browser.web_client.scenes import QUESTION
from browser.web_client.scripted_service import ScriptedService
from browser.web_client.stored_job import WHOLE, started, working
from local_cloud.running_cloud import until


def go_to(page: ClientPage, name: str | Locator, role: str = "button") -> None:
    """Press Tab until what is so called has the focus, and check that the focus is to be seen."""
    named = page.page.get_by_role(role, name=re.compile(str(name))).first  # type: ignore[arg-type]
    wanted = name if isinstance(name, Locator) else named
    expect(wanted).to_be_visible()
    for _ in range(120):
        page.page.keyboard.press("Tab")
        if wanted.evaluate("element => element === document.activeElement"):
            outline, shadow = wanted.evaluate(
                "element => [getComputedStyle(element).outlineStyle, getComputedStyle(element).boxShadow]"
            )
            assert (outline, shadow) != ("none", "none"), f"The focus at {name} cannot be seen."
            return
    raise AssertionError(f"The Tab key does not lead to {name}.")


def press(page: ClientPage, name: str | Locator, role: str = "button", key: str = "Enter") -> None:
    go_to(page, name, role)
    page.page.keyboard.press(key)


def test_a_question_is_asked_and_cancelled(page: ClientPage, service: ScriptedService) -> None:
    service.plays = (working(), started)
    expect(page.box).to_be_focused()
    page.page.keyboard.type("What did S3 cost")
    page.page.keyboard.press("Shift+Enter")
    page.page.keyboard.type("in May?")
    page.page.keyboard.press("Enter")
    assert service.job().query == "What did S3 cost\nin May?"
    expect(page.heading).to_contain_text("in May?")
    press(page, "^Cancel$")
    service.got("cancel_job")
    expect(page.main.get_by_text("Cancelled").first).to_be_visible()


def test_enter_sends_nothing_while_an_input_method_composes(page: ClientPage, service: ScriptedService) -> None:
    session = page.context.new_cdp_session(page.page)
    page.box.focus()
    session.send("Input.imeSetComposition", {"text": "コスト", "selectionStart": 3, "selectionEnd": 3})
    enter = {"key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 229}
    session.send("Input.dispatchKeyEvent", {"type": "rawKeyDown", **enter})
    session.send("Input.dispatchKeyEvent", {"type": "keyUp", **enter})
    session.send("Input.insertText", {"text": "コスト"})
    expect(page.box).to_have_value("コスト")
    assert "finops_query" not in service.actions()
    page.page.keyboard.press("Enter")
    assert service.job().query == "コスト"


def test_an_answer_is_read_sorted_copied_and_taken_away(page: ClientPage, service: ScriptedService) -> None:
    service.plays = WHOLE
    page.ask(QUESTION)
    expect(page.main.get_by_text("It is mostly the production account.")).to_be_visible()
    drawn = page.main.get_by_role("radio", name="Chart", checked=True)
    assert drawn.count() == 2
    while drawn.count():
        go_to(page, drawn.first)
        page.page.keyboard.press("ArrowRight")
    table = page.main.get_by_role("table", name=re.compile("Effective cost by account"))
    press(page, table.get_by_role("button", name=re.compile("Effective cost")))
    expect(table.get_by_role("columnheader", name=re.compile("Effective cost"))).to_have_attribute(
        "aria-sort", re.compile("ascending|descending")
    )
    press(page, "^Copy answer")
    until(lambda: "2,402.54 USD" in page.page.evaluate("navigator.clipboard.readText()"))
    for name, ending in (("CSV", ".csv"), (r"Markdown|\.md", ".md")):
        with page.page.expect_download() as download:
            press(page, name)
        assert download.value.suggested_filename.endswith(ending)


def test_the_theme_is_chosen(page: ClientPage, service: ScriptedService) -> None:
    press(page, "^Theme")
    go_to(page, "^As the system", "radio")
    page.page.keyboard.press("ArrowDown")
    page.page.keyboard.press("ArrowDown")
    expect(page.page.locator("html")).to_have_css("color-scheme", "dark")
    page.page.reload()
    expect(page.page.locator("html")).to_have_css("color-scheme", "dark")


def test_history_is_searched_and_opened(page: ClientPage, service: ScriptedService) -> None:
    service.plays = WHOLE
    page.ask(QUESTION)
    expect(page.main.get_by_text("It is mostly the production account.")).to_be_visible()
    press(page, "^All questions", "link")
    expect(page.heading).to_have_text("All questions")
    go_to(page, "Search", "searchbox")
    page.page.keyboard.type("s3 may")
    press(page, "What did S3 cost in May", "link")
    expect(page.heading).to_be_visible()


def test_signing_out(page: ClientPage, service: ScriptedService) -> None:
    service.got("authenticate")
    press(page, "^Account of")
    press(page, "^Sign out$")
    expect(page.page.get_by_role("dialog")).to_be_visible()
