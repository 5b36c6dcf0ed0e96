"""Each code of the contract: what it is in words, and what can be done about it."""

import re
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from playwright.sync_api import expect

from browser.web_client.client_page import ClientPage
from browser.web_client.conftest import OpenPage
from browser.web_client.scenes import QUESTION, Stage, cut_answer, unreachable
from browser.web_client.scripted_aws import USER_ID, ScriptedAws
from browser.web_client.scripted_service import ScriptedService
from browser.web_client.stored_job import WHOLE, failed, started, working
from contract_schema import ERROR_CODES
from local_cloud.running_cloud import until

SENTENCE = "A sentence of the service's own."


@dataclass(frozen=True)
class Said:
    """How the service comes to say a code, and the button or link that helps."""

    provoke: Callable[[Stage, str], ClientPage]
    remedy: str


def refused(stage: Stage, code: str) -> ClientPage:
    stage.service.refuse("finops_query", code, SENTENCE, times=9)
    page = stage.open()
    page.ask(QUESTION)
    return page


def refused_until_it_gives_up(stage: Stage, code: str) -> ClientPage:
    stage.service.refuse("finops_query", code, SENTENCE, times=9)
    page = stage.open(stops_clock=True)
    page.ask(QUESTION)

    def has_given_up() -> bool:
        page.page.clock.run_for(10_000)
        return page.main.get_by_text(SENTENCE).is_visible()

    until(has_given_up)
    return page


def refused_without_a_new_token(stage: Stage, code: str) -> ClientPage:
    stage.aws.refuses = True
    return refused(stage, code)


def ended(stage: Stage, code: str) -> ClientPage:
    return stage.asked(working(), started, failed(code, SENTENCE))


def with_a_token_that_is_refused(stage: Stage, code: str) -> ClientPage:
    stage.service.refuse("authenticate", code, SENTENCE, times=9)
    return stage.open()


def with_a_list_that_is_refused(stage: Stage, code: str) -> ClientPage:
    stage.service.refuse("list_jobs", code, SENTENCE, times=9)
    return stage.open(route="#/history")


def with_a_handshake_that_is_refused(stage: Stage, code: str) -> ClientPage:
    return unreachable(stage)


def at_the_page_of_a_job(stage: Stage, code: str) -> ClientPage:
    stage.service.refuse("resume_job", code, SENTENCE, times=9)
    return stage.open(route="#/jobs/0b6a1f6e-52d4-4a35-8c0d-9c5f1e7a2b34")


def at_a_cancel(stage: Stage, code: str) -> ClientPage:
    page = stage.asked(working(), started)
    stage.service.refuse("cancel_job", code, SENTENCE, times=9)
    page.page.get_by_role("button", name="Cancel").click()
    return page


SAID = {
    "INVALID_MESSAGE": Said(refused, "Edit"),
    "UNKNOWN_ACTION": Said(with_a_list_that_is_refused, "Reload the page"),
    "UNAUTHENTICATED": Said(refused_without_a_new_token, "Sign in"),
    "INVALID_TOKEN": Said(with_a_token_that_is_refused, "Sign in"),
    "SESSION_EXPIRED": Said(refused_without_a_new_token, "Sign in"),
    "ORIGIN_NOT_ALLOWED": Said(with_a_handshake_that_is_refused, "Try again"),
    "JOB_NOT_FOUND": Said(at_the_page_of_a_job, "Ask a new question"),
    "JOB_FINISHED": Said(at_a_cancel, "Remove"),
    "TOO_MANY_JOBS": Said(refused, "Send again"),
    "RATE_LIMITED": Said(refused, "Edit"),
    "QUERY_TOO_LONG": Said(refused, "Edit"),
    "UNKNOWN_AGENT": Said(refused, "Ask whichever fits"),
    "QUEUE_UNAVAILABLE": Said(ended, "Ask again"),
    "AGENTS_FAILED": Said(ended, "Ask again"),
    "PROCESSING_FAILED": Said(ended, "Ask again"),
    "TIMED_OUT": Said(ended, "Ask again"),
    "INTERNAL": Said(refused_until_it_gives_up, "Ask again"),
}
# What is said over the page, or beside all of it, and not in a notice of the code's own.
ELSEWHERE = {"UNAUTHENTICATED", "INVALID_TOKEN", "SESSION_EXPIRED", "ORIGIN_NOT_ALLOWED"}
# The title of codes that the page does not know.
UNKNOWN = "It did not work"


