"""The client that docs/WEBSOCKET_API_GUIDE.md shows, in a real browser, against a server that does what goes wrong."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from browser.api_guide_page import ApiGuidePage
from browser.recording_server_thread import RecordingServerThread
from finops_operations.frontend import config as frontend_config
from finops_operations.stack import Stack
from local_cloud.running_cloud import until
from unit.finops_client import protocol_messages as say
from unit.finops_client.recording_server import Answer, in_turn, sending, silence, then_cut

COMPLETED = "jobs['job-1']?.status === 'completed'"
SNAPSHOT_OF_THE_END = say.job_snapshot(
    status="completed",
    progress=100,
    completed_agents=say.AGENTS,
    results=[say.agent_result(), say.agent_result(agent=say.AGENTS[1])],
    result=say.job_completed()["result"],
    seq=6,
)


@pytest.fixture
def page(browser: Browser) -> Iterator[ApiGuidePage]:
    with ApiGuidePage(browser) as page:
        yield page
        assert page.errors == []


@contextmanager
def asked(page: ApiGuidePage, **answers: Answer) -> Iterator[RecordingServerThread]:
    """A server that answers so, and a question on its way to it."""
    with RecordingServerThread(**answers) as server:
        page.connect(server.url)
        page.ask("Why?")
        yield server


def what_counts(job: dict[str, Any]) -> dict[str, Any]:
    """What is the same for every follower; of a sentence on the way, each may have seen another."""
    return {name: value for name, value in job.items() if name not in {"message", "requestId"}}


def test_a_question_is_asked_once_signed_in_and_followed_to_its_end(page: ApiGuidePage) -> None:
    with RecordingServerThread() as server:
        page.connect(server.url)
        request_id = page.ask("Why?")
        page.until(COMPLETED)
        assert server.actions() == ["authenticate", "finops_query"]
        assert server.received[0]["token"] == "first"
        assert server.received[1] == {"action": "finops_query", "query": "Why?", "requestId": request_id}
    job = page.job()
    assert (job["requestId"], job["progress"], job["seq"]) == (request_id, 100, 6)
    assert job["result"] == say.job_completed()["result"]
    assert sorted(job["answers"]) == sorted(say.AGENTS)


def test_the_example_of_use_asks_where_the_written_config_leads(page: ApiGuidePage, tmp_path: Path) -> None:
    config = tmp_path / "config.js"
    with RecordingServerThread() as server:
        stack = Stack("stack", "CREATE_COMPLETE", {}, {"WebSocketApiEndpoint": server.url})
        frontend_config.write_config(frontend_config.options_of(["--output", str(config)]), stack)
        page.run_example(config.read_text())
        page.until(COMPLETED)
        assert server.actions() == ["authenticate", "finops_query"]


@pytest.mark.parametrize("seen", [1, 2, 3, 4, 5])
def test_a_client_whose_line_is_cut_ends_with_the_same_state(page: ApiGuidePage, seen: int) -> None:
    cut = then_cut(sending(*say.WHOLE_JOB[:seen]))
    with asked(page, finops_query=cut, resume_job=sending(SNAPSHOT_OF_THE_END)) as server:
        page.until(COMPLETED)
        assert server.actions() == ["authenticate", "finops_query", "authenticate", "resume_job"]
        assert server.received[3]["jobId"] == "job-1"
    assert what_counts(page.job()) == what_counts(page.fold(say.WHOLE_JOB))


def test_a_question_that_was_not_acknowledged_is_asked_again_under_its_id(page: ApiGuidePage) -> None:
    answers = in_turn(then_cut(silence), sending(*say.WHOLE_JOB))
    with asked(page, finops_query=answers) as server:
        page.until(COMPLETED)
        assert server.actions() == ["authenticate", "finops_query"] * 2
        assert server.received[1] == server.received[3]


def test_jobs_that_the_server_names_are_not_asked_for(page: ApiGuidePage) -> None:
    back = sending(say.authenticated(activeJobs=["job-1"]), SNAPSHOT_OF_THE_END)
    answers = in_turn(sending(say.authenticated()), back)
    cut = then_cut(sending(*say.WHOLE_JOB[:3]))
    with asked(page, authenticate=answers, finops_query=cut) as server:
        page.until(COMPLETED)
        assert server.actions() == ["authenticate", "finops_query", "authenticate"]


def test_a_job_of_another_tab_is_shown_and_one_can_be_followed_by_its_id(page: ApiGuidePage) -> None:
    snapshot = say.job_snapshot(jobId="job-2", seq=4)
    there = sending(say.authenticated(activeJobs=["job-2"]), snapshot)
    with RecordingServerThread(authenticate=there, resume_job=sending(SNAPSHOT_OF_THE_END)) as server:
        page.connect(server.url)
        page.until("jobs['job-2']?.progress === 50")
        page.page.evaluate("client.follow('job-1')")
        page.until(COMPLETED)
        page.page.evaluate("client.cancel('job-2')")
        until(lambda: server.actions()[-1] == "cancel_job")


def test_a_cancel_while_the_line_is_down_is_sent_when_it_is_back(page: ApiGuidePage) -> None:
    cut = then_cut(sending(*say.WHOLE_JOB[:3]))
    cancelled = sending(say.job_cancelled(seq=4))
    with asked(page, finops_query=cut, resume_job=silence, cancel_job=cancelled) as server:
        page.until("jobs['job-1']?.seq === 3")
        until(lambda: server.has_closed_sockets(1))
        page.page.evaluate("client.cancel('job-1')")
        page.until("jobs['job-1']?.status === 'cancelled'")
        assert server.actions().count("cancel_job") == 1


def test_a_cancel_that_got_no_answer_is_sent_again_until_the_job_has_ended(page: ApiGuidePage) -> None:
    answers = in_turn(then_cut(silence), sending(say.job_cancelled(seq=4)))
    ready = sending(*say.WHOLE_JOB[:3])
    with asked(page, finops_query=ready, resume_job=silence, cancel_job=answers) as server:
        page.until("jobs['job-1']?.seq === 3")
        page.page.evaluate("client.cancel('job-1')")
        page.until("jobs['job-1']?.status === 'cancelled'")
        assert server.actions().count("cancel_job") == 2
        page.page.clock.fast_forward(90_000)
        until(lambda: server.actions()[-1] == "ping")
        assert server.actions().count("cancel_job") == 2


@pytest.mark.parametrize("code", ["JOB_FINISHED", "JOB_NOT_FOUND"])
def test_a_cancel_that_comes_too_late_is_not_sent_again(page: ApiGuidePage, code: str) -> None:
    refused = sending(say.error(code=code, jobId="job-1"), say.progress_update(jobId="job-2"))
    with RecordingServerThread(cancel_job=refused, resume_job=silence) as server:
        page.connect(server.url)
        until(lambda: server.actions() == ["authenticate"])
        page.page.evaluate("client.cancel('job-1')")
        page.until("jobs['job-2'] !== undefined")
        page.page.clock.fast_forward(90_000)
        until(lambda: server.actions()[-1] == "resume_job")
        assert server.actions().count("cancel_job") == 1


def test_an_expired_session_is_renewed_and_the_question_asked_again(page: ApiGuidePage) -> None:
    async def expired(socket: Any, received: dict[str, Any]) -> None:
        refused = say.job_refused(code="SESSION_EXPIRED", requestId=received["requestId"])
        await sending(refused)(socket, received)

    with asked(page, finops_query=in_turn(expired, sending(*say.WHOLE_JOB))) as server:
        page.until(COMPLETED)
        assert server.actions() == ["authenticate", "finops_query"] * 2
        assert [message.get("token") for message in server.received[::2]] == ["first", "renewed"]
        assert server.received[1] == server.received[3]


def test_a_refused_question_is_told_with_what_was_asked(page: ApiGuidePage) -> None:
    async def limited(socket: Any, received: dict[str, Any]) -> None:
        fields = {"code": "RATE_LIMITED", "retryAfter": 17, "requestId": received["requestId"]}
        await sending(say.job_refused(**fields))(socket, received)

    with asked(page, finops_query=limited):
        page.until("refusals.length > 0")
    (refusal,) = page.page.evaluate("refusals")
    assert (refusal["code"], refusal["retryAfter"], refusal["query"]) == ("RATE_LIMITED", 17, "Why?")


def test_a_token_that_is_refused_is_renewed_once_and_then_the_person_is_asked(page: ApiGuidePage) -> None:
    refused = sending(say.error(code="INVALID_TOKEN", message="Please sign in again."))
    with RecordingServerThread(authenticate=refused) as server:
        page.connect(server.url)
        page.until("signIns.length > 0")
        assert [message["token"] for message in server.received] == ["first", "renewed"]
    assert page.page.evaluate("signIns") == ["Please sign in again."]


def test_one_connection_too_many_waits_as_long_as_the_server_says(page: ApiGuidePage) -> None:
    limited = sending(say.error(code="RATE_LIMITED", retryAfter=30))
    with asked(page, authenticate=in_turn(limited, sending(say.authenticated()))) as server:
        until(lambda: server.has_closed_sockets(1))
        page.page.clock.fast_forward(29_000)
        assert page.sockets() == 1
        page.page.clock.fast_forward(2_000)
        page.until(COMPLETED)
        assert server.actions() == ["authenticate", "authenticate", "finops_query"]


def test_an_end_that_was_lost_on_the_way_is_asked_for(page: ApiGuidePage) -> None:
    unfinished = sending(*say.WHOLE_JOB[:3])
    with asked(page, finops_query=unfinished, resume_job=sending(SNAPSHOT_OF_THE_END)) as server:
        page.until("jobs['job-1']?.seq === 3")
        page.page.clock.fast_forward(90_000)
        page.until(COMPLETED)
        assert server.actions()[2:] == ["ping", "resume_job"]


def test_a_line_that_says_nothing_any_more_is_replaced(page: ApiGuidePage) -> None:
    with asked(page, ping=silence) as server:
        page.until(COMPLETED)
        for _ in range(6):
            page.page.clock.fast_forward(30_000)
        until(lambda: server.actions().count("authenticate") == 2)
        assert "ping" in server.actions()


def test_what_the_client_does_not_know_changes_nothing(page: ApiGuidePage) -> None:
    strange = [{"type": "job_rated", "jobId": "job-1", "seq": 9, "stars": 5}, say.gateway_error(), say.job_list()]
    with asked(page, finops_query=sending(*say.WHOLE_JOB[:3], *strange, *say.WHOLE_JOB[3:])):
        page.until(COMPLETED)
    assert what_counts(page.job()) == what_counts(page.fold(say.WHOLE_JOB))


def test_the_order_of_the_messages_does_not_matter(page: ApiGuidePage) -> None:
    in_order = what_counts(page.fold(say.WHOLE_JOB))
    orders = list(permutations([*say.WHOLE_JOB, say.job_snapshot()]))
    for order in random.Random(1).sample(orders, 300):
        twice = [message for message in order for _ in range(2)]
        assert what_counts(page.fold(twice)) == in_order


def test_nothing_is_taken_from_a_message_that_was_overtaken_and_progress_never_falls(page: ApiGuidePage) -> None:
    late = [say.progress_update(progress=60, message="Newer", seq=5), say.progress_update(message="Older", seq=4)]
    job = page.fold([*say.WHOLE_JOB[:3], *late])
    assert (job["progress"], job["message"], job["seq"]) == (60, "Newer", 5)
    assert page.fold([*say.WHOLE_JOB[:3], late[0], say.progress_update(progress=40, seq=6)])["progress"] == 60


def test_the_first_end_counts(page: ApiGuidePage) -> None:
    job = page.fold([*say.WHOLE_JOB, say.job_failed(seq=7), say.job_snapshot(seq=8)])
    assert (job["status"], job["seq"]) == ("completed", 6)
