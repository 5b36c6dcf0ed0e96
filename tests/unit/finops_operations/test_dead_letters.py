"""ops/dead_letters.sh: what is listed, replayed, discarded; on a table and queues in moto, with doubles of Lambda."""

from __future__ import annotations

import io
import json
import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from hypothesis import given
from hypothesis import strategies as st

from finops_operations.dead_letters.changes import DeadLetterServices, services_of
from finops_operations.dead_letters.command import main, options_of, perform
from finops_operations.dead_letters.jobs import StoredJobs, replay_job
from finops_operations.dead_letters.queue import HELD_SECONDS, DeadLetterQueue, DeadLetterReader
from finops_operations.errors import OperationFailed
from finops_websocket.errors import QueueUnavailable
from finops_websocket.jobs.queue import JobQueue
from unit.finops_operations.answering_aws import Answer, AnsweringSession, Refusal

NOW = 1_000_500
BODY = json.dumps({"jobId": "job-1"})
ONE_OR_ALL = "needs the ids of jobs or messages, or --all"
UUID = "dde02900-070c-4d28-bd97-9412fcb8a88c"
QUEUE = "arn:aws:sqs:us-east-1:123456789012:project-processing-dlq"
SESSION = AnsweringSession()


class UnavailableQueue(JobQueue):
    def send(self, job_id: str, user_id: str) -> None:
        raise QueueUnavailable(f"Job {job_id} could not be queued: ClientError")


class Passing:
    """Time that passes by sleeping."""

    def __init__(self) -> None:
        self.now = 1000.0

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


