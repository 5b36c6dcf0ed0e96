"""deploy.sh against the local cloud: the whole way from packages to an endpoint, twice, and the way back."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest

from local_cloud.deploy_script import TEMPLATE, deploy, make_packages

STACK = "deploy-test"
BUCKET = "deploy-test-packages"


class Target:
    """A bucket, packages and names of this module's own on the local cloud."""

    def __init__(self, local_cloud, directory: Path) -> None:
        self.packages = directory / "packages"
        make_packages(self.packages)
        self.environment = {
            **local_cloud.environment,
            "LAMBDA_S3_BUCKET": BUCKET,
            "STACK_NAME": STACK,
            "PROJECT_NAME": STACK,
            "PACKAGES_DIR": str(self.packages),
        }
        access = {
            "endpoint_url": local_cloud.endpoint_url,
            "region_name": "us-east-1",
            "aws_access_key_id": local_cloud.environment["AWS_ACCESS_KEY_ID"],
            "aws_secret_access_key": local_cloud.environment["AWS_SECRET_ACCESS_KEY"],
        }
        self.cloudformation = boto3.client("cloudformation", **access)
        self.s3 = boto3.client("s3", **access)
        self.s3.create_bucket(Bucket=BUCKET)

    def deploy(self, *options: str) -> subprocess.CompletedProcess[str]:
        return deploy(self.environment, "--no-verify", *options)

    def keys(self) -> set[str]:
        return {item["Key"] for item in self.s3.list_objects_v2(Bucket=BUCKET).get("Contents", [])}

    def stack(self) -> dict:
        return self.cloudformation.describe_stacks(StackName=STACK)["Stacks"][0]

    def clean_up(self) -> None:
        for stack in (f"{STACK}-monitoring", STACK):
            self.cloudformation.delete_stack(StackName=stack)
        for key in self.keys():
            self.s3.delete_object(Bucket=BUCKET, Key=key)
        self.s3.delete_bucket(Bucket=BUCKET)


@pytest.fixture(scope="module")
def target(local_cloud, tmp_path_factory) -> Iterator[Target]:
    target = Target(local_cloud, tmp_path_factory.mktemp("deploy"))
    yield target
    target.clean_up()


@pytest.fixture(scope="module")
def dry_run(target):
    """The dry run of a stack that is not there, and what it left: names of stacks, keys of objects."""
    run = target.deploy("--dry-run")
    stacks = target.cloudformation.describe_stacks()["Stacks"]
    return run, [stack["StackName"] for stack in stacks], target.keys()


@pytest.fixture(scope="module")
def first_run(target, dry_run):
    return target.deploy()


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
    known = {"LAMBDA_S3_BUCKET": "", "PROJECT_NAME": ""}
    second_run = deploy({**target.environment, **known}, "--no-verify")
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
