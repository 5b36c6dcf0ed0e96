"""ops/dead_letters.sh on the deployed stack: what failed for good is listed, replayed, discarded."""

import asyncio
import json
import os
import pty
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from local_cloud.conversation import Conversation
from local_cloud.journey_stack import JourneyStack
from local_cloud.running_cloud import ROOT, until

SECRET = "Bluebird"
QUESTION = f"Why did Project {SECRET} get dear?"


class Operator:
    """Somebody at the command line. Whatever is printed must not have the question."""

    def __init__(self, stack: JourneyStack) -> None:
        self._stack = stack
        self._lambda = stack.cloud.client("lambda")
        self._sqs = stack.cloud.client("sqs")

    def run(self, *arguments: str, status: int = 0, answer: str | None = None) -> str:
        """Run the operation and give its results, or all that it said if it ends with another status than 0.

        An `answer` is typed at a terminal; without one, there is none.
        """
        typing, terminal = pty.openpty()
        try:
            os.write(typing, f"{answer}\n".encode())
            finished = subprocess.run(
                [ROOT / "ops" / "dead_letters.sh", *arguments, "--stack-name", self._stack.project],
                env=self._stack.cloud.environment,
                stdin=subprocess.DEVNULL if answer is None else terminal,
                capture_output=True,
                text=True,
                check=False,
                timeout=120,
            )
        finally:
            os.close(typing)
            os.close(terminal)
        said = finished.stdout + finished.stderr
        assert SECRET not in said
        assert finished.returncode == status, said
        return finished.stdout if status == 0 else said

    def listed(self) -> dict[str, Any]:
        listing: dict[str, Any] = json.loads(self.run("list", "--json"))
        return listing

    def jobs(self) -> list[str]:
        return [job["id"] for job in self.listed()["jobs"]]

    def put(self, body: str) -> str:
        """Put a message on the dead-letter queue and give its id."""
        url = self._stack.outputs["ProcessingDeadLetterQueueUrl"]
        message_id: str = self._sqs.send_message(QueueUrl=url, MessageBody=body)["MessageId"]
        return message_id

    @contextmanager
    def nothing_is_delivered(self) -> Iterator[None]:
        """Let the processing queue's messages lie."""
        queue = self._stack.outputs["ProcessingQueueUrl"].rsplit("/", 1)[1]
        mappings = self._lambda.list_event_source_mappings(FunctionName=f"{self._stack.project}-background-processor")
        (mapping,) = (one for one in mappings["EventSourceMappings"] if one["EventSourceArn"].endswith(f":{queue}"))
        self._lambda.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
        try:
            yield
            self._sqs.purge_queue(QueueUrl=self._stack.outputs["ProcessingQueueUrl"])
        finally:
            self._lambda.update_event_source_mapping(UUID=mapping["UUID"], Enabled=True)


@pytest.fixture
def operator(stack: JourneyStack) -> Iterator[Operator]:
    operator = Operator(stack)
    yield operator
    # No message is left for other tests, hidden ones included.
    stack.cloud.client("sqs").purge_queue(QueueUrl=stack.outputs["ProcessingDeadLetterQueueUrl"])
    operator.run("resume")


async def dead_job(operator: Operator, client: Conversation) -> str:
    """Ask a question whose message becomes a dead letter."""
    with operator.nothing_is_delivered():
        job_id = await client.start(QUESTION)
        operator.put(json.dumps({"jobId": job_id}))
        end = await client.receive_of("job_failed")
    assert (end["jobId"], end["code"]) == (job_id, "PROCESSING_FAILED")
    return job_id


