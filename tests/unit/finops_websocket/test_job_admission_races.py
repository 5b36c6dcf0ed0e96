"""Questions of one user at the same moment, replies that are lost, and transactions that DynamoDB cancels."""

from functools import partial
from typing import Any

import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from finops_websocket.errors import RateLimited, TooManyJobs
from finops_websocket.job_admission import JobAdmission, Submission
from finops_websocket.job_store import JobStore
from finops_websocket.job_table import JobTable
from finops_websocket.user_jobs import JobLimits, user_key
from unit.finops_websocket.interleaved_calls import all_at_once, before_each, just_before
from unit.finops_websocket.lost_replies import lost_reply
from unit.finops_websocket.sample_jobs import AGENT_TIMEOUT, a_job

THREE_JOBS = JobLimits(active_jobs=3, queries_per_minute=100, agent_timeout=AGENT_TIMEOUT)
THREE_QUERIES = JobLimits(active_jobs=100, queries_per_minute=3, agent_timeout=AGENT_TIMEOUT)
ONE_JOB_A_MINUTE = JobLimits(active_jobs=1, queries_per_minute=1, agent_timeout=AGENT_TIMEOUT)
TRIES = 7


@pytest.fixture
def pauses() -> list[float]:
    return []


@pytest.fixture
def admission(job_table: JobTable, pauses: list[float]) -> JobAdmission:
    return JobAdmission(job_table, THREE_JOBS, pauses.append)


def submit_all_at_once(admission: JobAdmission, jobs_table: Any, numbers: range) -> list[str]:
    """Submit so that all have read before the first writes; give who was refused."""
    refused = []

    def submit(job_id: str) -> None:
        try:
            admission.submit(a_job(job_id=job_id))
        except (RateLimited, TooManyJobs):
            refused.append(job_id)

    all_at_once(jobs_table.meta.client, "TransactWriteItems", [partial(submit, f"job-{number}") for number in numbers])
    return refused


def job_ids(jobs_table: Any) -> set[str]:
    return {item["jobId"] for item in jobs_table.scan()["Items"] if "userId" in item}


@pytest.mark.parametrize("limits", [THREE_JOBS, THREE_QUERIES])
def test_of_one_question_more_than_is_allowed_at_the_same_moment_one_is_refused(
    job_table: JobTable, jobs_table: Any, limits: JobLimits
) -> None:
    admission = JobAdmission(job_table, limits, sleep=lambda _seconds: None)
    refused = submit_all_at_once(admission, jobs_table, range(4))
    assert len(refused) == 1
    stored = job_ids(jobs_table)
    assert stored == {f"job-{number}" for number in range(4)} - set(refused)
    assert set(jobs_table.get_item(Key={"jobId": user_key("user-1")})["Item"]["active"]) == stored


def test_two_questions_for_the_last_place_do_not_both_get_it(admission: JobAdmission, jobs_table: Any) -> None:
    for number in range(2):
        admission.submit(a_job(job_id=f"job-{number}"))
    assert submit_all_at_once(admission, jobs_table, range(2, 4)) == ["job-2"]
    assert job_ids(jobs_table) == {"job-0", "job-1", "job-3"}


def test_two_questions_for_a_place_that_a_job_has_left_do_not_both_get_it(
    admission: JobAdmission, jobs: JobStore, jobs_table: Any
) -> None:
    for number in range(3):
        admission.submit(a_job(job_id=f"job-{number}"))
    jobs.cancel("job-1", "user-1")
    assert submit_all_at_once(admission, jobs_table, range(3, 5)) == ["job-3"]


def test_of_one_repetition_more_than_is_allowed_at_the_same_moment_one_is_refused(
    job_table: JobTable, jobs_table: Any
) -> None:
    admission = JobAdmission(job_table, THREE_QUERIES, sleep=lambda _seconds: None)
    first = a_job(request_id="request-1")
    admission.submit(first)
    outcomes: list[Submission | None] = []

    def repeat() -> None:
        try:
            outcomes.append(admission.submit(a_job(job_id="job-2", request_id="request-1")))
        except RateLimited:
            outcomes.append(None)

    all_at_once(jobs_table.meta.client, "TransactWriteItems", [repeat] * 3)
    again = Submission(first, is_duplicate=True)
    assert outcomes == [again, again, None]
    assert len(jobs_table.get_item(Key={"jobId": user_key("user-1")})["Item"]["askedAt"]) == 3


def test_a_repetition_whose_reply_is_lost_is_taken(admission: JobAdmission, jobs_table: Any) -> None:
    first = a_job(request_id="request-1")
    admission.submit(first)
    with lost_reply(jobs_table.meta.client, "dynamodb", "TransactWriteItems"):
        again = admission.submit(a_job(job_id="job-2", request_id="request-1"))
    assert again == Submission(first, is_duplicate=True)


