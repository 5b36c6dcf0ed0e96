"""Which question becomes which job, and what a user is told who has enough."""

from functools import partial

import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from finops_websocket.errors import RateLimited, TooManyJobs
from finops_websocket.jobs.admission import JobAdmission, JobLimits, Submission, UserJobs
from finops_websocket.jobs.job import CANCELLED, COMPLETED, FAILED, PROCESSING
from unit.doubles.aws_calls import always_overtaken, just_before, lost_reply
from unit.doubles.sample_jobs import AGENT_TIMEOUT, a_job, claim, store, stored
from unit.doubles.stored_items import items_in

THREE_JOBS = JobLimits(active_jobs=3, queries_per_minute=100, agent_timeout=AGENT_TIMEOUT)
ONE_JOB = JobLimits(active_jobs=1, queries_per_minute=100, agent_timeout=AGENT_TIMEOUT)
THREE_QUERIES = JobLimits(active_jobs=100, queries_per_minute=3, agent_timeout=AGENT_TIMEOUT)
ONE_JOB_A_MINUTE = JobLimits(active_jobs=1, queries_per_minute=1, agent_timeout=AGENT_TIMEOUT)

FIRST = a_job(request_id="request-1")
AGAIN = a_job(job_id="job-again", request_id="request-1")


@pytest.fixture
def within(jobs, pauses):
    """Gives the admission with other limits."""
    return lambda limits: JobAdmission(jobs, limits, pauses.append)


def ask(admission, *numbers, user_id="user-1"):
    for number in numbers:
        assert not admission.admit(a_job(job_id=f"job-{number}", user_id=user_id)).is_duplicate


def items_of(jobs, kind=""):
    return {item["jobId"]: item for item in items_in(jobs.table) if item["jobId"].startswith(kind)}


def user_item(jobs):
    [(_key, item)] = items_of(jobs, "user#").items()
    return item


# Under which requestId.


def test_the_same_request_is_the_same_job_as_it_now_is(admission, jobs):
    assert admission.admit(FIRST) == Submission(FIRST, is_duplicate=False)
    assert stored(jobs) == FIRST
    now = claim(jobs)
    assert admission.admit(AGAIN) == Submission(now, is_duplicate=True)
    assert jobs.find("job-again") is None


@pytest.mark.parametrize(
    ("user_id", "request_id", "scope"),
    [("user-2", "request-1", ""), ("user-1", "another", ""), ("user-", "1request-1", ""), ("user-1", "request-1", "c")],
)
def test_another_user_s_request_another_or_one_of_another_scope_is_another_job(admission, user_id, request_id, scope):
    admission.admit(FIRST)
    other = a_job(job_id="job-2", user_id=user_id, request_id=request_id)
    assert admission.admit(other, scope) == Submission(other, is_duplicate=False)


@pytest.mark.parametrize("gone", ["the job", "the job and its note", "expired"])
def test_a_request_whose_job_is_gone_is_a_new_one(admission, jobs, clock, gone):
    """DynamoDB deletes what has expired in any order."""
    admission.admit(FIRST)
    if gone == "expired":
        clock.now = FIRST.ttl
    else:
        for key in items_of(jobs, "" if "note" in gone else "job-"):
            jobs.table.delete_item(Key={"jobId": key})
    again = a_job(job_id="job-again", request_id="request-1", ttl=3_000_000)
    assert admission.admit(again) == Submission(again, is_duplicate=False)
    assert admission.admit(a_job(job_id="job-3", request_id="request-1")) == Submission(again, is_duplicate=True)


def test_a_question_that_is_stored_late_is_not_begun_again(admission, jobs):
    """The SDK's first try may come through after its second one, and after the job's end."""
    admission.admit(a_job())
    cancelled = jobs.cancel("job-1", "user-1")
    assert admission.admit(a_job()) == Submission(a_job(), is_duplicate=False)
    assert stored(jobs) == cancelled


