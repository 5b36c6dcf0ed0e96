"""ops/dead_letters.sh: what is listed, replayed, discarded; its table and queues are moto's, the rest answers here.

What goes well is in tests/local_cloud.
"""

import io
import json
import unicodedata
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rich.console import Console

from finops_operations.dead_letters.command import main
from finops_operations.dead_letters.letters import DeadLetters, StoredJob
from finops_operations.dead_letters.listing import Listing
from finops_operations.dead_letters.queue import HELD_SECONDS, DeadMessage, QueueState
from finops_operations.errors import OperationFailed
from finops_operations.waiting import Clock
from finops_websocket.jobs.store import JobStore
from unit.finops_operations.answering_aws import AnsweringSession, Refusal

BODY = json.dumps({"jobId": "job-1"})
UUID = "dde02900-070c-4d28-bd97-9412fcb8a88c"
FAILED_JOB = StoredJob("job-1", "anna", "failed", 0, 0, 2**40)
USER_ID = "f4a81438-60c1-70a0-1234-0123456789ab"


class Account(AnsweringSession):
    """CloudFormation and Lambda answer here; SQS and DynamoDB are moto's."""

    sqs: Any

    def client(self, service_name: str, **_: object) -> Any:  # type: ignore[override]
        return self.sqs if service_name == "sqs" else super().client(service_name)

    def resource(self, service_name: str, **_: object) -> Any:  # type: ignore[override]
        return boto3.resource(service_name)  # type: ignore[call-overload]


ACCOUNT = Account()


def at_once(params: dict[str, Any], **_: object) -> dict[str, Any]:
    return {**params, "WaitTimeSeconds": 0}


