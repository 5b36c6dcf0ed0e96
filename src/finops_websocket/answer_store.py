"""The agents' answers: items of their own beside the job, and the results bucket for what is too large."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.conditions import Attr

from finops_websocket.batch_read import read_items
from finops_websocket.job import Job
from finops_websocket.message_size import first_part, fits
from finops_websocket.results_bucket import ResultsBucket

if TYPE_CHECKING:
    from types_boto3_dynamodb.service_resource import Table

COMPLETED, FAILED = "completed", "failed"


@dataclass(frozen=True)
class Answer:
    """One agent's part of a job's answer; `timestamp` is in epoch seconds.

    `content` is the whole text, or its first part if it `is_large`: then the bucket has the whole. Of a failed one it
    is a sentence for a person, and `timed_out` says whether the agent was not there by its deadline.
    """

    agent: str
    title: str
    content: str
    status: str
    timestamp: int
    is_large: bool = False
    timed_out: bool = False


class AnswerStore:
    """Reads and writes answers. Its calls raise botocore's ClientError when DynamoDB or S3 refuse."""

    def __init__(self, table: "Table", bucket: ResultsBucket) -> None:
        """Keep the jobs' table, where the answers live under keys of their own, and the bucket."""
        self._table = table
        self._bucket = bucket

    def put(self, job: Job, answer: Answer) -> Answer:
        """Store a whole answer, unless there is one already, and give the one that is there as it can be sent.

        The first counts: a worker that was overtaken may come with another one when the job has ended.
        """
        if not fits(answer.content):
            content = self.put_whole_content(job, answer)
            answer = replace(answer, content=first_part(content), is_large=not fits(content))
        try:
            self._table.put_item(Item=_to_item(job, answer), ConditionExpression=Attr("jobId").not_exists())
        except self._table.meta.client.exceptions.ConditionalCheckFailedException:
            return self.find(job).get(answer.agent, answer)
        return answer

    def find(self, job: Job) -> dict[str, Answer]:
        """Read the answers that a job has so far, by agent."""
        items = read_items(self._table, [{"jobId": _item_id(job, agent)} for agent in job.agents])
        return {answer.agent: answer for answer in map(_from_item, items)}

    def whole_content(self, job: Job, answer: Answer) -> str:
        """Give an answer's whole text."""
        return self._bucket.get(_answer_key(job, answer.agent)) if answer.is_large else answer.content

    def put_whole_content(self, job: Job, answer: Answer) -> str:
        """Store an answer's whole text where a link can lead, unless there is one, and give the one that is there."""
        return self._bucket.put(_answer_key(job, answer.agent), answer.content)

    def link_to_content(self, job: Job, answer: Answer) -> str:
        """Make a link to an answer's whole text, which must have been put into the bucket."""
        return self._bucket.link(_answer_key(job, answer.agent))

    def put_response(self, job: Job, response: str) -> None:
        """Store a job's whole response that is too large for a message."""
        self._bucket.put(_response_key(job), response)

    def link_to_response(self, job: Job) -> str:
        """Make a link to a job's large response."""
        return self._bucket.link(_response_key(job))


def _item_id(job: Job, agent: str) -> str:
    return f"{job.job_id}#{agent}"


def _answer_key(job: Job, agent: str) -> str:
    return f"jobs/{job.job_id}/{agent}.md"


def _response_key(job: Job) -> str:
    return f"jobs/{job.job_id}/response.md"


def _to_item(job: Job, answer: Answer) -> dict[str, Any]:
    return {
        "jobId": _item_id(job, answer.agent),
        "agent": answer.agent,
        "title": answer.title,
        "content": answer.content,
        "status": answer.status,
        "timestamp": answer.timestamp,
        "isLarge": answer.is_large,
        "timedOut": answer.timed_out,
        "ttl": job.ttl,
    }


def _from_item(item: dict[str, Any]) -> Answer:
    return Answer(
        agent=item["agent"],
        title=item["title"],
        content=item["content"],
        status=item["status"],
        timestamp=int(item["timestamp"]),
        is_large=item["isLarge"],
        timed_out=item["timedOut"],
    )
