from typing import Any

import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from finops_websocket.job import CANCELLED, COMPLETED, FAILED, QUEUED
from finops_websocket.job_lease import JobLease
from finops_websocket.job_store import JobStore, Submission
from unit.finops_websocket.interleaved_calls import just_before
from unit.finops_websocket.lost_replies import lost_reply
from unit.finops_websocket.sample_jobs import a_job, stored_job
from unit.finops_websocket.settable_clock import SettableClock


@pytest.mark.parametrize("request_id", [None, "request-1"])
def test_a_new_job_is_stored_as_it_is(jobs: JobStore, request_id: str | None) -> None:
    job = a_job(request_id=request_id)
    assert jobs.submit(job) == Submission(job, is_duplicate=False)
    assert jobs.find("job-1") == job


def test_the_same_request_of_the_same_user_is_the_same_job(jobs: JobStore) -> None:
    first = a_job(request_id="request-1")
    jobs.submit(first)
    again = a_job(job_id="job-2", request_id="request-1", query="Changed meanwhile")
    assert jobs.submit(again) == Submission(first, is_duplicate=True)
    assert jobs.find("job-2") is None


def test_a_duplicate_gets_the_job_as_it_now_is(jobs: JobStore, leases: JobLease) -> None:
    jobs.submit(a_job(request_id="request-1"))
    now = leases.claim("job-1", "worker-1", "message-1", progress=10, message="Working.")
    assert jobs.submit(a_job(job_id="job-2", request_id="request-1")).job == now


@pytest.mark.parametrize(
    ("user_id", "request_id"), [("user-2", "request-1"), ("user-1", "request-2"), ("user-11", "request-1")]
)
def test_another_user_s_or_another_request_is_another_job(jobs: JobStore, user_id: str, request_id: str) -> None:
    jobs.submit(a_job(request_id="request-1"))
    other = a_job(job_id="job-2", user_id=user_id, request_id=request_id)
    assert jobs.submit(other) == Submission(other, is_duplicate=False)


def test_no_two_pairs_of_user_and_request_share_a_note(jobs: JobStore) -> None:
    jobs.submit(a_job(user_id="ab", request_id="c"))
    other = a_job(job_id="job-2", user_id="a", request_id="bc")
    assert not jobs.submit(other).is_duplicate


def test_the_same_request_in_another_scope_is_another_job(jobs: JobStore) -> None:
    first = a_job(request_id="request-1")
    jobs.submit(first, "connection-1")
    other = a_job(job_id="job-2", request_id="request-1")
    assert jobs.submit(other, "connection-2") == Submission(other, is_duplicate=False)
    assert jobs.submit(a_job(job_id="job-3", request_id="request-1"), "connection-1").job == first


@pytest.mark.parametrize("is_note_kept", [True, False], ids=["the job", "the job and its note"])
def test_a_request_whose_job_is_gone_is_a_new_one(jobs: JobStore, jobs_table: Any, is_note_kept: bool) -> None:
    """DynamoDB deletes what has expired in any order."""
    jobs.submit(a_job(request_id="request-1"))
    for key in [item["jobId"] for item in jobs_table.scan()["Items"]]:
        if key == "job-1" or not is_note_kept:
            jobs_table.delete_item(Key={"jobId": key})
    again = a_job(job_id="job-2", request_id="request-1")
    assert jobs.submit(again) == Submission(again, is_duplicate=False)
    assert jobs.submit(a_job(job_id="job-3", request_id="request-1")) == Submission(again, is_duplicate=True)


def test_a_question_that_is_stored_late_is_not_begun_again(jobs: JobStore) -> None:
    """The SDK's first try may come through after its second one, and after the job's end."""
    jobs.submit(a_job())
    cancelled = jobs.cancel("job-1", "user-1")
    assert jobs.submit(a_job()) == Submission(a_job(), is_duplicate=False)
    assert jobs.find("job-1") == cancelled


def test_a_request_whose_job_is_seen_only_after_its_note_is_that_job(jobs: JobStore, jobs_table: Any) -> None:
    """Two reads beside a transaction may see two states."""
    first = a_job(request_id="request-1")
    jobs.submit(first)
    jobs_table.delete_item(Key={"jobId": "job-1"})

    def appear() -> None:
        jobs_table.put_item(Item=first.to_item())

    with just_before(jobs_table.meta.client, "TransactWriteItems", appear):
        again = jobs.submit(a_job(job_id="job-2", request_id="request-1"))
    assert again == Submission(first, is_duplicate=True)
    assert jobs.find("job-2") is None


