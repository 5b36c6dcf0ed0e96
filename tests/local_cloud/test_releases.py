"""Releases and the way back, through a stack of the local cloud that real packages run in."""

from __future__ import annotations

import re
import subprocess
import sys
import uuid
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest

from local_cloud.conversation import Conversation, conversation
from local_cloud.deploy_script import TEMPLATE, run_script
from local_cloud.journey_stack import JourneyStack
from local_cloud.running_cloud import ROOT, LocalCloud

FUNCTIONS = {
    "connection-manager": "ConnectionManager",
    "message-handler": "MessageHandler",
    "background-processor": "BackgroundProcessor",
}
# What becomes of a first and a second question within a minute.
FIRST_ANSWERS = ("Your question is queued.", "job_queued")
SECOND_ANSWERS = ("Your question waits its turn.", "RATE_LIMITED")


class ReleasedStack(JourneyStack):
    """A stack whose agents have names of its own, and the two scripts that change it."""

    first: str
    second: str
    """The ids of its releases."""

    agents: ClassVar = {"cost": "releases-cost-agent", "advisor": "releases-advisor-agent"}

    def run(self, script: str, *options: str) -> subprocess.CompletedProcess[str]:
        return run_script(ROOT / script, self.cloud.environment | {"STACK_NAME": self.project}, *options)

    def deploy(self, packages: Path, *options: str) -> subprocess.CompletedProcess[str]:
        return self.run("deploy.sh", "--packages-dir", str(packages), *options)

    def rollback(self, release: str) -> subprocess.CompletedProcess[str]:
        return self.run("ops/rollback.sh", "--to", release)

    def listed(self) -> list[list[str]]:
        """The rows of the list, newest first: release, status, versions, by whom, and whether it runs now."""
        listed = self.run("ops/rollback.sh", "--list")
        assert listed.returncode == 0, listed.stderr
        return [line.split(maxsplit=4) for line in listed.stdout.splitlines()[1:]]

    def releases(self) -> dict[str, tuple[str, bool]]:
        """Status of each release that is listed, newest first, and whether it runs now."""
        return {row[0]: (row[1], row[4:] == ["<- runs now"]) for row in self.listed()}

    def parameter(self, name: str) -> str:
        stack = self.cloud.client("cloudformation").describe_stacks(StackName=self.project)["Stacks"][0]
        (value,) = (item["ParameterValue"] for item in stack["Parameters"] if item["ParameterKey"] == name)
        return str(value)

    def code_hash(self, function: str) -> str:
        found = self.cloud.client("lambda").get_function_configuration(FunctionName=f"{self.project}-{function}")
        return str(found["CodeSha256"])


def changed(packages: Path, directory: Path, function: str, change: Callable[[str, bytes], bytes]) -> Path:
    """The packages with the files of one function changed, each by its name and content."""
    directory.mkdir()
    for package in packages.glob("websocket-*.zip"):
        (directory / package.name).write_bytes(package.read_bytes())
    name = f"websocket-{function}.zip"
    with zipfile.ZipFile(packages / name) as old, zipfile.ZipFile(directory / name, "w") as new:
        # Without bytecode, which is loaded in place of its module, whatever that says.
        before = {file: old.read(file) for file in old.namelist() if not file.endswith(".pyc")}
        after = {file: change(file, content) for file, content in before.items()}
        assert after != before
        for file, content in after.items():
            new.writestr(file, content)
    return directory


def second_packages(packages: Path, directory: Path) -> Path:
    """The packages of which the message handler says something else of a new job."""
    first, second = FIRST_ANSWERS[0].encode(), SECOND_ANSWERS[0].encode()
    return changed(packages, directory, "message-handler", lambda _, content: content.replace(first, second))


def broken_packages(packages: Path, directory: Path) -> Path:
    """The packages of which the connection manager cannot be loaded."""

    def broken(name: str, content: bytes) -> bytes:
        return content + b"\nraise RuntimeError\n" if name == "connection_manager/handler.py" else content

    return changed(packages, directory / "broken", "connection-manager", broken)


async def ask(client: Conversation) -> dict[str, Any]:
    """Asks, and gives what became of the question at once: job_queued or job_failed."""
    request_id = str(uuid.uuid4())
    await client.send({"action": "finops_query", "query": "What did it cost?", "requestId": request_id})
    while (message := await client.receive()).get("requestId") != request_id:
        pass
    return message


async def answers_of(stack: ReleasedStack, user: str) -> tuple[str, str]:
    """What becomes of a new user's two questions, which tells code and parameter of a stack."""
    async with conversation(stack.url) as client:
        await client.sign_in(stack.token(user))
        first, second = await ask(client), await ask(client)
    return first["message"], second.get("code", second["type"])


@pytest.fixture(scope="module")
def stack(local_cloud: LocalCloud, packages: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReleasedStack]:
    """A stack of two releases, of which it runs the second at the beginning and end of each test."""
    directory = tmp_path_factory.mktemp("releases")
    stack = ReleasedStack(local_cloud, packages, directory, project="releases")
    deployed = stack.deploy(second_packages(packages, directory / "second"), "--parameter", "MaxQueriesPerMinute=1")
    assert deployed.returncode == 0, deployed.stderr
    stack.second, stack.first = stack.releases()
    yield stack
    for name in ("releases-monitoring", "releases"):
        local_cloud.client("cloudformation").delete_stack(StackName=name)