class Operator:
    """A stack with dead letters, and somebody who runs the command on it."""

    def __init__(self, table: Any, capsys: pytest.CaptureFixture[str]) -> None:
        self.table, self._capsys = table, capsys
        sqs = self.sqs = ACCOUNT.sqs = boto3.client("sqs")
        self.dead_letters, self.processing = (
            sqs.create_queue(QueueName=f"{name}-{uuid.uuid4()}", Attributes={"VisibilityTimeout": "960"})["QueueUrl"]
            for name in ("dlq", "processing")
        )
        self.now = 1000.0
        self.clock = Clock(lambda: self.now, lambda seconds: setattr(self, "now", self.now + seconds))
        self.parameters = {"ProjectName": "project"}
        self.replayed: list[str] = []
        self.answers: dict[str, list[Any]] = {}
        """What the message handler answers by a job's id, one after another."""
        self.reader: str | None = "Enabled"
        self.states_to_come: list[str] = []
        self.looks_until_changed = 5
        # A queue with nothing more in it would be waited for.
        sqs.meta.events.register("provide-client-params.sqs.ReceiveMessage", at_once)
        ACCOUNT.asked.clear()
        ACCOUNT.answers = {
            "DescribeStacks": self._stack,
            "Invoke": self._replay,
            "ListEventSourceMappings": self._mapping,
            "UpdateEventSourceMapping": self._switch,
        }

    def _stack(self, _: Any) -> Any:
        outputs = {
            "ProcessingDeadLetterQueueUrl": self.dead_letters,
            "ProcessingQueueUrl": self.processing,
            "JobsTableName": self.table.name,
        }
        stack = {
            "StackName": "production",
            "StackStatus": "UPDATE_COMPLETE",
            "CreationTime": datetime.now(UTC),
            "Parameters": [{"ParameterKey": name, "ParameterValue": value} for name, value in self.parameters.items()],
            "Outputs": [{"OutputKey": name, "OutputValue": value} for name, value in outputs.items()],
        }
        return {"Stacks": [stack]}

    def _replay(self, asked: Any) -> Any:
        assert asked["FunctionName"] == "project-message-handler"
        job_id = json.loads(asked["Payload"])["jobId"]
        self.replayed.append(job_id)
        answers = self.answers.get(job_id)
        answer = answers.pop(0) if answers else {"replayedAs": f"{job_id}-again", "queued": True}
        if isinstance(answer, Refusal):
            return answer
        if isinstance(answer, bytes):
            return {"Payload": io.BytesIO(answer)}
        crash = {"FunctionError": "Unhandled"} if "errorMessage" in answer else {}
        return {"Payload": io.BytesIO(json.dumps(answer).encode()), **crash}

    def _mapping(self, asked: Any) -> Any:
        assert asked["FunctionName"] == "project-background-processor"
        assert asked["EventSourceArn"].rsplit(":", 1)[1] == self.dead_letters.rsplit("/", 1)[1]
        if self.reader is None:
            return {"EventSourceMappings": []}
        since = datetime.fromtimestamp(1_000_000, UTC)
        if self.states_to_come:
            self.reader = self.states_to_come.pop(0)
        return {"EventSourceMappings": [{"UUID": UUID, "State": self.reader, "LastModified": since}]}

    def _switch(self, asked: Any) -> Any:
        passing, wanted = ("Enabling", "Enabled") if asked["Enabled"] else ("Disabling", "Disabled")
        self.states_to_come = [passing] * self.looks_until_changed + [wanted]
        return {"UUID": asked["UUID"]}

    def run(self, *arguments: str) -> tuple[int, str, str]:
        """The exit status, and what was said on stdout and stderr."""
        status = main(arguments, lambda _: ACCOUNT, self.clock)
        return status, *self._capsys.readouterr()

    def letters(self) -> DeadLetters:
        return DeadLetters(ACCOUNT, "production", self.clock)

    def listed(self) -> dict[str, Any]:
        listing: dict[str, Any] = json.loads(self.run("list", "--json")[1])
        return listing

    def job(self, job_id: str = "job-1", **changes: Any) -> None:
        """Store a job as the functions leave it that failed for good; a field that is None is missing."""
        item = {
            "jobId": job_id,
            "userId": USER_ID,
            "query": "Why did Project Bluebird get dear?",
            "status": "failed",
            "code": "PROCESSING_FAILED",
            "createdAt": 1_000_000,
            "updatedAt": 1_000_300,
            "ttl": 2**40,
            "attempts": 3,
            "deadLetter": {"messageId": "message-1", "body": BODY, "sentAt": 1_000_001},
        }
        self.table.put_item(Item={name: value for name, value in {**item, **changes}.items() if value is not None})

    def put(self, body: str) -> str:
        """Put a message on the dead-letter queue and give its id."""
        message_id: str = self.sqs.send_message(QueueUrl=self.dead_letters, MessageBody=body)["MessageId"]
        return message_id

    def bodies(self, queue_url: str) -> list[str]:
        """The bodies that can be received from a queue."""
        found = self.sqs.receive_message(QueueUrl=queue_url, MaxNumberOfMessages=10, VisibilityTimeout=0)
        return sorted(message["Body"] for message in found.get("Messages", []))


@pytest.fixture
def operator(aws: None, jobs: JobStore, capsys: pytest.CaptureFixture[str]) -> Iterator[Operator]:
    operator = Operator(jobs.table, capsys)
    yield operator
    assert operator.listed()["queue"]["hidden"] == 0, "What was held is put back."


def test_jobs_that_failed_for_good_are_listed_as_they_failed_without_their_questions(operator: Operator) -> None:
    operator.job("job-2", updatedAt=1_000_302)
    operator.job("job-1", updatedAt=1_000_301, deadLetter=None)
    # No other has: it is unfinished, has an answer, has expired, was replayed, or is no job at all.
    operator.job("queued", status="queued", code=None)
    operator.job("completed", status="completed", code=None)
    operator.job("answered", code="AGENTS_FAILED")
    operator.job("expired", ttl=1_000_500)
    operator.job("replayed", replayedAs="job-3")
    operator.table.put_item(Item={"jobId": "request#1", "ttl": 2**40})
    listing = operator.listed()
    assert [(job["id"], job["messageId"], job["sentAt"]) for job in listing["jobs"]] == [
        ("job-1", None, None),
        ("job-2", "message-1", 1_000_001),
    ]
    for arguments in (("list",), ("list", "--json", "--show-bodies")):
        assert "Bluebird" not in operator.run(*arguments)[1]


