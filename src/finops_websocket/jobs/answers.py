"""The agents' answers: items of their own beside the job, and the results bucket for texts that are too large."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from finops_websocket.conditions import Attr
from finops_websocket.dynamodb import read_items
from finops_websocket.jobs.job import Job
from finops_websocket.records import from_record, to_record
from finops_websocket.table import Table
from finops_websocket.wire.size import first_part, fits

if TYPE_CHECKING:
    from types_boto3_s3.client import S3Client

COMPLETED, FAILED = "completed", "failed"

# The contract's hour for which a link to a large text works.
_LINK_SECONDS = 3600


@dataclass(frozen=True)
class Answer:
    """One agent's part of a job's answer; `timestamp` is in epoch seconds.

    `content` is the whole text, or its first part if it `is_large`: then the bucket has the whole. Of a failed one it
    is a sentence for a person, and `timed_out` says whether the agent was not there by its deadline. `data` are its
    figures as JSON, if it has any.
    """

    agent: str
    title: str
    content: str
    status: str
    timestamp: int
    data: str | None = None
    is_large: bool = False
    timed_out: bool = False

    @property
    def has_failed(self) -> bool:
        """Tell whether the agent has given no answer."""
        return self.status == FAILED


@dataclass(frozen=True)
class Text:
    """A text for people which a message may not have the room for.

    `beginning` is all of it, unless it `is_stored` already, whole, in the results bucket under `key`.
    """

    key: str
    beginning: str
    is_stored: bool


class AnswerStore:
    """Reads and writes answers. Its calls raise botocore's ClientError when DynamoDB or S3 refuse."""

    def __init__(self, table: Table, s3: Callable[[], "S3Client"], bucket: str) -> None:
        """Keep the jobs' table, where the answers live under keys of their own, and the bucket for large texts.

        S3 is asked for when it is needed first: most answers are small, and its client takes a tenth of a cold start.
        """
        self._table = table
        self._s3 = s3
        self._bucket = bucket

    def put(self, job: Job, answer: Answer) -> Answer:
        """Store a whole answer, unless there is one already, and give the one that is there as it can be sent.

        The first counts: a worker that was overtaken may come with another one when the job has ended.
        """
        if not fits(answer.content):
            content = self._put(_answer_key(job, answer.agent), answer.content)
            # Figures belong to their own text: the one that is there may be that of a worker who died before this one.
            data = answer.data if content == answer.content else None
            answer = replace(answer, content=first_part(content), data=data, is_large=not fits(content))
        try:
            self._table.put_item(Item=_to_item(job, answer), ConditionExpression=Attr("jobId").not_exists())
        except self._table.client.exceptions.ConditionalCheckFailedException:
            return self.find(job).get(answer.agent, answer)
        return answer

    def find(self, job: Job) -> dict[str, Answer]:
        """Read the answers that a job has so far, by agent."""
        items = read_items(self._table, [{"jobId": _item_id(job, agent)} for agent in job.agents])
        return {answer.agent: answer for answer in (from_record(Answer, item) for item in items)}

    def with_whole_content(self, job: Job, answer: Answer) -> Answer:
        """Give an answer with its whole text, however large that is."""
        return replace(answer, content=self._get(_answer_key(job, answer.agent))) if answer.is_large else answer

    def put_response(self, job: Job, response: str) -> None:
        """Store a job's whole response if it is too large for a message."""
        if not fits(response):
            self._put(_response_key(job), response)

    def link(self, text: Text) -> str:
        """Make an address under which anybody can read the whole text for an hour, storing it before if it is not."""
        if not text.is_stored:
            self._put(text.key, text.beginning)
        return self._s3().generate_presigned_url(
            "get_object", Params={"Bucket": self._bucket, "Key": text.key}, ExpiresIn=_LINK_SECONDS
        )

    def _put(self, key: str, text: str) -> str:
        """Store a text unless there is one under the key already, and give the one that is there.

        https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
        """
        try:
            self._s3().put_object(
                Bucket=self._bucket,
                Key=key,
                Body=text.encode(),
                ContentType="text/markdown; charset=utf-8",
                IfNoneMatch="*",
            )
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] != HTTPStatus.PRECONDITION_FAILED:
                raise
            return self._get(key)
        return text

    def _get(self, key: str) -> str:
        return self._s3().get_object(Bucket=self._bucket, Key=key)["Body"].read().decode()


def text_of(job: Job, answer: Answer) -> Text:
    """Give an answer's text for a message."""
    return Text(_answer_key(job, answer.agent), answer.content, is_stored=answer.is_large)


def response_of(job: Job, answers: Sequence[Answer]) -> Text:
    """Give a job's response for a message, of its answers as they can be sent.

    A large answer is here with as much as a message takes, so the response begins as if it had been made of whole ones.
    """
    response = compose(answers)
    is_stored = any(answer.is_large for answer in answers) or not fits(response)
    return Text(_response_key(job), response, is_stored)


def in_order(job: Job, answers: Mapping[str, Answer]) -> list[Answer]:
    """Give the answers that are there in the order in which their agents were asked."""
    return [answers[agent] for agent in job.agents if agent in answers]


def compose(answers: Sequence[Answer]) -> str:
    """Put answers together to the response; what is missing is said at the end."""
    answered = [answer for answer in answers if not answer.has_failed]
    missing = [answer for answer in answers if answer.has_failed]
    if len(answers) == 1:
        sections = [answer.content for answer in answered]
    else:
        sections = [f"## {answer.title}\n\n{answer.content}" for answer in answered]
    if missing:
        reasons = " ".join(f"{answer.title}: {answer.content}" for answer in missing)
        sections.append(f"> **This answer is partial.** {reasons}")
    return "\n\n".join(sections)


def _item_id(job: Job, agent: str) -> str:
    return f"{job.job_id}#{agent}"


def _answer_key(job: Job, agent: str) -> str:
    return f"jobs/{job.job_id}/{agent}.md"


def _response_key(job: Job) -> str:
    return f"jobs/{job.job_id}/response.md"


def _to_item(job: Job, answer: Answer) -> dict[str, Any]:
    return {"jobId": _item_id(job, answer.agent), "ttl": job.ttl, **to_record(answer)}
