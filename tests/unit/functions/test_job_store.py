"""What is stored of a job, who may change it, and that each of its ends is stored and counted once."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import partial
from itertools import product
from typing import Any

import pytest
from botocore.stub import Stubber

from finops_websocket import metrics
from finops_websocket.errors import JobEnded, JobHeldElsewhere, JobNotOurs
from finops_websocket.jobs.job import CANCELLED, COMPLETED, FAILED, PROCESSING, QUEUED, Job
from finops_websocket.jobs.store import MOST_FOLLOWERS, Change, JobStore
from unit.doubles.embedded_metrics import Measurement, names
from unit.doubles.interleaved_calls import all_at_once, just_before
from unit.doubles.lost_replies import lost_reply
from unit.doubles.sample_jobs import COST, LEASE, SAVINGS, a_job, claim, store, stored
from unit.doubles.settable_clock import SettableClock

Measured = Callable[[], list[Measurement]]

ERROR = "Please ask again."
ENDED = [COMPLETED, FAILED, CANCELLED]


@pytest.fixture
def client(jobs: JobStore) -> Any:
    return jobs.table.meta.client


@pytest.fixture
def claimed(jobs: JobStore) -> Job:
    store(jobs)
    return claim(jobs)


# Reading.


def test_a_job_is_there_until_its_time_has_run_out_though_dynamodb_still_has_it(
    jobs: JobStore, clock: SettableClock
) -> None:
    job = store(jobs)
    clock.now = job.ttl - 0.1
    assert jobs.find("job-1") == job
    assert jobs.find_all(["job-2", "job-1"]) == [job]
    clock.now = job.ttl
    assert jobs.find("job-1") is None
    assert jobs.find_all(["job-1"]) == []


def test_an_answer_in_the_same_table_is_no_job(jobs: JobStore) -> None:
    jobs.table.put_item(Item={"jobId": "job-1#agent", "content": "An answer", "ttl": 2_000_000})
    assert jobs.find("job-1#agent") is None


def test_a_job_is_read_as_the_last_write_left_it(jobs: JobStore, client: Any) -> None:
    with Stubber(client) as stubber:
        asked = {"TableName": jobs.table.name, "Key": {"jobId": "job-1"}, "ConsistentRead": True}
        stubber.add_response("get_item", {}, asked)
        assert jobs.find("job-1") is None


# Followers.


@pytest.mark.parametrize("before", [(), ("connection-1",), ("connection-1", "connection-2")], ids=str)
def test_a_job_s_owner_may_follow_it_from_several_connections(jobs: JobStore, before: tuple[str, ...]) -> None:
    job = store(jobs, followers=frozenset(before))
    followed = jobs.follow("job-1", "user-1", "connection-2")
    assert followed == stored(jobs) == replace(job, followers=job.followers | {"connection-2"})


@pytest.mark.parametrize(("job_id", "user_id"), [("job-1", "user-2"), ("job-1", ""), ("job-2", "user-1")])
@pytest.mark.parametrize("status", [QUEUED, PROCESSING, COMPLETED, CANCELLED])
def test_nobody_else_may_follow_or_cancel_a_job(jobs: JobStore, status: str, job_id: str, user_id: str) -> None:
    job = store(jobs, status=status)
    assert jobs.follow(job_id, user_id, "connection-2") is None
    assert jobs.cancel(job_id, user_id) is None
    assert stored(jobs) == job
    assert jobs.find("job-2") is None


def test_a_job_that_as_many_follow_as_may_is_given_to_one_more_and_kept_by_its_followers(jobs: JobStore) -> None:
    full = store(jobs, followers=frozenset(f"connection-{number}" for number in range(MOST_FOLLOWERS)))
    assert jobs.follow("job-1", "user-1", "one more") == full == stored(jobs)
    assert jobs.follow("job-1", "user-2", "one more") is None
    jobs.unfollow(full, {"connection-1"})
    jobs.follow("job-1", "user-1", "one more")
    assert stored(jobs).followers == full.followers - {"connection-1"} | {"one more"}


@pytest.mark.parametrize("status", ENDED)
def test_a_finished_job_is_closed_when_the_last_follower_knows(jobs: JobStore, status: str) -> None:
    job = store(jobs, status=status, followers=frozenset({"connection-1", "connection-2"}))
    jobs.unfollow(job, {"connection-1"})
    assert stored(jobs).is_open
    jobs.unfollow(stored(jobs), {"connection-2"})
    assert not stored(jobs).is_open
    nobody_s = store(jobs, job_id="job-2", status=status, followers=frozenset())
    jobs.unfollow(nobody_s, set())
    assert not stored(jobs, "job-2").is_open


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
def test_a_job_that_is_gone_is_not_made_again(jobs: JobStore, write: Callable[[JobStore], object]) -> None:
    assert write(jobs) in (None, Change(made=False, job=None))
    assert jobs.table.scan()["Items"] == []


# A worker's hold.


def test_a_queued_job_is_claimed_for_the_lease(jobs: JobStore, clock: SettableClock) -> None:
    job = store(jobs)
    clock.now = 1_000_050
    claimed = claim(jobs)
    assert claimed == stored(jobs)
    assert claimed == replace(
        job,
        status=PROCESSING,
        progress=10,
        message="Working on your question.",
        seq=2,
        updated_at=1_000_050,
        attempts=1,
        lease_owner="worker-1",
        lease_message="message-1",
        lease_until=1_000_050 + LEASE,
        step_id=claimed.step_id,
    )


def test_who_finds_a_job_held_learns_by_which_message_and_for_how_long(
    jobs: JobStore, claimed: Job, clock: SettableClock
) -> None:
    for left in (30, 1):
        clock.now = claimed.lease_until - left
        with pytest.raises(JobHeldElsewhere) as held:
            claim(jobs, worker="worker-2", message_id="message-2")
        assert (held.value.message_id, held.value.seconds) == ("message-1", left)
    assert stored(jobs) == claimed


def test_a_job_whose_lease_has_run_out_goes_on_where_it_was(jobs: JobStore, claimed: Job, clock: SettableClock) -> None:
    step = jobs.record_step(claimed, LEASE, progress=52, message="One of two.", completedAgents=(COST,))
    clock.now = step.lease_until
    taken = claim(jobs, worker="worker-2", message_id="message-2")
    assert (taken.lease_owner, taken.lease_message, taken.lease_until) == ("worker-2", "message-2", clock.now + LEASE)
    assert (taken.attempts, taken.seq) == (2, step.seq + 1)
    assert (taken.progress, taken.completed_agents) == (52, (COST,))


def test_a_step_that_comes_while_its_job_is_taken_over_is_not_undone(
    jobs: JobStore, client: Any, claimed: Job, clock: SettableClock
) -> None:
    """The step of a worker whose clock is behind need not move the lease's end."""
    lagging = JobStore(jobs.table, SettableClock(clock.now))
    clock.now = claimed.lease_until
    step = partial(lagging.record_step, claimed, LEASE, progress=52, message="One of two.", completedAgents=(COST,))
    with just_before(client, "UpdateItem", step):
        taken = claim(jobs, worker="worker-2")
    assert (taken.progress, taken.completed_agents, taken.seq) == (52, (COST,), claimed.seq + 2)


