"""Jobs as an operator sees them in the jobs table: all but the question and what came of it, which are not read."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.conditions import Attr

from finops_operations.errors import OperationFailed
from finops_operations.operator_messages import say
from finops_websocket.jobs.job import FAILED
from finops_websocket.records import camel_case, from_record

if TYPE_CHECKING:
    from types_boto3_dynamodb.service_resource import Table
    from types_boto3_lambda.client import LambdaClient

# What the functions give up is this, with the queue's message or without one. Any other failure is an answer: agents
# were asked, and none had one.
_FAILED_FOR_GOOD = "PROCESSING_FAILED"
_HAS_FAILED_FOR_GOOD = Attr("status").eq(FAILED) & Attr("code").eq(_FAILED_FOR_GOOD)


@dataclass(frozen=True)
class StoredJob:
    """A job's record. Times are in epoch seconds; of a finished job, `updated_at` is its end.

    `dead_letter` is what was noted of the queue's message that failed, if there is one: its `messageId`, when it was
    sent (`sentAt`), and the first 1,024 characters of its `body`. `replayed_as` is the job that replays this one.
    """

    job_id: str
    user_id: str
    status: str
    created_at: int
    updated_at: int
    ttl: int
    code: str = ""
    attempts: int = 0
    dead_letter: Mapping[str, Any] = field(default_factory=dict)
    replayed_as: str | None = None

    @property
    def has_failed_for_good(self) -> bool:
        """Tell whether it was given up, as no other failure is."""
        return self.status == FAILED and self.code == _FAILED_FOR_GOOD

    def __str__(self) -> str:
        """Name it as operators do."""
        return f"job {self.job_id}"


_ATTRIBUTES = [camel_case(name) for name in StoredJob.__dataclass_fields__]
# Some of the names are words of DynamoDB's language.
_SEEN: dict[str, Any] = {
    "ProjectionExpression": ", ".join(f"#{name}" for name in _ATTRIBUTES),
    "ExpressionAttributeNames": {f"#{name}": name for name in _ATTRIBUTES},
}


def failed_for_good(table: Table) -> list[StoredJob]:
    """Give the jobs that failed for good and were neither replayed nor discarded, as they failed one after another.

    There is no index of them, so the whole table is read, at half a read unit for each 4 KB, whatever the filter
    leaves over: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Scan.html
    """
    # DynamoDB counts about every six hours:
    # https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TableDescription.html
    size = f"{table.item_count:,} items at the last count, about {table.table_size_bytes // 8192 + 1:,} read units"
    say(f"Reading the whole jobs table: {size}.")
    is_left = Attr("replayedAs").not_exists() & Attr("discardedAt").not_exists()
    # DynamoDB deletes late what has expired.
    wanted = _HAS_FAILED_FOR_GOOD & is_left & Attr("ttl").gt(int(time.time()))
    found: list[StoredJob] = []
    read = 0
    start: dict[str, Any] = {}
    while True:
        page = table.scan(FilterExpression=wanted, **_SEEN, **start)
        found += [from_record(StoredJob, item) for item in page["Items"]]
        read += page["ScannedCount"]
        if "LastEvaluatedKey" not in page:
            return sorted(found, key=lambda job: (job.updated_at, job.job_id))
        start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}
        say(f"{read:,} items read, {len(found):,} found.")


def find_job(table: Table, job_id: str) -> StoredJob | None:
    """Give the job of this id, as it now is; None if there is none or its time has run out."""
    item = table.get_item(Key={"jobId": job_id}, ConsistentRead=True, **_SEEN).get("Item")
    # Answers, users and notes of requestIds live in the same table; only a job has a user's id.
    job = from_record(StoredJob, item) if item and "userId" in item else None
    return job if job and job.ttl > time.time() else None


def discard_job(table: Table, job: StoredJob) -> None:
    """Put a job away that failed for good: it stays failed, and is listed no more."""
    table.update_item(
        Key={"jobId": job.job_id},
        ConditionExpression=_HAS_FAILED_FOR_GOOD,
        UpdateExpression="SET discardedAt = :now REMOVE deadLetter",
        ExpressionAttributeValues={":now": int(time.time())},
    )


def replay_job(client: LambdaClient, function: str, job_id: str) -> Mapping[str, Any]:
    """Have the message handler replay a job that failed for good: once, however often that is asked.

    That is by the code, and within the limits, by which users' own jobs start. What it answers: replay_job of
    src/message_handler/replay.py. An OperationFailed says that it is broken, or older than this operation.
    """
    request = json.dumps({"operation": "replay", "jobId": job_id})
    response = client.invoke(FunctionName=function, Payload=request.encode())
    try:
        outcome = json.loads(response["Payload"].read())
    except ValueError:
        outcome = None
    # A function's crash comes back with status 200: https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
    is_answer = isinstance(outcome, dict) and not {"refused", "replayedAs"}.isdisjoint(outcome)
    if "FunctionError" in response or not is_answer:
        raise OperationFailed(
            f"The function {function} could not replay job {job_id}. Its log says why:"
            f" /aws/lambda/{function}. Does it run this version? If not: ./deploy.sh"
        )
    answer: Mapping[str, Any] = outcome
    return answer
