from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from finops_websocket.agents import AgentCatalogue
from finops_websocket.errors import EndNotTold
from finops_websocket.job import CANCELLED, COMPLETED, FAILED, PROCESSING, QUEUED, Job
from finops_websocket.job_admission import JobAdmission
from finops_websocket.job_history import JobHistory
from finops_websocket.job_store import JobStore
from finops_websocket.job_table import JobTable
from finops_websocket.user_jobs import JobLimits
from message_handler.replay_job import ReplayJob
from unit.finops_websocket.sample_jobs import AGENT_TIMEOUT, CATALOGUE, COST, stored_job
from unit.finops_websocket.sample_jobs import a_job as any_job
from unit.finops_websocket.settable_clock import SettableClock
from unit.finops_websocket.submitting_job_store import GENEROUS, SubmittingJobStore
from unit.message_handler.recording_queue import RecordingQueue

pytestmark = pytest.mark.usefixtures("parent_logger")

Make = Callable[..., ReplayJob]


def a_dead_job(**changes: Any) -> Job:
    dead = {
        "status": FAILED,
        "code": "PROCESSING_FAILED",
        "error": "Please ask again.",
        "seq": 9,
        "attempts": 3,
        "followers": frozenset(),
        "is_open": False,
        "dead_letter": {"messageId": "message-1", "body": '{"jobId": "job-1"}', "sentAt": 1_000_000},
    }
    return any_job(**{**dead, **changes})


@pytest.fixture
def replayer(job_table: JobTable, jobs: SubmittingJobStore, queue: RecordingQueue) -> Make:
    """Makes the operation, with some of its parts replaced."""
    parts = {
        "retention_days": 30,
        "catalogue": CATALOGUE,
        "admission": JobAdmission(job_table, GENEROUS, sleep=lambda _seconds: None),
        "jobs": jobs,
        "queue": queue,
    }
    return lambda **replaced: ReplayJob(**{**parts, **replaced})


@pytest.fixture
def replay(replayer: Make, clock: SettableClock) -> ReplayJob:
    clock.now = 1_000_500
    return replayer()


def new_one(jobs: JobStore, outcome: Any) -> Job:
    job = jobs.find(outcome["replayedAs"])
    assert job is not None
    return job


def test_a_dead_job_s_question_is_asked_once_more_by_a_job_of_its_own(
    replay: ReplayJob, jobs: SubmittingJobStore, queue: RecordingQueue
) -> None:
    jobs.store(a_dead_job())
    outcome = replay("job-1")
    job = new_one(jobs, outcome)
    assert outcome == {"replayedAs": job.job_id, "queued": True}
    assert job == any_job(
        job_id=job.job_id,
        created_at=1_000_500,
        updated_at=1_000_500,
        queued_at=1_000_500,
        ttl=1_000_500 + 30 * 24 * 3600,
        request_id="job-1",
        followers=frozenset(),
    )
    assert queue.sent == [(job.job_id, "user-1")]


def test_the_dead_job_keeps_its_end_and_says_which_one_replays_it(
    replay: ReplayJob, jobs: SubmittingJobStore, jobs_table: Any
) -> None:
    dead = a_dead_job()
    jobs.store(dead)
    outcome = replay("job-1")
    assert stored_job(jobs) == dead
    assert jobs_table.get_item(Key={"jobId": "job-1"})["Item"]["replayedAs"] == outcome["replayedAs"]


def test_the_user_finds_it_in_its_list_and_follows_it_when_it_signs_in(
    replay: ReplayJob, jobs: SubmittingJobStore, history: JobHistory
) -> None:
    jobs.store(a_dead_job())
    outcome = replay("job-1")
    assert outcome["replayedAs"] in history.active_of("user-1")
    assert outcome["replayedAs"] in {job.job_id for job in history.page_of("user-1", 10, None).jobs}


def test_a_job_is_replayed_once_however_often_that_is_asked(
    replay: ReplayJob, jobs: SubmittingJobStore, jobs_table: Any, queue: RecordingQueue
) -> None:
    jobs.store(a_dead_job())
    first = replay("job-1")
    assert replay("job-1") == first
    # The first message may have been lost, and a job is claimed once.
    assert [job_id for job_id, _ in queue.sent] == [first["replayedAs"]] * 2
    complete(jobs_table, first["replayedAs"])
    assert replay("job-1") == first
    assert len(queue.sent) == 2
    assert len([item for item in jobs_table.scan()["Items"] if "userId" in item]) == 2


def complete(jobs_table: Any, job_id: str) -> None:
    jobs_table.update_item(
        Key={"jobId": job_id},
        UpdateExpression="SET #status = :completed",
        ExpressionAttributeNames={"#status": "status"},
        ExpressionAttributeValues={":completed": COMPLETED},
    )