def test_a_listing_has_all_that_a_program_needs_and_lines_of_100_columns(operator: Operator) -> None:
    job_id = str(uuid.uuid4())
    operator.job(job_id)
    message_id = operator.put("a password: sesame")
    listing = operator.listed()
    sent_at = listing["messages"][0]["sentAt"]
    named = {"id": job_id, "userId": USER_ID, "code": "PROCESSING_FAILED", "messageId": "message-1"}
    assert listing == {
        "jobs": [{**named, "askedAt": 1_000_000, "failedAt": 1_000_300, "attempts": 3, "sentAt": 1_000_001}],
        "messages": [{"id": message_id, "jobId": None, "receives": 1, "sentAt": sent_at}],
        "queue": {"visible": 1, "hidden": 0},
        "reader": {"on": True, "state": "Enabled", "since": 1_000_000},
    }
    lines = operator.run("list")[1].splitlines()
    assert [" ".join(line.split()) for line in lines] == [
        "1 job failed for good:",
        "Job Asked (UTC) Failed Tries User Code",
        f"{job_id} 01-12 13:46 01-12 13:51 3 f4a81438… PROCESSING_FAILED",
        "1 message of the dead-letter queue can be received now (about 1 visible, 0 hidden):",
        "Message Sent (UTC) Reads What it names",
        f"{message_id} {datetime.fromtimestamp(sent_at, UTC):%m-%d %H:%M} 2 no job",
    ]
    assert max(map(len, lines)) <= 100
    assert json.loads(operator.run("list", "--json", "--show-bodies")[1])["messages"][0]["body"] == "a password: sesame"


@given(st.text(), st.text())
def test_whatever_others_wrote_is_harmless_on_a_terminal(user_id: str, body: str) -> None:
    job = StoredJob("job-1", user_id, "failed", 1_000_000, 1_000_300, 2**40)
    messages = [DeadMessage("message-1", None, body, 0, 1, "receipt")]
    listing = Listing([job], messages, QueueState("arn", 1, 0, 16, "Enabled"))
    output = io.StringIO()
    listing.print(Console(file=output), "ops/dead_letters.sh", "", with_bodies=True)
    assert "Cc" not in {unicodedata.category(character) for character in output.getvalue().replace("\n", "")}
    assert listing.to_json(with_bodies=True).isascii()


def test_a_table_of_several_pages_is_read_to_its_end_and_says_how_far_it_is(operator: Operator) -> None:
    # DynamoDB gives 1 MB at a time, before it filters.
    for number in range(5):
        operator.job(f"job-{number}", query="x" * 390_000)
    _, listing, said = operator.run("list", "--json")
    assert [job["id"] for job in json.loads(listing)["jobs"]] == [f"job-{number}" for number in range(5)]
    first, second, *_ = said.splitlines()
    assert first.startswith("  Reading the whole jobs table: ")
    assert second.endswith(" found.")


def test_all_messages_that_can_be_received_are_listed_and_put_back(operator: Operator) -> None:
    ids = {operator.put(f"message {number}") for number in range(22)} | {operator.put(BODY)}
    (hidden,) = operator.sqs.receive_message(QueueUrl=operator.dead_letters, VisibilityTimeout=600)["Messages"]
    listing = operator.listed()
    assert {message["id"] for message in listing["messages"]} == ids - {hidden["MessageId"]}
    assert {message["jobId"] for message in listing["messages"]} <= {None, "job-1"}
    assert all(message["sentAt"] > 0 and message["receives"] > 0 for message in listing["messages"])
    assert listing["queue"] == {"visible": 22, "hidden": 1}
    operator.sqs.delete_message(QueueUrl=operator.dead_letters, ReceiptHandle=hidden["ReceiptHandle"])


def test_each_job_is_replayed_once_and_one_that_is_refused_is_named(operator: Operator) -> None:
    for number in (1, 2, 3):
        operator.job(f"job-{number}", updatedAt=number)
    operator.run("replay", "job-3", "job-1", "job-3")
    assert operator.replayed == ["job-3", "job-1"]
    operator.answers["job-1"] = [{"refused": "TOO_MANY_JOBS", "message": "At most 10 questions."}]
    operator.answers["job-2"] = [{"replayedAs": "job-2-again", "queued": False}]
    status, said, noted = operator.run("replay", "--all")
    assert status == 1
    assert said.splitlines() == [
        "Job job-2 is asked again as job job-2-again. The queue did not take it: the sweep queues it (StuckJobSeconds,"
        " 15 minutes by default).",
        "Job job-3 is asked again as job job-3-again.",
    ]
    assert "Not done: job job-1. At most 10 questions. (TOO_MANY_JOBS)\n" in noted
    assert noted.endswith("  A tab that is open sees its new job after its next sign-in, or in list_jobs.\n")


