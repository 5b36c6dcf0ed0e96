import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from finops_operations import dead_letter_changes
from finops_operations.dead_letter_choice import DeadLetters
from finops_operations.dead_letter_queue import DeadLetterQueue
from finops_operations.dead_letter_reader import DeadLetterReader
from finops_operations.dead_letter_services import DeadLetterServices
from finops_operations.errors import OperationFailed
from finops_operations.stored_jobs import StoredJobs
from finops_websocket.errors import QueueUnavailable
from finops_websocket.job import COMPLETED
from finops_websocket.job_queue import JobQueue
from unit.finops_operations.lettered_stack import LetteredStack, RecordingReplay
from unit.finops_operations.sample_dead_letters import a_dead_job, a_stored_job
from unit.finops_websocket.sample_jobs import a_job
from unit.finops_websocket.submitting_job_store import SubmittingJobStore

BODY = json.dumps({"jobId": "job-1"})

Change = Callable[[DeadLetters, DeadLetterServices], bool]


class UnavailableQueue(JobQueue):
    def send(self, job_id: str, user_id: str) -> None:
        raise QueueUnavailable(f"Job {job_id} could not be queued: ClientError")


@pytest.fixture
def stack(sqs: Any, jobs_table: Any) -> LetteredStack:
    return LetteredStack(sqs, jobs_table)


@pytest.fixture
def replayed(aws: None) -> RecordingReplay:
    return RecordingReplay()


@pytest.fixture
def services(stack: LetteredStack, replayed: RecordingReplay) -> DeadLetterServices:
    return services_with(stack, replayed, JobQueue(stack.sqs, stack.processing))


def services_with(stack: LetteredStack, replay: RecordingReplay, processing: JobQueue) -> DeadLetterServices:
    return DeadLetterServices(
        jobs=StoredJobs(stack.jobs_table, lambda _text: None, stack.clock),
        queue=DeadLetterQueue(stack.sqs, stack.dead_letters),
        reader=DeadLetterReader(boto3.client("lambda"), "project-background-processor", "arn"),
        replay=replay,
        processing_queue=processing,
    )


def three_jobs() -> DeadLetters:
    return DeadLetters(tuple(a_stored_job(job_id=f"job-{number}") for number in (1, 2, 3)), ())


def with_messages(services: DeadLetterServices, change: Change) -> bool:
    with services.queue.hold() as messages:
        return change(DeadLetters((), messages), services)


def test_each_job_is_replayed_and_said(
    services: DeadLetterServices, replayed: RecordingReplay, capsys: pytest.CaptureFixture[str]
) -> None:
    assert dead_letter_changes.replay(three_jobs(), services)
    assert replayed.asked == ["job-1", "job-2", "job-3"]
    assert capsys.readouterr().out.splitlines() == [
        f"Job job-{number} is asked again as job job-{number}-again." for number in (1, 2, 3)
    ]


