"""The guide's Steps 2 to 6 as a person types them, against the local cloud: only the endpoint differs."""

import re
import shlex
import subprocess
from pathlib import Path

import pytest

from local_cloud.conversation import conversation
from local_cloud.running_cloud import ROOT, LocalCloud

BUCKET = "finops-deployment-packages-062025"
ENDPOINT = "Stacks[0].Outputs[?OutputKey==`WebSocketApiEndpoint`].OutputValue"
PACKAGES = ("websocket-connection-manager.zip", "websocket-message-handler.zip", "websocket-background-processor.zip")


class Typist:
    """Runs the guide's commands, with the AWS CLI that `./run_tests.sh` installs."""

    def __init__(self, cloud: LocalCloud) -> None:
        self._cloud = cloud

    def aws(self, command: str) -> str:
        typed = subprocess.run(
            ["aws", "--endpoint-url", self._cloud.endpoint_url, *shlex.split(command)],
            env=self._cloud.environment,
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert typed.returncode == 0, typed.stderr
        return typed.stdout.strip()

    def deploy(self, *parameters: str) -> None:
        self.aws(
            "cloudformation deploy --template-file cloudformation/finops-websocket-api-fixed.yaml --parameter-overrides"
            f" ProjectName=finops-websocket LambdaS3Bucket={BUCKET} {' '.join(parameters)}"
            " --capabilities CAPABILITY_NAMED_IAM --stack-name finops-websocket-api --region us-east-1"
        )

    def delete(self) -> None:
        self.aws("cloudformation delete-stack --stack-name finops-websocket-api")
        self.aws("cloudformation wait stack-delete-complete --stack-name finops-websocket-api")

    def describe(self, query: str) -> str:
        return self.aws(
            "cloudformation describe-stacks --stack-name finops-websocket-api --region us-east-1 --output text"
            f" --query {shlex.quote(query)}"
        )


@pytest.fixture(scope="module")
def deployed(local_cloud: LocalCloud, packages: Path) -> Typist:
    typist = Typist(local_cloud)
    typist.aws(f"s3 mb s3://{BUCKET}")
    for package in PACKAGES:
        typist.aws(f"s3 cp {packages / package} s3://{BUCKET}/")
    typist.deploy(f"ExecuteApiBaseUrl={local_cloud.endpoint_url}/_aws/execute-api")
    return typist


async def test_steps_end_in_a_stack_that_gives_the_guides_answer(deployed: Typist) -> None:
    assert deployed.describe("Stacks[0].StackStatus") == "CREATE_COMPLETE"
    endpoint = deployed.describe(ENDPOINT)
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
    for name in ("connection-manager", "message-handler", "background-processor"):
        described = f"lambda get-function --function-name finops-websocket-{name} --query Configuration.State"
        assert deployed.aws(f"{described} --output text") == "Active"
    for name in ("connections", "jobs"):
        described = f"dynamodb describe-table --table-name finops-websocket-{name} --query Table.TableStatus"
        assert deployed.aws(f"{described} --output text") == "ACTIVE"
    for name in ("processing-queue", "processing-dlq"):
        assert deployed.aws(f"sqs get-queue-url --queue-name finops-websocket-{name}")


def test_stack_can_be_deleted_and_deployed_again(deployed: Typist) -> None:
    # Last in this file: the other tests' stack goes.
    deployed.delete()
    deployed.deploy()
    # Without the local cloud's address, as on AWS.
    assert re.fullmatch(r"wss://[0-9a-z]+\.execute-api\.us-east-1\.amazonaws\.com/prod", deployed.describe(ENDPOINT))
    # The local cloud stumbles over the mapping of such a stack, and then polls no younger stack's queues.
    deployed.delete()
