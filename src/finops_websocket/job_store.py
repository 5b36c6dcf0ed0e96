"""The table of jobs. Every change of a job is one conditional write that raises its `seq`.

A worker's writes hold only while it has the job's lease, so two workers never write the same job. An end state is
written once: all writes ask for an unfinished job.
"""

import hashlib
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.conditions import Attr, ConditionBase, Key

from finops_websocket.errors import JobEnded, JobHeldElsewhere, JobNotOurs
from finops_websocket.job import COMPLETED, FAILED, PROCESSING, QUEUED, UNFINISHED, Job
from finops_websocket.update_expression import update_arguments

if TYPE_CHECKING:
    from types_boto3_dynamodb.service_resource import Table

# A message stays 4 days in the queue, so an older job is finished; the fifth day is for clocks and retries.
_UNFINISHED_SECONDS = 5 * 24 * 3600

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

    def __init__(self, table: "Table", clock: Callable[[], float] = time.time) -> None:
        """Keep the table; `clock` tells the time in epoch seconds."""
        self._table = table
        self._clock = clock

    def submit(self, job: Job, request_scope: str = "") -> Submission:
        """Store a new job, unless its user has sent its requestId before in the same scope: then give that job.

        The job and the note of its requestId are written in one transaction: either both are there or neither.
        """
        if job.request_id is None:
            # No condition: the id is random, and the SDK's second try after a lost reply must not fail on its first.
            self._table.put_item(Item=job.to_item())
            return Submission(job, is_duplicate=False)
        request_key = _request_key(job.user_id, request_scope, job.request_id)
        client = self._table.meta.client
        for tries_left in reversed(range(_CREATE_TRIES)):
            try:
                client.transact_write_items(
                    TransactItems=[
                        {
                            "Put": {
                                "TableName": self._table.name,
                                "Item": {
                                    "jobId": request_key,
                                    "submitted": job.job_id,
                                    "ttl": job.ttl,
                                },
                                # DynamoDB deletes expired items late.
                                "ConditionExpression": "attribute_not_exists(jobId) OR #ttl <= :now",
                                "ExpressionAttributeNames": {"#ttl": "ttl"},
                                "ExpressionAttributeValues": {":now": int(self._clock())},
                            }
                        },
                        {
                            "Put": {
                                "TableName": self._table.name,
                                "Item": job.to_item(),
                                "ConditionExpression": "attribute_not_exists(jobId)",
                            }
                        },
                    ]
                )
            except client.exceptions.TransactionCanceledException:
                submitted = self._submitted_before(request_key)
                if submitted is not None:
                    return Submission(submitted, is_duplicate=True)
                if not tries_left:
                    raise
            else:
                break
        return Submission(job, is_duplicate=False)

    def find(self, job_id: str) -> Job | None:
        """Read a job; None if there is none or its time has run out."""
        item = self._table.get_item(Key={"jobId": job_id}, ConsistentRead=True).get("Item")
        # Answers and notes of requestIds live in the same table; only a job has a user.
        if item is None or "userId" not in item or int(str(item["ttl"])) <= self._clock():
            return None
        return Job.from_item(item)

    def unfinished_of(self, user_id: str) -> list[str]:
        """Give the ids of a user's unfinished jobs, newest first."""
        since = int(self._clock()) - _UNFINISHED_SECONDS
        query: dict[str, Any] = {
            "IndexName": "user-index",
            "KeyConditionExpression": Key("userId").eq(user_id) & Key("createdAt").gte(since),
            "FilterExpression": Attr("status").is_in(list(UNFINISHED)),
            "ScanIndexForward": False,
        }
        ids: list[str] = []
        while True:
            page = self._table.query(**query)
            ids += [str(item["jobId"]) for item in page["Items"]]
            if "LastEvaluatedKey" not in page:
                return ids
            query["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    def follow(self, job_id: str, user_id: str, connection_id: str) -> Job | None:
        """Let a connection get a job's messages and give the job as it now is; None if the user has no such job."""
        return self._update(
            job_id,
            Attr("userId").eq(user_id) & Attr("ttl").gt(int(self._clock())),
            add={"followers": {connection_id}},
        )

    def unfollow(self, job_id: str, connection_id: str) -> None:
        """Stop sending a job's messages to a connection."""
        self._update(job_id, Attr("jobId").exists(), delete={"followers": {connection_id}})

    def fail_queued(self, job_id: str, code: str, error: str) -> Job | None:
        """End a job that could not be queued; None if a worker has it after all."""
        failed = self._step(
            job_id, Attr("status").eq(QUEUED), {"status": FAILED, "code": code, "error": error, "message": error}
        )
        if failed is not None:
            return failed
        # As in _end, the reply may have been lost; or a duplicate of the question has failed the job already.
        stored = self.find(job_id)
        return stored if stored is not None and stored.code == code else None

    def claim(self, job_id: str, worker: str, lease: int, *, progress: int, message: str) -> Job:
        """Take a job for a worker, for `lease` seconds from now.

        A queued job begins at `progress`; a job whose worker has let its lease run out keeps the progress it has.
        Raises JobEnded if it is finished or gone, JobHeldElsewhere if another worker's lease runs.
        """
        now = int(self._clock())
        assignments = {"status": PROCESSING, "leaseOwner": worker, "leaseUntil": now + lease, "message": message}
        is_free = Attr("leaseUntil").lte(now) | Attr("leaseOwner").eq(worker)
        claimed = self._step(
            job_id, Attr("status").eq(QUEUED), {**assignments, "progress": progress}, counter="attempts"
        ) or self._step(job_id, Attr("status").eq(PROCESSING) & is_free, assignments, counter="attempts")
        if claimed is None:
            raise self._why_not_ours(job_id)
        return claimed

    def record_step(
        self, job: Job, lease: int, *, progress: int, message: str, completed_agents: tuple[str, ...] | None = None
    ) -> Job:
        """Store a step of a job that this worker holds, renew the lease, and give the job as it now is.

        Raises JobEnded if it was ended meanwhile, JobHeldElsewhere if another worker has it.
        """
        stored = self._step(
            job.job_id,
            _is_held_by(job.lease_owner),
            {
                "progress": progress,
                "message": message,
                "completedAgents": list(job.completed_agents if completed_agents is None else completed_agents),
                "leaseUntil": int(self._clock()) + lease,
            },
        )
        if stored is None:
            raise self._why_not_ours(job.job_id)
        return stored

    def complete(self, job: Job, *, message: str, partial: bool) -> Job:
        """End a job that this worker holds with an answer. Raises like record_step."""
        return self._end(job, {"status": COMPLETED, "progress": 100, "message": message, "partial": partial})

    def fail(self, job: Job, *, code: str, error: str) -> Job:
        """End a job that this worker holds without an answer; its user reads `error`. Raises like record_step."""
        return self._end(job, {"status": FAILED, "message": error, "error": error, "code": code})

    def _end(self, job: Job, assignments: dict[str, Any]) -> Job:
        ended = self._step(job.job_id, _is_held_by(job.lease_owner), assignments)
        if ended is not None:
            return ended
        # The write may have come through and its reply been lost, so that the SDK's second try found the job ended.
        stored = self.find(job.job_id)
        if stored is not None and stored.status == assignments["status"] and stored.lease_owner == job.lease_owner:
            return stored
        raise self._why_not_ours(job.job_id)

    def _step(
        self, job_id: str, condition: ConditionBase, assignments: dict[str, Any], counter: str | None = None
    ) -> Job | None:
        """Change what a job's followers see: raises seq, and the given counter."""
        raised = {"seq": 1} if counter is None else {"seq": 1, counter: 1}
        return self._update(job_id, condition, {**assignments, "updatedAt": int(self._clock())}, raised)

    def _update(
        self,
        job_id: str,
        condition: ConditionBase,
        assign: dict[str, Any] | None = None,
        add: dict[str, Any] | None = None,
        delete: dict[str, Any] | None = None,
    ) -> Job | None:
        """Change a job and give it as it now is; None if the condition does not hold."""
        try:
            changed = self._table.update_item(
                Key={"jobId": job_id},
                ConditionExpression=condition,
                ReturnValues="ALL_NEW",
                **update_arguments(assign, add, delete),
            )
        except self._table.meta.client.exceptions.ConditionalCheckFailedException:
            return None
        return Job.from_item(changed["Attributes"])

    def _why_not_ours(self, job_id: str) -> JobNotOurs:
        job = self.find(job_id)
        if job is None or job.is_finished:
            return JobEnded(f"Job {job_id} is finished or gone.")
        return JobHeldElsewhere(f"Job {job_id} is held by another worker.")

    def _submitted_before(self, request_key: str) -> Job | None:
        note = self._table.get_item(Key={"jobId": request_key}, ConsistentRead=True).get("Item")
        if note is None or int(str(note["ttl"])) <= self._clock():
            return None
        return self.find(str(note["submitted"]))


def _is_held_by(worker: str | None) -> ConditionBase:
    return Attr("status").eq(PROCESSING) & Attr("leaseOwner").eq(worker)


def _request_key(user_id: str, scope: str, request_id: str) -> str:
    # Hashed, so that no choice of ids can reach the key of a job, an answer or another user's request.
    digest = hashlib.sha256(json.dumps([user_id, scope, request_id]).encode()).hexdigest()
    return f"request#{digest}"
