import json
from dataclasses import replace

import pytest

from finops_websocket.announce_end import AnnounceEnd
from finops_websocket.answer_store import COMPLETED as ANSWERED
from finops_websocket.answer_store import Answer, AnswerStore
from finops_websocket.client_channel import Delivery
from finops_websocket.client_messages import ResumeJob
from finops_websocket.errors import JobNotFound, NotSent
from finops_websocket.job import CANCELLED, COMPLETED, FAILED, PROCESSING, Job
from finops_websocket.job_lease import JobLease
from finops_websocket.job_queue import JobQueue
from finops_websocket.job_store import MOST_FOLLOWERS
from finops_websocket.message_size import MAX_TEXT_BYTES, SHORT_TEXT_BYTES
from finops_websocket.overdue import MOST_REQUEUES, OverdueJobs
from finops_websocket.server_messages import MAX_MESSAGE_BYTES
from message_handler.resume_job import FollowJob
from message_handler.visible_jobs import VisibleJobs
from unit.finops_websocket.recording_channel import RecordingChannel
from unit.finops_websocket.sample_jobs import COST, SAVINGS, STUCK_AFTER, a_job, stored_job
from unit.finops_websocket.settable_clock import SettableClock
from unit.finops_websocket.submitting_job_store import SubmittingJobStore
from unit.message_handler.expiring_jobs import ExpiringJobs

pytestmark = pytest.mark.usefixtures("parent_logger", "signed_in")

RESUME = ResumeJob("job-1")


@pytest.fixture
def resume(
    visible_jobs: VisibleJobs,
    jobs: SubmittingJobStore,
    answers: AnswerStore,
    overdue_jobs: OverdueJobs,
    channel: RecordingChannel,
) -> FollowJob:
    return FollowJob(visible_jobs, jobs, answers, overdue_jobs, channel)


def an_answer(agent: str, content: str) -> Answer:
    return Answer(agent, f"Title of {agent}", content, ANSWERED, 1_000_030)


def a_job_at_work(jobs: SubmittingJobStore, leases: JobLease) -> Job:
    jobs.submit(a_job())
    return leases.claim("job-1", "worker-1", "message-1", progress=10, message="Working on your question.")


def test_a_job_that_as_many_follow_as_may_is_shown_to_one_more(
    resume: FollowJob, jobs: SubmittingJobStore, channel: RecordingChannel
) -> None:
    full = a_job(followers=frozenset(f"follower-{number}" for number in range(MOST_FOLLOWERS)))
    jobs.submit(full)
    resume("connection-2", RESUME)
    assert channel.kinds_to("connection-2") == ["job_snapshot"]
    assert stored_job(jobs) == full


def test_the_whole_state_is_the_first_answer_and_the_connection_follows(
    resume: FollowJob, jobs: SubmittingJobStore, leases: JobLease, answers: AnswerStore, channel: RecordingChannel
) -> None:
    job = a_job_at_work(jobs, leases)
    answers.put(job, an_answer(COST, "Costs rose."))
    leases.record_step(job, progress=52, message="One of two.", completed_agents=(COST,))
    resume("connection-2", RESUME)
    assert channel.wires_to("connection-2") == [
        {
            "type": "job_snapshot",
            "jobId": "job-1",
            "status": PROCESSING,
            "progress": 52,
            "message": "One of two.",
            "query": "Why did my costs rise?",
            "agents": [COST, SAVINGS],
            "completed_agents": [COST],
            "results": [
                {
                    "agent": COST,
                    "title": f"Title of {COST}",
                    "content": "Costs rose.",
                    "status": "completed",
                    "timestamp": 1_000_030,
                }
            ],
            "createdAt": 1_000_000,
            "updatedAt": 1_000_000,
            "seq": 3,
        }
    ]
    assert stored_job(jobs).followers == {"connection-1", "connection-2"}


def test_resuming_changes_nothing_but_the_followers_however_often(
    resume: FollowJob, jobs: SubmittingJobStore, leases: JobLease, channel: RecordingChannel
) -> None:
    job = a_job_at_work(jobs, leases)
    for _ in range(2):
        resume("connection-2", RESUME)
    assert stored_job(jobs) == replace(job, followers=frozenset({"connection-1", "connection-2"}))
    first, second = channel.wires_to("connection-2")
    assert first == second
    assert channel.to("connection-1") == []


def test_an_answer_whose_step_is_not_stored_yet_is_not_in_the_snapshot(
    resume: FollowJob, jobs: SubmittingJobStore, leases: JobLease, answers: AnswerStore, channel: RecordingChannel
) -> None:
    answers.put(a_job_at_work(jobs, leases), an_answer(COST, "Costs rose."))
    resume("connection-1", RESUME)
    (wire,) = channel.wires_to("connection-1")
    assert (wire["completed_agents"], wire["results"]) == ([], [])


def test_a_completed_job_is_given_with_its_answer_and_not_followed(
    resume: FollowJob, jobs: SubmittingJobStore, leases: JobLease, answers: AnswerStore, channel: RecordingChannel
) -> None:
    job = a_job_at_work(jobs, leases)
    answers.put(job, an_answer(COST, "Costs rose."))
    job = leases.record_step(job, progress=95, message="Ready soon.", completed_agents=(COST,))
    ended = leases.complete(job, message="Your answer is ready.", partial=True)
    resume("connection-2", RESUME)
    (wire,) = channel.wires_to("connection-2")
    assert (wire["status"], wire["progress"], wire["seq"]) == (COMPLETED, 100, ended.seq)
    assert wire["result"]["response"] == "Costs rose."
    assert wire["result"]["partial"] is True
    assert "error" not in wire
    assert stored_job(jobs).followers == {"connection-1"}


