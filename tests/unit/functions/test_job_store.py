"""What is stored of a job, who may change it, and that each of its ends is stored and counted once."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import fields, replace
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from botocore.stub import Stubber
from hypothesis import given
from hypothesis import strategies as st

from finops_websocket import metrics
from finops_websocket.errors import JobHeldElsewhere, JobNotOurs, UnknownAgent
from finops_websocket.jobs.job import CANCELLED, COMPLETED, FAILED, OPEN, PROCESSING, Job
from finops_websocket.jobs.store import MOST_FOLLOWERS, Change
from unit.doubles.aws_calls import all_at_once, handled, just_before, lost_reply
from unit.doubles.embedded_metrics import Measurement, names
from unit.doubles.sample_jobs import CATALOGUE, COST, LEASE, SAVINGS, a_job, claim, store, stored
from unit.doubles.stored_items import items_in

TEXTS = st.text(max_size=20)
NUMBERS = st.integers(0, 2**40)
VALUES = {
    str: TEXTS,
    str | None: st.none() | TEXTS,
    int: NUMBERS,
    bool: st.booleans(),
    tuple[str, ...]: st.lists(TEXTS, max_size=3).map(tuple),
    frozenset[str]: st.frozensets(TEXTS, max_size=3),
    Mapping[str, Any] | None: st.none() | st.dictionaries(TEXTS, TEXTS, max_size=3),
}
JOBS = st.builds(Job, **{each.name: VALUES[each.type] for each in fields(Job)})


def as_dynamodb_gives_it(value):
    if isinstance(value, int) and not isinstance(value, bool):
        return Decimal(value)
    return list(value) if isinstance(value, tuple) else value


@given(JOBS)
def test_a_job_comes_back_from_its_item_as_it_was(job):
    item = job.to_item()
    # DynamoDB refuses empty sets; nothing is written where there is nothing.
    assert not any(value is None or value == set() for value in item.values())
    read = Job.from_item({name: as_dynamodb_gives_it(value) for name, value in item.items()})
    assert read == job
    assert list(map(type, vars(read).values())) == list(map(type, vars(job).values()))
    # The index of open jobs holds the items that have this.
    assert (item.get("open") == OPEN) is job.is_open


def test_what_an_older_item_lacks_is_as_in_a_new_job():
    item = a_job(followers=frozenset()).to_item()
    for name in ("titles", "completedAgents", "attempts", "leaseUntil", "queuedAt", "requeues", "partial"):
        del item[name]
    # What it has besides, nobody reads any more.
    assert Job.from_item({**item, "endId": "end-1"}) == a_job(followers=frozenset(), titles=())


def test_agents_are_found_by_name_each_once_and_an_unknown_one_is_refused_with_the_names_that_there_are():
    assert CATALOGUE.named([SAVINGS, COST, SAVINGS]) == (SAVINGS, COST)
    # One that has left the deployment since.
    assert CATALOGUE.title_of("former-agent") == "former-agent"
    with pytest.raises(UnknownAgent, match=r"agent of that name\. The agents are: cost-agent, savings-agent\."):
        CATALOGUE.named([COST, "nobody-knows-me"])


ERROR = "Please ask again."


@pytest.fixture
def client(jobs):
    return jobs.table.client


@pytest.fixture
def claimed(jobs):
    store(jobs)
    return claim(jobs)


def test_an_answer_in_the_same_table_is_no_job(jobs):
    jobs.table.put_item(Item={"jobId": "job-1#agent", "content": "An answer", "ttl": 2_000_000})
    assert jobs.find("job-1#agent") is None


def test_a_job_is_read_as_the_last_write_left_it(jobs, client):
    with Stubber(client) as stubber:
        asked = {"TableName": jobs.table.name, "Key": {"jobId": {"S": "job-1"}}, "ConsistentRead": True}
        stubber.add_response("get_item", {}, asked)
        assert jobs.find("job-1") is None


def test_a_job_that_as_many_follow_as_may_is_given_to_one_more_and_kept_by_its_followers(jobs):
    full = store(jobs, followers=frozenset(f"connection-{number}" for number in range(MOST_FOLLOWERS)))
    assert jobs.follow("job-1", "user-1", "one more") == full == stored(jobs)
    assert jobs.follow("job-1", "user-2", "one more") is None
    jobs.unfollow(full, {"connection-1"})
    jobs.follow("job-1", "user-1", "one more")
    assert stored(jobs).followers == full.followers - {"connection-1"} | {"one more"}


@pytest.mark.parametrize(
    "write",
    [
        lambda jobs: jobs.unfollow(a_job(), {"connection-1"}),
        lambda jobs: jobs.unfollow(a_job(status=COMPLETED), {"connection-1"}),
        lambda jobs: jobs.note_replay(a_job(), a_job(job_id="job-2")),
        lambda jobs: jobs.fail_queued("job-1", "QUEUE_UNAVAILABLE", ERROR),
        lambda jobs: jobs.give_up(a_job(), "PROCESSING_FAILED", ERROR),
        lambda jobs: jobs.note_requeue(a_job()),
    ],
    ids=["unfollow", "unfollow finished", "note_replay", "fail_queued", "give_up", "note_requeue"],
)
def test_a_job_that_is_gone_is_not_made_again(jobs, write):
    assert write(jobs) in (None, Change(made=False, job=None))
    assert items_in(jobs.table) == []


def test_of_workers_that_claim_at_once_one_wins(jobs, client, clock, claimed):
    before, clock.now = claimed, claimed.lease_until
    winners = []

    def try_to_claim(worker):
        with suppress(JobHeldElsewhere):
            winners.append(claim(jobs, worker=worker).lease_owner)

    all_at_once(client, "UpdateItem", [partial(try_to_claim, f"worker-{number}") for number in range(4)])
    after = stored(jobs)
    assert winners == [after.lease_owner]
    assert (after.attempts, after.seq) == (before.attempts + 1, before.seq + 1)


def test_a_worker_that_was_slow_goes_on_as_long_as_nobody_has_taken_its_job(jobs, claimed, clock):
    clock.now = claimed.lease_until + 60
    step = jobs.record_step(claimed, LEASE, progress=52, message="One of two.", completedAgents=(COST,))
    assert (step.lease_until, step.updated_at, step.seq) == (clock.now + LEASE, clock.now, claimed.seq + 1)
    assert stored(jobs) == step


def test_a_step_that_comes_late_takes_nothing_back(jobs, claimed):
    """The SDK's first try may come through after its second one, and after the steps that followed."""
    step = jobs.record_step(claimed, LEASE, progress=90, message="All there.", completedAgents=(COST, SAVINGS))
    with pytest.raises(JobHeldElsewhere):
        jobs.record_step(claimed, LEASE, progress=15, message="Asking.", completedAgents=())
    assert stored(jobs) == step


