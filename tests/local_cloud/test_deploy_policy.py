"""The policies of ops/policies are enough for the programs that they are for, and each of their actions is asked for.

The local cloud enforces IAM on what a user calls. What its CloudFormation then does in the user's name it does not
check: that is held against AWS's own lists by tests/unit/policies.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_cloud.limited_user import LimitedUser, Permission, policy_of
from local_cloud.policy_calls import ABSENT_OPTIONS, BUCKET, KEYS, call_of, own_permissions
from local_cloud.running_cloud import ROOT, LocalCloud, until

PROJECT = "policied"
# Agents' names of its own: other tests' are in the same cloud.
AGENTS = ("--cost-forecast-function", f"{PROJECT}-cost", "--trusted-advisor-function", f"{PROJECT}-advisor")
NAMES = ("--stack-name", PROJECT, "--project-name", PROJECT, "--bucket", BUCKET, *AGENTS)
DEPLOYER = ("deploy", "provision-api", "provision-data", "provision-monitoring", "sample-agents")


@pytest.fixture(scope="module")
def bucket(local_cloud: LocalCloud) -> str:
    local_cloud.client("s3").create_bucket(Bucket=BUCKET)
    return BUCKET


@pytest.fixture(scope="module")
def users(local_cloud: LocalCloud, bucket: str) -> dict[str, LimitedUser]:
    """For each policy, somebody who has that one alone, of a deployment that is not there."""
    assert bucket
    return {
        policy: LimitedUser(local_cloud, f"absent-{policy}", {policy: policy_of(policy, *ABSENT_OPTIONS)})
        for policy in KEYS
    }


def test_the_policies_are_enough_to_deploy_update_return_and_delete(
    local_cloud: LocalCloud, bucket: str, packages: Path
) -> None:
    assert bucket
    deployer = LimitedUser(local_cloud, "deployer", {policy: policy_of(policy, *NAMES) for policy in DEPLOYER})
    deploy = (ROOT / "deploy.sh", *NAMES, "--packages-dir", packages)
    deployer.run(*deploy, "--dry-run")
    endpoint = deployer.run(*deploy, "--with-sample-agents")
    assert endpoint.startswith("ws://")
    local_cloud.quiet_alarms(PROJECT)
    deployer.run(*deploy, "--parameter", "LogLevel=WARNING", "--parameter", "DeletionProtection=true")
    assert parameter(local_cloud, "LogLevel") == "WARNING"

    operator = LimitedUser(local_cloud, "operator", {"operate": policy_of("operate", *NAMES)})
    released = operator.run(ROOT / "ops" / "rollback.sh", "--stack-name", PROJECT, "--list")
    assert released.count("verified") == 2
    health = operator.run(ROOT / "ops" / "health_check.sh", "--stack-name", PROJECT, "--json")
    assert json.loads(health)["healthy"]
    operator.run(ROOT / "ops" / "dead_letters.sh", "list", "--stack-name", PROJECT)

    deployer.run(ROOT / "ops" / "rollback.sh", "--stack-name", PROJECT, "--to", "previous")
    assert parameter(local_cloud, "LogLevel") == "INFO"

    cloudformation = deployer.client("cloudformation")
    cloudformation.update_termination_protection(StackName=PROJECT, EnableTerminationProtection=False)
    for stack in (f"{PROJECT}-monitoring", PROJECT, f"{PROJECT}-sample-agents"):
        cloudformation.delete_stack(StackName=stack)
        until(partial(is_gone, cloudformation, stack))


@pytest.mark.parametrize("permission", own_permissions(), ids=" ".join)
def test_each_action_is_needed(permission: Permission, users: dict[str, LimitedUser]) -> None:
    user = users[permission[0]]
    service, method, given = call_of(permission)
    call: Callable[..., Any] = getattr(user.client(service), method)
    assert not is_refused(call, given), "It is refused with all permissions."
    user.take(permission)
    try:
        assert is_refused(call, given)
    finally:
        user.give_back(permission)


def is_refused(call: Callable[..., Any], given: dict[str, Any]) -> bool:
    """Whether IAM refuses a call; any other end shows that it was let through."""
    try:
        call(**given)
    except ClientError as error:
        # HeadBucket answers without a body: the status is all there is.
        return error.response["Error"]["Code"] in {"403", "AccessDenied", "AccessDeniedException"}
    return False


def parameter(cloud: LocalCloud, name: str) -> str:
    (stack,) = cloud.client("cloudformation").describe_stacks(StackName=PROJECT)["Stacks"]
    values = {one["ParameterKey"]: one["ParameterValue"] for one in stack["Parameters"]}
    return str(values[name])


def is_gone(cloudformation: Any, stack: str) -> bool:
    try:
        status = cloudformation.describe_stacks(StackName=stack)["Stacks"][0]["StackStatus"]
    except ClientError as error:
        return "does not exist" in str(error)
    assert status != "DELETE_FAILED"
    return bool(status == "DELETE_COMPLETE")
