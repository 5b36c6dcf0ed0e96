"""The guide's Steps 2 to 6 as a person types them, against the local cloud: only the endpoint differs."""

import re
import subprocess
from pathlib import Path

import pytest

from local_cloud.conversation import conversation
from local_cloud.running_cloud import ROOT, LocalCloud

BUCKET = "finops-deployment-packages-062025"
PACKAGES = ("websocket-connection-manager.zip", "websocket-message-handler.zip", "websocket-background-processor.zip")


class Typist:
    """Runs the guide's commands in a folder of its own, with the AWS CLI that `./run_tests.sh` installs."""

    def __init__(self, cloud: LocalCloud, directory: Path) -> None:
        self._cloud = cloud
        self._directory = directory

    def aws(self, *arguments: str) -> str:
        typed = subprocess.run(
            ["aws", "--endpoint-url", self._cloud.endpoint_url, *arguments],
            env=self._cloud.environment,
            cwd=self._directory,
            capture_output=True,
            text=True,
            check=False,
        )
        assert typed.returncode == 0, typed.stderr
        return typed.stdout.strip()


@pytest.fixture(scope="module")
def deployed(local_cloud: LocalCloud, packages: Path) -> Typist:
    typist = Typist(local_cloud, ROOT)
    typist.aws("s3", "mb", f"s3://{BUCKET}")
    for package in PACKAGES:
        typist.aws("s3", "cp", str(packages / package), f"s3://{BUCKET}/")
    typist.aws(
        "cloudformation", "deploy",
        "--template-file", "cloudformation/finops-websocket-api-fixed.yaml",
        "--parameter-overrides",
        "ProjectName=finops-websocket",
        f"LambdaS3Bucket={BUCKET}",
        f"ExecuteApiBaseUrl={local_cloud.endpoint_url}/_aws/execute-api",
        "--capabilities", "CAPABILITY_NAMED_IAM",
        "--stack-name", "finops-websocket-api",
        "--region", "us-east-1",
    )  # fmt: skip
    return typist


def describe(typist: Typist, query: str) -> str:
    return typist.aws(
        "cloudformation", "describe-stacks", "--stack-name", "finops-websocket-api", "--region", "us-east-1",
        "--query", query, "--output", "text",
    )  # fmt: skip


async def test_steps_end_in_a_stack_that_gives_the_guides_answer(deployed: Typist) -> None:
    assert describe(deployed, "Stacks[0].StackStatus") == "CREATE_COMPLETE"
    endpoint = describe(deployed, "Stacks[0].Outputs[?OutputKey==`WebSocketApiEndpoint`].OutputValue")
    assert re.fullmatch(r"wss?://\S+/prod", endpoint)

    async with conversation(endpoint) as client:
        answer = await client.ask({"action": "authenticate", "userId": "test-user", "username": "testuser"})

    assert answer.pop("connectionId")
    assert answer == {
        "type": "authenticated",
        "message": "Welcome testuser! WebSocket connection established.",
        "userId": "test-user",
        "verified": False,
    }


def test_stack_has_the_guides_names(deployed: Typist) -> None:
    for function in ("connection-manager", "message-handler", "background-processor"):
        state = deployed.aws(
            "lambda", "get-function", "--function-name", f"finops-websocket-{function}",
            "--query", "Configuration.State", "--output", "text",
        )  # fmt: skip
        assert state == "Active"
    for table in ("connections", "jobs"):
        status = deployed.aws(
            "dynamodb", "describe-table", "--table-name", f"finops-websocket-{table}",
            "--query", "Table.TableStatus", "--output", "text",
        )  # fmt: skip
        assert status == "ACTIVE"
    assert deployed.aws("sqs", "get-queue-url", "--queue-name", "finops-websocket-processing-queue")
    assert deployed.aws("sqs", "get-queue-url", "--queue-name", "finops-websocket-processing-dlq")


def test_stack_can_be_deleted_and_deployed_again(local_cloud: LocalCloud, deployed: Typist) -> None:
    # Last in this file: the other tests' stack goes.
    deployed.aws("cloudformation", "delete-stack", "--stack-name", "finops-websocket-api")
    deployed.aws("cloudformation", "wait", "stack-delete-complete", "--stack-name", "finops-websocket-api")
    deployed.aws(
        "cloudformation", "deploy",
        "--template-file", "cloudformation/finops-websocket-api-fixed.yaml",
        "--parameter-overrides", "ProjectName=finops-websocket", f"LambdaS3Bucket={BUCKET}",
        "--capabilities", "CAPABILITY_NAMED_IAM",
        "--stack-name", "finops-websocket-api",
    )  # fmt: skip
    # Without the local cloud's address, as on AWS.
    endpoint = describe(deployed, "Stacks[0].Outputs[?OutputKey==`WebSocketApiEndpoint`].OutputValue")
    assert re.fullmatch(r"wss://[0-9a-z]+\.execute-api\.us-east-1\.amazonaws\.com/prod", endpoint)
    # The local cloud stumbles over the mapping of such a stack, and then polls no younger stack's queues.
    deployed.aws("cloudformation", "delete-stack", "--stack-name", "finops-websocket-api")
    deployed.aws("cloudformation", "wait", "stack-delete-complete", "--stack-name", "finops-websocket-api")
