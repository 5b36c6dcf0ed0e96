"""The ask command, as a person runs it, against the deployed stack."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from local_cloud.journey_stack import ADVISOR, PASSWORD, JourneyStack
from local_cloud.running_cloud import until

COMMAND = (sys.executable, "-m", "finops_client.ask")
BOTH = "What did it cost, and where can I save?"


def environment(stack: JourneyStack, username: str, password: str = PASSWORD) -> dict[str, str]:
    stack.token(username)
    return {
        **stack.cloud.environment,
        "WEBSOCKET_URL": stack.url,
        "USER_POOL_CLIENT_ID": stack.outputs["UserPoolClientId"],
        "TEST_USERNAME": username,
        "TEST_PASSWORD": password,
    }


def ask(
    stack: JourneyStack, *arguments: str, username: str = "testuser", password: str = PASSWORD
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *arguments],
        env=environment(stack, username, password),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@contextmanager
def asking(stack: JourneyStack, query: str, username: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A command that has asked and waits for the answer, with its job's id."""
    with subprocess.Popen(
        [*COMMAND, "--json", query],
        env=environment(stack, username),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as command:
        assert command.stdout is not None
        yield command, json.loads(command.stdout.readline())["jobId"]


def test_answer_is_printed_after_moving_progress(stack: JourneyStack) -> None:
    asked = ask(stack, BOTH)

    assert asked.returncode == 0, asked.stderr
    assert "The cost agent's answer." in asked.stdout
    assert "The advisor agent's answer." in asked.stdout
    percents = [int(line[1:4]) for line in asked.stderr.splitlines() if line.startswith("[")]
    assert percents == sorted(percents)
    assert (percents[0], percents[-1]) == (5, 100)


def test_large_answer_is_printed_whole(stack: JourneyStack) -> None:
    asked = ask(stack, "--quiet", "What did it cost? cost=large:200000")

    assert asked.returncode == 0, asked.stderr
    assert asked.stdout.strip() == "x" * 200_000


@pytest.mark.parametrize(
    ("query", "status", "said"),
    [
        (f"{BOTH} advisor=crash", 3, ADVISOR),
        (f"{BOTH} cost=crash advisor=crash", 1, "AGENTS_FAILED"),
    ],
)
def test_exit_status_says_what_became_of_the_question(stack: JourneyStack, query: str, status: int, said: str) -> None:
    asked = ask(stack, query)

    assert asked.returncode == status, asked.stderr
    assert said in asked.stderr


def test_wrong_password_is_said(stack: JourneyStack) -> None:
    asked = ask(stack, "What did it cost?", password="not the password")

    assert asked.returncode == 5
    assert asked.stderr.count("\n") <= 2
    assert "Traceback" not in asked.stderr


def test_job_is_taken_up_again_and_can_be_read_afterwards(stack: JourneyStack) -> None:
    with asking(stack, "What did it cost? cost=hang:3", "returning") as (command, job_id):
        command.send_signal(signal.SIGINT)
        _, notes = command.communicate(timeout=30)
    assert command.returncode == 130, notes
    assert notes.splitlines()[-1] == f"The job goes on. To come back to it: ask --resume {job_id}"

    resumed = ask(stack, "--resume", job_id, username="returning")
    assert resumed.returncode == 0, resumed.stderr
    assert "The cost agent's answer." in resumed.stdout

    read = ask(stack, "--quiet", "--resume", job_id, username="returning")
    assert (read.returncode, read.stdout, read.stderr) == (0, resumed.stdout, "")
    assert stack.invocations(job_id) == {"cost": 1}


def test_cancelled_job_ends_for_everybody_and_once_and_for_all(stack: JourneyStack) -> None:
    # The agent would hang beyond its deadline: the cancellation has that long to come first.
    with asking(stack, "What did it cost? cost=hang:30", "cancelling") as (command, job_id):
        cancelled = ask(stack, "--cancel", job_id, username="cancelling")
        _, notes = command.communicate(timeout=30)
    assert (cancelled.returncode, cancelled.stderr) == (0, "The job is cancelled.\n")
    assert command.returncode == 1
    assert notes.splitlines()[-1] == "The job was cancelled."

    again = ask(stack, "--cancel", job_id, username="cancelling")
    assert (again.returncode, again.stderr) == (0, "The job is cancelled.\n")
    resumed = ask(stack, "--resume", job_id, username="cancelling")
    assert (resumed.returncode, resumed.stderr.splitlines()[-1]) == (1, "The job was cancelled.")


def test_finished_job_is_not_cancelled_and_somebody_elses_is_not_there(stack: JourneyStack) -> None:
    asked = ask(stack, "--json", "What did it cost?", username="owner")
    events = [json.loads(line) for line in asked.stdout.splitlines()]
    assert "analysis_started" in [event.get("type") for event in events]
    assert events[-1]["type"] == "job_completed"
    job_id = events[-1]["jobId"]

    finished = ask(stack, "--cancel", job_id, username="owner")
    assert (finished.returncode, finished.stderr) == (1, "The job cannot be cancelled: it is completed already.\n")
    theirs = ask(stack, "--quiet", "--resume", job_id, username="stranger")
    assert (theirs.returncode, theirs.stdout) == (1, "")
    assert theirs.stderr == ask(stack, "--quiet", "--resume", "no such job", username="stranger").stderr


def test_jobs_are_listed_newest_first_and_nobody_elses(stack: JourneyStack) -> None:
    assert ask(stack, "--quiet", "What did it cost?", username="listing").returncode == 0
    # Jobs of one second are in no order.
    asked_by = int(time.time())
    until(lambda: int(time.time()) > asked_by)
    assert ask(stack, "--quiet", "And where can I save?", username="listing").returncode == 0

    listed = ask(stack, "--list", username="listing")
    assert listed.returncode == 0, listed.stderr
    lines = [line.split("\t") for line in listed.stdout.splitlines()]
    assert [(line[1], line[3]) for line in lines] == [
        ("completed", "And where can I save?"),
        ("completed", "What did it cost?"),
    ]
    assert ask(stack, "--list", "--limit", "1", username="listing").stdout == listed.stdout.splitlines(True)[0]
    assert ask(stack, "--list", username="newcomer").stderr == "There are no jobs.\n"
