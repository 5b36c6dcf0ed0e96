"""Which dead letters an operator means: those that the ids name, or all. Nothing is changed before all are found."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from finops_operations.dead_letter_queue import DeadLetterQueue, DeadMessage
from finops_operations.errors import OperationFailed
from finops_operations.stored_jobs import StoredJob, StoredJobs


@dataclass(frozen=True)
class DeadLetters:
    """Jobs that failed for good, and messages that are held."""

    jobs: tuple[StoredJob, ...]
    messages: tuple[DeadMessage, ...]


@contextmanager
def all_letters(jobs: StoredJobs, queue: DeadLetterQueue) -> Iterator[DeadLetters]:
    """All that there are; the messages, of which the hidden ones are missing, are held until the context ends."""
    failed = tuple(jobs.failed_for_good())
    with queue.hold() as messages:
        yield DeadLetters(failed, messages)


@contextmanager
def letters_named(ids: Sequence[str], jobs: StoredJobs, queue: DeadLetterQueue) -> Iterator[DeadLetters]:
    """Those with these ids, a job's or a message's; the messages are held until the context ends.

    Raises:
        OperationFailed: at least one is not there; says of each why.
    """
    found = {name: jobs.find(name) for name in dict.fromkeys(ids)}
    failed = tuple(job for job in found.values() if job is not None and job.has_failed_for_good)
    if len(failed) == len(found):
        yield DeadLetters(failed, ())
        return
    with queue.hold() as messages:
        lying = {message.message_id: message for message in messages}
        wrong = [
            _why_not(name, job)
            for name, job in found.items()
            if name not in lying and (job is None or not job.has_failed_for_good)
        ]
        if wrong:
            raise OperationFailed(" ".join([*wrong, "Nothing was changed."]))
        yield DeadLetters(failed, tuple(lying[name] for name in found if name in lying))


def _why_not(name: str, job: StoredJob | None) -> str:
    if job is not None and job.is_finished:
        return f"Job {name} is {job.status} ({job.code or 'with an answer'}): it has not failed for good."
    if job is not None:
        return f"Job {name} is {job.status}: it has not ended yet."
    return (
        f"{name} is neither a job nor a message that can be received now. The list has those that"
        " there are; a message that is hidden needs a pause first."
    )
