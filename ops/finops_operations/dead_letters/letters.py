"""Which dead letters are meant, and what becomes of each: jobs that failed for good, and messages that are held.

What cannot be done at all is an OperationFailed, or what botocore raises.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import boto3

from finops_operations.command_line import QUICK
from finops_operations.dead_letters.jobs import StoredJob, discard_job, failed_for_good, find_job, replay_job
from finops_operations.dead_letters.queue import DeadLetterQueue, DeadMessage
from finops_operations.errors import OperationFailed
from finops_operations.health.checked_stack import make_anew
from finops_operations.operator_messages import say
from finops_operations.stack import Stack
from finops_operations.waiting import Clock
from finops_websocket.errors import QueueUnavailable
from finops_websocket.jobs.job import UNFINISHED
from finops_websocket.jobs.queue import JobQueue

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
        self._processing_queue = JobQueue(sqs, stack.output("ProcessingQueueUrl"))
        self._functions = functions
        self._message_handler = f"{stack.project}-message-handler"
        self._clock = clock

    @contextmanager
    def chosen(self, ids: Sequence[str]) -> Iterator[tuple[list[StoredJob], list[DeadMessage]]]:
        """Give those with these ids, a job's or a message's; without ids all but the messages that are hidden.

        The messages are held until the context ends. If an id is not there, an OperationFailed says of each why.
        """
        if not ids:
            jobs = failed_for_good(self._table)
            with self.queue.hold() as messages:
                yield jobs, messages
            return
        found = {name: find_job(self._table, name) for name in dict.fromkeys(ids)}
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
        discard_job(self._table, letter)
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
        before = find_job(self._table, new_id)
        status = f", which is {before.status}" if before else ""
        return f"Job {letter.job_id} was asked again before, as job {new_id}{status}. No other was made."

    def _ask_again(self, job_id: str) -> Mapping[str, Any]:
        """Replay a job; what its user has too many of for the moment is waited out."""
        give_up_at = self._clock.now() + _LONGEST_WAIT
        while "refused" in (outcome := replay_job(self._functions, self._message_handler, job_id)):
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
        job = find_job(self._table, message.job_id)
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


def _why_not(name: str, job: StoredJob | None) -> str:
    if job is None:
        return (
            f"{name} is neither a job nor a message that can be received now. The list has those that"
            " there are; a message that is hidden needs a pause first."
        )
    if job.status in UNFINISHED:
        return f"Job {name} is {job.status}: it has not ended yet."
    return f"Job {name} is {job.status} ({job.code or 'with an answer'}): it has not failed for good."