def test_with_open_users_the_new_ids_must_be_passed_on(operator: Operator) -> None:
    operator.job()
    operator.parameters["AuthMode"] = "open"
    noted = operator.run("replay", "job-1")[2]
    assert "Pass the new ids on now: a page gets such a job by its id only (resume_job)." in noted


def test_a_short_limit_is_waited_out_and_a_long_one_says_when_to_come_back(operator: Operator) -> None:
    def refused(seconds: int) -> dict[str, Any]:
        return {"refused": "RATE_LIMITED", "message": "At most 10 a minute.", "retryAfter": seconds}

    operator.job()
    operator.answers["job-1"] = [refused(20), refused(30)]
    status, _, said = operator.run("replay", "job-1")
    assert (status, operator.now) == (0, 1050)
    assert "Job job-1 has to wait 20 seconds: At most 10 a minute." in said
    operator.answers["job-1"] = [refused(40), refused(21)]
    status, _, said = operator.run("replay", "job-1")
    assert (status, operator.now) == (1, 1090)
    assert "Run the same again in 21 seconds." in said


@pytest.mark.parametrize(
    ("answer", "raised"),
    [({"errorMessage": "secret", "replayedAs": "job-9"}, OperationFailed), (Refusal("AccessDenied"), ClientError)],
)
def test_what_goes_wrong_for_all_ends_it_and_says_which_were_not_reached(
    operator: Operator, answer: Any, raised: type[Exception], capsys: pytest.CaptureFixture[str]
) -> None:
    for number in (1, 2, 3):
        operator.job(f"job-{number}", updatedAt=number)
    operator.answers["job-2"] = [answer]
    with pytest.raises(raised) as failure:
        operator.run("replay", "--all")
    printed = capsys.readouterr()
    assert printed.out == "Job job-1 is asked again as job job-1-again.\n"
    assert printed.err.endswith(
        "Stopped at job job-2, which may be done or not. Not reached: job job-3. Run the same again.\n"
    )
    assert "secret" not in str(failure.value)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(answer=st.binary(max_size=40) | st.just(b'{"statusCode": 500}') | st.just(b"null"))
def test_any_other_answer_of_the_function_is_a_sentence(operator: Operator, answer: bytes) -> None:
    operator.answers["job-1"] = [answer]
    with pytest.raises(OperationFailed, match="could not replay job job-1") as failure:
        operator.letters().replay(FAILED_JOB)
    assert "/aws/lambda/project-message-handler" in str(failure.value)


@pytest.mark.parametrize(
    ("job", "reason"),
    [
        (None, "Its job job-1 is not there any more."),
        ({"status": "completed"}, "Its job job-1 has ended (completed)."),
    ],
)
def test_a_message_whose_job_does_not_wait_for_it_stays_where_it_is(
    operator: Operator, job: dict[str, Any] | None, reason: str
) -> None:
    if job is not None:
        operator.job(**job)
    message_id = operator.put(BODY)
    status, _, said = operator.run("replay", message_id)
    assert status == 1
    assert said.startswith(f"Not done: message {message_id}. {reason}")
    assert (operator.bodies(operator.processing), operator.bodies(operator.dead_letters)) == ([], [BODY])


def test_of_all_messages_those_that_name_no_job_are_passed_over(operator: Operator) -> None:
    operator.put("hello")
    status, _, said = operator.run("replay", "--all")
    assert status == 0
    assert "1 of the messages name no job. They can be discarded." in said
    assert "There is nothing to replay." in said


def test_a_message_that_the_processing_queue_does_not_take_stays_a_dead_letter(operator: Operator) -> None:
    operator.job(status="queued", code=None)
    message_id = operator.put(BODY)
    operator.processing += "-that-is-gone"
    with pytest.raises(OperationFailed, match="The message stays where it is"):
        operator.run("replay", message_id)
    assert operator.bodies(operator.dead_letters) == [BODY]


