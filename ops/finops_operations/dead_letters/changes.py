"""Which dead letters are meant, and what becomes of them, one after another.

What is done is said on stdout, what is not on stderr.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from finops_operations.command_line import QUICK
from finops_operations.dead_letters.jobs import (
    NotDone,
    ReplayRefused,
    StoredJob,
    discard_job,
    failed_for_good,
    find_job,
    replay_job,
)
from finops_operations.dead_letters.queue import DeadLetterQueue, DeadLetterReader, DeadMessage
from finops_operations.errors import OperationFailed
from finops_operations.health.remedies import make_anew
from finops_operations.operator_messages import say
from finops_operations.stack import Stack
from finops_operations.waiting import Clock
from finops_websocket.errors import QueueUnavailable
from finops_websocket.jobs.queue import JobQueue

if TYPE_CHECKING:
    from types_boto3_dynamodb.service_resource import Table
    from types_boto3_lambda.client import LambdaClient

# Seconds for one job.
_LONGEST_WAIT = 60


@dataclass(frozen=True)
class DeadLetters:
    """Jobs that failed for good, and messages that are held."""

    jobs: Sequence[StoredJob]
    messages: Sequence[DeadMessage]


@dataclass(frozen=True)
class DeadLetterServices:
    """What a stack's dead letters are found in, and changed with."""

    stack: Stack
    table: Table
    queue: DeadLetterQueue
    reader: DeadLetterReader
    processing_queue: JobQueue
    functions: LambdaClient
    clock: Clock

    @property
    def is_open(self) -> bool:
        """Tell whether users are taken at their word (AuthMode=open), so that no sign-in finds a job."""
        return self.stack.parameters.get("AuthMode") == "open"


def services_of(session: boto3.Session, stack_name: str, clock: Clock) -> DeadLetterServices:
    """Make the services for a stack.

    Raises:
        OperationFailed: there is no such stack.
        botocore.exceptions.ClientError: AWS does not say.
    """
    stack = Stack.read(session.client("cloudformation", config=QUICK), stack_name)
    sqs, functions = session.client("sqs", config=QUICK), session.client("lambda", config=QUICK)
    queue = DeadLetterQueue(sqs, stack.output("ProcessingDeadLetterQueueUrl"), clock)
    processor, way_back = f"{stack.project}-background-processor", make_anew(stack, session.region_name)
    return DeadLetterServices(
        stack=stack,
        table=session.resource("dynamodb", config=QUICK).Table(stack.output("JobsTableName")),
        queue=queue,
        reader=DeadLetterReader(functions, processor, queue.arn(), way_back, clock),
        processing_queue=JobQueue(sqs, stack.output("ProcessingQueueUrl")),
        functions=functions,
        clock=clock,
    )


@contextmanager
def all_letters(services: DeadLetterServices) -> Iterator[DeadLetters]:
    """Give all that there are; the messages, of which the hidden ones are missing, are held until the context ends."""
    jobs = failed_for_good(services.table)
    with services.queue.hold() as messages:
        yield DeadLetters(jobs, messages)


@contextmanager
def letters_named(ids: Sequence[str], services: DeadLetterServices) -> Iterator[DeadLetters]:
    """Give those with these ids, a job's or a message's; the messages are held until the context ends.

    Raises:
        OperationFailed: at least one is not there; says of each why. Nothing is changed before all are found.
    """
    found = {name: find_job(services.table, name) for name in dict.fromkeys(ids)}
    failed = [job for job in found.values() if job and job.has_failed_for_good]
    if len(failed) == len(found):
        yield DeadLetters(failed, ())
        return
    with services.queue.hold() as messages:
        held = {message.message_id: message for message in messages}
        wrong = [
            _why_not(name, job)
            for name, job in found.items()
            if name not in held and not (job and job.has_failed_for_good)
        ]
        if wrong:
            raise OperationFailed(" ".join([*wrong, "Nothing was changed."]))
        yield DeadLetters(failed, [held[name] for name in found if name in held])


def replay(letters: DeadLetters, services: DeadLetterServices) -> bool:
    """Replay letters, and tell whether all of them were; raises what `discard` raises."""
    # Messages first: they are held for five minutes only, and a job may have to wait.
    return _each([*letters.messages, *letters.jobs], _replay, services)


