from typing import Any

import pytest
from botocore.stub import Stubber

from finops_websocket.job import CANCELLED, COMPLETED, FAILED, QUEUED
from finops_websocket.job_store import MOST_FOLLOWERS
from unit.finops_websocket.interleaved_calls import before_each, just_before
from unit.finops_websocket.sample_jobs import a_job, stored_job
from unit.finops_websocket.settable_clock import SettableClock
from unit.finops_websocket.submitting_job_store import SubmittingJobStore


def test_a_job_s_owner_may_follow_it(jobs: SubmittingJobStore) -> None:
    jobs.submit(a_job())
    followed = jobs.follow("job-1", "user-1", "connection-2")
    assert followed == a_job(followers=frozenset({"connection-1", "connection-2"}))
    assert jobs.find("job-1") == followed
    assert jobs.follow("job-1", "user-1", "connection-2") == followed


@pytest.mark.parametrize(("job_id", "user_id"), [("job-1", "user-2"), ("job-1", ""), ("job-2", "user-1")])
@pytest.mark.parametrize("status", [QUEUED, COMPLETED])
def test_nobody_else_may_follow_it(jobs: SubmittingJobStore, status: str, job_id: str, user_id: str) -> None:
    jobs.submit(a_job(status=status))
    assert jobs.follow(job_id, user_id, "connection-2") is None
    assert jobs.find("job-1") == a_job(status=status)
    assert jobs.find("job-2") is None


@pytest.mark.parametrize("status", [QUEUED, FAILED])
def test_a_job_whose_time_has_run_out_cannot_be_followed(
    jobs: SubmittingJobStore, clock: SettableClock, status: str
) -> None:
    jobs.submit(a_job(status=status, ttl=1_500_000))
    clock.now = 1_500_000
    assert jobs.follow("job-1", "user-1", "connection-2") is None
    clock.now -= 1
    assert stored_job(jobs) == a_job(status=status, ttl=1_500_000)


@pytest.mark.parametrize("status", [COMPLETED, FAILED, CANCELLED])
@pytest.mark.parametrize("is_open", [True, False])
def test_a_finished_job_is_given_and_not_followed(jobs: SubmittingJobStore, status: str, is_open: bool) -> None:
    finished = a_job(status=status, is_open=is_open)
    jobs.submit(finished)
    assert jobs.follow("job-1", "user-1", "connection-2") == finished
    assert jobs.find("job-1") == finished


def test_a_job_that_nobody_follows_may_be_followed(jobs: SubmittingJobStore) -> None:
    jobs.submit(a_job(followers=frozenset()))
    assert jobs.follow("job-1", "user-1", "connection-2") == a_job(followers=frozenset({"connection-2"}))


def test_a_job_that_as_many_follow_as_may_is_given_and_not_followed(jobs: SubmittingJobStore) -> None:
    others = frozenset(f"connection-{number}" for number in range(1, MOST_FOLLOWERS))
    jobs.submit(a_job(followers=others))
    full = a_job(followers=others | {"the last"})
    assert jobs.follow("job-1", "user-1", "the last") == full
    assert jobs.follow("job-1", "user-1", "one more") == full
    assert stored_job(jobs) == full
    assert jobs.follow("job-1", "user-2", "one more") is None
    jobs.unfollow(full, {"connection-1"})
    followed = jobs.follow("job-1", "user-1", "one more")
    assert followed == a_job(followers=full.followers - {"connection-1"} | {"one more"})


def test_who_follows_a_job_that_as_many_follow_as_may_follows_it_still(
    jobs: SubmittingJobStore, jobs_table: Any
) -> None:
    full = a_job(followers=frozenset(f"connection-{number}" for number in range(MOST_FOLLOWERS)))
    jobs.submit(full)
    reads: list[str] = []
    with before_each(jobs_table.meta.client, "GetItem", lambda: reads.append("")):
        assert jobs.follow("job-1", "user-1", "connection-1") == full
    # It is not only given as it is: that would be read.
    assert reads == []


def test_who_follows_while_the_job_ends_is_told_or_gets_the_end(jobs: SubmittingJobStore, jobs_table: Any) -> None:
    jobs.submit(a_job())
    with just_before(jobs_table.meta.client, "UpdateItem", lambda: jobs.cancel("job-1", "user-1")):
        followed = jobs.follow("job-1", "user-1", "connection-2")
    assert followed == stored_job(jobs)
    assert (followed.status, followed.followers) == (CANCELLED, {"connection-1"})


