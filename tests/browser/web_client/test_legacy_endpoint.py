"""`useWebSocket: false`: each question goes to the legacy endpoint, and the page says what is missing then."""

from pathlib import Path

from playwright.sync_api import expect

from browser.web_client.built_page import PageHost
from browser.web_client.conftest import OpenPage
from browser.web_client.scenes import QUESTION
from browser.web_client.scripted_aws import ScriptedAws
from browser.web_client.stored_job import COST_ANSWER


def test_a_question_is_answered_in_one_piece(
    open_page: OpenPage, legacy_host: PageHost, aws: ScriptedAws, screenshots: Path | None
) -> None:
    aws.legacy_answer = COST_ANSWER
    page = open_page(address=legacy_host.address)
    expect(page.main.get_by_text("Each answer comes in one piece")).to_be_visible()
    page.ask(QUESTION)
    expect(page.main.get_by_text("It is mostly the production account.")).to_be_visible()
    assert page.accessibility_findings() == []
    if screenshots:
        page.page.screenshot(path=screenshots / "legacy-light-1280.png", full_page=True)


def test_what_it_refuses_is_said(open_page: OpenPage, legacy_host: PageHost, aws: ScriptedAws) -> None:
    aws.legacy_answer = None
    page = open_page(address=legacy_host.address)
    page.ask(QUESTION)
    expect(page.main.get_by_text("The service could not be reached.")).to_be_visible()
    expect(page.main.get_by_role("button", name="Ask again")).to_be_visible()