@pytest.mark.parametrize("is_taken_over", [False, True], ids=["queued", "lease run out"])
def test_of_workers_that_claim_at_once_one_wins(
    jobs: JobStore, client: Any, clock: SettableClock, is_taken_over: bool
) -> None:
    before = store(jobs)
    if is_taken_over:
        before = claim(jobs, worker="worker-that-died")
        clock.now = before.lease_until
    winners = []

    def try_to_claim(worker: str) -> None:
        with suppress(JobHeldElsewhere):
            winners.append(claim(jobs, worker=worker).lease_owner)

    all_at_once(client, "UpdateItem", [partial(try_to_claim, f"worker-{number}") for number in range(4)])
    after = stored(jobs)
    assert winners == [after.lease_owner]
    assert (after.attempts, after.seq) == (before.attempts + 1, before.seq + 1)


def test_a_job_that_ends_while_it_is_claimed_keeps_its_end(jobs: JobStore, client: Any) -> None:
    store(jobs)
    cancel = just_before(client, "UpdateItem", lambda: jobs.cancel("job-1", "user-1"))
    with cancel, pytest.raises(JobEnded):
        claim(jobs)
    assert (stored(jobs).status, stored(jobs).attempts) == (CANCELLED, 0)


def test_each_step_raises_seq_by_one_renews_the_lease_and_tells_who_follows_now(
    jobs: JobStore, claimed: Job, clock: SettableClock
) -> None:
    # A worker that was slow may go on as long as nobody has taken its job.
    clock.now = claimed.lease_until + 60
    first = jobs.record_step(claimed, LEASE, progress=15, message="Asking.")
    assert (first.seq, first.progress, first.message) == (claimed.seq + 1, 15, "Asking.")
    assert (first.lease_until, first.updated_at) == (clock.now + LEASE, clock.now)
    jobs.follow("job-1", "user-1", "connection-2")
    second = jobs.record_step(first, LEASE, progress=52, message="One of two.", completedAgents=(COST,))
    assert second.followers == {"connection-1", "connection-2"}
    third = jobs.record_step(second, LEASE, progress=60, message="Waiting.")
    assert (third.completed_agents, third.seq, third.attempts) == ((COST,), claimed.seq + 3, 1)
    assert stored(jobs) == third


