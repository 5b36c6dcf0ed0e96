"""Nothing of a token, an answer or a signed link in the console, the address or any storage."""

from playwright.sync_api import expect

from browser.web_client.client_page import ClientPage
from browser.web_client.scenes import QUESTION, Stage, cut_answer
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
    for secret in (
        "signature=secret",
        "The whole",
        "production account",
        "incomplete uploads",
        QUESTION,
        "What did it",
    ):
        assert secret not in kept
        assert secret not in "".join(page.console)


def test_tokens_are_where_the_library_keeps_them_and_nowhere_else(page: ClientPage, service: ScriptedService) -> None:
    token = service.got("authenticate")[0]["token"]
    kept = page.page.evaluate("[location.href, JSON.stringify(history.state), document.cookie, document.title]")
    kept += page.page.evaluate("Object.values(sessionStorage)")
    assert not any(token in text for text in [*kept, *page.console, page.page.content()])
    keys = page.page.evaluate(
        "token => Object.keys(localStorage).filter((key) => localStorage[key].includes(token))", token
    )
    assert all(key.startswith("CognitoIdentityServiceProvider.") for key in keys)


def test_signing_out_leaves_nothing_behind(page: ClientPage, service: ScriptedService) -> None:
    service.plays = WHOLE
    page.ask(QUESTION)
    expect(page.main.get_by_text("It is mostly the production account.")).to_be_visible()
    page.sign_out()
    expect(page.page.get_by_role("dialog")).to_be_visible()
    until(lambda: page.page.evaluate("Object.keys(localStorage).filter((key) => key.startsWith('Cognito'))") == [])
    assert page.page.evaluate("Object.keys(sessionStorage)") == []
    assert QUESTION not in page.page.content()
    assert "production account" not in page.page.content()