WRITES = {
    "record_step": lambda jobs, job: jobs.record_step(job, LEASE, progress=99, message="Late."),
    "complete": lambda jobs, job: jobs.complete(job, message="Late.", partial=True),
    "fail": lambda jobs, job: jobs.fail(job, code="INTERNAL", error="Late."),
}


@pytest.mark.parametrize("write", WRITES.values(), ids=list(WRITES))
@pytest.mark.parametrize(("seconds_later", "seconds_left"), [(0, LEASE), (LEASE + 7, 0)])
def test_a_worker_that_has_lost_its_job_writes_nothing(jobs, claimed, clock, write, seconds_later, seconds_left):
    clock.now = claimed.lease_until
    taken = claim(jobs, worker="worker-2", message_id="message-2")
    clock.now += seconds_later
    with pytest.raises(JobHeldElsewhere) as held:
        write(jobs, claimed)
    assert (held.value.message_id, held.value.seconds) == ("message-2", seconds_left)
    assert stored(jobs) == taken


# What askers, operators and the sweep do.


RESCUES = {
    "note_requeue": lambda jobs, job: jobs.note_requeue(job),
    "give_up": lambda jobs, job: jobs.give_up(job, "PROCESSING_FAILED", ERROR),
}


@pytest.mark.parametrize("rescue", RESCUES.values(), ids=list(RESCUES))
@pytest.mark.parametrize(
    "since",
    [{"attempts": 1}, {"lease_until": 1_000_100}, {"requeues": 1}, {"status": COMPLETED}, {"status": CANCELLED}],
)
def test_a_job_that_is_not_as_it_was_needs_no_rescue(jobs, rescue, since):
    now = store(jobs, **since)
    assert rescue(jobs, a_job()) == Change(made=False, job=now)
    assert stored(jobs) == now


# Ends are stored and counted once, and steps made once, whoever writes them and whatever gets lost.

DEAD_LETTER = {"messageId": "message-1", "body": "{}", "receives": 3}

ENDS = {
    "complete": (
        lambda jobs, job: jobs.complete(job, message="Ready.", partial=True),
        metrics.JOBS_COMPLETED,
        {"status": COMPLETED, "progress": 100, "message": "Ready.", "partial": True},
    ),
    "fail": (
        lambda jobs, job: jobs.fail(job, code="AGENTS_FAILED", error=ERROR),
        metrics.JOBS_FAILED,
        {"status": FAILED, "code": "AGENTS_FAILED", "error": ERROR, "message": ERROR},
    ),
    "cancel": (
        lambda jobs, job: jobs.cancel(job.job_id, job.user_id),
        metrics.JOBS_CANCELLED,
        {"status": CANCELLED, "message": "You cancelled this question."},
    ),
    "fail_queued": (
        lambda jobs, job: jobs.fail_queued("job-1", "QUEUE_UNAVAILABLE", ERROR),
        metrics.JOBS_FAILED,
        {"status": FAILED, "code": "QUEUE_UNAVAILABLE", "error": ERROR, "message": ERROR},
    ),
    "give_up": (
        lambda jobs, job: jobs.give_up(job, "PROCESSING_FAILED", ERROR, DEAD_LETTER),
        metrics.JOBS_FAILED,
        {"status": FAILED, "code": "PROCESSING_FAILED", "error": ERROR, "message": ERROR, "dead_letter": DEAD_LETTER},
    ),
}


