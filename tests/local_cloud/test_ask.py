"""The ask command, as a person runs it, against the deployed stack."""

import json
import subprocess
import sys

import pytest

from local_cloud.journey_stack import ADVISOR, PASSWORD, JourneyStack

BOTH = "What did it cost, and where can I save?"


def ask(stack: JourneyStack, *arguments: str, password: str = PASSWORD) -> subprocess.CompletedProcess[str]:
    stack.token()
    return subprocess.run(
        [sys.executable, "-m", "finops_client.ask", *arguments],
        env={
            **stack.cloud.environment,
            "WEBSOCKET_URL": stack.url,
            "USER_POOL_CLIENT_ID": stack.outputs["UserPoolClientId"],
            "TEST_USERNAME": "testuser",
            "TEST_PASSWORD": password,
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_answer_is_printed_after_moving_progress(stack: JourneyStack) -> None:
    asked = ask(stack, BOTH)

    assert asked.returncode == 0, asked.stderr
    assert "The cost agent's answer." in asked.stdout
    assert "The advisor agent's answer." in asked.stdout
    percents = [int(line[1:4]) for line in asked.stderr.splitlines() if line.startswith("[")]
    assert percents == sorted(percents)
    assert (percents[0], percents[-1]) == (5, 100)


def test_json_gives_an_event_a_line(stack: JourneyStack) -> None:
    asked = ask(stack, "--json", "What did it cost?")

    assert asked.returncode == 0, asked.stderr
    kinds = [json.loads(line).get("type") for line in asked.stdout.splitlines()]
    assert kinds[-1] == "job_completed"
    assert "analysis_started" in kinds


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