@pytest.mark.parametrize("is_noted", [False, True], ids=["new request", "request whose job is gone"])
def test_of_the_same_request_sent_twice_at_once_one_makes_the_job(
    jobs: JobStore, jobs_table: Any, is_noted: bool
) -> None:
    if is_noted:
        jobs.submit(a_job(request_id="request-1"))
        jobs_table.delete_item(Key={"jobId": "job-1"})
    first, second = (a_job(job_id=job_id, request_id="request-1") for job_id in ("job-2", "job-3"))
    with just_before(jobs_table.meta.client, "TransactWriteItems", lambda: jobs.submit(first)):
        assert jobs.submit(second) == Submission(first, is_duplicate=True)
    assert jobs.find("job-3") is None


def test_a_request_whose_time_has_run_out_is_a_new_one(jobs: JobStore, clock: SettableClock) -> None:
    jobs.submit(a_job(request_id="request-1", ttl=1_500_000))
    clock.now = 1_500_000
    again = a_job(job_id="job-2", request_id="request-1", ttl=3_000_000)
    assert jobs.submit(again) == Submission(again, is_duplicate=False)
    assert jobs.find("job-2") == again


@pytest.mark.parametrize(("request_id", "operation"), [(None, "PutItem"), ("request-1", "TransactWriteItems")])
def test_a_job_whose_reply_is_lost_is_still_submitted_once(
    jobs: JobStore, jobs_table: Any, request_id: str | None, operation: str
) -> None:
    job = a_job(request_id=request_id)
    with lost_reply(jobs_table.meta.client, "dynamodb", operation) as replies:
        submission = jobs.submit(job)
    assert submission == Submission(job, is_duplicate=False)
    assert len(replies) == 2
    assert jobs.find("job-1") == job


@pytest.mark.parametrize("conflicts", [1, 2])
def test_requests_that_cancel_each_other_are_tried_again(jobs: JobStore, jobs_table: Any, conflicts: int) -> None:
    with Stubber(jobs_table.meta.client) as stubber:
        for _ in range(conflicts):
            stubber.add_response("get_item", {})
            stubber.add_client_error("transact_write_items", "TransactionCanceledException")
        stubber.add_response("get_item", {})
        stubber.add_response("transact_write_items", {})
        job = a_job(request_id="request-1")
        assert jobs.submit(job) == Submission(job, is_duplicate=False)
        stubber.assert_no_pending_responses()


def test_a_request_that_does_not_get_through_is_an_error(jobs: JobStore, jobs_table: Any) -> None:
    with Stubber(jobs_table.meta.client) as stubber:
        for _ in range(3):
            stubber.add_response("get_item", {})
            stubber.add_client_error("transact_write_items", "TransactionCanceledException")
        with pytest.raises(ClientError):
            jobs.submit(a_job(request_id="request-1"))
        stubber.assert_no_pending_responses()


def test_a_job_s_owner_may_follow_it(jobs: JobStore) -> None:
    jobs.submit(a_job())
    followed = jobs.follow("job-1", "user-1", "connection-2")
    assert followed == a_job(followers=frozenset({"connection-1", "connection-2"}))
    assert jobs.find("job-1") == followed
    assert jobs.follow("job-1", "user-1", "connection-2") == followed


@pytest.mark.parametrize(("job_id", "user_id"), [("job-1", "user-2"), ("job-1", ""), ("job-2", "user-1")])
@pytest.mark.parametrize("status", [QUEUED, COMPLETED])
def test_nobody_else_may_follow_it(jobs: JobStore, status: str, job_id: str, user_id: str) -> None:
    jobs.submit(a_job(status=status))
    assert jobs.follow(job_id, user_id, "connection-2") is None
    assert jobs.find("job-1") == a_job(status=status)
    assert jobs.find("job-2") is None


@pytest.mark.parametrize("status", [QUEUED, FAILED])
def test_a_job_whose_time_has_run_out_cannot_be_followed(jobs: JobStore, clock: SettableClock, status: str) -> None:
    jobs.submit(a_job(status=status, ttl=1_500_000))
    clock.now = 1_500_000
    assert jobs.follow("job-1", "user-1", "connection-2") is None
    clock.now -= 1
    assert stored_job(jobs) == a_job(status=status, ttl=1_500_000)