def test_users_are_not_in_each_other_s_way(admission: JobAdmission, pauses: list[float], jobs_table: Any) -> None:
    theirs = partial(admission.submit, a_job(job_id="job-2", user_id="user-2"))
    with just_before(jobs_table.meta.client, "TransactWriteItems", theirs):
        admission.submit(a_job())
    assert job_ids(jobs_table) == {"job-1", "job-2"}
    assert pauses == []


def test_a_job_that_is_seen_only_after_its_user_s_item_keeps_its_place(
    admission: JobAdmission, jobs_table: Any
) -> None:
    """Two reads beside a transaction may see two states: the user's item with the job, and no job yet."""
    for number in range(3):
        admission.submit(a_job(job_id=f"job-{number}"))
    unseen = jobs_table.delete_item(Key={"jobId": "job-2"}, ReturnValues="ALL_OLD")["Attributes"]
    with (
        just_before(jobs_table.meta.client, "TransactWriteItems", lambda: jobs_table.put_item(Item=unseen)),
        pytest.raises(TooManyJobs),
    ):
        admission.submit(a_job(job_id="job-3"))
    assert job_ids(jobs_table) == {"job-0", "job-1", "job-2"}


@pytest.mark.parametrize("request_id", [None, "request-1"])
@pytest.mark.parametrize("limits", [THREE_JOBS, ONE_JOB_A_MINUTE], ids=["room for more", "no room for more"])
def test_a_job_whose_reply_is_lost_is_taken_once(
    job_table: JobTable, jobs: JobStore, jobs_table: Any, limits: JobLimits, request_id: str | None
) -> None:
    job = a_job(request_id=request_id)
    admission = JobAdmission(job_table, limits, sleep=lambda _seconds: None)
    with lost_reply(jobs_table.meta.client, "dynamodb", "TransactWriteItems") as replies:
        assert admission.submit(job) == Submission(job, is_duplicate=False)
    assert len(replies) == 2
    assert jobs.find("job-1") == job
    item = jobs_table.get_item(Key={"jobId": user_key("user-1")})["Item"]
    assert (item["active"], item["askedAt"], item["version"]) == (["job-1"], [1_000_000], 1)


@pytest.mark.parametrize("request_id", ["request-1", "request-2"], ids=["repetition", "new question"])
def test_who_is_always_overtaken_is_told_to_try_again_in_a_moment(
    admission: JobAdmission, pauses: list[float], jobs_table: Any, request_id: str
) -> None:
    admission.submit(a_job(request_id="request-1"))
    writes = []

    def overtake() -> None:
        writes.append("")
        jobs_table.update_item(
            Key={"jobId": user_key("user-1")},
            UpdateExpression="ADD version :one",
            ExpressionAttributeValues={":one": 1},
        )

    with (
        before_each(jobs_table.meta.client, "TransactWriteItems", overtake),
        pytest.raises(RateLimited) as refused,
    ):
        admission.submit(a_job(job_id="job-2", request_id=request_id))
    assert refused.value.retry_after == 1
    assert job_ids(jobs_table) == {"job-1"}
    assert len(writes) == TRIES
    # A function that answers a frame has 20 seconds.
    assert len(pauses) == TRIES - 1
    assert all(0 <= pause <= 0.025 * 2 ** (number + 1) for number, pause in enumerate(pauses))


@pytest.mark.parametrize(
    "codes",
    [
        ["TransactionConflict", "None"],
        ["None", "TransactionConflict"],
        ["None", "ConditionalCheckFailed"],
        ["ConditionalCheckFailed", "ConditionalCheckFailed"],
    ],
)
def test_who_is_overtaken_reads_and_decides_again(
    admission: JobAdmission, pauses: list[float], jobs_table: Any, codes: list[str]
) -> None:
    job = a_job()
    with Stubber(jobs_table.meta.client) as stubber:
        for _ in range(TRIES - 1):
            stubber.add_response("get_item", {})
            cancelled_for(stubber, codes)
        stubber.add_response("get_item", {})
        stubber.add_response("transact_write_items", {})
        assert admission.submit(job) == Submission(job, is_duplicate=False)
        stubber.assert_no_pending_responses()
    assert len(pauses) == TRIES - 1


@pytest.mark.parametrize(
    "codes",
    [
        ["ValidationError", "None"],
        ["None", "ThrottlingError"],
        ["None", "ProvisionedThroughputExceeded"],
        ["ConditionalCheckFailed", "ItemCollectionSizeLimitExceeded"],
    ],
)
def test_what_no_other_question_has_caused_is_an_error_at_once(
    admission: JobAdmission, pauses: list[float], jobs_table: Any, codes: list[str]
) -> None:
    with Stubber(jobs_table.meta.client) as stubber:
        stubber.add_response("get_item", {})
        cancelled_for(stubber, codes)
        with pytest.raises(ClientError, match="TransactionCanceledException"):
            admission.submit(a_job())
        stubber.assert_no_pending_responses()
    assert pauses == []


def cancelled_for(stubber: Stubber, codes: list[str]) -> None:
    stubber.add_client_error(
        "transact_write_items",
        "TransactionCanceledException",
        modeled_fields={"CancellationReasons": [{"Code": code} for code in codes]},
    )