def test_a_job_that_was_replayed_before_or_waits_for_the_sweep_is_said_to(
    services: DeadLetterServices,
    replayed: RecordingReplay,
    jobs: SubmittingJobStore,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert dead_letter_changes.replay(DeadLetters((a_stored_job(replayed_as="job-1-again"),), ()), services)
    assert capsys.readouterr().out == "Job job-1 was asked again before, as job job-1-again. No other was made.\n"
    jobs.store(a_job(job_id="job-1-again", status=COMPLETED, ttl=2**40))
    assert dead_letter_changes.replay(DeadLetters((a_stored_job(replayed_as="job-1-again"),), ()), services)
    assert "as job job-1-again, which is completed." in capsys.readouterr().out
    replayed.queued = False
    assert dead_letter_changes.replay(DeadLetters((a_stored_job(),), ()), services)
    assert "the sweep queues it" in capsys.readouterr().out


def test_one_that_is_refused_is_named_and_the_others_are_replayed(
    services: DeadLetterServices, replayed: RecordingReplay, capsys: pytest.CaptureFixture[str]
) -> None:
    replayed.refused = {"job-2"}
    assert not dead_letter_changes.replay(three_jobs(), services)
    assert replayed.asked == ["job-1", "job-2", "job-3"]
    assert capsys.readouterr().err == "Not done: job job-2. At most 10 questions. (TOO_MANY_JOBS)\n"


def test_a_short_limit_is_waited_out_and_a_long_one_says_when_to_come_back(
    services: DeadLetterServices, replayed: RecordingReplay, capsys: pytest.CaptureFixture[str]
) -> None:
    slept: list[float] = []
    waiting = replace(services, sleep=slept.append)
    replayed.waits = [20, 30]
    assert dead_letter_changes.replay(DeadLetters((a_stored_job(),), ()), waiting)
    assert slept == [20, 30]
    assert "Job job-1 has to wait 20 seconds: At most 10 a minute." in capsys.readouterr().err
    replayed.waits = [40, 21]
    assert not dead_letter_changes.replay(DeadLetters((a_stored_job(),), ()), waiting)
    assert slept == [20, 30, 40]
    assert "Run the same again in 21 seconds." in capsys.readouterr().err


@pytest.mark.parametrize(
    "error",
    [
        OperationFailed("The function could not."),
        ClientError({"Error": {"Code": "AccessDenied"}}, "Invoke"),
        EndpointConnectionError(endpoint_url="https://lambda.example.com"),
    ],
)
def test_what_goes_wrong_for_all_ends_it_and_says_which_were_not_reached(
    services: DeadLetterServices,
    replayed: RecordingReplay,
    capsys: pytest.CaptureFixture[str],
    error: Exception,
) -> None:
    replayed.broken = {"job-2": error}
    with pytest.raises(type(error)):
        dead_letter_changes.replay(three_jobs(), services)
    assert replayed.asked == ["job-1", "job-2"]
    printed = capsys.readouterr()
    assert printed.out == "Job job-1 is asked again as job job-1-again.\n"
    assert printed.err == (
        "Stopped at job job-2, which may be done or not. Not reached: job job-3. Run the same again.\n"
    )


def test_the_message_of_an_unfinished_job_goes_back_to_the_processing_queue(
    stack: LetteredStack, services: DeadLetterServices, jobs: SubmittingJobStore
) -> None:
    jobs.store(a_job())
    stack.put(BODY)
    assert with_messages(services, dead_letter_changes.replay)
    assert (stack.bodies(stack.processing), stack.bodies(stack.dead_letters)) == ([BODY], [])


@pytest.mark.parametrize(
    ("body", "job", "reason"),
    [
        ("hello", None, "It names no job."),
        (BODY, None, "Its job job-1 is not there any more."),
        (BODY, a_job(status=COMPLETED), "Its job job-1 has ended (completed)."),
        (BODY, a_dead_job(), "Its job job-1 has ended (failed)."),
    ],
)
def test_any_other_message_stays_where_it_is(
    stack: LetteredStack,
    services: DeadLetterServices,
    jobs: SubmittingJobStore,
    capsys: pytest.CaptureFixture[str],
    body: str,
    job: Any,
    reason: str,
) -> None:
    if job is not None:
        jobs.store(job)
    message_id = stack.put(body)
    assert not with_messages(services, dead_letter_changes.replay)
    assert capsys.readouterr().err.startswith(f"Not done: message {message_id}. {reason}")
    assert (stack.bodies(stack.processing), stack.bodies(stack.dead_letters)) == ([], [body])


def test_a_message_that_the_processing_queue_does_not_take_stays_a_dead_letter(
    stack: LetteredStack, replayed: RecordingReplay, jobs: SubmittingJobStore
) -> None:
    jobs.store(a_job())
    stack.put(BODY)
    with pytest.raises(OperationFailed, match="The message stays where it is"):
        with_messages(
            services_with(stack, replayed, UnavailableQueue(stack.sqs, stack.processing)), dead_letter_changes.replay
        )
    assert stack.bodies(stack.dead_letters) == [BODY]


def test_jobs_and_messages_are_discarded_and_nothing_is_replayed(
    stack: LetteredStack,
    services: DeadLetterServices,
    jobs: SubmittingJobStore,
    replayed: RecordingReplay,
    capsys: pytest.CaptureFixture[str],
) -> None:
    jobs.store(a_dead_job())
    message_id = stack.put("hello")
    with services.queue.hold() as messages:
        assert dead_letter_changes.discard(DeadLetters((a_stored_job(),), messages), services)
    assert (services.jobs.failed_for_good(), stack.bodies(stack.dead_letters)) == ([], [])
    assert replayed.asked == []
    assert capsys.readouterr().out.splitlines() == [
        "Job job-1 is discarded: it stays failed, and is listed no more.",
        f"Message {message_id} is deleted.",
    ]
