"""Jobs as an operator sees them in the jobs table: all but the question and what came of it, which are not read."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.conditions import Attr, ConditionBase

from finops_websocket.job import FAILED, UNFINISHED

if TYPE_CHECKING:
    from types_boto3_dynamodb.service_resource import Table

# What the functions give up is this, with the queue's message (dead_letter.py) or without one (overdue.py). Any other
# failure is an answer: agents were asked, and none had one.
_FAILED_FOR_GOOD = "PROCESSING_FAILED"

_ATTRIBUTES = (
    "jobId", "userId", "status", "code", "createdAt", "updatedAt", "attempts", "ttl", "deadLetter",
    "replayedAs",
)  # fmt: skip
# Some of the names are words of DynamoDB's language.
_SEEN: dict[str, Any] = {
    "ProjectionExpression": ", ".join(f"#{name}" for name in _ATTRIBUTES),
    "ExpressionAttributeNames": {f"#{name}": name for name in _ATTRIBUTES},
}


@dataclass(frozen=True)
class StoredJob:
    """A job. Times are in epoch seconds; `failed_at` is when it changed last, `replayed_as` the job that replays it.

    Of the queue's message that failed, if there is one: its id, when it was sent, and the first 1,024 characters of its
    body.
    """

    job_id: str
    user_id: str
    status: str
    code: str
    created_at: int
    failed_at: int
    attempts: int
    message_id: str | None = None
    sent_at: int | None = None
    body: str | None = None
    replayed_as: str | None = None

    @property
    def is_finished(self) -> bool:
        """Tell whether it has come to an end, whichever."""
        return self.status not in UNFINISHED

    @property
    def has_failed_for_good(self) -> bool:
        """Tell whether it was given up, as no other failure is."""
        return self.status == FAILED and self.code == _FAILED_FOR_GOOD

    @classmethod
    def from_item(cls, item: Mapping[str, Any]) -> StoredJob:
        """Read a job's item, whose numbers are Decimals."""
        letter = item.get("deadLetter") or {}
        return cls(
            job_id=str(item["jobId"]),
            user_id=str(item["userId"]),
            status=str(item["status"]),
            code=str(item.get("code", "")),
            created_at=int(item["createdAt"]),
            failed_at=int(item["updatedAt"]),
            attempts=int(item.get("attempts", 0)),
            message_id=letter.get("messageId"),
            sent_at=int(letter["sentAt"]) if "sentAt" in letter else None,
            body=letter.get("body"),
            replayed_as=item.get("replayedAs"),
        )


class StoredJobs:
    """Finds jobs, and puts those away that need no more attention. Raises botocore's ClientError if it may not."""

    def __init__(self, table: Table, say: Callable[[str], object], clock: Callable[[], float] = time.time) -> None:
        """Keep the table, whom to tell how far a long reading is, and what tells the time in epoch seconds."""
        self._table = table
        self._say = say
        self._clock = clock

    def failed_for_good(self) -> list[StoredJob]:
        """The jobs that failed for good and were neither replayed nor discarded, as they failed one after another.

        There is no index of them, so the whole table is read, at half a read unit for each 4 KB, whatever the filter
        leaves over: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Scan.html
        """
        # DynamoDB counts about every six hours:
        # https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TableDescription.html
        self._say(
            f"Reading the whole jobs table: {self._table.item_count:,} items at the last count, about"
            f" {self._table.table_size_bytes // 8192 + 1:,} read units."
        )
        found: list[StoredJob] = []
        read = 0
        start: dict[str, Any] = {}
        while True:
            page = self._table.scan(FilterExpression=self._is_listed(), **_SEEN, **start)
            found += [StoredJob.from_item(item) for item in page["Items"]]
            read += page["ScannedCount"]
            if "LastEvaluatedKey" not in page:
                return sorted(found, key=lambda job: (job.failed_at, job.job_id))
            start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}
            self._say(f"{read:,} items read, {len(found):,} found.")

    def find(self, job_id: str) -> StoredJob | None:
        """The job of this id, as it now is; None if there is none or its time has run out."""
        item = self._table.get_item(Key={"jobId": job_id}, ConsistentRead=True, **_SEEN).get("Item")
        # Answers, users and notes of requestIds live in the same table; only a job has a user's id.
        if item is None or "userId" not in item or int(str(item["ttl"])) <= self._clock():
            return None
        return StoredJob.from_item(item)

    def discard(self, job: StoredJob) -> None:
        """Put a job away that failed for good: it stays failed, and is listed no more."""
        self._table.update_item(
            Key={"jobId": job.job_id},
            ConditionExpression=_has_failed_for_good(),
            UpdateExpression="SET discardedAt = :now REMOVE deadLetter",
            ExpressionAttributeValues={":now": int(self._clock())},
        )

    def _is_listed(self) -> ConditionBase:
        is_left = Attr("replayedAs").not_exists() & Attr("discardedAt").not_exists()
        # DynamoDB deletes late what has expired.
        return _has_failed_for_good() & is_left & Attr("ttl").gt(int(self._clock()))


def _has_failed_for_good() -> ConditionBase:
    return Attr("status").eq(FAILED) & Attr("code").eq(_FAILED_FOR_GOOD)
