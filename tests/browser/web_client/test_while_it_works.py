"""A whole job from the first step to the last: what is heard of it, and that nothing moves while it is read."""

import re

from playwright.sync_api import Locator, expect

from browser.web_client.client_page import ClientPage
from browser.web_client.scenes import QUESTION
from browser.web_client.scripted_service import ScriptedService
from browser.web_client.stored_job import COST, SAVINGS, completed, started, working

TICKS = 40


def top(element: Locator) -> float:
    """How far from the page's top an element begins, in CSS pixels."""
    distance: float = element.evaluate("element => element.getBoundingClientRect().top + scrollY")
    return distance


def test_a_job_of_two_agents_is_heard_four_to_six_times(page: ClientPage, service: ScriptedService) -> None:
    page.ask(QUESTION)
    job = service.job()
    expect(page.heading).to_have_text(QUESTION)
    service.tell(job, working(), started)
    for tick in range(TICKS):
        service.tell(job, working(f"Still working, {tick} s.", 10 + tick))
    expect(page.main.get_by_text(f"Still working, {TICKS - 1} s.")).to_be_visible()
    for step in (COST, SAVINGS, working("Putting the answer together.", 95), completed):
        service.tell(job, step)
        page.draw()
    expect(page.main.get_by_text("Answered", exact=True)).to_be_visible()
    spoken = page.seen()["spoken"]
    assert 4 <= len(spoken) <= 6, spoken
    assert not any("Still working" in sentence for sentence in spoken)
    assert re.search("answer", spoken[-1])


def test_nothing_moves_while_an_answer_arrives(page: ClientPage, service: ScriptedService) -> None:
    page.ask(QUESTION)
    job = service.job()
    expect(page.heading).to_have_text(QUESTION)
    page.page.evaluate("seen.shifts.length = 0")
    for step in (working(), started, *(working(f"Still working, {tick} s.", 20) for tick in range(5)), COST):
        service.tell(job, step)
        page.draw()
    paragraph = page.main.get_by_text("It is mostly the production account.")
    expect(paragraph).to_be_visible()
    expect(page.main.locator("svg, canvas").first).to_be_visible()
    page.settle()
    read_at = top(paragraph)
    for step in (SAVINGS, working("Putting the answer together.", 95), completed):
        service.tell(job, step)
        page.draw()
    expect(page.main.get_by_text("Delete incomplete uploads")).to_be_visible()
    page.settle()
    assert abs(top(paragraph) - read_at) < 1
    shifts = page.seen()["shifts"]
    # Of all, those within half a second of a key's press included, which the measure itself would excuse.
    assert sum(shift["value"] for shift in shifts) <= 0.02, shifts