async def test_a_job_that_failed_for_good_is_replayed_once_and_its_owner_gets_the_answer(
    stack: JourneyStack, operator: Operator
) -> None:
    async with stack.signed_in("unlucky") as client:
        job_id = await dead_job(operator, client)
    failed = stack.stored_job(job_id)
    (listed,) = (job for job in operator.listed()["jobs"] if job["id"] == job_id)
    assert (listed["userId"], listed["code"]) == (failed["userId"]["S"], "PROCESSING_FAILED")
    assert job_id in operator.run()

    printed = await asyncio.to_thread(operator.run, "replay", job_id)
    new_id = printed.strip().removeprefix(f"Job {job_id} is asked again as job ").removesuffix(".")
    until(lambda: stack.stored_job(new_id)["status"]["S"] == "completed")
    assert operator.run("replay", job_id).strip() == (
        f"Job {job_id} was asked again before, as job {new_id}, which is completed. No other was made."
    )
    async with stack.signed_in("unlucky") as client:
        new = await client.ask({"action": "resume_job", "jobId": new_id})
        old = await client.ask({"action": "resume_job", "jobId": job_id})
        mine = (await client.ask({"action": "list_jobs"}))["jobs"]

    assert (new["type"], new["result"]["query"]) == ("job_snapshot", QUESTION)
    assert (old["status"], old["code"], old["seq"]) == ("failed", "PROCESSING_FAILED", int(failed["seq"]["N"]))
    assert {job["jobId"]: job["status"] for job in mine} == {job_id: "failed", new_id: "completed"}
    assert set(stack.invocations(new_id).values()) == {1}
    assert job_id not in operator.jobs()


async def test_a_job_that_is_discarded_is_listed_no_more_and_stays_failed(
    stack: JourneyStack, operator: Operator
) -> None:
    async with stack.signed_in("unlucky") as client:
        job_id = await dead_job(operator, client)
        assert job_id in operator.jobs()
        operator.run("discard", job_id, "--yes")
        assert job_id not in operator.jobs()
        assert (await client.ask({"action": "resume_job", "jobId": job_id}))["code"] == "PROCESSING_FAILED"


def test_a_message_that_is_no_job_is_hidden_by_the_reader_and_seen_during_a_pause(
    stack: JourneyStack, operator: Operator
) -> None:
    operator.put("hidden")
    until(lambda: operator.listed()["queue"]["hidden"] == 1)
    assert "about 0 visible, 1 hidden" in operator.run()
    assert "They come up in the list within 16 minutes." in operator.run()

    assert "does not read the dead-letter queue" in operator.run("pause")
    # SQS takes no escape character, and takes what does the same in one character, or turns a line round.
    message_id = operator.put("\x9b2J\u202epassword: sesame")
    (message,) = operator.listed()["messages"]
    assert (message["id"], message["jobId"]) == (message_id, None)
    assert "body" not in message
    plain, with_bodies = operator.run(), operator.run("list", "--show-bodies")
    assert "READER PAUSED" in plain
    assert "no job" in plain
    assert "password" not in plain
    assert f"{message_id}: password: sesame" in with_bodies
    assert {"\x9b", "\u202e"}.isdisjoint(with_bodies)
    assert "It names no job." in operator.run("replay", message_id, status=1)
    operator.run("discard", message_id, "--yes")
    assert operator.listed()["messages"] == []

    assert not operator.listed()["reader"]["on"]
    assert operator.run("resume") == "The background processor reads the dead-letter queue.\n"
    assert operator.listed()["reader"]["on"]


async def test_a_message_of_a_job_that_has_not_ended_goes_back_to_the_processing_queue(
    stack: JourneyStack, operator: Operator
) -> None:
    async with stack.signed_in("unlucky") as client:
        operator.run("pause")
        with operator.nothing_is_delivered():
            job_id = await client.start(QUESTION)
        message_id = operator.put(json.dumps({"jobId": job_id}))
        printed = await asyncio.to_thread(operator.run, "replay", message_id)
        assert printed.strip() == f"Message {message_id} is back in the processing queue: job {job_id}."
        operator.run("resume")
        assert await client.next_of({"job_completed", "job_failed"}) == "job_completed"
    assert operator.listed()["messages"] == []


async def test_all_are_replayed_or_discarded_and_a_discard_is_asked_about(
    stack: JourneyStack, operator: Operator
) -> None:
    async with stack.signed_in("unlucky") as client:
        job_id = await dead_job(operator, client)

    assert "add --yes to discard without being asked" in operator.run("discard", "--all", status=2)
    operator.run("pause")
    message_id = operator.put("hello")
    declined = operator.run("discard", "--all", answer="n", status=1)
    assert f"job {job_id}" in declined
    assert f"message {message_id}, which names no job" in declined
    assert "Nothing was discarded." in declined
    assert operator.jobs() == [job_id]
    assert f"Job {job_id} is asked again" in operator.run("replay", "--all")
    assert operator.run("discard", "--all", answer="y").strip() == f"Message {message_id} is deleted."
    listing = operator.listed()
    assert listing["jobs"] == listing["messages"] == []
