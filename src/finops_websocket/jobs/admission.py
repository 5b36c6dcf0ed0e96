"""A question becomes a job: once for each requestId, within its user's limits, and all of that in one transaction.

What a user has is an item of the jobs table. A new job is first written under the condition that there is room for it
in that item, whatever else is there. Only when that is refused is the item read, cleared of what is over, and written
if its version is the one that was read: of two questions at the same moment, one is counted first.
"""

import hashlib
import json
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from botocore.exceptions import ClientError

from finops_websocket.dynamodb import read_items, retry_on_conflict
from finops_websocket.errors import RateLimited, TooManyJobs
from finops_websocket.jobs.job import CANCELLED, Job
from finops_websocket.jobs.store import JobStore
from finops_websocket.records import from_record, to_record

# Somebody else has changed what was read, or is about to.
# https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
_CONFLICTS = {"None", "ConditionalCheckFailed", "TransactionConflict"}

# An operation of a transaction, and its arguments.
_Write = tuple[str, Mapping[str, Any]]

_MINUTE = 60

# Seconds after which asking again may help: jobs take minutes, and one of several may be nearly done.
_JOBS_TAKE = 30


@dataclass(frozen=True, kw_only=True)
class JobLimits:
    """How many unfinished jobs a user may have, and how many questions it may ask in any minute.

    A job that was cancelled while its agents were at work counts for `agent_timeout` seconds more.
    """

    active_jobs: int
    queries_per_minute: int
    agent_timeout: int


@dataclass(frozen=True, kw_only=True)
class UserJobs:
    """A user's jobs, oldest first, and when its latest questions were asked, in epoch seconds.

    A job that ends is not taken out at once: `active` is cleared of such jobs when it is full.
    """

    active: tuple[str, ...] = ()
    asked_at: tuple[int, ...] = ()
    version: int = 0

    def check_rate(self, now: int, limits: JobLimits) -> None:
        """Raise RateLimited if as many questions as are allowed were asked in the minute before `now`."""
        latest = self._latest(now)
        if len(latest) >= limits.queries_per_minute:
            # The one that has to be a minute old before another may be asked.
            until = latest[-limits.queries_per_minute] + _MINUTE
            raise RateLimited(
                f"At most {limits.queries_per_minute} questions a minute are taken. Please wait a moment.", until - now
            )

    def is_full(self, limits: JobLimits) -> bool:
        """Tell whether there are as many jobs as are allowed, if none has ended."""
        return len(self.active) >= limits.active_jobs

    def check_jobs(self, limits: JobLimits) -> None:
        """Raise TooManyJobs if there are as many jobs as are allowed."""
        if self.is_full(limits):
            raise TooManyJobs(
                f"At most {limits.active_jobs} questions are worked on at a time. Please wait until one is answered.",
                _JOBS_TAKE,
            )

    def without(self, ended: Collection[str]) -> "UserJobs":
        """Give the same without jobs that have ended."""
        return replace(self, active=tuple(job_id for job_id in self.active if job_id not in ended))

    def with_job(self, job_id: str, now: int) -> "UserJobs":
        """Give the same with one job more, asked at `now`."""
        return replace(self.with_question(now), active=(*self.active, job_id))

    def with_question(self, now: int) -> "UserJobs":
        """Give the same with one question more, asked at `now`; those of more than a minute ago are left out."""
        return replace(self, asked_at=(*self._latest(now), now), version=self.version + 1)

    def _latest(self, now: int) -> tuple[int, ...]:
        # What a clock that was wrong has noted for a later time must not keep its user out until then.
        return tuple(asked_at for asked_at in self.asked_at if abs(now - asked_at) < _MINUTE)


@dataclass(frozen=True)
class Submission:
    """What became of a question: its job, and whether it was there already under the same requestId."""

    job: Job
    is_duplicate: bool


