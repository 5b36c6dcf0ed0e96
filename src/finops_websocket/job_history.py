"""Which jobs there are: a user's, all of them and the active ones, and all that are open, whoever's they are.

Indexes follow the table a moment later, so what they name is read from the table itself before it is acted on.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from boto3.dynamodb.conditions import Key

from finops_websocket.batch_read import read_items
from finops_websocket.job import OPEN, Job
from finops_websocket.job_table import JobTable
from finops_websocket.user_jobs import UserJobs, user_key


@dataclass(frozen=True)
class Page:
    """Some of a user's jobs, newest first, and where the next page begins; None if there is none."""

    jobs: tuple[Job, ...]
    next_start: "Start | None"


@dataclass(frozen=True)
class Start:
    """The last job of a page: the next page begins after it. `created_at` is in epoch seconds."""

    created_at: int
    job_id: str


class JobHistory:
    """Finds jobs. Its calls raise botocore's ClientError when DynamoDB refuses."""

    def __init__(self, jobs: JobTable) -> None:
        """Keep the table."""
        self._jobs = jobs
        self._table = jobs.table

    def active_of(self, user_id: str) -> list[str]:
        """Give the ids of a user's jobs that are unfinished, or were a while ago, newest first; as they are now."""
        item = self._table.get_item(Key={"jobId": user_key(user_id)}, ConsistentRead=True).get("Item")
        return list(reversed(UserJobs.from_item(item).active))

    def page_of(self, user_id: str, limit: int, start: Start | None) -> Page:
        """Give at most `limit` of a user's jobs, after `start`."""
        after: dict[str, Any] = {} if start is None else {"ExclusiveStartKey": _key(user_id, start)}
        response = self._table.query(
            IndexName="user-index",
            KeyConditionExpression=Key("userId").eq(user_id),
            ScanIndexForward=False,
            Limit=limit,
            **after,
        )
        job_ids = [str(item["jobId"]) for item in response["Items"]]
        jobs = self._read(job_ids)
        last = response.get("LastEvaluatedKey")
        return Page(
            tuple(jobs[job_id] for job_id in job_ids if job_id in jobs),
            None if last is None else Start(int(str(last["createdAt"])), str(last["jobId"])),
        )

    def open_jobs(self) -> Iterator[str]:
        """Give the ids of all jobs that are unfinished, or finished with somebody left to tell, oldest first."""
        items = self._query(IndexName="open-index", KeyConditionExpression=Key("open").eq(OPEN))
        return (str(item["jobId"]) for item in items)

    def _query(self, **query: Any) -> Iterator[Mapping[str, Any]]:
        while True:
            page = self._table.query(**query)
            yield from page["Items"]
            if "LastEvaluatedKey" not in page:
                return
            query["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    def _read(self, job_ids: Sequence[str]) -> dict[str, Job]:
        """Read jobs; those whose time has run out are left out."""
        items = read_items(self._table, [{"jobId": job_id} for job_id in job_ids])
        jobs = [Job.from_item(item) for item in items]
        return {job.job_id: job for job in jobs if job.ttl > self._jobs.now()}


def _key(user_id: str, start: Start) -> dict[str, Any]:
    return {"userId": user_id, "createdAt": start.created_at, "jobId": start.job_id}