async def test_previous_release_answers_again_and_the_next_one_too(stack: ReleasedStack) -> None:
    tables = stack.cloud.client("dynamodb")
    made = tables.describe_table(TableName=stack.outputs["JobsTableName"])["Table"]["CreationDateTime"]
    assert stack.releases() == {stack.second: ("verified", True), stack.first: ("verified", False)}
    assert await answers_of(stack, "meanwhile") == SECOND_ANSWERS
    async with conversation(stack.url) as client:
        await client.sign_in(stack.token("owner"))
        made_in_second = (await client.job("What did it cost?"))[-1]
    assert made_in_second["type"] == "job_completed"

    back = stack.rollback("previous")
    assert (back.returncode, back.stdout) == (0, f"{stack.first}\n"), back.stderr
    assert "verify: verified" in back.stderr
    assert await answers_of(stack, "after") == FIRST_ANSWERS
    assert stack.releases() == {stack.second: ("withdrawn", False), stack.first: ("verified", True)}
    async with conversation(stack.url) as client:
        await client.sign_in(stack.token("owner"))
        listed = await client.ask({"action": "list_jobs"})
        snapshot = await client.ask({"action": "resume_job", "jobId": made_in_second["jobId"]})
    assert [job["jobId"] for job in listed["jobs"]] == [made_in_second["jobId"]]
    assert (snapshot["status"], snapshot["result"]["response"]) == ("completed", made_in_second["result"]["response"])
    assert tables.describe_table(TableName=stack.outputs["JobsTableName"])["Table"]["CreationDateTime"] == made

    nothing_before = stack.rollback("previous")
    assert nothing_before.returncode == 1
    assert f"There is no release before the one that runs ({stack.first})." in nothing_before.stderr

    forward = stack.rollback(stack.second)
    assert (forward.returncode, forward.stdout) == (0, f"{stack.second}\n"), forward.stderr
    assert await answers_of(stack, "forward") == SECOND_ANSWERS


def test_versions_carry_the_releases_that_they_were_published_for(stack: ReleasedStack) -> None:
    versions = {release: dict(zip(FUNCTIONS, row.split("/"), strict=True)) for release, _, row, *_ in stack.listed()}
    for function in FUNCTIONS:
        found = stack.cloud.client("lambda").list_versions_by_function(FunctionName=f"{stack.project}-{function}")
        described = {version["Version"]: version["Description"] for version in found["Versions"]}
        for release, of_release in versions.items():
            # A function of which nothing has changed keeps the version that it has.
            assert described[of_release[function]] in {f"release {name}" for name in versions if name <= release}
    handlers = [of_release["message-handler"] for of_release in versions.values()]
    assert len(set(handlers)) == len(handlers)


async def test_release_that_fails_its_verification_goes_back(
    stack: ReleasedStack, packages: Path, tmp_path: Path
) -> None:
    hashes = [stack.code_hash(name) for name in FUNCTIONS]
    run = stack.deploy(broken_packages(packages, tmp_path), "--parameter", "MaxQueriesPerMinute=7")
    assert (run.returncode, run.stdout) == (1, ""), run.stderr
    assert f"Release {stack.second} runs again, and works." in run.stderr
    releases = stack.releases()
    newest = next(iter(releases))
    assert (releases[newest], releases[stack.second]) == (("failed", False), ("verified", True))
    assert [stack.code_hash(name) for name in FUNCTIONS] == hashes
    assert stack.parameter("MaxQueriesPerMinute") == "1"
    assert await answers_of(stack, "returned") == SECOND_ANSWERS


async def test_stack_of_the_guides_plain_commands_can_be_returned_to(
    local_cloud: LocalCloud, packages: Path, tmp_path: Path
) -> None:
    project, bucket = "releases-guide", "releases-guide-packages"
    environment = local_cloud.environment | {"STACK_NAME": project}

    def aws(*arguments: str) -> None:
        program = Path(sys.executable).with_name("aws")
        typed = run_script(program, environment, "--endpoint-url", local_cloud.endpoint_url, *arguments)
        assert typed.returncode == 0, typed.stderr

    aws("s3", "mb", f"s3://{bucket}")
    for function in FUNCTIONS:
        aws("s3", "cp", str(packages / f"websocket-{function}.zip"), f"s3://{bucket}/")
    aws(
        "cloudformation", "deploy",
        "--template-file", str(TEMPLATE),
        "--parameter-overrides", f"ProjectName={project}", f"LambdaS3Bucket={bucket}",
        f"ExecuteApiBaseUrl={local_cloud.endpoint_url}/_aws/execute-api",
        "--capabilities", "CAPABILITY_NAMED_IAM",
        "--stack-name", project,
    )  # fmt: skip
    newer = second_packages(packages, tmp_path / "second")
    deployed = run_script(ROOT / "deploy.sh", environment, "--packages-dir", str(newer))
    assert deployed.returncode == 0, deployed.stderr
    found = re.search(r"it is kept as release (\S+-unknown)", deployed.stderr)
    assert found, deployed.stderr

    back = run_script(ROOT / "ops" / "rollback.sh", environment, "--to", "previous")
    assert (back.returncode, back.stdout) == (0, f"{found[1]}\n"), back.stderr
    stack = local_cloud.client("cloudformation").describe_stacks(StackName=project)["Stacks"][0]
    keys = {item["ParameterKey"]: item["ParameterValue"] for item in stack["Parameters"]}
    for function, package in FUNCTIONS.items():
        # Under its plain name is the newer one by now.
        assert re.fullmatch(rf"{project}/[0-9a-f]{{64}}/websocket-{function}\.zip", keys[f"{package}Key"])
        stored = local_cloud.client("s3").get_object(Bucket=bucket, Key=keys[f"{package}Key"])["Body"].read()
        assert stored == (packages / f"websocket-{function}.zip").read_bytes()
    listed = run_script(ROOT / "ops" / "rollback.sh", environment)
    assert re.search(rf"^{found[1]} +found .*<- runs now$", listed.stdout, re.MULTILINE), listed.stdout
    for name in (f"{project}-monitoring", project):
        aws("cloudformation", "delete-stack", "--stack-name", name)
