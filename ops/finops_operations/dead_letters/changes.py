"""Which dead letters are meant, and what becomes of them, one after another.

What is done is said on stdout, what is not on stderr.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from finops_operations.command_line import QUICK
from finops_operations.dead_letters.jobs import NotDone, Replay, ReplayRefused, StoredJob, StoredJobs, replay_job
from finops_operations.dead_letters.queue import DeadLetterQueue, DeadLetterReader, DeadMessage
from finops_operations.errors import OperationFailed
from finops_operations.health.remedies import Remedies
from finops_operations.operator_messages import say
from finops_operations.stack import Stack
from finops_websocket.errors import QueueUnavailable
from finops_websocket.jobs.queue import JobQueue

# A dead letter's name, and what is to be done with it, which gives a sentence.
Change = tuple[str, Callable[[], str]]

# Seconds for one job.
_LONGEST_WAIT = 60


@dataclass(frozen=True)
class DeadLetters:
    """Jobs that failed for good, and messages that are held."""

    jobs: tuple[StoredJob, ...]
    messages: tuple[DeadMessage, ...]


@dataclass(frozen=True)
class DeadLetterServices:
    """The jobs, the dead-letter queue and its reader, the way to a replay, and the processing queue."""

    jobs: StoredJobs
    queue: DeadLetterQueue
    reader: DeadLetterReader
    replay: Callable[[str], Replay]
    processing_queue: JobQueue
    sleep: Callable[[float], None] = time.sleep
    is_open: bool = False
    """Whether users are taken at their word (AuthMode=open), so that no sign-in finds a job."""


def services_of(session: boto3.Session, stack_name: str) -> DeadLetterServices:
    """Make the services for a stack.

    Raises:
        OperationFailed: there is no such stack.
        botocore.exceptions.ClientError: AWS does not say.
    """
    stack = Stack.read(session.client("cloudformation", config=QUICK), stack_name)
    functions = session.client("lambda", config=QUICK)
    sqs = session.client("sqs", config=QUICK)
    queue = DeadLetterQueue(sqs, stack.output("ProcessingDeadLetterQueueUrl"))
    way_back = Remedies(stack, session.region_name).make_anew()
    table = session.resource("dynamodb", config=QUICK).Table(stack.output("JobsTableName"))
    return DeadLetterServices(
        jobs=StoredJobs(table, say),
        queue=queue,
        reader=DeadLetterReader(functions, f"{stack.project}-background-processor", queue.arn(), way_back),
        replay=partial(replay_job, functions, f"{stack.project}-message-handler"),
        processing_queue=JobQueue(sqs, stack.output("ProcessingQueueUrl")),
        is_open=stack.parameters.get("AuthMode") == "open",
    )


@contextmanager
def all_letters(services: DeadLetterServices) -> Iterator[DeadLetters]:
    """Give all that there are; the messages, of which the hidden ones are missing, are held until the context ends."""
    failed = tuple(services.jobs.failed_for_good())
    with services.queue.hold() as messages:
        yield DeadLetters(failed, messages)


@contextmanager
def letters_named(ids: Sequence[str], services: DeadLetterServices) -> Iterator[DeadLetters]:
    """Give those with these ids, a job's or a message's; the messages are held until the context ends.

    Raises:
        OperationFailed: at least one is not there; says of each why. Nothing is changed before all are found.
    """
    found = {name: services.jobs.find(name) for name in dict.fromkeys(ids)}
    failed = tuple(job for job in found.values() if job is not None and job.has_failed_for_good)
    if len(failed) == len(found):
        yield DeadLetters(failed, ())
        return
    with services.queue.hold() as messages:
        held = {message.message_id: message for message in messages}
        wrong = [
            _why_not(name, job)
            for name, job in found.items()
            if name not in held and (job is None or not job.has_failed_for_good)
        ]
        if wrong:
            raise OperationFailed(" ".join([*wrong, "Nothing was changed."]))
        yield DeadLetters(failed, tuple(held[name] for name in found if name in held))


def replay(letters: DeadLetters, services: DeadLetterServices) -> bool:
    """Replay letters, and tell whether all of them were; raises what `discard` raises."""
    # Messages first: they are held for five minutes only, and a job may have to wait.
    changes: list[Change] = [
        (f"message {one.message_id}", partial(_send_again, one, services)) for one in letters.messages
    ]
    changes += [(f"job {job.job_id}", partial(_replay_job, job, services)) for job in letters.jobs]
    return _all_done(changes)


def discard(letters: DeadLetters, services: DeadLetterServices) -> bool:
    """Discard letters, and tell whether all of them were.

    Raises:
        OperationFailed, botocore.exceptions.ClientError, BotoCoreError: from here on nothing can be done; which letters
            were not reached has been said.
    """
    changes: list[Change] = [(f"job {job.job_id}", partial(_discard_job, job, services)) for job in letters.jobs]
    changes += [(f"message {one.message_id}", partial(_delete, one, services)) for one in letters.messages]
    return _all_done(changes)


def _why_not(name: str, job: StoredJob | None) -> str:
    if job is None:
        return (
            f"{name} is neither a job nor a message that can be received now. The list has those that"
            " there are; a message that is hidden needs a pause first."
        )
    if not job.is_finished:
        return f"Job {name} is {job.status}: it has not ended yet."
    return f"Job {name} is {job.status} ({job.code or 'with an answer'}): it has not failed for good."


def _all_done(changes: list[Change]) -> bool:
    is_all_done = True
    left = iter(changes)
    for name, change in left:
        try:
            print(change())  # noqa: T201 - a command's own output
        except NotDone as reason:
            is_all_done = False
            _tell(f"Not done: {name}. {reason}")
        except (OperationFailed, ClientError, BotoCoreError):
            names = [name for name, _ in left]
            not_reached = f" Not reached: {', '.join(names)}." if names else ""
            _tell(f"Stopped at {name}, which may be done or not.{not_reached} Run the same again.")
            raise
    return is_all_done


def _replay_job(job: StoredJob, services: DeadLetterServices) -> str:
    replayed = _replayed(job.job_id, services)
    if not replayed.queued:
        return (
            f"Job {job.job_id} is asked again as job {replayed.job_id}. The queue did not take it: the sweep queues it"
            " (StuckJobSeconds, 15 minutes by default)."
        )
    if replayed.job_id == job.replayed_as:
        before = services.jobs.find(replayed.job_id)
        status = f", which is {before.status}" if before else ""
        return f"Job {job.job_id} was asked again before, as job {replayed.job_id}{status}. No other was made."
    return f"Job {job.job_id} is asked again as job {replayed.job_id}."


def _replayed(job_id: str, services: DeadLetterServices) -> Replay:
    """Replay a job; what its user has too many of for the moment is waited out."""
    waited = 0
    while True:
        try:
            return services.replay(job_id)
        except ReplayRefused as refusal:
            if refusal.retry_after is None:
                raise
            if waited + refusal.retry_after > _LONGEST_WAIT:
                raise NotDone(f"{refusal} Run the same again in {refusal.retry_after} seconds.") from refusal
            say(f"Job {job_id} has to wait {refusal.retry_after} seconds: {refusal}")
            services.sleep(refusal.retry_after)
            waited += refusal.retry_after


def _send_again(message: DeadMessage, services: DeadLetterServices) -> str:
    if message.job_id is None:
        raise NotDone("It names no job. It can be discarded.")
    job = services.jobs.find(message.job_id)
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


def _discard_job(job: StoredJob, services: DeadLetterServices) -> str:
    services.jobs.discard(job)
    return f"Job {job.job_id} is discarded: it stays failed, and is listed no more."


def _delete(message: DeadMessage, services: DeadLetterServices) -> str:
    services.queue.delete(message)
    return f"Message {message.message_id} is deleted."


def _tell(text: str) -> None:
    print(text, file=sys.stderr)  # noqa: T201 - a command's own output