def test_a_request_whose_job_is_seen_only_after_its_note_is_that_job(admission, jobs):
    """Two reads beside a transaction may see two states."""
    admission.admit(FIRST)
    jobs.table.delete_item(Key={"jobId": "job-1"})
    appear = partial(jobs.table.put_item, Item=FIRST.to_item())
    with just_before(jobs.table.client, "TransactWriteItems", appear):
        assert admission.admit(AGAIN) == Submission(FIRST, is_duplicate=True)
    assert jobs.find("job-again") is None


def test_of_the_same_request_sent_twice_at_once_one_makes_the_job(admission, jobs):
    with just_before(jobs.table.client, "TransactWriteItems", lambda: admission.admit(FIRST)):
        assert admission.admit(AGAIN) == Submission(FIRST, is_duplicate=True)
    assert jobs.find("job-again") is None


# How many.


@pytest.mark.parametrize(
    ("limits", "refusal", "sentence", "wait"),
    [(THREE_JOBS, TooManyJobs, "At most 3 questions", 30), (THREE_QUERIES, RateLimited, "At most 3 .* a minute", 40)],
)
def test_one_more_than_is_allowed_is_refused_and_nothing_stored(within, jobs, clock, limits, refusal, sentence, wait):
    ask(within(limits), 1)
    clock.now += 20
    ask(within(limits), 2, 3)
    before = items_of(jobs)
    with pytest.raises(refusal, match=sentence) as refused:
        within(limits).admit(AGAIN)
    assert refused.value.retry_after == wait
    assert items_of(jobs) == before


@pytest.mark.parametrize(
    ("change", "makes_place"),
    [
        ({"status": COMPLETED, "attempts": 1}, True),
        ({"status": FAILED, "attempts": 1}, True),
        ({"status": CANCELLED}, True),
        # Its agents go on.
        ({"status": CANCELLED, "attempts": 1, "updated_at": 1_000_001 - AGENT_TIMEOUT}, False),
        ({"status": CANCELLED, "attempts": 1, "updated_at": 1_000_000 - AGENT_TIMEOUT}, True),
        ({"status": PROCESSING, "attempts": 1, "ttl": 1_000_001}, False),
        ({"status": PROCESSING, "attempts": 1, "ttl": 1_000_000}, True),
    ],
    ids=str,
)
def test_a_job_that_is_over_makes_place_for_one(within, jobs, change, makes_place):
    ask(within(THREE_JOBS), 1, 2, 3)
    store(jobs, job_id="job-2", **change)
    if makes_place:
        ask(within(THREE_JOBS), 4)
    with pytest.raises(TooManyJobs):
        ask(within(THREE_JOBS), 5)


def test_what_was_sent_before_is_no_new_job_but_a_question(within, jobs, clock):
    within(ONE_JOB_A_MINUTE).admit(FIRST)
    before = items_of(jobs)
    for job in (AGAIN, a_job(job_id="job-2")):
        with pytest.raises(RateLimited) as refused:
            within(ONE_JOB_A_MINUTE).admit(job)
        assert refused.value.retry_after == 60
    assert items_of(jobs) == before
    clock.now += 60
    assert within(ONE_JOB_A_MINUTE).admit(AGAIN) == Submission(FIRST, is_duplicate=True)
    assert user_item(jobs)["active"] == ["job-1"]
    with pytest.raises(RateLimited):
        within(ONE_JOB_A_MINUTE).admit(AGAIN)


@pytest.mark.parametrize(
    ("asked_at", "most", "wait"),
    [
        pytest.param((30, 30, 30), 3, 90, id="a clock that goes back lets nobody ask more"),
        pytest.param((3600, 3600, 3600), 3, 0, id="a clock that was an hour ahead keeps nobody out"),
        pytest.param((-30, -20, -10), 1, 50, id="the limit was lowered while the user asked"),
    ],
)
def test_how_long_a_user_waits(asked_at, most, wait):
    limits = JobLimits(active_jobs=100, queries_per_minute=most, agent_timeout=AGENT_TIMEOUT)
    try:
        UserJobs(asked_at=asked_at).check_rate(0, limits)
    except RateLimited as refused:
        assert refused.retry_after == wait
    else:
        assert wait == 0