def test_no_code_of_the_contract_is_left_out() -> None:
    assert set(SAID) == ERROR_CODES


@pytest.mark.parametrize("code", SAID)
def test_a_code_is_put_into_words_with_what_can_be_done(stage: Stage, code: str) -> None:
    said = SAID[code]
    page = said.provoke(stage, code)
    place = page.page.locator("body") if code in ELSEWHERE else page.main.locator(f'[data-code="{code}"]')
    remedy = place.get_by_role("button", name=said.remedy).or_(place.get_by_role("link", name=said.remedy))
    expect(remedy.first).to_be_visible()
    # A code is for programs.
    words = page.page.locator("body").inner_text()
    assert code not in words
    assert UNKNOWN not in words


def test_a_code_that_is_new_is_told_in_the_words_of_the_service(stage: Stage) -> None:
    page = refused(stage, "SOMETHING_NEW")
    expect(page.main.get_by_text(UNKNOWN)).to_be_visible()
    expect(page.main.get_by_text(SENTENCE)).to_be_visible()
    expect(page.main.get_by_role("button", name="Ask again")).to_be_visible()


def test_too_many_questions_offer_which_to_cancel_and_then_the_same_is_sent(
    page: ClientPage, service: ScriptedService
) -> None:
    other = service.add("Another question", working(), started, user=USER_ID)
    page.page.reload()
    service.refuse("finops_query", "TOO_MANY_JOBS", SENTENCE, retryAfter=30)
    page.ask(QUESTION)
    page.main.get_by_role("button", name="Cancel: Another question").click()
    service.got("cancel_job")
    assert other.status == "cancelled"
    if page.main.get_by_role("button", name="Send again").is_visible():
        page.main.get_by_role("button", name="Send again").click()
    first, second = service.got("finops_query", 2)
    assert first["requestId"] == second["requestId"]


def test_a_question_too_many_in_a_minute_is_sent_by_itself_when_it_may_be(
    open_page: OpenPage, service: ScriptedService
) -> None:
    page = open_page(stops_clock=True)
    service.refuse("finops_query", "RATE_LIMITED", SENTENCE, retryAfter=17)
    page.ask(QUESTION)
    expect(page.main.get_by_text(re.compile(r"in 1[67] s"))).to_be_visible()
    page.page.clock.fast_forward(10_000)
    expect(page.main.get_by_text(re.compile(r"in [67] s"))).to_be_visible()
    assert len(service.got("finops_query")) == 1
    service.plays = WHOLE
    page.page.clock.fast_forward(10_000)
    first, second = service.got("finops_query", 2)
    assert first["requestId"] == second["requestId"]
    assert service.actions().count("ping") == 0


def test_a_failed_question_is_asked_again_under_another_id(stage: Stage, service: ScriptedService) -> None:
    page = ended(stage, "TIMED_OUT")
    service.plays = WHOLE
    page.main.get_by_role("button", name="Ask again").click()
    first, second = service.got("finops_query", 2)
    assert first["query"] == second["query"]
    assert first["requestId"] != second["requestId"]


def test_the_link_of_a_long_answer_is_renewed_when_it_has_expired(
    stage: Stage, service: ScriptedService, aws: ScriptedAws
) -> None:
    page = cut_answer(stage)
    whole = aws.whole_answers.pop("/whole?signature=secret")
    aws.whole_answers["/whole?signature=new"] = whole
    job = service.job()
    for result in job.results.values():
        if "responseUrl" in result:
            result["responseUrl"] = f"{aws.address}/whole?signature=new"
    page.main.get_by_role("button", name=re.compile("whole", re.IGNORECASE)).first.click()
    expect(page.main.get_by_text("A line of the whole answer.").nth(49)).to_be_attached()
    assert service.actions().count("resume_job") >= 2
