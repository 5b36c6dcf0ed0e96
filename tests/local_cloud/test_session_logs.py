"""The search at the end of a session sees every log, and finds what is planted in each."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from local_cloud.conversation import conversation
from local_cloud.journey_stack import PASSWORD, JourneyStack
from local_cloud.log_search import LogSearch
from local_cloud.running_cloud import ROOT, LocalCloud, until
from local_cloud.session_logs import (
    FIRST_QUESTION,
    NothingLogged,
    SecretLogged,
    asked_questions,
    kept_groups,
    search_session,
    searched_cloud,
)

# What is planted, and taken away before the session's own search.
GROUP = "/planted/group"
TABLE = "planted-jobs"


@dataclass(frozen=True)
class SilentCloud:
    """A cloud whose functions' lines are kept nowhere."""

    cloud: LocalCloud
    function_logs: Path

    def client(self, service: str) -> Any:
        return self.cloud.client(service)


@pytest.fixture
def question(local_cloud: LocalCloud) -> Iterator[str]:
    """A question that is stored in a table of jobs."""
    tables = local_cloud.client("dynamodb")
    tables.create_table(
        TableName=TABLE,
        AttributeDefinitions=[{"AttributeName": "jobId", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "jobId", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    question = f"What did {uuid.uuid4()} cost?"
    tables.put_item(TableName=TABLE, Item={"jobId": {"S": "1"}, "query": {"S": question}})
    tables.put_item(TableName=TABLE, Item={"jobId": {"S": "1#agent"}})
    yield question
    tables.delete_table(TableName=TABLE)


@pytest.fixture
def group(local_cloud: LocalCloud) -> Iterator[str]:
    """A log group."""
    make_group(local_cloud)
    yield GROUP
    local_cloud.client("logs").delete_log_group(logGroupName=GROUP)


def make_group(cloud: LocalCloud) -> None:
    cloud.client("logs").create_log_group(logGroupName=GROUP)
    cloud.client("logs").create_log_stream(logGroupName=GROUP, logStreamName="stream")


def write(cloud: LocalCloud, group: str, *lines: str) -> None:
    cloud.client("logs").put_log_events(
        logGroupName=group,
        logStreamName="stream",
        logEvents=[{"timestamp": number, "message": line} for number, line in enumerate(lines, start=1)],
    )


def test_stored_questions_are_what_is_searched_for(local_cloud: LocalCloud, question: str) -> None:
    assert question in set(asked_questions(local_cloud))


def test_a_question_in_cloudwatch_logs_is_found(
    local_cloud: LocalCloud, stack: JourneyStack, question: str, group: str, tmp_path: Path
) -> None:
    write(local_cloud, group, "good", f"bad: {question}", f"worse: {PASSWORD}")
    findings = search_session(local_cloud, tmp_path).findings
    assert {f"{GROUP}, line 2, has a question in it", f"{GROUP}, line 3, has a password in it"} <= set(findings)
    assert question not in str(findings)


@pytest.mark.parametrize("file", ["log", "deeper/cloud.log", ".local/deploy.log"])
def test_a_question_in_a_file_is_found(
    local_cloud: LocalCloud, stack: JourneyStack, question: str, tmp_path: Path, file: str
) -> None:
    (tmp_path / file).parent.mkdir(exist_ok=True)
    (tmp_path / file).write_text(f"good\n{question}\n", encoding="utf-8")
    assert f"{file}, line 2, has a question in it" in search_session(local_cloud, tmp_path).findings


async def test_lines_of_functions_that_a_websocket_invokes_are_kept(
    local_cloud: LocalCloud, stack: JourneyStack
) -> None:
    async with conversation(stack.url) as client:
        await client.sign_in(stack.token())
        job_id = (await client.job("What did it cost?"))[0]["jobId"]
    log = local_cloud.function_logs / f"{stack.project}-message-handler.log"
    until(lambda: job_id in log.read_text(encoding="utf-8"))
    # The emulator itself forgets them, for which the files are there.
    assert job_id not in kept_groups(local_cloud).get(f"/aws/lambda/{stack.project}-message-handler", "")


def test_a_password_in_a_transcript_is_found(local_cloud: LocalCloud, stack: JourneyStack, tmp_path: Path) -> None:
    transcript = tmp_path / "GUIDE.md.output"
    transcript.write_text(f"good\n{FIRST_QUESTION}\n{PASSWORD}\n", encoding="utf-8")
    findings = [line for line in search_session(local_cloud, tmp_path).findings if line.startswith("GUIDE")]
    transcript.unlink()
    assert findings == ["GUIDE.md.output, line 3, has a password in it"]


async def test_a_question_that_is_stored_nowhere_is_searched_for(
    local_cloud: LocalCloud, stack: JourneyStack, tmp_path: Path
) -> None:
    question = f"What did {uuid.uuid4()} cost?"
    async with conversation(stack.url) as client:
        await client.ask({"action": "finops_query", "query": question})
    (tmp_path / "log").write_text(question, encoding="utf-8")
    findings = search_session(local_cloud, tmp_path).findings
    (tmp_path / "log").unlink()
    assert question not in set(asked_questions(local_cloud))
    assert "log, line 1, has a question in it" in findings


def test_search_without_functions_lines_is_no_search(local_cloud: LocalCloud, question: str, tmp_path: Path) -> None:
    with pytest.raises(NothingLogged, match="questions are stored"):
        search_session(SilentCloud(local_cloud, tmp_path), tmp_path)


def test_a_cloud_whose_logs_tell_a_secret_ends_with_an_error(tmp_path: Path) -> None:
    searches: list[LogSearch] = []
    with (
        pytest.raises(SecretLogged, match=f"{GROUP}, line 1, has a password in it"),
        searched_cloud(tmp_path, tmp_path / "cloud", searches) as cloud,
    ):
        make_group(cloud)
        write(cloud, GROUP, f"Signing in with {PASSWORD}")
    assert searches[0].summary().endswith("1 found")
    # And it has stopped.
    with pytest.raises(EndpointConnectionError):
        cloud.client("sts").get_caller_identity()


def test_the_first_question_of_run_local_is_known() -> None:
    assert f"FIRST_QUESTION='{FIRST_QUESTION}'" in (ROOT / "run_local.sh").read_text(encoding="utf-8")