def test_a_replay_that_dies_before_it_is_noted_is_taken_up_by_the_next(
    replayer: Make, job_table: JobTable, jobs: SubmittingJobStore, jobs_table: Any, queue: RecordingQueue
) -> None:
    class DyingStore(SubmittingJobStore):
        def note_replay(self, job: Job, replay: Job) -> None:
            raise EndNotTold("The process is killed here.")

    jobs.store(a_dead_job())
    with pytest.raises(EndNotTold):
        replayer(jobs=DyingStore(job_table))("job-1")
    (stored,) = (item for item in jobs_table.scan()["Items"] if item.get("status") == QUEUED)
    assert queue.sent == []
    assert replayer()("job-1") == {"replayedAs": stored["jobId"], "queued": True}


def test_a_replay_that_failed_for_good_too_can_be_replayed(
    replay: ReplayJob, jobs: SubmittingJobStore, jobs_table: Any
) -> None:
    jobs.store(a_dead_job())
    second = new_one(jobs, replay("job-1"))
    jobs.store(replace(second, status=FAILED, code="PROCESSING_FAILED"))
    third = new_one(jobs, replay(second.job_id))
    assert len({"job-1", second.job_id, third.job_id}) == 3
    assert third.request_id == second.job_id


@pytest.mark.parametrize(
    "job",
    [
        any_job(),
        any_job(status=PROCESSING),
        any_job(status=COMPLETED),
        any_job(status=CANCELLED),
        any_job(status=FAILED, code="AGENTS_FAILED"),
        a_dead_job(ttl=1_000_500),
        None,
    ],
    ids=["queued", "processing", "completed", "cancelled", "failed with an answer", "expired", "not there"],
)
def test_what_has_not_failed_for_good_is_not_replayed(
    replay: ReplayJob, jobs: SubmittingJobStore, jobs_table: Any, queue: RecordingQueue, job: Job | None
) -> None:
    if job is not None:
        jobs.store(job)
    before = jobs_table.scan()["Items"]
    assert replay("job-1") == {"refused": "JOB_NOT_FOUND", "message": "No job of this id has failed for good."}
    assert (jobs_table.scan()["Items"], queue.sent) == (before, [])


@pytest.mark.parametrize(
    ("limits", "code"),
    [({"active_jobs": 1}, "TOO_MANY_JOBS"), ({"queries_per_minute": 1}, "RATE_LIMITED")],
)
def test_a_user_s_limits_hold(
    replayer: Make,
    job_table: JobTable,
    jobs: SubmittingJobStore,
    jobs_table: Any,
    limits: dict[str, int],
    code: str,
) -> None:
    narrow = JobLimits(**{"active_jobs": 1000, "queries_per_minute": 1000, "agent_timeout": AGENT_TIMEOUT, **limits})
    replay = replayer(admission=JobAdmission(job_table, narrow, sleep=lambda _seconds: None))
    for job_id in ("job-1", "job-2"):
        jobs.store(a_dead_job(job_id=job_id))
    assert replay("job-1")["queued"]
    outcome = replay("job-2")
    assert outcome["refused"] == code
    assert outcome["retryAfter"] >= 1
    assert outcome["message"].startswith("At most 1 question")
    assert "replayedAs" not in jobs_table.get_item(Key={"jobId": "job-2"})["Item"]


def test_a_replay_that_cannot_be_queued_is_left_to_the_sweep(
    replay: ReplayJob, jobs: SubmittingJobStore, history: JobHistory, queue: RecordingQueue
) -> None:
    jobs.store(a_dead_job())
    queue.is_down = True
    outcome = replay("job-1")
    assert not outcome["queued"]
    assert new_one(jobs, outcome).status == QUEUED
    assert list(history.open_jobs()) == [outcome["replayedAs"]]


def test_agents_that_were_chosen_are_asked_again(replay: ReplayJob, jobs: SubmittingJobStore) -> None:
    jobs.store(a_dead_job(agents=(COST,), query="What can I save?"))
    assert new_one(jobs, replay("job-1")).agents == (COST,)


def test_where_the_stack_has_other_agents_since_the_question_is_routed_anew(
    replayer: Make, jobs: SubmittingJobStore
) -> None:
    jobs.store(a_dead_job(query="What can I save?"))
    outcome = replayer(catalogue=AgentCatalogue.of_functions("new-cost-agent", "new-savings-agent"))("job-1")
    assert new_one(jobs, outcome).agents == ("new-savings-agent",)


def test_a_client_s_own_request_id_never_reaches_a_replay(replay: ReplayJob, jobs: SubmittingJobStore) -> None:
    jobs.store(a_dead_job())
    outcome = replay("job-1")
    asked = any_job(job_id="job-9", request_id="job-1")
    assert jobs.submit(asked).job == asked
    assert outcome["replayedAs"] != "job-9"


def test_the_log_has_the_jobs_and_not_the_question(
    replay: ReplayJob, jobs: SubmittingJobStore, caplog: pytest.LogCaptureFixture
) -> None:
    jobs.store(a_dead_job(query="Why did Project Bluebird get dear?"))
    with caplog.at_level("INFO"):
        outcome = replay("job-1")
    assert [record.replayedAs for record in caplog.records] == [outcome["replayedAs"]]
    assert "Bluebird" not in str([vars(record) for record in caplog.records])
