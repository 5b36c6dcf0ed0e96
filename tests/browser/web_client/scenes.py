"""Every state of the client that somebody may come to see, and the way to it: for axe, for screenshots, for anybody."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import expect

from browser.web_client.client_page import ClientPage
from browser.web_client.scripted_aws import USER_ID, ScriptedAws
from browser.web_client.scripted_service import ScriptedService
from browser.web_client.stored_job import (
    COST,
    NO_TIME,
    PARTIAL,
    SAVINGS,
    WHOLE,
    Step,
    answered,
    failed,
    started,
    working,
)
from local_cloud.running_cloud import until

QUESTION = "What did S3 cost in May, and where can we save?"
DAY = 24 * 3600


@dataclass
class Stage:
    """What a scene plays on. `open` opens the client, with the options of ClientPage."""

    service: ScriptedService
    aws: ScriptedAws
    open: Callable[..., ClientPage]

    def asked(self, *steps: Step, **options: Any) -> ClientPage:
        """Ask, and go on to the job's page, whose job has gone through these steps."""
        self.service.plays = steps
        page = self.open(**options)
        page.ask(QUESTION)
        page.page.wait_for_url("**/#/jobs/*")
        expect(page.heading).to_have_text(QUESTION)
        return page

    def refused(self, code: str, sentence: str, **fields: Any) -> ClientPage:
        """Ask, and be refused."""
        self.service.refuse("finops_query", code, sentence, **fields)
        page = self.open()
        page.ask(QUESTION)
        expect(page.main.get_by_text(sentence)).to_be_visible()
        return page

    def looked_at(self, *steps: Step, **fields: Any) -> ClientPage:
        """Open the page of a job that was asked a while ago."""
        job = self.service.add(QUESTION, *steps, user=USER_ID, **fields)
        page = self.open(route=f"#/jobs/{job.job_id}")
        expect(page.heading).to_have_text(QUESTION)
        return page

    def history(self) -> None:
        """Put some days' jobs there."""
        now = int(time.time())
        for number in range(30):
            query = f"What did the service of number {number} cost last month?"
            end = (WHOLE, PARTIAL, (failed("TIMED_OUT", "No agent answered in time."),))[number % 3]
            self.service.add(query, *end, user=USER_ID, created_at=now - number * DAY // 3)


def first_use(stage: Stage) -> ClientPage:
    page = stage.open()
    expect(page.page.get_by_text("Connected")).to_be_visible()
    return page


def long_question(stage: Stage) -> ClientPage:
    page = first_use(stage)
    page.box.fill("Why? " * 720)
    page.main.get_by_text("whichever fit").click()
    return page


def too_long_a_question(stage: Stage) -> ClientPage:
    page = first_use(stage)
    page.box.fill("Why? " * 820)
    expect(page.page.get_by_text("too many")).to_be_visible()
    return page


def sending(stage: Stage) -> ClientPage:
    stage.service.ignores = {"finops_query"}
    page = stage.open()
    page.ask(QUESTION)
    expect(page.main.get_by_text("Sending")).to_be_visible()
    return page


def queued(stage: Stage) -> ClientPage:
    return stage.asked()


def queued_for_long(stage: Stage) -> ClientPage:
    page = stage.looked_at(created_at=int(time.time()) - 100)
    expect(page.main.get_by_text("Waiting for a free worker")).to_be_visible()
    return page


def agents_asked(stage: Stage) -> ClientPage:
    return stage.asked(working(), started)


def one_has_answered(stage: Stage) -> ClientPage:
    page = stage.asked(working(), started, COST)
    expect(page.main.get_by_text("Answered at")).to_be_visible()
    return page


def one_has_failed(stage: Stage) -> ClientPage:
    return stage.asked(working(), started, answered(1, NO_TIME, status="failed"))


def answer(stage: Stage) -> ClientPage:
    return stage.looked_at(*WHOLE, created_at=int(time.time()) - 14)


def partial_answer(stage: Stage) -> ClientPage:
    return stage.looked_at(*PARTIAL)


def answer_without_figures(stage: Stage) -> ClientPage:
    return stage.looked_at(working(), started, answered(0), SAVINGS, WHOLE[-1])


def cut_answer(stage: Stage) -> ClientPage:
    stage.aws.whole_answers["/whole?signature=secret"] = "# The whole\n\n" + "A line of the whole answer.\n\n" * 50
    cut = answered(0, "# The whole\n\nA line of", responseUrl=f"{stage.aws.address}/whole?signature=secret")
    return stage.looked_at(working(), started, cut, SAVINGS, WHOLE[-1])


def failed_job(stage: Stage) -> ClientPage:
    sentence = "No agent could answer. Cost analysis: It could not be reached. Optimisation: It did not answer in time."
    return stage.asked(working(), started, failed("AGENTS_FAILED", sentence))


def cancelled_job(stage: Stage) -> ClientPage:
    page = stage.asked(working(), started, COST)
    page.page.get_by_role("button", name="Cancel").click()
    expect(page.main.get_by_text("Cancelled")).to_be_visible()
    return page


def asked_too_often(stage: Stage) -> ClientPage:
    return stage.refused("RATE_LIMITED", "At most 30 questions a minute are taken.", retryAfter=17)


def too_many_questions(stage: Stage) -> ClientPage:
    for number in (1, 2, 3):
        stage.service.add(f"A question of number {number}", working(), started, user=USER_ID)
    return stage.refused("TOO_MANY_JOBS", "At most 3 questions are worked on at a time.", retryAfter=30)


def refused_with_an_unknown_code(stage: Stage) -> ClientPage:
    return stage.refused("SOMETHING_NEW", "The service says something that this page has never heard of.")


def reconnecting(stage: Stage) -> ClientPage:
    page = stage.asked(working(), started, COST)
    stage.service.handshake_status = 503
    stage.service.cut()
    expect(page.page.get_by_text("Reconnecting").first).to_be_visible()
    return page


def offline(stage: Stage) -> ClientPage:
    page = first_use(stage)
    page.context.set_offline(True)
    stage.service.cut()
    page.ask(QUESTION)
    expect(page.main.get_by_text("Will be sent when you are back", exact=True)).to_be_visible()
    return page


def unreachable(stage: Stage) -> ClientPage:
    stage.service.handshake_status = 403
    page = stage.open(stops_clock=True)

    def has_given_up() -> bool:
        page.page.clock.run_for(20_000)
        return page.page.get_by_text("Unreachable").is_visible()

    until(has_given_up)
    return page


def too_many_tabs(stage: Stage) -> ClientPage:
    sentence = "You are signed in on 10 connections, which is as many as there may be. Please close one."
    stage.service.refuse("authenticate", "RATE_LIMITED", sentence, times=9, retryAfter=60)
    page = stage.open()
    expect(page.main.get_by_text(sentence)).to_be_visible()
    return page


def signed_out(stage: Stage) -> ClientPage:
    page = stage.open(is_signed_in=False)
    expect(page.page.get_by_role("dialog").get_by_label("Username")).to_be_visible()
    return page


def expired(stage: Stage) -> ClientPage:
    page = stage.asked(working(), started, COST)
    stage.aws.refuses = True
    stage.service.refuse("authenticate", "INVALID_TOKEN", times=99)
    stage.service.cut()
    expect(page.page.get_by_role("dialog")).to_be_visible()
    return page


def empty_history(stage: Stage) -> ClientPage:
    page = stage.open(route="#/history")
    expect(page.main.get_by_text("You have not asked anything yet")).to_be_visible()
    return page


def history(stage: Stage) -> ClientPage:
    stage.history()
    page = stage.open(route="#/history")
    expect(page.main.get_by_text("the service of number 3 ")).to_be_visible()
    return page


def no_such_job(stage: Stage) -> ClientPage:
    page = stage.open(route="#/jobs/0b6a1f6e-52d4-4a35-8c0d-9c5f1e7a2b34")
    expect(page.main.get_by_text("not there any more")).to_be_visible()
    return page


SCENES: dict[str, Callable[[Stage], ClientPage]] = {
    scene.__name__: scene
    for scene in (
        *(first_use, long_question, too_long_a_question, sending, queued, queued_for_long, agents_asked),
        *(one_has_answered, one_has_failed, answer, partial_answer, answer_without_figures, cut_answer, failed_job),
        *(cancelled_job, asked_too_often, too_many_questions, refused_with_an_unknown_code, reconnecting, offline),
        *(unreachable, too_many_tabs, signed_out, expired, empty_history, history, no_such_job),
    )
}
