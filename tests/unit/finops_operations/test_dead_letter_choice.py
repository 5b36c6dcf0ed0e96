from contextlib import AbstractContextManager
from typing import Any

import pytest

from finops_operations.dead_letter_choice import DeadLetters, all_letters, letters_named
from finops_operations.dead_letter_queue import DeadLetterQueue
from finops_operations.errors import OperationFailed
from finops_operations.stored_jobs import StoredJobs
from finops_websocket.job import COMPLETED
from unit.finops_operations.lettered_stack import LetteredStack
from unit.finops_operations.sample_dead_letters import a_dead_job, a_stored_job
from unit.finops_websocket.sample_jobs import a_job
from unit.finops_websocket.submitting_job_store import SubmittingJobStore


@pytest.fixture
def stack(sqs: Any, jobs_table: Any) -> LetteredStack:
    return LetteredStack(sqs, jobs_table)


@pytest.fixture
def stored_jobs(stack: LetteredStack) -> StoredJobs:
    return StoredJobs(stack.jobs_table, lambda _text: None, stack.clock)


@pytest.fixture
def queue(stack: LetteredStack) -> DeadLetterQueue:
    return DeadLetterQueue(stack.sqs, stack.dead_letters)


def chosen(choice: AbstractContextManager[DeadLetters]) -> tuple[list[str], list[str]]:
    with choice as letters:
        return [job.job_id for job in letters.jobs], [message.message_id for message in letters.messages]


def test_all_are_the_jobs_and_the_messages(
    stack: LetteredStack, jobs: SubmittingJobStore, stored_jobs: StoredJobs, queue: DeadLetterQueue
) -> None:
    jobs.store(a_dead_job())
    jobs.store(a_job(job_id="job-2"))
    message_id = stack.put("hello")
    assert chosen(all_letters(stored_jobs, queue)) == (["job-1"], [message_id])


def test_those_that_are_named_are_found_once_each_whatever_they_are(
    stack: LetteredStack, jobs: SubmittingJobStore, stored_jobs: StoredJobs, queue: DeadLetterQueue
) -> None:
    for number in (1, 2, 3):
        jobs.store(a_dead_job(job_id=f"job-{number}"))
    wanted, _other = stack.put("hello"), stack.put("there")
    ids = ["job-3", wanted, "job-1", "job-3"]
    assert chosen(letters_named(ids, stored_jobs, queue)) == (["job-3", "job-1"], [wanted])
    # And put back.
    assert sorted(stack.bodies(stack.dead_letters)) == ["hello", "there"]


def test_a_job_that_was_replayed_before_may_be_named(
    jobs: SubmittingJobStore, stored_jobs: StoredJobs, queue: DeadLetterQueue
) -> None:
    jobs.store(a_dead_job())
    jobs.note_replay(a_dead_job(), a_job(job_id="job-2"))
    with letters_named(["job-1"], stored_jobs, queue) as letters:
        assert letters.jobs == (a_stored_job(replayed_as="job-2"),)


def test_messages_are_left_alone_where_all_that_are_named_are_jobs(
    stack: LetteredStack, jobs: SubmittingJobStore, stored_jobs: StoredJobs, queue: DeadLetterQueue
) -> None:
    jobs.store(a_dead_job())
    stack.put("hello")
    with letters_named(["job-1"], stored_jobs, queue):
        assert queue.counts().hidden == 0


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        (None, "wrong is neither a job nor a message"),
        ({}, "Job wrong is queued: it has not ended yet."),
        ({"status": COMPLETED}, "Job wrong is completed (with an answer): it has not failed for good."),
        (
            {"status": "failed", "code": "AGENTS_FAILED"},
            "Job wrong is failed (AGENTS_FAILED): it has not failed for good.",
        ),
    ],
)
def test_one_that_is_wrong_is_named_with_its_reason_and_nothing_is_chosen(
    stack: LetteredStack,
    jobs: SubmittingJobStore,
    stored_jobs: StoredJobs,
    queue: DeadLetterQueue,
    changes: dict[str, Any] | None,
    reason: str,
) -> None:
    jobs.store(a_dead_job())
    if changes is not None:
        jobs.store(a_job(job_id="wrong", **changes))
    stack.put("hello")
    with pytest.raises(OperationFailed) as failure:
        chosen(letters_named(["job-1", "wrong"], stored_jobs, queue))
    assert str(failure.value).startswith(reason)
    assert str(failure.value).endswith("Nothing was changed.")
    assert queue.counts().visible == 1
