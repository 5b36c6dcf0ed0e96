"""Jobs that failed for good, and messages that are held: which are meant, and what becomes of each.

Of a job all is read but the question and what came of it. What cannot be done at all is an OperationFailed, or what
botocore raises.
"""

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import boto3
from boto3.dynamodb.conditions import Attr

from finops_operations.command_line import QUICK
from finops_operations.dead_letters.queue import DeadLetterQueue, DeadMessage
from finops_operations.errors import OperationFailed
from finops_operations.operator_messages import say
from finops_operations.stack import Stack, make_anew
from finops_operations.waiting import Clock
from finops_websocket.errors import QueueUnavailable
from finops_websocket.jobs.job import FAILED, UNFINISHED
from finops_websocket.jobs.queue import JobQueue
from finops_websocket.records import camel_case, from_record

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

Letter = StoredJob | DeadMessage
# Seconds for one job.
_LONGEST_WAIT = 60


class NotDone(Exception):
    """One letter stays as it is; the text says why. Others may be changed."""


class DeadLetters:
    """A stack's dead letters. With AuthMode=open (`is_open`) users are taken at their word: no sign-in finds a job."""

    def __init__(self, session: boto3.Session, stack_name: str, clock: Clock) -> None:
        stack = Stack.read(session.client("cloudformation", config=QUICK), stack_name)
        sqs, functions = session.client("sqs", config=QUICK), session.client("lambda", config=QUICK)
        self.is_open = stack.parameters.get("AuthMode") == "open"
        self.queue = DeadLetterQueue(
            sqs,
            stack.output("ProcessingDeadLetterQueueUrl"),
            functions,
            f"{stack.project}-background-processor",
            make_anew(stack, session.region_name),
            clock,
        )
        self._table = session.resource("dynamodb", config=QUICK).Table(stack.output("JobsTableName"))
        self._processing_queue = JobQueue(lambda: sqs, stack.output("ProcessingQueueUrl"))
        self._functions = functions
        self._message_handler = f"{stack.project}-message-handler"
        self._clock = clock

    @contextmanager
    def chosen(self, ids: Sequence[str]) -> Iterator[tuple[list[StoredJob], list[DeadMessage]]]:
        """Give those with these ids, a job's or a message's; without ids all but the messages that are hidden.

        The messages are held until the context ends. If an id is not there, an OperationFailed says of each why.
        """
        if not ids:
            jobs = self._failed_for_good()
            with self.queue.hold() as messages:
                yield jobs, messages
            return
        found = {name: self._find(name) for name in dict.fromkeys(ids)}
        failed = {name: job for name, job in found.items() if job and job.has_failed_for_good}
        if len(failed) == len(found):
            yield list(failed.values()), []
            return
        with self.queue.hold() as messages:
            held = {message.message_id: message for message in messages}
            wrong = [_why_not(name, job) for name, job in found.items() if name not in held and name not in failed]
            if wrong:
                raise OperationFailed(" ".join([*wrong, "Nothing was changed."]))
            yield list(failed.values()), [held[name] for name in found if name in held]

    def discard(self, letter: Letter) -> str:
        """Discard a letter, and say so."""
        if isinstance(letter, DeadMessage):
            self.queue.delete(letter)
            return f"Message {letter.message_id} is deleted."
        self._table.update_item(
            Key={"jobId": letter.job_id},
            ConditionExpression=_HAS_FAILED_FOR_GOOD,
            UpdateExpression="SET discardedAt = :now REMOVE deadLetter",
            ExpressionAttributeValues={":now": int(time.time())},
        )
        return f"Job {letter.job_id} is discarded: it stays failed, and is listed no more."

    def replay(self, letter: Letter) -> str:
        """Have a job's question asked again, or give a message back, and say what has come of it, if not NotDone."""
        if isinstance(letter, DeadMessage):
            return self._send_again(letter)
        outcome = self._ask_again(letter.job_id)
        new_id = outcome["replayedAs"]
        again = f"Job {letter.job_id} is asked again as job {new_id}."
        if not outcome["queued"]:
            return f"{again} The queue did not take it: the sweep queues it (StuckJobSeconds, 15 minutes by default)."
        if new_id != letter.replayed_as:
            return again
        before = self._find(new_id)
        status = f", which is {before.status}" if before else ""
        return f"Job {letter.job_id} was asked again before, as job {new_id}{status}. No other was made."

    def _ask_again(self, job_id: str) -> Mapping[str, Any]:
        """Replay a job; what its user has too many of for the moment is waited out."""
        give_up_at = self._clock.now() + _LONGEST_WAIT
        while "refused" in (outcome := self._replay_job(job_id)):
            refusal, seconds = f"{outcome['message']} ({outcome['refused']})", outcome.get("retryAfter")
            if seconds is None:
                raise NotDone(refusal)
            if self._clock.now() + seconds > give_up_at:
                raise NotDone(f"{refusal} Run the same again in {seconds} seconds.")
            say(f"Job {job_id} has to wait {seconds} seconds: {refusal}")
            self._clock.sleep(seconds)
        return outcome

    def _send_again(self, message: DeadMessage) -> str:
        if message.job_id is None:
            raise NotDone("It names no job. It can be discarded.")
        job = self._find(message.job_id)
        if job is None:
            raise NotDone(f"Its job {message.job_id} is not there any more. It can be discarded.")
        if job.status not in UNFINISHED:
            raise NotDone(f"Its job {job.job_id} has ended ({job.status}). The message can be discarded.")
        try:
            # First sent and then deleted: twice there is better than not at all, and a job is claimed once.
            self._processing_queue.send(job.job_id, job.user_id)
        except QueueUnavailable as error:
            raise OperationFailed(f"{error}. The message stays where it is.") from error
        self.queue.delete(message)
        return f"Message {message.message_id} is back in the processing queue: job {job.job_id}."

    def _find(self, job_id: str) -> StoredJob | None:
        """Give the job of this id, as it now is; None if there is none or its time has run out."""
        item = self._table.get_item(Key={"jobId": job_id}, ConsistentRead=True, **_SEEN).get("Item")
        # Answers, users and notes of requestIds live in the same table; only a job has a user's id.
        job = from_record(StoredJob, item) if item and "userId" in item else None
        return job if job and job.ttl > time.time() else None

    def _failed_for_good(self) -> list[StoredJob]:
        """Give the jobs that failed for good and were neither replayed nor discarded, as they failed one after another.

        There is no index of them, so the whole table is read, at half a read unit for each 4 KB, whatever the filter
        leaves over: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Scan.html
        """
        # DynamoDB counts about every six hours:
        # https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TableDescription.html
        units = self._table.table_size_bytes // 8192 + 1
        size = f"{self._table.item_count:,} items at the last count, about {units:,} read units"
        say(f"Reading the whole jobs table: {size}.")
        is_left = Attr("replayedAs").not_exists() & Attr("discardedAt").not_exists()
        # DynamoDB deletes late what has expired.
        wanted = _HAS_FAILED_FOR_GOOD & is_left & Attr("ttl").gt(int(time.time()))
        found: list[StoredJob] = []
        read = 0
        start: dict[str, Any] = {}
        while True:
            page = self._table.scan(FilterExpression=wanted, **_SEEN, **start)
            found += [from_record(StoredJob, item) for item in page["Items"]]
            read += page["ScannedCount"]
            if "LastEvaluatedKey" not in page:
                return sorted(found, key=lambda job: (job.updated_at, job.job_id))
            start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}
            say(f"{read:,} items read, {len(found):,} found.")

    def _replay_job(self, job_id: str) -> Mapping[str, Any]:
        """Have the message handler replay a job: by the code, and within the limits, by which users' own jobs start.

        Once, however often that is asked. What it answers: replay_job of src/message_handler/replay.py.
        """
        function, request = self._message_handler, json.dumps({"operation": "replay", "jobId": job_id})
        response = self._functions.invoke(FunctionName=function, Payload=request.encode())
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


def _why_not(name: str, job: StoredJob | None) -> str:
    if job is None:
        return (
            f"{name} is neither a job nor a message that can be received now. The list has those that"
            " there are; a message that is hidden needs a pause first."
        )
    if job.status in UNFINISHED:
        return f"Job {name} is {job.status}: it has not ended yet."
    return f"Job {name} is {job.status} ({job.code or 'with an answer'}): it has not failed for good."
