"""What the askers and the operators do with jobs: submit, follow, cancel, queue again, give up.

Every change is one conditional write. An end state is written once: all writes of one ask for an unfinished job.
"""

import hashlib
import json
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from boto3.dynamodb.conditions import Attr, ConditionBase

from finops_websocket.job import CANCELLED, FAILED, QUEUED, UNFINISHED, Job
from finops_websocket.job_table import JobTable

# Two requests with the same requestId at the same moment cancel each other's transaction; by the third try one is
# through.
_CREATE_TRIES = 3


@dataclass(frozen=True)
class Submission:
    """What became of a question: its job, and whether it was there already under the same requestId."""

    job: Job
    is_duplicate: bool


class JobStore:
    """Reads and writes jobs. Its calls raise botocore's ClientError when DynamoDB refuses."""

    def __init__(self, jobs: JobTable) -> None:
        """Keep the table."""
        self._jobs = jobs
        self._table = jobs.table
        self.find = jobs.find
        self.now = jobs.now

    def submit(self, job: Job, request_scope: str = "") -> Submission:
        """Store a new job, unless its user has sent its requestId before in the same scope: then give that job.

        The job and the note of its requestId are written in one transaction: either both are there or neither.
        """
        if job.request_id is None:
            # The id is random: what is there is this job, stored by a try whose reply was lost.
            with suppress(self._table.meta.client.exceptions.ConditionalCheckFailedException):
                self._table.put_item(Item=job.to_item(), ConditionExpression=Attr("jobId").not_exists())
            return Submission(job, is_duplicate=False)
        request_key = _request_key(job.user_id, request_scope, job.request_id)
        for tries_left in reversed(range(_CREATE_TRIES)):
            noted = self._noted_job_id(request_key)
            submitted = None if noted is None else self.find(noted)
            if submitted is not None:
                # Its own, if the reply was lost and the SDK's second try found it there.
                return Submission(submitted, is_duplicate=submitted.job_id != job.job_id)
            try:
                self._create(job, request_key, noted)
            except self._table.meta.client.exceptions.TransactionCanceledException:
                if not tries_left:
                    raise
            else:
                break
        return Submission(job, is_duplicate=False)

    def _create(self, job: Job, request_key: str, noted: str | None) -> None:
        note: dict[str, Any] = {
            "TableName": self._table.name,
            "Item": {"jobId": request_key, "submitted": job.job_id, "ttl": job.ttl},
        }
        writes: list[Any] = []
        if noted is None:
            note["ConditionExpression"] = "attribute_not_exists(jobId)"
        else:
            # DynamoDB deletes what has expired late and in any order: the note may outlive its job.
            note["ConditionExpression"] = "submitted = :noted"
            note["ExpressionAttributeValues"] = {":noted": noted}
            # Or the job was about to be there: of a transaction that is under way, two reads may see two states.
            # https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html
            is_gone = {
                "TableName": self._table.name,
                "Key": {"jobId": noted},
                "ConditionExpression": "attribute_not_exists(jobId) OR #ttl <= :now",
                "ExpressionAttributeNames": {"#ttl": "ttl"},
                "ExpressionAttributeValues": {":now": self.now()},
            }
            writes.append({"ConditionCheck": is_gone})
        new_job: dict[str, Any] = {
            "TableName": self._table.name,
            "Item": job.to_item(),
            "ConditionExpression": "attribute_not_exists(jobId)",
        }
        writes += [{"Put": note}, {"Put": new_job}]
        self._table.meta.client.transact_write_items(TransactItems=writes)

    def follow(self, job_id: str, user_id: str, connection_id: str) -> Job | None:
        """Let a connection get an unfinished job's messages, and give the job as it now is.

        A finished job is given as it is: nothing will be said of it any more. None if the user has no such job.
        """
        condition = Attr("userId").eq(user_id) & _is_unfinished() & Attr("ttl").gt(self.now())
        return self._jobs.update(job_id, condition, add={"followers": {connection_id}}) or self._find_of(
            job_id, user_id
        )

    def unfollow(self, job: Job, connection_ids: Collection[str]) -> None:
        """Stop sending a job's messages to connections: they are gone, or the job is finished and they know.

        A finished job that nobody is left to hear of is closed.
        """
        is_over = job.is_finished and job.followers <= set(connection_ids)
        if connection_ids or is_over:
            self._jobs.update(
                job.job_id,
                Attr("jobId").exists(),
                delete={"followers": set(connection_ids)} if connection_ids else None,
                remove=("open",) if is_over else (),
            )

    def cancel(self, job_id: str, user_id: str) -> Job | None:
        """End a user's unfinished job, and give the job as it now is, whatever its end; None if there is none."""
        cancelled = self._jobs.step(
            job_id,
            Attr("userId").eq(user_id) & _is_unfinished() & Attr("ttl").gt(self.now()),
            {"status": CANCELLED, "message": "You cancelled this question."},
        )
        return cancelled or self._find_of(job_id, user_id)

    def fail_queued(self, job_id: str, code: str, error: str) -> Job | None:
        """End a job that could not be queued; None if a worker has it after all."""
        failed = self._jobs.step(job_id, Attr("status").eq(QUEUED), _failure(code, error))
        if failed is not None:
            return failed
        # The reply may have been lost; or a duplicate of the question has failed the job already.
        stored = self.find(job_id)
        return stored if stored is not None and stored.code == code else None

    def note_requeue(self, job: Job) -> Job | None:
        """Note that a job is about to be queued once more; None if it is not as it was any more."""
        return self._jobs.update(job.job_id, _is_still(job), {"queuedAt": self.now()}, {"requeues": 1})

    def give_up(self, job: Job, code: str, error: str, dead_letter: Mapping[str, Any] | None = None) -> Job | None:
        """End a job without an answer, with the queue's message that failed; None if it is not as it was any more."""
        kept = {} if dead_letter is None else {"deadLetter": dict(dead_letter)}
        failed = self._jobs.step(job.job_id, _is_still(job), {**_failure(code, error), **kept})
        if failed is not None:
            return failed
        # As in fail_queued, the reply may have been lost.
        stored = self.find(job.job_id)
        return stored if stored is not None and stored.code == code else None

    def _find_of(self, job_id: str, user_id: str) -> Job | None:
        job = self.find(job_id)
        return job if job is not None and job.user_id == user_id else None

    def _noted_job_id(self, request_key: str) -> str | None:
        note = self._table.get_item(Key={"jobId": request_key}, ConsistentRead=True).get("Item")
        return None if note is None else str(note["submitted"])


def _is_unfinished() -> ConditionBase:
    return Attr("status").is_in(list(UNFINISHED))


def _is_still(job: Job) -> ConditionBase:
    unchanged = Attr("attempts").eq(job.attempts) & Attr("leaseUntil").eq(job.lease_until)
    return _is_unfinished() & unchanged & Attr("requeues").eq(job.requeues)


def _failure(code: str, error: str) -> dict[str, Any]:
    return {"status": FAILED, "code": code, "error": error, "message": error}


def _request_key(user_id: str, scope: str, request_id: str) -> str:
    # Hashed, so that no choice of ids can reach the key of a job, an answer or another user's request.
    digest = hashlib.sha256(json.dumps([user_id, scope, request_id]).encode()).hexdigest()
    return f"request#{digest}"
