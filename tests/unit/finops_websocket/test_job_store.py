from typing import Any

import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from finops_websocket.job import CANCELLED, COMPLETED, FAILED, PROCESSING
from finops_websocket.job_store import JobStore, Submission
from unit.finops_websocket.lost_replies import lost_reply
from unit.finops_websocket.sample_jobs import a_job
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


def test_a_duplicate_gets_the_job_as_it_now_is(jobs: JobStore) -> None:
    jobs.submit(a_job(request_id="request-1"))
    now = jobs.claim("job-1", "worker-1", 120, progress=10, message="Working.")
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
    assert submission.job == job
    assert len(replies) == 2
    assert jobs.find("job-1") == job


@pytest.mark.parametrize("conflicts", [1, 2])
def test_requests_that_cancel_each_other_are_tried_again(jobs: JobStore, jobs_table: Any, conflicts: int) -> None:
    with Stubber(jobs_table.meta.client) as stubber:
        for _ in range(conflicts):
            stubber.add_client_error("transact_write_items", "TransactionCanceledException")
            stubber.add_response("get_item", {})
        stubber.add_response("transact_write_items", {})
        job = a_job(request_id="request-1")
        assert jobs.submit(job) == Submission(job, is_duplicate=False)
        stubber.assert_no_pending_responses()


def test_a_request_that_does_not_get_through_is_an_error(jobs: JobStore, jobs_table: Any) -> None:
    with Stubber(jobs_table.meta.client) as stubber:
        for _ in range(3):
            stubber.add_client_error("transact_write_items", "TransactionCanceledException")
            stubber.add_response("get_item", {})
        with pytest.raises(ClientError):
            jobs.submit(a_job(request_id="request-1"))
        stubber.assert_no_pending_responses()


def test_what_is_not_a_job_is_not_found(jobs: JobStore, jobs_table: Any) -> None:
    jobs_table.put_item(Item={"jobId": "job-1#agent", "content": "An answer", "ttl": 2_000_000})
    assert jobs.find("job-1#agent") is None
    assert jobs.find("nobody-s-job") is None


def test_a_job_whose_time_has_run_out_is_not_found_though_dynamodb_still_has_it(
    jobs: JobStore, clock: SettableClock
) -> None:
    jobs.submit(a_job(ttl=1_500_000))
    clock.now = 1_499_999
    assert jobs.find("job-1") is not None
    clock.now = 1_500_000
    assert jobs.find("job-1") is None


def test_a_user_s_unfinished_jobs_come_newest_first(jobs: JobStore) -> None:
    for number, status in enumerate([COMPLETED, "queued", FAILED, PROCESSING, CANCELLED, "queued"]):
        jobs.submit(a_job(job_id=f"job-{number}", status=status, created_at=1_000_000 + number))
    jobs.submit(a_job(job_id="another-s", user_id="user-2"))
    assert jobs.unfinished_of("user-1") == ["job-5", "job-3", "job-1"]


def test_jobs_that_no_message_can_still_be_queued_for_are_left_out(jobs: JobStore, clock: SettableClock) -> None:
    jobs.submit(a_job())
    clock.now = 1_000_000 + 5 * 24 * 3600
    assert jobs.unfinished_of("user-1") == ["job-1"]
    clock.now += 1
    assert jobs.unfinished_of("user-1") == []


def test_unfinished_jobs_are_read_page_by_page(jobs: JobStore, jobs_table: Any) -> None:
    for number in range(7):
        status = COMPLETED if number in (2, 3) else "queued"
        jobs.submit(a_job(job_id=f"job-{number}", status=status, created_at=1_000_000 + number))
    starts = []

    def two_a_page(params: dict[str, Any], **_event: Any) -> None:
        params["Limit"] = 2
        starts.append(params.get("ExclusiveStartKey"))

    events = jobs_table.meta.client.meta.events
    events.register("provide-client-params.dynamodb.Query", two_a_page)
    try:
        assert jobs.unfinished_of("user-1") == ["job-6", "job-5", "job-4", "job-1", "job-0"]
    finally:
        events.unregister("provide-client-params.dynamodb.Query", two_a_page)
    assert len(starts) == 4


def test_a_job_s_owner_may_follow_it(jobs: JobStore) -> None:
    jobs.submit(a_job())
    followed = jobs.follow("job-1", "user-1", "connection-2")
    assert followed == a_job(followers=frozenset({"connection-1", "connection-2"}))
    assert jobs.find("job-1") == followed
    assert jobs.follow("job-1", "user-1", "connection-2") == followed


@pytest.mark.parametrize(("job_id", "user_id"), [("job-1", "user-2"), ("job-1", ""), ("job-2", "user-1")])
def test_nobody_else_may_follow_it(jobs: JobStore, job_id: str, user_id: str) -> None:
    jobs.submit(a_job())
    assert jobs.follow(job_id, user_id, "connection-2") is None
    assert jobs.find("job-1") == a_job()
    assert jobs.find("job-2") is None


def test_a_job_whose_time_has_run_out_cannot_be_followed(jobs: JobStore, clock: SettableClock) -> None:
    jobs.submit(a_job(ttl=1_500_000))
    clock.now = 1_500_000
    assert jobs.follow("job-1", "user-1", "connection-2") is None


def test_a_connection_that_follows_no_more_is_forgotten_and_the_others_are_not(jobs: JobStore) -> None:
    jobs.submit(a_job(followers=frozenset({"connection-1", "connection-2"})))
    jobs.unfollow("job-1", "connection-1")
    assert jobs.find("job-1") == a_job(followers=frozenset({"connection-2"}))
    jobs.unfollow("job-1", "connection-2")
    jobs.unfollow("job-1", "connection-2")
    assert jobs.find("job-1") == a_job(followers=frozenset())


def test_to_unfollow_a_job_that_is_gone_makes_no_job(jobs: JobStore) -> None:
    jobs.unfollow("job-1", "connection-1")
    assert jobs.find("job-1") is None