def test_the_noted_job_may_be_one_of_those_that_make_place(within, jobs):
    """A transaction may name an item once only."""
    within(THREE_JOBS).admit(FIRST)
    ask(within(THREE_JOBS), 2, 3)
    jobs.table.delete_item(Key={"jobId": "job-1"})
    assert within(THREE_JOBS).admit(AGAIN) == Submission(AGAIN, is_duplicate=False)


def test_a_user_s_item_outlives_its_latest_job_and_who_has_none_begins_anew(within, jobs):
    within(THREE_JOBS).admit(FIRST)
    within(THREE_JOBS).admit(a_job(job_id="job-2", ttl=2_000_060))
    item = user_item(jobs)
    assert item["ttl"] == 2_000_060
    assert {int(item["ttl"]) for item in items_of(jobs, "request#").values()} == {FIRST.ttl}
    # It would be swept, or listed: an index holds what has its keys.
    assert not {"userId", "createdAt", "open"} & set(item)
    jobs.table.delete_item(Key={"jobId": item["jobId"]})
    assert within(THREE_JOBS).admit(AGAIN) == Submission(FIRST, is_duplicate=True)
    ask(within(THREE_JOBS), 3, 4, 5)


def test_no_choice_of_a_user_s_name_or_request_reaches_another_key(admission, jobs):
    admission.admit(a_job(user_id="job-1", request_id="user#日本 😀"))
    keys = items_of(jobs)
    assert len(keys) == 3
    hashed = keys.keys() - {"job-1"}
    assert {key.split("#")[0] for key in hashed} == {"user", "request"}
    assert {len(key.split("#")[1]) for key in hashed} == {64}


# At the same moment.


def test_a_question_whose_reply_is_lost_is_taken_once_and_its_repetition_too(within, admission, jobs):
    with lost_reply(jobs.table.client, "TransactWriteItems") as replies:
        assert within(ONE_JOB_A_MINUTE).admit(FIRST) == Submission(FIRST, is_duplicate=False)
    assert len(replies) == 2
    item = user_item(jobs)
    assert (item["active"], item["askedAt"], item["version"]) == (["job-1"], [1_000_000], 1)
    with lost_reply(jobs.table.client, "TransactWriteItems"):
        assert admission.admit(AGAIN) == Submission(FIRST, is_duplicate=True)


@pytest.mark.parametrize("request_id", ["request-1", "request-2"], ids=["repetition", "new question"])
def test_who_is_always_overtaken_is_told_to_try_again_in_a_moment(within, jobs, pauses, request_id):
    within(ONE_JOB).admit(FIRST)
    # What is over has to be cleared away before there is room for another.
    jobs.cancel("job-1", "user-1")
    overtaken = always_overtaken(jobs.table, {"jobId": user_item(jobs)["jobId"]}, "TransactWriteItems")
    with overtaken, pytest.raises(RateLimited) as refused:
        within(ONE_JOB).admit(a_job(job_id="job-2", request_id=request_id))
    assert refused.value.retry_after == 1
    assert items_of(jobs, "job-").keys() == {"job-1"}
    # A function that answers a frame has 20 seconds.
    assert 0 < sum(pauses) < 4


@pytest.mark.parametrize(
    ("codes", "is_conflict"),
    [
        (["TransactionConflict", "ConditionalCheckFailed", "None"], True),
        (["ConditionalCheckFailed", "ThrottlingError"], False),
        (["ValidationError", "None"], False),
    ],
    ids=str,
)
def test_who_is_overtaken_tries_again_and_anything_else_is_an_error_at_once(within, jobs, codes, is_conflict):
    reasons = {"CancellationReasons": [{"Code": code} for code in codes]}
    with Stubber(jobs.table.client) as stubber:
        stubber.add_client_error("transact_write_items", "TransactionCanceledException", modeled_fields=reasons)
        if is_conflict:
            stubber.add_response("get_item", {})
            stubber.add_response("transact_write_items", {})
            assert within(THREE_JOBS).admit(a_job()) == Submission(a_job(), is_duplicate=False)
        else:
            with pytest.raises(ClientError, match="TransactionCanceledException"):
                within(THREE_JOBS).admit(a_job())
        stubber.assert_no_pending_responses()
