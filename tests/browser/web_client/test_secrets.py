"""Nothing of a token, an answer or a signed link in the console, the address or any storage."""

from playwright.sync_api import expect

from browser.web_client.client_page import SESSION, ClientPage
from browser.web_client.scenes import QUESTION, Stage, cut_answer
from browser.web_client.scripted_aws import REFRESH_TOKEN
from browser.web_client.scripted_service import ScriptedService
from browser.web_client.stored_job import WHOLE
from local_cloud.running_cloud import until


def test_answers_questions_and_links_are_kept_nowhere(stage: Stage, service: ScriptedService) -> None:
    page = cut_answer(stage)
    service.plays = WHOLE
    page.page.goto(f"{page.address}/#/")
    page.ask("What did it cost?")
    expect(page.main.get_by_text("It is mostly the production account.")).to_be_visible()
    kept = page.all_that_is_kept()
    for secret in ("signature=secret", "The whole", "production account", "incomplete uploads"):
        assert secret not in kept
        assert secret not in "".join(page.console)


def test_no_token_can_be_read(page: ClientPage, service: ScriptedService) -> None:
    token = service.got("authenticate")[0]["token"]
    assert page.page.evaluate("Object.keys(localStorage)") == [SESSION]
    # What is sealed would be a part of its text, in base 64, if it were not.
    sealed = page.page.evaluate("name => atob(localStorage[name])", SESSION)
    for text in (page.all_that_is_kept(), sealed, page.page.content(), *page.console):
        for secret in (token, token.split(".")[1], REFRESH_TOKEN):
            assert secret not in text


def test_signing_out_leaves_nothing_behind(page: ClientPage, service: ScriptedService) -> None:
    service.plays = WHOLE
    page.ask(QUESTION)
    expect(page.main.get_by_text("It is mostly the production account.")).to_be_visible()
    page.sign_out()
    expect(page.page.get_by_role("dialog")).to_be_visible()
    until(lambda: page.page.evaluate("[...Object.keys(localStorage), ...Object.keys(sessionStorage)]") == [])
    assert QUESTION not in page.page.content()
    assert "production account" not in page.page.content()
