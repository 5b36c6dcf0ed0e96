import pytest

from finops_client.events import JobCompleted, JobFailed, JobQueued, ProgressUpdate
from finops_client.job_router import KEPT_EARLY_EVENTS, JobRouter
from unit.finops_client import protocol_messages as say

QUEUED = JobQueued.from_message(say.job_queued(requestId="request-1"))
PROGRESS = ProgressUpdate.from_message(say.progress_update())
END = JobCompleted.from_message(say.job_completed())


def test_by_request_id_then_by_job_id() -> None:
    router = JobRouter()
    job, other = router.open(request_id="request-1"), router.open(request_id="request-2")
    assert router.jobs_of(QUEUED) == [job]
    assert router.jobs_of(PROGRESS) == []
    router.accept(job, QUEUED)
    assert router.jobs_of(PROGRESS) == [job]
    assert router.jobs_of(JobQueued.from_message(say.job_queued(jobId="job-2", requestId="request-2"))) == [other]


def test_a_question_of_somebody_else_is_nobodys() -> None:
    router = JobRouter()
    router.open(request_id="request-1")
    assert router.jobs_of(JobQueued.from_message(say.job_queued(requestId="other"))) == []


def test_all_who_follow_a_job_get_its_events() -> None:
    router = JobRouter()
    asked = router.open(request_id="request-1")
    router.accept(asked, QUEUED)
    followed, again = router.open(job_id="job-1"), router.open(job_id="job-1")
    router.open(job_id="job-2")
    failed = JobFailed.from_message(say.job_failed(requestId="request-1"))
    assert router.jobs_of(PROGRESS) == router.jobs_of(failed) == [asked, followed, again]
    assert router.jobs_of(QUEUED) == [asked]
    router.close(followed)
    assert router.jobs_of(PROGRESS) == [asked, again]


def test_events_that_overtake_their_job_queued_come_after_it() -> None:
    router = JobRouter()
    job = router.open(request_id="request-1")
    router.keep_early(PROGRESS)
    router.keep_early(END)
    assert router.accept(job, QUEUED) == [QUEUED, PROGRESS, END]


def test_early_events_are_kept_only_while_a_question_waits_and_only_so_many() -> None:
    router = JobRouter()
    router.keep_early(END)
    job = router.open(request_id="request-1")
    assert router.accept(job, QUEUED) == [QUEUED]
    router.close(job)
    job = router.open(request_id="request-1")
    for _ in range(KEPT_EARLY_EVENTS):
        router.keep_early(ProgressUpdate.from_message(say.progress_update(jobId="other")))
    router.keep_early(END)
    assert router.accept(job, QUEUED) == [QUEUED, END]


def test_a_refusal_without_a_request_id_is_the_oldest_waiting_questions() -> None:
    router = JobRouter()
    router.accept(router.open(request_id="request-1"), QUEUED)
    waiting = router.open(request_id="request-2")
    router.open(request_id="request-3")
    assert router.jobs_of(JobFailed.from_message(say.job_refused())) == [waiting]


def test_a_request_id_is_under_way_once() -> None:
    router = JobRouter()
    job = router.open(request_id="request-1")
    with pytest.raises(ValueError, match="request-1"):
        router.open(request_id="request-1")
    router.close(job)
    router.open(request_id="request-1")
