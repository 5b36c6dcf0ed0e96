"""A question becomes a job: once for each requestId, within its user's limits, and all of that in one transaction."""

import hashlib
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from finops_websocket.batch_read import read_items
from finops_websocket.errors import RateLimited
from finops_websocket.job import CANCELLED, Job
from finops_websocket.job_table import JobTable
from finops_websocket.optimistic_tries import optimistic_tries
from finops_websocket.user_jobs import JobLimits, UserJobs, user_key

# Somebody else has changed what was read, or is about to.
# https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
_OVERTAKEN = {"None", "ConditionalCheckFailed", "TransactionConflict"}


@dataclass(frozen=True)
class Submission:
    """What became of a question: its job, and whether it was there already under the same requestId."""

    job: Job
    is_duplicate: bool


class JobAdmission:
    """Admits jobs. Its calls raise botocore's ClientError when DynamoDB refuses."""

    def __init__(self, jobs: JobTable, limits: JobLimits, sleep: Callable[[float], None] = time.sleep) -> None:
        """Keep the table and what each user may have; `sleep` is in seconds."""
        self._jobs = jobs
        self._table = jobs.table
        self._limits = limits
        self._sleep = sleep

    def submit(self, job: Job, request_scope: str = "") -> Submission:
        """Store a new job, unless its user has sent its requestId before in the same scope: then give that job.

        Raises RateLimited and TooManyJobs where the user has enough. What it has sent before is no new job, and is
        counted as a question all the same: each repetition may be queued again.
        """
        request_key = _request_key(job, request_scope)
        # Questions of one user at the same moment overtake each other.
        for _ in optimistic_tries(self._sleep):
            noted = None if request_key is None else self._noted_job_id(request_key)
            submitted = None if noted is None else self._jobs.find(noted)
            user = UserJobs.from_item(self._item(user_key(job.user_id)))
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
            if self._create(job, user.with_job(job.job_id, now), request_key, noted, gone):
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

    def _create(self, job: Job, user: UserJobs, request_key: str | None, noted: str | None, gone: set[str]) -> bool:
        """Write the job, its user's item and the note of its requestId; False if somebody else was faster."""
        writes = [self._put(job.to_item(), "attribute_not_exists(jobId)"), self._put_user(job, user)]
        if request_key is not None:
            note = {"jobId": request_key, "submitted": job.job_id, "ttl": job.ttl}
            if noted is None:
                writes.append(self._put(note, "attribute_not_exists(jobId)"))
            else:
                # DynamoDB deletes what has expired late and in any order: the note may outlive its job.
                writes.append(self._put(note, "submitted = :noted", {":noted": noted}))
                gone = gone | {noted}
        return self._write(writes + [{"ConditionCheck": self._is_gone(job_id)} for job_id in gone])

    def _write(self, writes: list[Any]) -> bool:
        try:
            self._table.meta.client.transact_write_items(TransactItems=writes)
        except self._table.meta.client.exceptions.TransactionCanceledException as error:
            if not _is_overtaken(error):
                raise
            return False
        return True

    def _put_user(self, job: Job, user: UserJobs) -> Any:
        item = user.to_item(job.user_id, job.ttl)
        if user.version == 1:
            return self._put(item, "attribute_not_exists(jobId)")
        return self._put(item, "version = :read", {":read": user.version - 1})

    def _is_gone(self, job_id: str) -> dict[str, Any]:
        # Or the job was about to be there: of a transaction that is under way, two reads may see two states.
        # https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html
        return {
            "TableName": self._table.name,
            "Key": {"jobId": job_id},
            "ConditionExpression": "attribute_not_exists(jobId) OR #ttl <= :now",
            "ExpressionAttributeNames": {"#ttl": "ttl"},
            "ExpressionAttributeValues": {":now": self._jobs.now()},
        }

    def _put(self, item: Mapping[str, Any], condition: str, values: Mapping[str, Any] | None = None) -> Any:
        given = {} if values is None else {"ExpressionAttributeValues": values}
        return {"Put": {"TableName": self._table.name, "Item": item, "ConditionExpression": condition, **given}}

    def _noted_job_id(self, request_key: str) -> str | None:
        note = self._item(request_key)
        return None if note is None else str(note["submitted"])

    def _item(self, key: str) -> Mapping[str, Any] | None:
        return self._table.get_item(Key={"jobId": key}, ConsistentRead=True).get("Item")


def _is_overtaken(error: ClientError) -> bool:
    reasons = error.response.get("CancellationReasons", [])
    return {reason.get("Code") for reason in reasons} <= _OVERTAKEN


def _request_key(job: Job, scope: str) -> str | None:
    if job.request_id is None:
        return None
    # Hashed, so that no choice of ids can reach the key of a job, an answer or another user's request.
    digest = hashlib.sha256(json.dumps([job.user_id, scope, job.request_id]).encode()).hexdigest()
    return f"request#{digest}"
