"""Hypothesis asks, ends jobs and lets time go by as it likes: no user ever has more than its limits."""

import uuid
from collections.abc import Callable
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from finops_websocket.errors import RateLimited, TooManyJobs
from finops_websocket.jobs.admission import JobAdmission, JobLimits
from finops_websocket.jobs.job import CANCELLED, COMPLETED, FAILED, QUEUED, UNFINISHED
from finops_websocket.jobs.store import JobStore
from stack_tables import create_table
from unit.doubles.interleaved_calls import before_each
from unit.doubles.sample_jobs import a_job
from unit.doubles.settable_clock import SettableClock

LIMITS = JobLimits(active_jobs=2, queries_per_minute=3, agent_timeout=30)
USERS = st.sampled_from(["ann", "bob"])
REQUESTS = st.none() | st.sampled_from(["request-1", "request-2"])
# One of the jobs that there are.
ANY = st.integers(0, 30)
# Seconds for which a job is kept. Some are gone before the minute is.
KEPT = st.sampled_from([20, 1000])
SECONDS = st.sampled_from([1, 7, 19, 20, 30, 59, 60])


class AdmissionMachine(RuleBasedStateMachine):
    """What was admitted is noted here too, apart from what the product keeps of it."""

    def __init__(self, make_table: Callable[[], Any]) -> None:
        super().__init__()
        self.table = make_table()
        self.clock = SettableClock()
        self.admission = JobAdmission(JobStore(self.table, self.clock), LIMITS, sleep=lambda _seconds: None)
        self.status: dict[str, str] = {}
        self.owner: dict[str, str] = {}
        self.ttl: dict[str, int] = {}
        self.agents_work_until: dict[str, int] = {}
        self.asked_at: list[tuple[str, int]] = []

    @rule(user=USERS, request=REQUESTS, kept=KEPT)
    def ask(self, user: str, request: str | None, kept: int) -> None:
        job_id = str(uuid.uuid4())
        now = int(self.clock())
        job = a_job(job_id=job_id, user_id=user, request_id=request, ttl=now + kept)
        try:
            submission = self.admission.admit(job)
        except RateLimited as refused:
            assert self._rate(user, now) == LIMITS.queries_per_minute
            assert self._rate(user, now + refused.retry_after) < LIMITS.queries_per_minute
            assert self._rate(user, now + refused.retry_after - 1) == LIMITS.queries_per_minute
        except TooManyJobs:
            assert len(self._active(user)) == LIMITS.active_jobs
        else:
            self.asked_at.append((user, now))
            if submission.is_duplicate:
                assert submission.job.request_id == request
                assert self.owner[submission.job.job_id] == user
            else:
                self.status[job_id], self.owner[job_id], self.ttl[job_id] = QUEUED, user, job.ttl

    @rule(user=USERS, requests=st.tuples(REQUESTS, REQUESTS), kept=KEPT)
    def ask_twice_at_once(self, user: str, requests: tuple[str | None, str | None], kept: int) -> None:
        other = iter([requests[1]])

        def ask_other() -> None:
            for request in other:
                self.ask(user, request, kept)

        # If the first comes to write at all.
        with before_each(self.table.meta.client, "TransactWriteItems", ask_other):
            self.ask(user, requests[0], kept)

    @precondition(lambda self: self.status)
    @rule(which=ANY, status=st.sampled_from([COMPLETED, FAILED, CANCELLED]), attempts=st.integers(0, 2))
    def end(self, which: int, status: str, attempts: int) -> None:
        job_id = self._any(which)
        item = self.table.get_item(Key={"jobId": job_id}).get("Item")
        if item is None or self.status[job_id] not in UNFINISHED:
            return
        now = int(self.clock())
        self.table.put_item(Item={**item, "status": status, "attempts": attempts, "updatedAt": now})
        self.status[job_id] = status
        if status == CANCELLED and attempts:
            self.agents_work_until[job_id] = now + LIMITS.agent_timeout

    @precondition(lambda self: self.status)
    @rule(which=ANY)
    def be_deleted(self, which: int) -> None:
        job_id = self._any(which)
        if self.ttl[job_id] <= self.clock():
            self.table.delete_item(Key={"jobId": job_id})

    @rule(seconds=SECONDS)
    def time_goes_by(self, seconds: int) -> None:
        self.clock.now += seconds

    @invariant()
    def no_user_has_more_than_its_limits(self) -> None:
        for user in ("ann", "bob"):
            assert len(self._active(user)) <= LIMITS.active_jobs
            assert all(self._rate(user, at + 59) <= LIMITS.queries_per_minute for _, at in self.asked_at)

    def _any(self, which: int) -> str:
        return list(self.status)[which % len(self.status)]

    def _active(self, user: str) -> list[str]:
        return [
            job_id
            for job_id, status in self.status.items()
            if self.owner[job_id] == user
            and (status in UNFINISHED or self.agents_work_until.get(job_id, 0) > self.clock())
            and self.ttl[job_id] > self.clock()
        ]

    def _rate(self, user: str, now: int) -> int:
        """Count what the user asked in the sixty seconds that end with `now`."""
        return len([at for asker, at in self.asked_at if asker == user and now - 60 < at <= now])


def test_no_user_ever_has_more_than_its_limits(dynamodb: Any) -> None:
    def make_table() -> Any:
        return create_table(dynamodb, "JobsTable", f"jobs-{uuid.uuid4()}")

    # Anything that makes a machine will do, whatever the annotation says.
    make_machine: Any = lambda: AdmissionMachine(make_table)  # noqa: E731
    run_state_machine_as_test(make_machine, settings=settings(max_examples=40, stateful_step_count=30, deadline=None))