def test_a_step_that_comes_late_takes_nothing_back(jobs: JobStore, claimed: Job) -> None:
    """The SDK's first try may come through after its second one, and after the steps that followed."""
    step = jobs.record_step(claimed, LEASE, progress=90, message="All there.", completedAgents=(COST, SAVINGS))
    with pytest.raises(JobHeldElsewhere):
        jobs.record_step(claimed, LEASE, progress=15, message="Asking.", completedAgents=())
    assert stored(jobs) == step


Write = Callable[[JobStore, Job], Job]
WRITES: dict[str, Write] = {
    "record_step": lambda jobs, job: jobs.record_step(job, LEASE, progress=99, message="Late."),
    "complete": lambda jobs, job: jobs.complete(job, message="Late.", partial=True),
    "fail": lambda jobs, job: jobs.fail(job, code="INTERNAL", error="Late."),
}


@pytest.mark.parametrize("write", WRITES.values(), ids=list(WRITES))
@pytest.mark.parametrize(("seconds_later", "seconds_left"), [(0, LEASE), (LEASE + 7, 0)])
def test_a_worker_that_has_lost_its_job_writes_nothing(
    jobs: JobStore, claimed: Job, clock: SettableClock, write: Write, seconds_later: int, seconds_left: int
) -> None:
    clock.now = claimed.lease_until
    taken = claim(jobs, worker="worker-2", message_id="message-2")
    clock.now += seconds_later
    with pytest.raises(JobHeldElsewhere) as held:
        write(jobs, claimed)
    assert (held.value.message_id, held.value.seconds) == ("message-2", seconds_left)
    assert stored(jobs) == taken


@pytest.mark.parametrize("write", [*WRITES.values(), lambda jobs, _job: claim(jobs)], ids=[*WRITES, "claim"])
@pytest.mark.parametrize("end", [None, "cancelled", "another worker's", "gone"])
def test_an_end_is_final_whoever_has_written_it(
    jobs: JobStore, claimed: Job, clock: SettableClock, write: Write, end: str | None
) -> None:
    match end:
        case None:
            jobs.complete(claimed, message="Ready.", partial=False)
        case "cancelled":
            jobs.cancel("job-1", "user-1")
        case "another worker's":
            clock.now = claimed.lease_until
            jobs.complete(claim(jobs, worker="worker-2"), message="Ready.", partial=False)
        case _:
            jobs.table.delete_item(Key={"jobId": "job-1"})
    before = jobs.find("job-1")
    with pytest.raises(JobEnded):
        write(jobs, claimed)
    assert jobs.find("job-1") == before


# What askers, operators and the sweep do.


@pytest.mark.parametrize(
    "now", [{"status": PROCESSING}, {"status": COMPLETED}, {"status": CANCELLED}, {"status": FAILED, "code": "OTHER"}]
)
def test_a_job_that_a_worker_has_or_had_after_all_does_not_fail_as_not_queued(
    jobs: JobStore, now: dict[str, Any]
) -> None:
    job = store(jobs, **now)
    assert jobs.fail_queued("job-1", "QUEUE_UNAVAILABLE", ERROR) is None
    assert stored(jobs) == job


Rescue = Callable[[JobStore, Job], Change]
RESCUES: dict[str, Rescue] = {
    "note_requeue": lambda jobs, job: jobs.note_requeue(job),
    "give_up": lambda jobs, job: jobs.give_up(job, "PROCESSING_FAILED", ERROR),
}


@pytest.mark.parametrize("rescue", RESCUES.values(), ids=list(RESCUES))
@pytest.mark.parametrize(
    "since",
    [{"attempts": 1}, {"lease_until": 1_000_100}, {"requeues": 1}, *({"status": status} for status in ENDED)],
    ids=str,
)
def test_a_job_that_is_not_as_it_was_needs_no_rescue(jobs: JobStore, rescue: Rescue, since: dict[str, Any]) -> None:
    now = store(jobs, **since)
    assert rescue(jobs, a_job()) == Change(made=False, job=now)
    assert stored(jobs) == now


# Ends are stored and counted once, and steps made once, whoever writes them and whatever gets lost.

DEAD_LETTER = {"messageId": "message-1", "body": "{}", "receives": 3}

