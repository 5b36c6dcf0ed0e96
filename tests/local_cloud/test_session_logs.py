"""The search at the end of a session sees every log, and finds what is planted in each."""

import base64
import json
import shutil
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import jwt
import pytest
from botocore.exceptions import EndpointConnectionError

from local_cloud.conversation import conversation
from local_cloud.journey_stack import PASSWORD, JourneyStack
from local_cloud.log_search import LogSearch
from local_cloud.running_cloud import LocalCloud, until
from local_cloud.session_logs import NothingLogged, SecretLogged, search_session, searched_cloud

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


def plant(cloud: LocalCloud, *lines: str) -> None:
    """Write lines into a log group of CloudWatch's."""
    logs = cloud.client("logs")
    logs.create_log_group(logGroupName=GROUP)
    logs.create_log_stream(logGroupName=GROUP, logStreamName="stream")
    events = [{"timestamp": number, "message": line} for number, line in enumerate(lines, start=1)]
    logs.put_log_events(logGroupName=GROUP, logStreamName="stream", logEvents=events)


async def test_what_is_planted_in_any_log_is_found_and_not_repeated(
    local_cloud: LocalCloud, stack: JourneyStack, question: str, tmp_path: Path
) -> None:
    refused = f"What did {uuid.uuid4()} cost?"
    async with conversation(stack.url) as client:
        await client.sign_in(stack.token())
        job_id = (await client.job("What did it cost?"))[0]["jobId"]
    async with conversation(stack.url) as client:
        # Is stored nowhere, as nobody has signed in.
        await client.ask({"action": "finops_query", "query": refused})
    # The emulator itself forgets the lines of functions that a WebSocket invokes.
    until(lambda: job_id in (local_cloud.function_logs / f"{stack.project}-message-handler.log").read_text("utf-8"))
    token = jwt.encode({"sub": "user-1"}, "a key of enough bytes for this algorithm", "HS256")
    plant(local_cloud, "good", f"bad: {question}", f"worse: {PASSWORD}", f"?token={token}&x=y", "X-Amz-Signature=0a1b")
    for name, line in {
        "log": f"{question[:30].upper()} and so on",
        ".local/deploy.log": refused,
        "addresses.log": f"GET /?query={quote(question)}",
        "bodies.log": base64.b64encode(question.encode()).decode(),
        "errors.log": json.dumps({"body": json.dumps({"query": f'"{question}'})}),
        "keys.log": f"key AKIA{'Q2' * 8}.",
        "GUIDE.md.output": f"{question}{PASSWORD}",
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(f"good\n{line}\n", encoding="utf-8")

    findings = search_session(local_cloud, tmp_path).findings

    # Who looks at the session's own logs in the end finds nothing of this.
    local_cloud.client("logs").delete_log_group(logGroupName=GROUP)
    shutil.rmtree(tmp_path)
    assert set(findings) == {
        f"{GROUP}, line 2, has a question in it",
        f"{GROUP}, line 3, has a password in it",
        f"{GROUP}, line 4, has a token in it",
        f"{GROUP}, line 5, has a signed address in it",
        *(f"{name}.log, line 2, has a question in it" for name in ("addresses", "bodies", "errors")),
        "keys.log, line 2, has an access key in it",
        "log, line 2, has a question in it",
        ".local/deploy.log, line 2, has a question in it",
        # Where questions are typed.
        "GUIDE.md.output, line 2, has a password in it",
    }


def test_search_without_functions_lines_is_no_search(local_cloud: LocalCloud, question: str, tmp_path: Path) -> None:
    with pytest.raises(NothingLogged, match="questions are stored"):
        search_session(SilentCloud(local_cloud, tmp_path), tmp_path)


def test_a_cloud_whose_logs_tell_a_secret_ends_with_an_error(tmp_path: Path) -> None:
    searches: list[LogSearch] = []
    with (
        pytest.raises(SecretLogged, match=f"{GROUP}, line 1, has a password in it"),
        searched_cloud(tmp_path, tmp_path / "cloud", searches) as cloud,
    ):
        plant(cloud, f"Signing in with {PASSWORD}")
    assert searches[0].summary().endswith("1 found")
    # And it has stopped.
    with pytest.raises(EndpointConnectionError):
        cloud.client("sts").get_caller_identity()