def discard(letters: DeadLetters, services: DeadLetterServices) -> bool:
    """Discard letters, and tell whether all of them were.

    Raises:
        OperationFailed, botocore.exceptions.ClientError, BotoCoreError: from here on nothing can be done; which letters
            were not reached has been said.
    """
    return _each([*letters.jobs, *letters.messages], _discard, services)


def _why_not(name: str, job: StoredJob | None) -> str:
    if job is None:
        return (
            f"{name} is neither a job nor a message that can be received now. The list has those that"
            " there are; a message that is hidden needs a pause first."
        )
    if not job.is_finished:
        return f"Job {name} is {job.status}: it has not ended yet."
    return f"Job {name} is {job.status} ({job.code or 'with an answer'}): it has not failed for good."


def _each(
    letters: Sequence[StoredJob | DeadMessage],
    change: Callable[[StoredJob | DeadMessage, DeadLetterServices], str],
    services: DeadLetterServices,
) -> bool:
    is_all_done = True
    for number, letter in enumerate(letters, start=1):
        try:
            print(change(letter, services))  # noqa: T201 - a command's own output
        except NotDone as reason:
            is_all_done = False
            _tell(f"Not done: {letter}. {reason}")
        except (OperationFailed, ClientError, BotoCoreError):
            left = ", ".join(map(str, letters[number:]))
            not_reached = f" Not reached: {left}." if left else ""
            _tell(f"Stopped at {letter}, which may be done or not.{not_reached} Run the same again.")
            raise
    return is_all_done


def _replay(letter: StoredJob | DeadMessage, services: DeadLetterServices) -> str:
    if isinstance(letter, DeadMessage):
        return _send_again(letter, services)
    new_id, is_queued = _ask_again(letter.job_id, services)
    if not is_queued:
        return (
            f"Job {letter.job_id} is asked again as job {new_id}. The queue did not take it: the sweep queues it"
            " (StuckJobSeconds, 15 minutes by default)."
        )
    if new_id == letter.replayed_as:
        before = find_job(services.table, new_id)
        status = f", which is {before.status}" if before else ""
        return f"Job {letter.job_id} was asked again before, as job {new_id}{status}. No other was made."
    return f"Job {letter.job_id} is asked again as job {new_id}."


def _ask_again(job_id: str, services: DeadLetterServices) -> tuple[str, bool]:
    """Replay a job; what its user has too many of for the moment is waited out."""
    waited = 0
    while True:
        try:
            return replay_job(services.functions, f"{services.stack.project}-message-handler", job_id)
        except ReplayRefused as refusal:
            if refusal.retry_after is None:
                raise
            if waited + refusal.retry_after > _LONGEST_WAIT:
                raise NotDone(f"{refusal} Run the same again in {refusal.retry_after} seconds.") from refusal
            say(f"Job {job_id} has to wait {refusal.retry_after} seconds: {refusal}")
            services.clock.sleep(refusal.retry_after)
            waited += refusal.retry_after


def _send_again(message: DeadMessage, services: DeadLetterServices) -> str:
    if message.job_id is None:
        raise NotDone("It names no job. It can be discarded.")
    job = find_job(services.table, message.job_id)
    if job is None:
        raise NotDone(f"Its job {message.job_id} is not there any more. It can be discarded.")
    if job.is_finished:
        raise NotDone(f"Its job {job.job_id} has ended ({job.status}). The message can be discarded.")
    try:
        # First sent and then deleted: twice there is better than not at all, and a job is claimed once.
        services.processing_queue.send(job.job_id, job.user_id)
    except QueueUnavailable as error:
        raise OperationFailed(f"{error}. The message stays where it is.") from error
    services.queue.delete(message)
    return f"Message {message.message_id} is back in the processing queue: job {job.job_id}."


def _discard(letter: StoredJob | DeadMessage, services: DeadLetterServices) -> str:
    if isinstance(letter, DeadMessage):
        services.queue.delete(letter)
        return f"Message {letter.message_id} is deleted."
    discard_job(services.table, letter)
    return f"Job {letter.job_id} is discarded: it stays failed, and is listed no more."


def _tell(text: str) -> None:
    print(text, file=sys.stderr)  # noqa: T201 - a command's own output