End = Callable[[JobStore, Job], object]
ENDS: dict[str, tuple[End, str, dict[str, Any]]] = {
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


def a_job_to_end(jobs: JobStore, end: str) -> Job:
    if end == "fail_queued":
        return store(jobs)
    return store(jobs, status=PROCESSING, seq=4, attempts=1, lease_owner="worker-1", lease_until=1_000_120)


def try_to(end: str, jobs: JobStore, job: Job) -> Job | None:
    # Somebody else may have ended it.
    with suppress(JobNotOurs):
        ended: Any = ENDS[end][0](jobs, job)
        return ended.job if isinstance(ended, Change) else ended
    return None


def ends_in(measured: Measured) -> dict[str, int]:
    counted = names(measured())
    # An answer's time is measured, and no other end's.
    assert counted[metrics.TIME_TO_ANSWER] == counted[metrics.JOBS_COMPLETED]
    del counted[metrics.TIME_TO_ANSWER], counted[metrics.PARTIAL_ANSWERS]
    return dict(counted)


@pytest.mark.parametrize("is_lost", [False, True], ids=["", "reply lost"])
@pytest.mark.parametrize("end", ENDS)
def test_an_end_is_one_step_that_is_counted_once_and_whoever_comes_later_changes_nothing(
    jobs: JobStore, client: Any, clock: SettableClock, measured: Measured, end: str, is_lost: bool
) -> None:
    job = a_job_to_end(jobs, end)
    clock.now += 30
    with lost_reply(client, "dynamodb", "UpdateItem", which=1 if is_lost else 0) as replies:
        ended = try_to(end, jobs, job)
    assert len(replies) == 1 + is_lost
    assert ended == stored(jobs)
    step = {"seq": job.seq + 1, "updated_at": clock.now, "step_id": stored(jobs).step_id}
    assert ended == replace(job, **ENDS[end][2], **step)
    # Somebody is left to tell.
    assert ended.is_open
    assert ends_in(measured) == {ENDS[end][1]: 1}
    clock.now += 30
    again = try_to(end, jobs, job)
    assert again == (ended if end in ("cancel", "fail_queued", "give_up") else None)
    assert stored(jobs) == ended
    assert measured() == []


@pytest.mark.parametrize(
    ("end", "earlier"),
    [
        *product(["complete", "fail", "cancel", "give_up"], repeat=2),
        *product(["fail_queued"], ["cancel", "fail_queued", "give_up"]),
    ],
)
def test_of_two_ends_at_the_same_moment_the_first_is_kept_and_counted(
    jobs: JobStore, client: Any, measured: Measured, earlier: str, end: str
) -> None:
    """The other one comes between this one's decision and its write, and may be of the same kind."""
    job = a_job_to_end(jobs, end)
    with just_before(client, "UpdateItem", lambda: ENDS[earlier][0](jobs, job)):
        try_to(end, jobs, job)
    assert ends_in(measured) == {ENDS[earlier][1]: 1}
    assert stored(jobs).seq == job.seq + 1


def test_an_answer_is_counted_with_the_time_that_it_took_and_a_partial_one_as_partial_too(
    jobs: JobStore, clock: SettableClock, measured: Measured
) -> None:
    clock.now = 1_000_042.9
    for is_partial in (False, True):
        jobs.complete(a_job_to_end(jobs, "complete"), message="Ready.", partial=is_partial)
        assert measured() == [
            Measurement(metrics.JOBS_COMPLETED, "Count", 1.0),
            Measurement(metrics.TIME_TO_ANSWER, "Seconds", 42.0),
            *([Measurement(metrics.PARTIAL_ANSWERS, "Count", 1.0)] if is_partial else []),
        ]


def test_a_claim_whose_reply_is_lost_holds_and_is_measured_once_and_a_takeover_not(
    jobs: JobStore, client: Any, clock: SettableClock, measured: Measured
) -> None:
    store(jobs)
    clock.now += 7
    with lost_reply(client, "dynamodb", "UpdateItem") as replies:
        claimed = claim(jobs)
    assert len(replies) == 2
    assert (claimed.lease_owner, claimed.attempts, claimed.seq) == ("worker-1", 1, 2)
    assert stored(jobs) == claimed
    assert measured() == [Measurement(metrics.TIME_TO_FIRST_PROGRESS, "Seconds", 7.0)]
    clock.now = claimed.lease_until
    claim(jobs, worker="worker-2")
    assert measured() == []


def test_a_step_whose_reply_is_lost_is_made_once(jobs: JobStore, client: Any, claimed: Job) -> None:
    with lost_reply(client, "dynamodb", "UpdateItem") as replies:
        step = jobs.record_step(claimed, LEASE, progress=15, message="Asking.")
    assert len(replies) == 2
    assert (step, step.seq) == (stored(jobs), claimed.seq + 1)