def a_job_to_end(jobs, end):
    if end == "fail_queued":
        return store(jobs)
    return store(jobs, status=PROCESSING, seq=4, attempts=1, lease_owner="worker-1", lease_until=1_000_120)


def try_to(end, jobs, job):
    # Somebody else may have ended it.
    with suppress(JobNotOurs):
        ended = ENDS[end][0](jobs, job)
        return ended.job if isinstance(ended, Change) else ended
    return None


@pytest.mark.parametrize("is_lost", [False, True], ids=["", "reply lost"])
@pytest.mark.parametrize("end", ENDS)
def test_an_end_is_one_step_that_is_counted_once_and_whoever_comes_later_changes_nothing(
    jobs, client, clock, measured, end, is_lost
):
    job = a_job_to_end(jobs, end)
    clock.now += 30
    with lost_reply(client, "UpdateItem", which=1 if is_lost else 0) as replies:
        ended = try_to(end, jobs, job)
    assert len(replies) == 1 + is_lost
    assert ended == stored(jobs)
    step = {"seq": job.seq + 1, "updated_at": clock.now, "step_id": stored(jobs).step_id}
    assert ended == replace(job, **ENDS[end][2], **step)
    # Somebody is left to tell.
    assert ended.is_open
    # An answer's time is measured, and no other end's.
    answered = {metrics.TIME_TO_ANSWER: 1, metrics.PARTIAL_ANSWERS: 1} if end == "complete" else {}
    assert names(measured()) == {ENDS[end][1]: 1, **answered}
    clock.now += 30
    for later in ENDS:
        # Whoever looks is shown that end; a worker has lost the job.
        is_shown = later in ("cancel", "give_up") or later == end == "fail_queued"
        assert try_to(later, jobs, job) == (ended if is_shown else None)
    assert (stored(jobs), measured()) == (ended, [])


def test_a_claim_whose_reply_is_lost_holds_and_is_measured_once_and_a_takeover_not(jobs, client, clock, measured):
    store(jobs)
    clock.now += 7
    with lost_reply(client, "UpdateItem") as replies:
        claimed = claim(jobs)
    assert len(replies) == 2
    assert (claimed.status, claimed.attempts, claimed.seq, claimed.updated_at) == (PROCESSING, 1, 2, clock.now)
    held = (claimed.lease_owner, claimed.lease_message, claimed.lease_until)
    assert held == ("worker-1", "message-1", clock.now + LEASE)
    assert stored(jobs) == claimed
    assert measured() == [Measurement(metrics.TIME_TO_FIRST_PROGRESS, "Seconds", 7.0)]
    clock.now = claimed.lease_until
    assert claim(jobs, worker="worker-2").attempts == 2
    assert measured() == []


# Lists of jobs: a user's, page by page, and all that are open.


def store_numbered(jobs, number, **changes):
    """Store a job that was asked so many seconds after the first."""
    return store(jobs, **{"job_id": f"job-{number}", "created_at": 1_000_000 + number, **changes})


def test_a_page_holds_jobs_as_they_are_and_not_as_the_index_has_them(jobs):
    for number in range(3):
        store_numbered(jobs, number)
    claimed = claim(jobs, "job-2")
    gone = just_before(jobs.table.client, "BatchGetItem", lambda: jobs.table.delete_item(Key={"jobId": "job-1"}))
    with gone:
        assert jobs.page_of("user-1", 20, None).jobs == (claimed, stored(jobs, "job-0"))


def test_expired_jobs_are_left_out_and_their_page_still_leads_on(jobs, clock):
    """DynamoDB deletes late: what has expired is still in the index."""
    for number in range(6):
        store_numbered(jobs, number, ttl=1_500_000 if number in (3, 4, 5) else 2_000_000)
    clock.now = 1_500_000
    first = jobs.page_of("user-1", 2, None)
    second = jobs.page_of("user-1", 2, first.next_start)
    assert (first.jobs, second.jobs) == ((), (stored(jobs, "job-2"),))


def test_open_jobs_are_read_page_by_page_and_those_that_are_closed_meanwhile_hide_no_others(jobs, client):
    for number in range(5):
        store_numbered(jobs, number, status=COMPLETED)
    pages = []

    def give_two(params, **_event):
        params["Limit"] = 2
        pages.append(params)

    swept = []
    with handled(client, "provide-client-params.dynamodb.Query", give_two):
        for job_id in jobs.open_jobs():
            swept.append(job_id)
            jobs.unfollow(stored(jobs, job_id), {"connection-1"})
    assert swept == [f"job-{number}" for number in range(5)]
    assert len(pages) == 3