def test_a_connection_that_follows_no_more_is_forgotten_and_the_others_are_not(jobs: SubmittingJobStore) -> None:
    job = a_job(followers=frozenset({"connection-1", "connection-2"}))
    jobs.submit(job)
    jobs.unfollow(job, {"connection-1"})
    assert jobs.find("job-1") == a_job(followers=frozenset({"connection-2"}))
    jobs.unfollow(job, {"connection-2"})
    jobs.unfollow(job, {"connection-2"})
    assert jobs.find("job-1") == a_job(followers=frozenset())


def test_several_connections_are_forgotten_at_once(jobs: SubmittingJobStore) -> None:
    job = a_job(followers=frozenset({"connection-1", "connection-2", "connection-3"}))
    jobs.submit(job)
    jobs.unfollow(job, {"connection-1", "connection-3"})
    assert jobs.find("job-1") == a_job(followers=frozenset({"connection-2"}))


def test_an_unfinished_job_that_nobody_follows_stays_open(jobs: SubmittingJobStore) -> None:
    jobs.submit(a_job())
    jobs.unfollow(a_job(), {"connection-1"})
    assert stored_job(jobs).is_open


@pytest.mark.parametrize("status", [COMPLETED, FAILED, CANCELLED])
def test_a_finished_job_is_closed_when_the_last_follower_knows(
    jobs: SubmittingJobStore, jobs_table: Any, status: str
) -> None:
    finished = a_job(status=status, followers=frozenset({"connection-1", "connection-2"}))
    jobs.submit(finished)
    jobs.unfollow(finished, {"connection-1"})
    left = stored_job(jobs)
    assert (left.followers, left.is_open) == ({"connection-2"}, True)
    jobs.unfollow(left, {"connection-2"})
    closed = stored_job(jobs)
    assert (closed.followers, closed.is_open) == (frozenset(), False)
    assert "open" not in jobs_table.get_item(Key={"jobId": "job-1"})["Item"]


def test_a_finished_job_without_followers_is_closed(jobs: SubmittingJobStore) -> None:
    finished = a_job(status=COMPLETED, followers=frozenset())
    jobs.submit(finished)
    jobs.unfollow(finished, set())
    assert not stored_job(jobs).is_open


@pytest.mark.parametrize("status", [QUEUED, COMPLETED])
def test_nothing_is_written_when_nobody_is_to_be_forgotten(
    jobs: SubmittingJobStore, jobs_table: Any, status: str
) -> None:
    with Stubber(jobs_table.meta.client):
        # Any call would be one too many for the stubber.
        jobs.unfollow(a_job(status=status), set())


def test_a_job_that_has_ended_since_it_was_looked_at_stays_open_for_the_others(jobs: SubmittingJobStore) -> None:
    looked_at = a_job()
    jobs.submit(looked_at)
    jobs.follow("job-1", "user-1", "connection-2")
    jobs.cancel("job-1", "user-1")
    jobs.unfollow(looked_at, {"connection-1"})
    left = stored_job(jobs)
    assert (left.followers, left.is_open) == ({"connection-2"}, True)


@pytest.mark.parametrize("status", [QUEUED, COMPLETED])
def test_to_unfollow_a_job_that_is_gone_makes_no_job(jobs: SubmittingJobStore, jobs_table: Any, status: str) -> None:
    jobs.unfollow(a_job(status=status), {"connection-1"})
    assert jobs_table.scan()["Count"] == 0


def test_a_replay_is_noted_with_the_job_that_failed(jobs: SubmittingJobStore, jobs_table: Any) -> None:
    failed = a_job(status=FAILED)
    jobs.submit(failed)
    jobs.note_replay(failed, a_job(job_id="job-2"))
    assert jobs_table.get_item(Key={"jobId": "job-1"})["Item"]["replayedAs"] == "job-2"
    # What its user sees is as it was.
    assert stored_job(jobs) == failed


def test_a_replay_of_a_job_that_is_gone_meanwhile_makes_no_job(jobs: SubmittingJobStore, jobs_table: Any) -> None:
    jobs.note_replay(a_job(), a_job(job_id="job-2"))
    assert jobs_table.scan()["Items"] == []