class Functions:
    """Lambda, with the message handler, which answers what a job's id is mapped to, and the dead letters' reader."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.answers: dict[str, list[Any]] = {}
        self.state: str | None = "Enabled"
        self.looks_until_changed = 0
        SESSION.asked.clear()
        SESSION.answers = {
            "Invoke": self._replay,
            "ListEventSourceMappings": self._mapping,
            "UpdateEventSourceMapping": self._switch,
        }
        self._wanted = self.state

    def _replay(self, asked: Any) -> Any:
        assert asked["FunctionName"] == "project-message-handler"
        request = json.loads(asked["Payload"])
        assert request["operation"] == "replay"
        job_id = request["jobId"]
        self.asked.append(job_id)
        answers = self.answers.get(job_id)
        answer = answers.pop(0) if answers else {"replayedAs": f"{job_id}-again", "queued": True}
        if isinstance(answer, Exception | Refusal):
            return answer
        if isinstance(answer, dict):
            return {"Payload": io.BytesIO(json.dumps(answer).encode())}
        payload, *error = answer
        return {"Payload": io.BytesIO(payload), **({"FunctionError": error[0]} if error else {})}

    def _mapping(self, asked: Any) -> Any:
        assert asked == {"EventSourceArn": QUEUE, "FunctionName": "project-background-processor"}
        if self.state is None:
            return {"EventSourceMappings": []}
        if self.state != self._wanted:
            self.looks_until_changed -= 1
            self.state = self._wanted if self.looks_until_changed < 0 else self.state
        since = datetime.fromtimestamp(1_000_000, UTC)
        return {"EventSourceMappings": [{"UUID": UUID, "State": self.state, "LastModified": since}]}

    def _switch(self, asked: Any) -> Any:
        self.state, self._wanted = ("Enabling", "Enabled") if asked["Enabled"] else ("Disabling", "Disabled")
        return {"UUID": asked["UUID"]}


def at_once(params: dict[str, Any], **_: object) -> dict[str, Any]:
    return {**params, "WaitTimeSeconds": 0}


class Operator:
    """A stack with dead letters, and somebody who runs the command on it."""

    def __init__(self, sqs: Any, jobs_table: Any, capsys: pytest.CaptureFixture[str]) -> None:
        self.sqs, self.table, self.functions, self.time = sqs, jobs_table, Functions(), Passing()
        self.dead_letters, self.processing = (
            sqs.create_queue(QueueName=f"{name}-{uuid.uuid4()}", Attributes={"VisibilityTimeout": "960"})["QueueUrl"]
            for name in ("dlq", "processing")
        )
        # A queue with nothing more in it would be waited for.
        sqs.meta.events.register("provide-client-params.sqs.ReceiveMessage", at_once, unique_id="at once")
        client = SESSION.client("lambda")
        self.said: list[str] = []
        self.services = DeadLetterServices(
            jobs=StoredJobs(jobs_table, self.said.append, lambda: NOW),
            queue=DeadLetterQueue(sqs, self.dead_letters, self.time.clock),
            reader=DeadLetterReader(
                client, "project-background-processor", QUEUE, "make it anew", self.time.clock, self.time.sleep
            ),
            replay=partial(replay_job, client, "project-message-handler"),
            processing_queue=JobQueue(sqs, self.processing),
            sleep=self.time.sleep,
        )
        self._capsys = capsys

    def run(self, *arguments: str) -> tuple[int, str, str]:
        """The exit status, and what was said on stdout and stderr."""
        status = perform(options_of(arguments), self.services)
        return status, *self._capsys.readouterr()

    def listed(self) -> tuple[list[str], list[str]]:
        """The ids of the jobs and messages that are listed."""
        listing = json.loads(self.run("list", "--json")[1])
        return [job["id"] for job in listing["jobs"]], [message["id"] for message in listing["messages"]]

    def job(self, job_id: str = "job-1", **changes: Any) -> None:
        """Store a job as the functions leave it that failed for good; a field that is None is missing."""
        item = {
            "jobId": job_id,
            "userId": "user-1",
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
def operator(sqs: Any, jobs_table: Any, capsys: pytest.CaptureFixture[str]) -> Iterator[Operator]:
    operator = Operator(sqs, jobs_table, capsys)
    yield operator
    counts = operator.services.queue.counts()
    assert counts.hidden == 0, "What was held is put back."


def test_jobs_that_failed_for_good_are_listed_as_they_failed_without_their_questions(operator: Operator) -> None:
    operator.job("job-2", updatedAt=1_000_302)
    operator.job("job-1", updatedAt=1_000_301, deadLetter=None)
    # No other has: it is unfinished, has an answer, has expired, or is no job at all.
    operator.job("queued", status="queued", code=None)
    operator.job("completed", status="completed", code=None)
    operator.job("answered", code="AGENTS_FAILED")
    operator.job("expired", ttl=NOW)
    operator.table.put_item(Item={"jobId": "request#1", "ttl": 2**40})
    _, printed, _ = operator.run("list", "--json")
    jobs = json.loads(printed)["jobs"]
    assert [job["id"] for job in jobs] == ["job-1", "job-2"]
    assert (jobs[0]["messageId"], jobs[0]["sentAt"]) == (None, None)
    assert (jobs[1]["messageId"], jobs[1]["sentAt"]) == ("message-1", 1_000_001)
    for arguments in (("list",), ("list", "--json", "--show-bodies")):
        assert "Bluebird" not in operator.run(*arguments)[1]


def test_a_table_of_several_pages_is_read_to_its_end_and_says_how_far_it_is(operator: Operator) -> None:
    # DynamoDB gives 1 MB at a time, before it filters.
    for number in range(5):
        operator.job(f"job-{number}", query="x" * 390_000)
    assert operator.listed()[0] == [f"job-{number}" for number in range(5)]
    assert operator.said[0].startswith("Reading the whole jobs table: ")
    assert operator.said[1].endswith(" found.")


def test_all_messages_that_can_be_received_are_listed_and_put_back(operator: Operator) -> None:
    ids = {operator.put(f"message {number}") for number in range(22)} | {operator.put(BODY)}
    (hidden,) = operator.sqs.receive_message(QueueUrl=operator.dead_letters, VisibilityTimeout=600)["Messages"]
    listing = json.loads(operator.run("list", "--json", "--show-bodies")[1])
    assert {message["id"] for message in listing["messages"]} == ids - {hidden["MessageId"]}
    assert {message["body"]: message["jobId"] for message in listing["messages"]}.get(BODY, "job-1") == "job-1"
    assert all(message["sentAt"] > 0 and message["receives"] > 0 for message in listing["messages"])
    assert listing["queue"] == {"visible": 22, "hidden": 1}
    operator.sqs.delete_message(QueueUrl=operator.dead_letters, ReceiptHandle=hidden["ReceiptHandle"])


def test_each_job_is_replayed_and_said(operator: Operator) -> None:
    for number in (1, 2, 3):
        operator.job(f"job-{number}", updatedAt=number)
    assert operator.run("replay", "job-3", "job-1", "job-3")[0] == 0
    assert operator.functions.asked == ["job-3", "job-1"]
    operator.functions.answers["job-2"] = [{"replayedAs": "job-2-again", "queued": False}]
    status, said, noted = operator.run("replay", "--all")
    assert status == 0
    assert said.splitlines() == [
        "Job job-1 is asked again as job job-1-again.",
        "Job job-2 is asked again as job job-2-again. The queue did not take it: the sweep queues it (StuckJobSeconds,"
        " 15 minutes by default).",
        "Job job-3 is asked again as job job-3-again.",
    ]
    assert noted == "  A tab that is open sees its new job after its next sign-in, or in list_jobs.\n"


def test_with_open_users_the_new_ids_must_be_passed_on(operator: Operator) -> None:
    operator.job()
    operator.services = replace(operator.services, is_open=True)
    assert (
        "Pass the new ids on now: a page gets such a job by its id only (resume_job)."
        in operator.run("replay", "job-1")[2]
    )


def test_a_job_that_was_replayed_before_is_not_listed_and_says_by_which(operator: Operator) -> None:
    operator.job(replayedAs="job-1-again")
    assert operator.listed() == ([], [])
    said = operator.run("replay", "job-1")[1]
    assert said == "Job job-1 was asked again before, as job job-1-again. No other was made.\n"
    operator.job("job-1-again", status="completed", code=None)
    assert "as job job-1-again, which is completed. No other" in operator.run("replay", "job-1")[1]


def test_one_that_is_refused_is_named_and_the_others_are_replayed(operator: Operator) -> None:
    for number in (1, 2, 3):
        operator.job(f"job-{number}", updatedAt=number)
    operator.functions.answers["job-2"] = [{"refused": "TOO_MANY_JOBS", "message": "At most 10 questions."}]
    status, _, said = operator.run("replay", "--all")
    assert (status, operator.functions.asked) == (1, ["job-1", "job-2", "job-3"])
    assert said.startswith("Not done: job job-2. At most 10 questions. (TOO_MANY_JOBS)\n")


def test_a_short_limit_is_waited_out_and_a_long_one_says_when_to_come_back(operator: Operator) -> None:
    def refused(seconds: int) -> dict[str, Any]:
        return {"refused": "RATE_LIMITED", "message": "At most 10 a minute.", "retryAfter": seconds}

    operator.job()
    operator.functions.answers["job-1"] = [refused(20), refused(30)]
    status, _, said = operator.run("replay", "job-1")
    assert (status, operator.time.now) == (0, 1050)
    assert "Job job-1 has to wait 20 seconds: At most 10 a minute." in said
    operator.functions.answers["job-1"] = [refused(40), refused(21)]
    status, _, said = operator.run("replay", "job-1")
    assert (status, operator.time.now) == (1, 1090)
    assert "Run the same again in 21 seconds." in said


@pytest.mark.parametrize(
    ("answer", "raised"),
    [
        ((b'{"errorMessage": "secret", "replayedAs": "job-9"}', "Unhandled"), OperationFailed),
        (Refusal("AccessDenied"), ClientError),
        (EndpointConnectionError(endpoint_url="https://lambda.example.com"), EndpointConnectionError),
    ],
)
def test_what_goes_wrong_for_all_ends_it_and_says_which_were_not_reached(
    operator: Operator, answer: Any, raised: type[Exception], capsys: pytest.CaptureFixture[str]
) -> None:
    for number in (1, 2, 3):
        operator.job(f"job-{number}", updatedAt=number)
    operator.functions.answers["job-2"] = [answer]
    with pytest.raises(raised) as failure:
        operator.run("replay", "--all")
    assert operator.functions.asked == ["job-1", "job-2"]
    printed = capsys.readouterr()
    assert printed.out == "Job job-1 is asked again as job job-1-again.\n"
    assert printed.err == (
        "Stopped at job job-2, which may be done or not. Not reached: job job-3. Run the same again.\n"
    )
    assert "secret" not in str(failure.value)


@given(st.binary(max_size=40) | st.just(b'{"statusCode": 500}') | st.just(b"null"))
def test_any_other_answer_of_the_function_is_a_sentence(answer: bytes) -> None:
    Functions().answers["job-1"] = [(answer,)]
    with pytest.raises(OperationFailed, match="could not replay job job-1") as failure:
        replay_job(SESSION.client("lambda"), "project-message-handler", "job-1")
    assert "/aws/lambda/project-message-handler" in str(failure.value)


@pytest.mark.parametrize(
    ("body", "job", "reason"),
    [
        ("hello", None, "It names no job."),
        (BODY, None, "Its job job-1 is not there any more."),
        (BODY, {"status": "completed"}, "Its job job-1 has ended (completed)."),
        (BODY, {"replayedAs": "other"}, "Its job job-1 has ended (failed)."),
    ],
)
def test_any_other_message_stays_where_it_is(
    operator: Operator, body: str, job: dict[str, Any] | None, reason: str
) -> None:
    if job is not None:
        operator.job(**job)
    message_id = operator.put(body)
    status, _, said = operator.run("replay", message_id)
    assert status == 1
    assert said.startswith(f"Not done: message {message_id}. {reason}")
    assert (operator.bodies(operator.processing), operator.bodies(operator.dead_letters)) == ([], [body])


def test_of_all_messages_those_that_name_no_job_are_passed_over(operator: Operator) -> None:
    operator.put("hello")
    status, _, said = operator.run("replay", "--all")
    assert status == 0
    assert "1 of the messages name no job. They can be discarded." in said
    assert "There is nothing to replay." in said


def test_a_message_that_the_processing_queue_does_not_take_stays_a_dead_letter(operator: Operator) -> None:
    operator.job(status="queued", code=None)
    message_id = operator.put(BODY)
    full = UnavailableQueue(operator.sqs, operator.processing)
    operator.services = replace(operator.services, processing_queue=full)
    with pytest.raises(OperationFailed, match="The message stays where it is"):
        operator.run("replay", message_id)
    assert operator.bodies(operator.dead_letters) == [BODY]


@pytest.mark.parametrize("letter", [{}, {"deadLetter": None}], ids=["with its message", "without"])
def test_jobs_and_messages_are_discarded_and_nothing_is_replayed(operator: Operator, letter: dict[str, Any]) -> None:
    operator.job(**letter)
    message_id, kept = operator.put("hello"), operator.put("kept")
    status, said, _ = operator.run("discard", "job-1", message_id, "--yes")
    assert (status, said.splitlines()) == (
        0,
        ["Job job-1 is discarded: it stays failed, and is listed no more.", f"Message {message_id} is deleted."],
    )
    assert operator.listed() == ([], [kept])
    assert operator.functions.asked == []
    item = operator.table.get_item(Key={"jobId": "job-1"})["Item"]
    assert (item["status"], item["code"], "deadLetter" in item) == ("failed", "PROCESSING_FAILED", False)


def test_a_job_that_has_not_failed_any_more_is_not_discarded_and_none_is_made(operator: Operator) -> None:
    operator.job()
    (found,) = operator.services.jobs.failed_for_good()
    operator.job(status="queued")
    for job in (found, replace(found, job_id="gone")):
        with pytest.raises(ClientError, match="ConditionalCheckFailed"):
            operator.services.jobs.discard(job)
    assert operator.services.jobs.find("gone") is None


def test_a_message_that_may_be_anothers_by_now_is_not_deleted(operator: Operator) -> None:
    operator.put("hello")
    with operator.services.queue.hold() as (message,):
        assert operator.bodies(operator.dead_letters) == []
        operator.time.now += HELD_SECONDS
        with pytest.raises(OperationFailed, match="Run this again"):
            operator.services.queue.delete(message)
    assert operator.bodies(operator.dead_letters) == ["hello"]


def test_messages_are_left_alone_where_all_that_are_named_are_jobs(operator: Operator) -> None:
    operator.job()
    operator.put("hello")
    operator.services = replace(operator.services, queue=DeadLetterQueue(operator.sqs, "no queue"))
    assert operator.run("replay", "job-1")[0] == 0
    operator.services = replace(operator.services, queue=DeadLetterQueue(operator.sqs, operator.dead_letters))


@pytest.mark.parametrize(
    ("job", "reason"),
    [
        (None, "wrong is neither a job nor a message that can be received now."),
        ({"status": "queued", "code": None}, "Job wrong is queued: it has not ended yet."),
        ({"status": "completed", "code": None}, "Job wrong is completed (with an answer): it has not failed for good."),
        ({"code": "AGENTS_FAILED"}, "Job wrong is failed (AGENTS_FAILED): it has not failed for good."),
    ],
)
def test_with_one_wrong_id_nothing_is_changed(operator: Operator, job: dict[str, Any] | None, reason: str) -> None:
    operator.job()
    if job is not None:
        operator.job("wrong", **job)
    operator.put("hello")
    with pytest.raises(OperationFailed) as failure:
        operator.run("discard", "job-1", "wrong", "--yes")
    assert str(failure.value).startswith(reason)
    assert str(failure.value).endswith("Nothing was changed.")
    assert operator.listed()[0] == ["job-1"]


@pytest.mark.parametrize("looks", [0, 5])
def test_a_pause_lasts_until_the_reader_is_off_and_a_resume_until_it_is_on(operator: Operator, looks: int) -> None:
    operator.functions.looks_until_changed = looks
    status, said, noted = operator.run("pause")
    assert (status, operator.functions.state) == (0, "Disabled")
    assert said == "The background processor does not read the dead-letter queue, since 1970-01-12 13:46 UTC.\n"
    assert "They can be listed within 16 minutes." in noted
    operator.run("pause")
    assert operator.run("resume")[1] == "The background processor reads the dead-letter queue.\n"
    operator.run("resume")
    assert operator.functions.state == "Enabled"
    # What is so already is not changed.
    assert len(SESSION["UpdateEventSourceMapping"]) == 2


def test_a_change_of_the_reader_that_does_not_come_is_told(operator: Operator) -> None:
    operator.functions.looks_until_changed = 1000
    with pytest.raises(OperationFailed, match="not Disabled after 180 seconds, it is Disabling"):
        operator.run("pause")


def test_a_missing_reader_is_listed_and_only_its_switching_fails(operator: Operator) -> None:
    operator.functions.state = None
    assert json.loads(operator.run("list", "--json")[1])["reader"] == {"on": False, "state": "Missing", "since": 0}
    for verb in ("pause", "resume"):
        with pytest.raises(OperationFailed, match="make it anew"):
            operator.run(verb)


def test_the_services_are_the_stacks() -> None:
    outputs = {
        "ProcessingDeadLetterQueueUrl": "https://sqs.eu-west-1.amazonaws.com/1/dlq",
        "ProcessingQueueUrl": "https://sqs.eu-west-1.amazonaws.com/1/processing",
        "JobsTableName": "jobs",
    }
    parameters = {"ProjectName": "project", "AuthMode": "open"}
    stack = {
        "StackName": "production",
        "StackStatus": "UPDATE_COMPLETE",
        "CreationTime": datetime.now(UTC),
        "Parameters": [{"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()],
        "Outputs": [{"OutputKey": name, "OutputValue": value} for name, value in outputs.items()],
    }
    answers: dict[str, Answer] = {
        "DescribeStacks": {"Stacks": [stack]},
        "GetQueueAttributes": {"Attributes": {"QueueArn": QUEUE}},
        "ListEventSourceMappings": {"EventSourceMappings": []},
        "Invoke": lambda _: {"Payload": io.BytesIO(b'{"replayedAs": "job-2", "queued": true}')},
        "SendMessage": {},
        "GetItem": {},
    }
    session = AnsweringSession(answers)
    services = services_of(session, "production")
    assert services.is_open
    assert "REVERT_DRIFT" in services.reader.look().way_back
    assert session["ListEventSourceMappings"] == [
        {"EventSourceArn": QUEUE, "FunctionName": "project-background-processor"}
    ]
    assert services.replay("job-1").job_id == "job-2"
    assert session["Invoke"][0]["FunctionName"] == "project-message-handler"
    services.processing_queue.send("job-1", "user-1")
    assert session["SendMessage"][0]["QueueUrl"].endswith("/processing")
    assert session["GetQueueAttributes"][0]["QueueUrl"].endswith("/dlq")
    assert services.jobs.find("job-1") is None
    assert session["GetItem"][0]["TableName"] == "jobs"


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["replay"], f"replay {ONE_OR_ALL}"),
        (["discard", "--yes"], f"discard {ONE_OR_ALL}"),
        (["replay", "--all", "job-1"], f"replay {ONE_OR_ALL}"),
        (["list", "job-1"], "list takes no ids and no --all"),
        (["--all"], "list takes no ids and no --all"),
        (["pause", "job-1"], "pause takes no ids and no --all"),
        (["replay", "--json", "job-1"], "--json and --show-bodies belong to list"),
        (["resume", "--show-bodies"], "--json and --show-bodies belong to list"),
        (["replay", "--yes", "job-1"], "--yes belongs to discard"),
        (["replay", ""], "'' is no id of a job or a message"),
        (["replay", "job 1\n"], r"'job 1\n' is no id of a job or a message"),
        (["replay", "x" * 129], "is no id of a job or a message"),
        (["replay", "jöb"], r"'j\xf6b' is no id of a job or a message"),
        (["discord", "job-1"], "invalid choice: 'discord'"),
        (["discard", "job-1"], "add --yes to discard without being asked"),
    ],
)
def test_a_mistake_is_told_before_anything_is_asked_of_aws(
    arguments: list[str], complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert complaint in capsys.readouterr().err
