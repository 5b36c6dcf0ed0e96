from collections.abc import Callable
from typing import Any

import pytest

from finops_websocket.answer_store import COMPLETED as ANSWERED
from finops_websocket.answer_store import Answer, AnswerStore
from finops_websocket.errors import JobNotFound, SessionExpired, Unauthenticated
from message_handler.visible_jobs import VisibleJobs
from unit.finops_websocket.sample_jobs import COST, a_job
from unit.finops_websocket.settable_clock import SettableClock
from unit.finops_websocket.submitting_job_store import SubmittingJobStore

pytestmark = pytest.mark.usefixtures("signed_in")

InMode = Callable[[str], VisibleJobs]


@pytest.mark.parametrize("connection_id", ["connection-1", "connection-2"])
def test_a_user_s_job_is_visible_on_each_of_the_user_s_connections(
    visible_jobs: VisibleJobs, jobs: SubmittingJobStore, connection_id: str
) -> None:
    jobs.submit(a_job())
    assert visible_jobs.find(connection_id, "job-1") == a_job()


def test_another_s_job_is_refused_like_one_that_is_not_there(
    visible_jobs: VisibleJobs, jobs: SubmittingJobStore
) -> None:
    jobs.submit(a_job())
    refusals = []
    for job_id in ("job-1", "nowhere"):
        with pytest.raises(JobNotFound) as refused:
            visible_jobs.find("connection-3", job_id)
        refusals.append(str(refused.value))
    assert refusals[0] == refusals[1]


@pytest.mark.parametrize("auth_mode", ["cognito", "open"])
def test_an_answer_a_note_of_a_request_and_a_user_s_item_are_no_jobs(
    visible_jobs_in: InMode, jobs: SubmittingJobStore, answers: AnswerStore, jobs_table: Any, auth_mode: str
) -> None:
    job = a_job(request_id="request-1")
    jobs.submit(job)
    answers.put(job, Answer(COST, "Cost analysis", "Costs rose.", ANSWERED, 1_000_030))
    others = {item["jobId"] for item in jobs_table.scan()["Items"]} - {"job-1"}
    assert len(others) == 3
    for item_id in others:
        with pytest.raises(JobNotFound):
            visible_jobs_in(auth_mode).find("connection-1", item_id)


def test_a_job_whose_time_has_run_out_is_not_there(
    visible_jobs: VisibleJobs, jobs: SubmittingJobStore, clock: SettableClock
) -> None:
    jobs.submit(a_job(ttl=1_000_001))
    assert visible_jobs.find("connection-1", "job-1")
    clock.now = 1_000_001
    with pytest.raises(JobNotFound):
        visible_jobs.find("connection-1", "job-1")


@pytest.mark.parametrize("job_id", ["job-1", "nowhere"])
def test_a_stranger_learns_nothing_of_jobs(visible_jobs: VisibleJobs, jobs: SubmittingJobStore, job_id: str) -> None:
    jobs.submit(a_job())
    with pytest.raises(Unauthenticated):
        visible_jobs.find("a-stranger-s-connection", job_id)


def test_a_session_that_has_expired_shows_nothing(
    visible_jobs: VisibleJobs, jobs: SubmittingJobStore, clock: SettableClock
) -> None:
    jobs.submit(a_job())
    clock.now = 1_003_600
    with pytest.raises(SessionExpired):
        visible_jobs.find("connection-1", "job-1")


@pytest.mark.parametrize("connection_id", ["connection-1", "a-stranger-s-connection"])
def test_in_the_open_mode_its_id_is_the_key_to_a_claimed_user_s_job(
    visible_jobs_in: InMode, jobs: SubmittingJobStore, connection_id: str
) -> None:
    jobs.submit(a_job(user_id="claimed#ada"))
    assert visible_jobs_in("open").find(connection_id, "job-1").user_id == "claimed#ada"


def test_in_the_open_mode_a_verified_user_s_job_needs_the_token(
    visible_jobs_in: InMode, jobs: SubmittingJobStore
) -> None:
    jobs.submit(a_job())
    visible_jobs = visible_jobs_in("open")
    assert visible_jobs.find("connection-1", "job-1")
    for connection_id in ("connection-3", "a-stranger-s-connection"):
        with pytest.raises(JobNotFound):
            visible_jobs.find(connection_id, "job-1")
