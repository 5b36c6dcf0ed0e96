"""Dead letters replayed or discarded, one after another. What is done is said on stdout, what is not on stderr."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from functools import partial

from botocore.exceptions import BotoCoreError, ClientError

from finops_operations.dead_letter_choice import DeadLetters
from finops_operations.dead_letter_queue import DeadMessage
from finops_operations.dead_letter_services import DeadLetterServices
from finops_operations.errors import OperationFailed
from finops_operations.job_replay import Replay, ReplayRefused
from finops_operations.operator_messages import say
from finops_operations.stored_jobs import StoredJob
from finops_websocket.errors import QueueUnavailable

# A dead letter's name, and what is to be done with it, which gives a sentence.
Change = tuple[str, Callable[[], str]]

# Seconds for one job.
_LONGEST_WAIT = 60


class NotDone(Exception):
    """One letter stays as it is; its text says why. Others may be changed."""


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


def _all_done(changes: list[Change]) -> bool:
    is_all_done = True
    left = iter(changes)
    for name, change in left:
        try:
            print(change())  # noqa: T201 - a command's own output
        except (NotDone, ReplayRefused) as reason:
            is_all_done = False
            _complain(f"Not done: {name}. {reason}")
        except (OperationFailed, ClientError, BotoCoreError):
            _complain(f"Stopped at {name}, which may be done or not.{_not_reached(left)} Run the same again.")
            raise
    return is_all_done


def _not_reached(left: Iterator[Change]) -> str:
    names = [name for name, _ in left]
    return f" Not reached: {', '.join(names)}." if names else ""


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


def _complain(text: str) -> None:
    print(text, file=sys.stderr)  # noqa: T201 - a command's own output