class JobAdmission:
    """Admits jobs. Its calls raise botocore's ClientError when DynamoDB refuses."""

    def __init__(self, jobs: JobStore, limits: JobLimits, sleep: Callable[[float], None] = time.sleep) -> None:
        """Keep the store and what each user may have; `sleep` is in seconds."""
        self._jobs = jobs
        self._table = jobs.table
        self._limits = limits
        self._sleep = sleep

    def admit(self, job: Job, request_scope: str = "") -> Submission:
        """Store a new job, unless its user has sent its requestId before in the same scope: then give that job.

        Raises RateLimited and TooManyJobs where the user has enough. What it has sent before is no new job, and is
        counted as a question all the same: each repetition may be queued again.
        """
        request_key = _request_key(job, request_scope)
        if self._create(job, self._add_to_user(job), request_key):
            return Submission(job, is_duplicate=False)
        # Questions of one user at the same moment overtake each other.
        for _ in retry_on_conflict(self._sleep):
            noted = None if request_key is None else self._noted_job_id(request_key)
            submitted = None if noted is None else self._jobs.find(noted)
            user = _user_jobs(self._jobs, job.user_id)
            if job.job_id in user.active:
                # The reply was lost, and the SDK's second try found it there.
                return Submission(job, is_duplicate=False)
            now = self._jobs.now()
            user.check_rate(now, self._limits)
            if submitted is not None:
                if self._write([self._put_user(job, user.with_question(now))]):
                    return Submission(submitted, is_duplicate=True)
                continue
            user, gone = self._without_ended(user)
            user.check_jobs(self._limits)
            if self._create(job, self._put_user(job, user.with_job(job.job_id, now)), request_key, noted, gone):
                return Submission(job, is_duplicate=False)
        raise RateLimited("You ask too much at the same moment. Please try again.", 1)

    def _without_ended(self, user: UserJobs) -> tuple[UserJobs, set[str]]:
        """Clear a user who is full of jobs that are over; give those of them too that have outlived their time."""
        if not user.is_full(self._limits):
            return user, set()
        items = read_items(self._table, [{"jobId": job_id} for job_id in user.active])
        jobs = [job for job in map(Job.from_item, items) if job.ttl > self._jobs.now()]
        gone = set(user.active) - {job.job_id for job in jobs}
        return user.without(gone | {job.job_id for job in jobs if self._is_over(job)}), gone

    def _is_over(self, job: Job) -> bool:
        # Agents that were asked go on when their job is cancelled: it keeps its place as long as they may take.
        was_interrupted = job.status == CANCELLED and job.attempts > 0
        return job.is_finished and not (
            was_interrupted and self._jobs.now() < job.updated_at + self._limits.agent_timeout
        )

    def _create(
        self, job: Job, user: Any, request_key: str | None, noted: str | None = None, gone: Collection[str] = ()
    ) -> bool:
        """Write the job, its user's item and the note of its requestId; False if what is there is not as expected."""
        writes = [self._put(job.to_item(), "attribute_not_exists(jobId)"), user]
        if request_key is not None:
            note = {"jobId": request_key, "submitted": job.job_id, "ttl": job.ttl}
            if noted is None:
                writes.append(self._put(note, "attribute_not_exists(jobId)"))
            else:
                # DynamoDB deletes what has expired late and in any order: the note may outlive its job.
                writes.append(self._put(note, "submitted = :noted", {":noted": noted}))
                gone = {*gone, noted}
        return self._write(writes + [("ConditionCheck", self._is_gone(job_id)) for job_id in gone])

    def _write(self, writes: list[_Write]) -> bool:
        try:
            self._table.transact_write_items(writes)
        except self._table.client.exceptions.TransactionCanceledException as error:
            if not _is_conflict(error):
                raise
            return False
        return True

    def _add_to_user(self, job: Job) -> _Write:
        """Give the write that adds a job to its user's item, if that has room for it as it is."""
        return (
            "Update",
            {
                "Key": {"jobId": _user_key(job.user_id)},
                "UpdateExpression": "SET #ttl = :ttl, active = list_append(if_not_exists(active, :none), :job), "
                "askedAt = list_append(if_not_exists(askedAt, :none), :now) ADD version :one",
                "ConditionExpression": "attribute_not_exists(jobId) OR "
                "size(active) < :activeJobs AND size(askedAt) < :queriesPerMinute",
                "ExpressionAttributeNames": {"#ttl": "ttl"},
                "ExpressionAttributeValues": {
                    ":ttl": job.ttl,
                    ":none": [],
                    ":job": [job.job_id],
                    ":now": [self._jobs.now()],
                    ":one": 1,
                    ":activeJobs": self._limits.active_jobs,
                    ":queriesPerMinute": self._limits.queries_per_minute,
                },
            },
        )

    def _put_user(self, job: Job, user: UserJobs) -> _Write:
        item = {"jobId": _user_key(job.user_id), "ttl": job.ttl, **to_record(user)}
        if user.version == 1:
            return self._put(item, "attribute_not_exists(jobId)")
        return self._put(item, "version = :read", {":read": user.version - 1})

    def _is_gone(self, job_id: str) -> dict[str, Any]:
        # Or the job was about to be there: of a transaction that is under way, two reads may see two states.
        # https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html
        return {
            "Key": {"jobId": job_id},
            "ConditionExpression": "attribute_not_exists(jobId) OR #ttl <= :now",
            "ExpressionAttributeNames": {"#ttl": "ttl"},
            "ExpressionAttributeValues": {":now": self._jobs.now()},
        }

    def _put(self, item: Mapping[str, Any], condition: str, values: Mapping[str, Any] | None = None) -> _Write:
        given = {} if values is None else {"ExpressionAttributeValues": values}
        return "Put", {"Item": item, "ConditionExpression": condition, **given}

    def _noted_job_id(self, request_key: str) -> str | None:
        note = self._table.get_item(Key={"jobId": request_key}, ConsistentRead=True).get("Item")
        return None if note is None else str(note["submitted"])


def active_jobs_of(jobs: JobStore, user_id: str) -> list[str]:
    """Give the ids of a user's jobs that are unfinished, or were a while ago, newest first; as they are now."""
    return list(reversed(_user_jobs(jobs, user_id).active))


def _user_jobs(jobs: JobStore, user_id: str) -> UserJobs:
    item = jobs.table.get_item(Key={"jobId": _user_key(user_id)}, ConsistentRead=True).get("Item")
    return from_record(UserJobs, item or {})


def _user_key(user_id: str) -> str:
    # Hashed, so that no choice of a userId reaches another key.
    return f"user#{hashlib.sha256(user_id.encode()).hexdigest()}"


def _is_conflict(error: ClientError) -> bool:
    reasons = error.response.get("CancellationReasons", [])
    return {reason.get("Code") for reason in reasons} <= _CONFLICTS


def _request_key(job: Job, scope: str) -> str | None:
    if job.request_id is None:
        return None
    # Hashed, so that no choice of ids can reach the key of a job, an answer or another user's request.
    digest = hashlib.sha256(json.dumps([job.user_id, scope, job.request_id]).encode()).hexdigest()
    return f"request#{digest}"