@pytest.mark.parametrize("status", [COMPLETED, FAILED, CANCELLED])
@pytest.mark.parametrize("is_open", [True, False])
def test_a_finished_job_is_given_and_not_followed(jobs: JobStore, status: str, is_open: bool) -> None:
    finished = a_job(status=status, is_open=is_open)
    jobs.submit(finished)
    assert jobs.follow("job-1", "user-1", "connection-2") == finished
    assert jobs.find("job-1") == finished


def test_who_follows_while_the_job_ends_is_told_or_gets_the_end(jobs: JobStore, jobs_table: Any) -> None:
    jobs.submit(a_job())
    with just_before(jobs_table.meta.client, "UpdateItem", lambda: jobs.cancel("job-1", "user-1")):
        followed = jobs.follow("job-1", "user-1", "connection-2")
    assert followed == stored_job(jobs)
    assert (followed.status, followed.followers) == (CANCELLED, {"connection-1"})


def test_a_connection_that_follows_no_more_is_forgotten_and_the_others_are_not(jobs: JobStore) -> None:
    job = a_job(followers=frozenset({"connection-1", "connection-2"}))
    jobs.submit(job)
    jobs.unfollow(job, {"connection-1"})
    assert jobs.find("job-1") == a_job(followers=frozenset({"connection-2"}))
    jobs.unfollow(job, {"connection-2"})
    jobs.unfollow(job, {"connection-2"})
    assert jobs.find("job-1") == a_job(followers=frozenset())


def test_several_connections_are_forgotten_at_once(jobs: JobStore) -> None:
    job = a_job(followers=frozenset({"connection-1", "connection-2", "connection-3"}))
    jobs.submit(job)
    jobs.unfollow(job, {"connection-1", "connection-3"})
    assert jobs.find("job-1") == a_job(followers=frozenset({"connection-2"}))


def test_an_unfinished_job_that_nobody_follows_stays_open(jobs: JobStore) -> None:
    jobs.submit(a_job())
    jobs.unfollow(a_job(), {"connection-1"})
    assert stored_job(jobs).is_open


@pytest.mark.parametrize("status", [COMPLETED, FAILED, CANCELLED])
def test_a_finished_job_is_closed_when_the_last_follower_knows(jobs: JobStore, jobs_table: Any, status: str) -> None:
    finished = a_job(status=status, followers=frozenset({"connection-1", "connection-2"}))
    jobs.submit(finished)
    jobs.unfollow(finished, {"connection-1"})
    left = stored_job(jobs)
    assert (left.followers, left.is_open) == ({"connection-2"}, True)
    jobs.unfollow(left, {"connection-2"})
    closed = stored_job(jobs)
    assert (closed.followers, closed.is_open) == (frozenset(), False)
    assert "open" not in jobs_table.get_item(Key={"jobId": "job-1"})["Item"]


def test_a_finished_job_without_followers_is_closed(jobs: JobStore) -> None:
    finished = a_job(status=COMPLETED, followers=frozenset())
    jobs.submit(finished)
    jobs.unfollow(finished, set())
    assert not stored_job(jobs).is_open


@pytest.mark.parametrize("status", [QUEUED, COMPLETED])
def test_nothing_is_written_when_nobody_is_to_be_forgotten(jobs: JobStore, jobs_table: Any, status: str) -> None:
    with Stubber(jobs_table.meta.client):
        # Any call would be one too many for the stubber.
        jobs.unfollow(a_job(status=status), set())


def test_a_job_that_has_ended_since_it_was_looked_at_stays_open_for_the_others(jobs: JobStore) -> None:
    looked_at = a_job()
    jobs.submit(looked_at)
    jobs.follow("job-1", "user-1", "connection-2")
    jobs.cancel("job-1", "user-1")
    jobs.unfollow(looked_at, {"connection-1"})
    left = stored_job(jobs)
    assert (left.followers, left.is_open) == ({"connection-2"}, True)


@pytest.mark.parametrize("status", [QUEUED, COMPLETED])
def test_to_unfollow_a_job_that_is_gone_makes_no_job(jobs: JobStore, jobs_table: Any, status: str) -> None:
    jobs.unfollow(a_job(status=status), {"connection-1"})
    assert jobs_table.scan()["Count"] == 0
