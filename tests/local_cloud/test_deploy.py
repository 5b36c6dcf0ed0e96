"""deploy.sh against the local cloud: the whole way from packages to an endpoint, twice, and the way back."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from local_cloud.deploy_script import ROOT, TEMPLATE, make_packages, run_script
from local_cloud.running_cloud import LocalCloud

STACK = "deploy-test"
BUCKET = "deploy-test-packages"
NAMED = {"LAMBDA_S3_BUCKET": BUCKET, "PROJECT_NAME": STACK}


class Target:
    """A bucket, packages and names of this module's own on the local cloud."""

    def __init__(self, cloud: LocalCloud, directory: Path) -> None:
        make_packages(directory)
        self.environment = cloud.environment | {"STACK_NAME": STACK, "PACKAGES_DIR": str(directory)}
        self.cloudformation = cloud.client("cloudformation")
        self.s3 = cloud.client("s3")
        self.s3.create_bucket(Bucket=BUCKET)

    def deploy(self, *options: str, **variables: str) -> subprocess.CompletedProcess[str]:
        return run_script(ROOT / "deploy.sh", self.environment | variables, "--no-verify", *options)

    def keys(self) -> set[str]:
        return {item["Key"] for item in self.s3.list_objects_v2(Bucket=BUCKET).get("Contents", [])}

    def stack(self) -> dict:
        return self.cloudformation.describe_stacks(StackName=STACK)["Stacks"][0]


@pytest.fixture(scope="module")
def target(local_cloud, tmp_path_factory) -> Iterator[Target]:
    target = Target(local_cloud, tmp_path_factory.mktemp("deploy"))
    yield target
    for stack in (f"{STACK}-monitoring", STACK):
        target.cloudformation.delete_stack(StackName=stack)


@pytest.fixture(scope="module")
def dry_run(target):
    """The dry run of a stack that is not there, and what it left: names of stacks, keys of objects."""
    run = target.deploy("--dry-run", **NAMED)
    stacks = target.cloudformation.describe_stacks()["Stacks"]
    return run, [stack["StackName"] for stack in stacks], target.keys()


@pytest.fixture(scope="module")
def first_run(target, dry_run):
    return target.deploy(**NAMED)


def test_dry_run_shows_what_would_be_made_and_leaves_nothing(dry_run):
    run, stacks, keys = dry_run
    assert run.returncode == 0, run.stderr
    assert "JobsTable" in run.stderr
    assert run.stdout == ""
    assert STACK not in stacks
    assert keys == set()


def test_first_run_deploys_and_prints_the_endpoint(target, first_run):
    assert first_run.returncode == 0, first_run.stderr
    outputs = {output["OutputKey"]: output["OutputValue"] for output in target.stack()["Outputs"]}
    endpoint = outputs["WebSocketApiEndpoint"]
    assert endpoint.startswith("ws://")
    assert first_run.stdout.splitlines() == [
        endpoint,
        f"        userPoolId: '{outputs['UserPoolId']}',",
        f"        userPoolWebClientId: '{outputs['UserPoolClientId']}',",
        f"        websocketEndpoint: '{endpoint}',",
    ]


def test_second_run_changes_nothing(target, first_run):
    before, keys = target.stack(), target.keys()
    # Neither bucket nor project is named: the stack knows them.
    second_run = target.deploy()
    assert second_run.returncode == 0, second_run.stderr
    assert "no changes" in [line.strip() for line in second_run.stderr.splitlines()]
    assert second_run.stdout == first_run.stdout
    assert target.stack() == before
    assert target.keys() == keys


BROKEN_RESOURCE = """\
Resources:
  NeverReady:
    Type: AWS::CloudFormation::WaitCondition
    Properties: {Handle: !Ref NeverReadyHandle, Timeout: "1"}
  NeverReadyHandle:
    Type: AWS::CloudFormation::WaitConditionHandle
"""


def test_failed_update_says_why_and_leaves_the_old_stack(target, first_run, tmp_path):
    broken = tmp_path / "broken.yaml"
    broken.write_text(TEMPLATE.read_text().replace("\nResources:\n", f"\n{BROKEN_RESOURCE}"))
    before = target.stack()["Outputs"]
    run = target.deploy("--template", str(broken))
    assert run.returncode == 1, run.stderr
    assert run.stdout == ""
    explanation = run.stderr[run.stderr.index("What failed") :]
    assert "  NeverReady: WaitCondition timed out." in explanation
    assert f"Stack {STACK} runs as it did before" in explanation
    after = target.stack()
    assert after["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert after["Outputs"] == before
