"""A reload, a lost line, an expired token, a second tab: one job at the service, and its answer whole."""

import re

import pytest
from playwright.sync_api import expect

from browser.web_client.client_page import ClientPage
from browser.web_client.conftest import OpenPage
from browser.web_client.scripted_aws import ScriptedAws
from browser.web_client.scripted_service import ScriptedService
from browser.web_client.stored_job import WHOLE, StoredJob, answered, completed, started, working
from local_cloud.running_cloud import until

QUESTION = "What did S3 cost in May, and where can we save?"


def expect_whole_answer(page: ClientPage) -> None:
    """The two agents' parts are there, each once."""
    expect(page.heading).to_have_text(QUESTION)
    expect(page.main.get_by_text("It is mostly the production account.")).to_have_count(1)
    expect(page.main.get_by_text("Delete incomplete uploads")).to_have_count(1)
    expect(page.page.get_by_role("button", name="Cancel")).to_have_count(0)


def questions(service: ScriptedService) -> list[str]:
    """The request ids of all that was asked, in the order in which it came."""
    return [message["requestId"] for message in service.got("finops_query")]


@pytest.mark.parametrize("steps", range(len(WHOLE) + 1))
def test_a_reload_at_any_step_loses_nothing(page: ClientPage, service: ScriptedService, steps: int) -> None:
    service.plays = WHOLE[:steps]
    page.ask(QUESTION)
    job = service.job()
    page.page.wait_for_url(f"**/#/jobs/{job.job_id}")
    page.page.reload()
    service.tell(job, *WHOLE[steps:])
    expect_whole_answer(page)
    assert len(service.jobs) == len(questions(service)) == 1


@pytest.mark.parametrize("arrives", [True, False])
def test_a_reload_before_it_is_acknowledged_asks_the_same_again(
    page: ClientPage, service: ScriptedService, arrives: bool
) -> None:
    service.loses = {"job_queued"} if arrives else set()
    service.ignores = set() if arrives else {"finops_query"}
    page.ask(QUESTION)
    service.got("finops_query")
    service.loses, service.ignores = set(), set()
    service.plays = WHOLE
    page.page.reload()
    service.got("finops_query", 2)
    if arrives:
        service.tell(service.job(), *WHOLE)
    page.page.get_by_role("link", name=QUESTION).click()
    expect_whole_answer(page)
    assert len(service.jobs) == len(set(questions(service))) == 1


def test_only_what_is_not_acknowledged_is_kept(page: ClientPage, service: ScriptedService) -> None:
    service.ignores = {"finops_query"}
    page.ask(QUESTION)
    service.got("finops_query")
    assert QUESTION in page.page.evaluate("JSON.stringify({...sessionStorage})")
    service.ignores = set()
    service.cut()
    page.page.wait_for_url("**/#/jobs/*")
    assert QUESTION not in page.page.evaluate("JSON.stringify([{...sessionStorage}, {...localStorage}])")


def test_three_questions_cut_in_the_middle_are_answered_once_each(page: ClientPage, service: ScriptedService) -> None:
    asked = [f"Question {number}" for number in (1, 2, 3)]
    for query in asked:
        page.page.goto(f"{page.address}/#/")
        page.ask(query)
        page.page.wait_for_url("**/#/jobs/*")
        service.tell(service.job(query), working(), started, answered(0, f"The first part of {query}."))
    service.cut()
    until(lambda: service.actions().count("authenticate") == 2)
    for query in asked:
        service.tell(service.job(query), answered(1, f"The second part of {query}."), completed)
    for query in asked:
        page.page.get_by_role("link", name=query).click()
        expect(page.heading).to_have_text(query)
        for text in (f"The first part of {query}.", f"The second part of {query}."):
            expect(page.main.get_by_text(text)).to_have_count(1)
        assert page.main.inner_text().count("part of") == 2
    assert len(service.jobs) == len(questions(service)) == 3


def test_a_job_can_be_cancelled_after_the_line_was_lost(page: ClientPage, service: ScriptedService) -> None:
    service.plays = (working(), started)
    page.ask(QUESTION)
    page.page.wait_for_url("**/#/jobs/*")
    service.cut()
    until(lambda: service.actions().count("authenticate") == 2)
    page.page.get_by_role("button", name="Cancel").click()
    expect(page.main.get_by_text("Cancelled").first).to_be_visible()
    assert service.job().status == "cancelled"


def test_a_line_that_the_service_closes_is_made_anew(page: ClientPage, service: ScriptedService) -> None:
    service.got("authenticate")
    service.close(1000)
    service.got("authenticate", 2)
    service.plays = WHOLE
    page.ask(QUESTION)
    expect_whole_answer(page)
    assert service.open_lines() == 1


def test_an_expired_token_is_renewed_once_and_nothing_is_seen_of_it(
    page: ClientPage, service: ScriptedService, aws: ScriptedAws
) -> None:
    page.ask(QUESTION)
    page.page.wait_for_url("**/#/jobs/*")
    job = service.job()
    service.refuse("finops_query", "SESSION_EXPIRED")
    page.page.goto(f"{page.address}/#/")
    page.ask("And in June?")
    assert service.job("And in June?").request_id == questions(service)[-1]
    assert len(set(questions(service))) == 2
    first, second = service.got("authenticate", 2)
    assert first["token"] != second["token"]
    service.tell(job, *WHOLE)
    page.page.get_by_role("link", name=QUESTION).click()
    expect_whole_answer(page)
    assert (aws.renewals, service.open_lines()) == (1, 1)
    assert page.page.get_by_role("dialog").count() == 0


def test_a_token_that_ends_in_mid_job_is_renewed_before(
    open_page: OpenPage, service: ScriptedService, aws: ScriptedAws
) -> None:
    service.token_seconds = 400
    page = open_page(stops_clock=True)
    service.plays = (working(), started)
    page.ask(QUESTION)
    page.page.wait_for_url("**/#/jobs/*")
    service.token_seconds = 3600
    page.page.clock.fast_forward(290_000)
    service.got("authenticate", 2)
    service.tell(service.job(), *WHOLE[2:])
    expect_whole_answer(page)
    assert (aws.renewals, len(service.got("authenticate")), service.open_lines()) == (1, 2, 1)


def test_two_tabs_show_the_same_and_signing_out_in_one_empties_the_other(
    page: ClientPage, service: ScriptedService
) -> None:
    page.ask(QUESTION)
    job: StoredJob = service.job()
    other = page.open_tab(f"#/jobs/{job.job_id}")
    service.got("authenticate", 2)
    service.tell(job, *WHOLE)
    for tab in (page.page, other):
        expect(tab.get_by_role("main").get_by_text("Delete incomplete uploads")).to_be_visible()
        expect(tab.get_by_role("main").get_by_text("Answered", exact=True)).to_be_visible()
    # Which second it was asked in, only one of them was told.
    answers = [re.sub(r"\d+ s\b", "", tab.get_by_role("main").inner_text()) for tab in (page.page, other)]
    assert answers[0] == answers[1]
    page.sign_out()
    for tab in (page.page, other):
        expect(tab.get_by_role("dialog")).to_be_visible()
        assert QUESTION not in tab.content()
        assert "production account" not in tab.content()
    until(lambda: service.open_lines() == 0)