@pytest.mark.parametrize(
    ("status", "fields", "told"),
    [
        (FAILED, {"error": "It failed.", "code": "AGENTS_FAILED"}, {"error": "It failed.", "code": "AGENTS_FAILED"}),
        (CANCELLED, {}, {}),
    ],
)
def test_a_job_that_ended_without_an_answer_is_given_with_the_reason(
    resume: FollowJob,
    jobs: SubmittingJobStore,
    channel: RecordingChannel,
    status: str,
    fields: dict[str, str],
    told: dict[str, str],
) -> None:
    jobs.submit(a_job(status=status, **fields))
    resume("connection-2", RESUME)
    (wire,) = channel.wires_to("connection-2")
    assert wire["status"] == status
    assert {name: wire[name] for name in ("error", "code", "result") if name in wire} == told


def test_another_user_s_job_is_not_there_and_gets_no_follower(
    resume: FollowJob, jobs: SubmittingJobStore, channel: RecordingChannel
) -> None:
    jobs.submit(a_job())
    with pytest.raises(JobNotFound):
        resume("connection-3", RESUME)
    assert stored_job(jobs) == a_job()
    assert channel.sent == []


def test_a_job_whose_time_runs_out_meanwhile_is_not_there(
    visible_jobs: VisibleJobs,
    jobs: SubmittingJobStore,
    queue: JobQueue,
    announce_end: AnnounceEnd,
    answers: AnswerStore,
    channel: RecordingChannel,
    clock: SettableClock,
) -> None:
    jobs.submit(a_job())
    resume = FollowJob(visible_jobs, jobs, answers, ExpiringJobs(jobs, queue, announce_end, clock), channel)
    with pytest.raises(JobNotFound):
        resume("connection-1", RESUME)
    assert channel.sent == []


@pytest.mark.parametrize("length", [MAX_TEXT_BYTES, 3 * MAX_TEXT_BYTES])
def test_three_large_texts_fit_into_one_snapshot_with_links_to_the_whole(
    resume: FollowJob,
    jobs: SubmittingJobStore,
    leases: JobLease,
    answers: AnswerStore,
    channel: RecordingChannel,
    length: int,
) -> None:
    jobs.submit(a_job(query="\x01" * 4_000))
    job = leases.claim("job-1", "worker-1", "message-1", progress=10, message="Working on your question.")
    for agent in (COST, SAVINGS):
        answers.put(job, an_answer(agent, "x" * (length - 2)))
    job = leases.record_step(job, progress=95, message="Ready soon.", completed_agents=(COST, SAVINGS))
    leases.complete(job, message="Your answer is ready.", partial=False)
    resume("connection-2", RESUME)
    (wire,) = channel.wires_to("connection-2")
    assert len(json.dumps(wire)) <= MAX_MESSAGE_BYTES
    texts = [wire["result"]["response"], *(result["content"] for result in wire["results"])]
    assert [len(text) for text in texts] == pytest.approx([SHORT_TEXT_BYTES] * 3, abs=10)
    links = [wire["result"]["responseUrl"], *(result["responseUrl"] for result in wire["results"])]
    assert [link.split("?")[0].rpartition("/")[2] for link in links] == ["response.md", f"{COST}.md", f"{SAVINGS}.md"]


def test_a_state_that_cannot_be_sent_is_an_error_which_perhaps_can(
    resume: FollowJob, jobs: SubmittingJobStore, leases: JobLease, channel: RecordingChannel
) -> None:
    a_job_at_work(jobs, leases)
    channel.deliveries["connection-2"] = Delivery.FAILED
    with pytest.raises(NotSent):
        resume("connection-2", RESUME)
    # It follows all the same.
    assert "connection-2" in stored_job(jobs).followers


def test_nobody_is_told_that_a_gone_connection_could_not_be_told(
    resume: FollowJob, jobs: SubmittingJobStore, leases: JobLease, channel: RecordingChannel
) -> None:
    a_job_at_work(jobs, leases)
    channel.deliveries["connection-2"] = Delivery.GONE
    resume("connection-2", RESUME)


def test_a_job_that_nobody_took_is_queued_again_when_it_is_looked_at(
    resume: FollowJob, jobs: SubmittingJobStore, queue: JobQueue, channel: RecordingChannel, clock: SettableClock
) -> None:
    jobs.submit(a_job())
    clock.now += STUCK_AFTER
    resume("connection-2", RESUME)
    assert stored_job(jobs).requeues == 1
    assert [wire["status"] for wire in channel.wires_to("connection-2")] == ["queued"]


def test_a_job_that_is_given_up_when_it_is_looked_at_is_shown_as_failed(
    resume: FollowJob, jobs: SubmittingJobStore, channel: RecordingChannel
) -> None:
    jobs.submit(a_job(requeues=MOST_REQUEUES, queued_at=0))
    resume("connection-2", RESUME)
    (wire,) = channel.wires_to("connection-2")
    assert (wire["type"], wire["status"], wire["code"]) == ("job_snapshot", FAILED, "PROCESSING_FAILED")
    assert channel.kinds_to("connection-1") == ["job_failed"]


def test_who_may_not_see_a_stuck_job_does_not_mend_it(resume: FollowJob, jobs: SubmittingJobStore) -> None:
    stuck = a_job(requeues=MOST_REQUEUES, queued_at=0)
    jobs.submit(stuck)
    with pytest.raises(JobNotFound):
        resume("connection-3", RESUME)
    assert stored_job(jobs) == stuck