def test_a_job_that_has_not_failed_any_more_is_not_discarded_and_none_is_made(operator: Operator) -> None:
    with pytest.raises(ClientError, match="ConditionalCheckFailed"):
        operator.letters().discard(FAILED_JOB)
    assert "Item" not in operator.table.get_item(Key={"jobId": "job-1"}, ConsistentRead=True)
    operator.job(status="queued")
    with pytest.raises(ClientError, match="ConditionalCheckFailed"):
        operator.letters().discard(FAILED_JOB)


def test_a_message_that_may_be_anothers_by_now_is_not_deleted(operator: Operator) -> None:
    operator.put("hello")
    queue = operator.letters().queue
    with queue.hold() as (message,):
        assert operator.bodies(operator.dead_letters) == []
        operator.now += HELD_SECONDS
        with pytest.raises(OperationFailed, match="Run this again"):
            queue.delete(message)
    assert operator.bodies(operator.dead_letters) == ["hello"]


def test_messages_are_left_alone_where_all_that_are_named_are_jobs(operator: Operator) -> None:
    operator.job()
    operator.put("hello")
    operator.run("replay", "job-1")
    assert operator.listed()["messages"][0]["receives"] == 1


@pytest.mark.parametrize(
    ("job", "reason"),
    [
        (None, "wrong is neither a job nor a message that can be received now."),
        ({"status": "queued", "code": None}, "Job wrong is queued: it has not ended yet."),
        ({"code": "AGENTS_FAILED"}, "Job wrong is failed (AGENTS_FAILED): it has not failed for good."),
    ],
)
def test_with_one_wrong_id_nothing_is_changed(operator: Operator, job: dict[str, Any] | None, reason: str) -> None:
    operator.job()
    if job is not None:
        operator.job("wrong", **job)
    with pytest.raises(OperationFailed) as failure:
        operator.run("discard", "job-1", "wrong", "--yes")
    assert str(failure.value).startswith(reason)
    assert str(failure.value).endswith("Nothing was changed.")
    assert [job["id"] for job in operator.listed()["jobs"]] == ["job-1"]


def test_a_pause_lasts_until_the_reader_is_off_and_a_resume_until_it_is_on(operator: Operator) -> None:
    for verb, state in (("pause", "Disabled"), ("resume", "Enabled")):
        operator.run(verb)
        assert operator.reader == state
        operator.run(verb)
    # What is so already is not changed.
    assert len(ACCOUNT["UpdateEventSourceMapping"]) == 2


def test_a_change_of_the_reader_that_does_not_come_is_told(operator: Operator) -> None:
    operator.looks_until_changed = 1000
    with pytest.raises(OperationFailed, match="not Disabled after 180 seconds, it is Disabling"):
        operator.run("pause")


def test_a_missing_reader_is_listed_and_only_its_switching_fails(operator: Operator) -> None:
    operator.reader = None
    assert operator.listed()["reader"] == {"on": False, "state": "Missing", "since": 0}
    no_job, no_message, advice, *way_back = operator.run("list")[1].splitlines()
    assert no_job == "No job has failed for good that was not replayed or discarded."
    assert no_message == "No message of the dead-letter queue can be received now (about 0 visible, 0 hidden)."
    assert advice.startswith("READER MISSING: nothing reads")
    assert "REVERT_DRIFT" in way_back[0]
    for verb in ("pause", "resume"):
        with pytest.raises(OperationFailed, match="REVERT_DRIFT"):
            operator.run(verb)


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["discard", "--yes"], "discard needs the ids of jobs or messages, or --all"),
        (["replay", "--all", "job-1"], "replay needs the ids of jobs or messages, or --all"),
        (["--all"], "list takes no ids and no --all"),
        (["pause", "job-1"], "pause takes no ids and no --all"),
        (["resume", "--show-bodies"], "--json and --show-bodies belong to list"),
        (["replay", "--yes", "job-1"], "--yes belongs to discard"),
        (["replay", ""], "'' is no id of a job or a message"),
        (["replay", "job 1\n"], r"'job 1\n' is no id of a job or a message"),
        (["replay", "x" * 129], "is no id of a job or a message"),
    ],
)
def test_a_mistake_is_told_before_anything_is_asked_of_aws(
    arguments: list[str], complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert complaint in capsys.readouterr().err
