"""When deploy.sh goes back by itself, what it verifies, and what it records."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from finops_operations.working_tree import working_tree_commit
from unit.deployment.operator_machine import (
    BUCKET,
    ENDPOINT,
    MONITORING,
    PACKAGE_KEYS,
    STACK,
    Machine,
)
from unit.deployment.stand_in_aws import CALLER, refusal

BEFORE = "20260101T030405Z-abcdef1"
TRIGGERS = [
    f"finops-websocket-{alarm}"
    for alarm in (
        "connection-manager-errors",
        "message-handler-errors",
        "background-processor-errors",
        "frames-unserved",
        "deliveries-refused",
    )
]
FAILED_JOBS = "finops-websocket-failed-jobs"


@pytest.fixture
def machine(machine: Machine) -> Machine:
    """A machine whose stack runs a release, and is changed by deploy.sh; by the way back, too."""
    del machine.aws.stacks[MONITORING]
    machine.release(BEFORE, runs=True)
    return machine


def went_back(machine: Machine) -> bool:
    return len(machine.aws.asked("execute_change_set")) == 2


def triggers_of(machine: Machine) -> Any:
    """By what CloudFormation is to take the first change back."""
    return machine.aws.asked("create_change_set")[0]["RollbackConfiguration"]


# That CloudFormation takes the update back when a trigger rings is its own doing, and the local cloud has no triggers:
# what is shown here is what it is asked for.
# https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_RollbackConfiguration.html
@pytest.mark.parametrize(("given", "minutes"), [(None, 3), ("0", 0), ("180", 180)])
def test_alarms_are_given_to_cloudformation_as_triggers(machine: Machine, given: str | None, minutes: int) -> None:
    machine.aws.alarms = dict.fromkeys(TRIGGERS, "OK")
    machine.deploy("--dry-run", *(["--watch-minutes", given] if given else []))
    assert triggers_of(machine) == {
        "RollbackTriggers": [{"Arn": f"arn:alarm:{name}", "Type": "AWS::CloudWatch::Alarm"} for name in TRIGGERS],
        "MonitoringTimeInMinutes": minutes,
    }


def test_alarm_that_rings_already_is_no_trigger(machine: Machine) -> None:
    machine.aws.alarms = dict(zip(TRIGGERS, ["OK", "ALARM", "INSUFFICIENT_DATA", "OK", "OK"], strict=True))
    run = machine.deploy("--dry-run")
    assert f"Warning: Alarm {TRIGGERS[1]} rings already, and does not take this deployment back." in run.stderr
    given = [trigger["Arn"] for trigger in triggers_of(machine)["RollbackTriggers"]]
    assert given == [f"arn:alarm:{name}" for name in TRIGGERS if name != TRIGGERS[1]]


@pytest.mark.parametrize("cause", ["none", "refused", "all ring"])
def test_no_trigger_is_said_to_cloudformation_too(machine: Machine, cause: str) -> None:
    # It keeps the triggers of the last deployment otherwise, and refuses the change when one of them is gone.
    if cause == "refused":
        machine.aws.answers("describe_alarms", refusal("AccessDenied", "Not for you"))
    machine.aws.alarms = dict.fromkeys(TRIGGERS, "ALARM") if cause == "all ring" else {}
    run = machine.deploy("--dry-run")
    assert triggers_of(machine) == {"RollbackTriggers": [], "MonitoringTimeInMinutes": 0}
    told = "Alarms do not take this deployment back, for they cannot be read: Not for you"
    assert (told in run.stderr) == (cause == "refused")


def test_release_that_passes_is_recorded_as_verified(machine: Machine) -> None:
    machine.deploy()
    assert not went_back(machine)
    before, recorded = machine.records()
    record = machine.record(recorded)
    assert before == BEFORE
    assert (record["id"], record["status"], record["stack"]) == (recorded, "verified", STACK)
    assert (record["by"], record["ConnectionManagerVersion"], record["returned"]) == (CALLER, "4", "")
    assert record["ConnectionManagerSha256"] in record["ConnectionManagerKey"]
    assert [asked["Description"] for asked in machine.aws.asked("publish_version")] == [f"release {recorded}"] * 3


def test_record_of_a_release_comes_last_and_its_files_say_what_runs(machine: Machine) -> None:
    machine.deploy("--no-verify")
    assert machine.verifications == []
    _, recorded = machine.records()
    assert machine.record(recorded)["status"] == "deployed"
    written = [asked["Key"] for asked in machine.aws.asked("put_object") if recorded in asked["Key"]]
    assert [key.rpartition("/")[2] for key in written] == ["template.yaml", "parameters.json", "release.json"]
    template, parameters, _ = (machine.aws.objects[f"{BUCKET}/{key}"].decode() for key in written)
    assert template.startswith("AWSTemplateFormatVersion")
    # Always in one order: a fingerprint is made of them.
    names = [parameter["ParameterKey"] for parameter in json.loads(parameters)]
    assert names == sorted(names)
    assert {"ParameterKey": "AgentTimeoutSeconds", "ParameterValue": "300"} in json.loads(parameters)


@pytest.mark.parametrize(
    ("parameters", "origin"),
    [
        ({"AllowedOrigins": "*"}, []),
        ({"AllowedOrigins": "https://app.example.com,https://other.example.com"}, ["https://app.example.com"]),
        ({"AllowedOrigins": "*", "MissingOrigin": "refuse"}, ["https://operations.invalid"]),
    ],
)
def test_verification_asks_as_the_guide_does_from_a_page_that_may_connect(
    machine: Machine, parameters: dict[str, str], origin: list[str]
) -> None:
    machine.stack("UPDATE_COMPLETE", **parameters)
    machine.deploy()
    as_page = ["--origin", *origin] if origin else []
    assert machine.verifications == [
        ["--url", ENDPOINT, "--wait", "10", *as_page, "--user-id", "test-user", "--username", "testuser"]
    ]
    assert [asked["Payload"] for asked in machine.aws.asked("invoke")] == [b'{"Records": []}']


def the_endpoint_fails(machine: Machine) -> str:
    machine.exchanges = [lambda: 1, lambda: 0]
    return (
        f"{ENDPOINT} does not answer as it should; the log group /aws/lambda/finops-websocket-connection-manager says"
    )


def the_processor_fails(machine: Machine) -> str:
    machine.aws.answers("invoke", {"FunctionError": "Unhandled"}, {})
    return "finops-websocket-background-processor does not answer"


def an_alarm_rings(machine: Machine) -> str:
    machine.aws.alarms = {FAILED_JOBS: "OK"}
    # It does not stop at once, and what ran before is not to blame.
    machine.exchanges = [lambda: machine.aws.alarms.update({FAILED_JOBS: "ALARM"}) or 0]
    return f"Since the deployment, alarms ring: {FAILED_JOBS}."


@pytest.mark.parametrize("fault", [the_endpoint_fails, the_processor_fails, an_alarm_rings])
def test_release_that_does_not_work_goes_back_to_what_ran_before(
    machine: Machine, fault: Callable[[Machine], str]
) -> None:
    said = fault(machine)
    run = machine.deploy(status=1)
    assert run.stdout == ""
    assert went_back(machine)
    _, recorded = machine.records()
    assert f"Error: Release {recorded} did not work: {said}" in run.stderr
    assert f"Release {BEFORE} runs again, and works." in run.stderr
    assert machine.record(recorded)["status"] == "failed"
    assert machine.record(BEFORE)["status"] == "verified"
    assert machine.aws.stacks[STACK]["parameters"]["MessageHandlerKey"] == PACKAGE_KEYS["MessageHandlerKey"]


@pytest.mark.parametrize("before", ["ALARM", "not there", "unreadable"])
def test_alarm_that_cannot_be_the_deployments_takes_nothing_back(machine: Machine, before: str) -> None:
    if before == "ALARM":
        machine.aws.alarms[FAILED_JOBS] = "ALARM"
    if before == "unreadable":
        machine.aws.answers("describe_alarms", refusal("Throttling", "Rate exceeded"))
    machine.exchanges = [lambda: machine.aws.alarms.update({FAILED_JOBS: "ALARM"}) or 0]
    run = machine.deploy()
    assert ("Whether an alarm begins to ring cannot be told: Rate exceeded" in run.stderr) == (before == "unreadable")


def test_verification_that_fails_after_the_way_back_is_said(machine: Machine) -> None:
    machine.exchanges = [lambda: 1]
    run = machine.deploy(status=1)
    assert went_back(machine)
    assert len(machine.verifications) == 2
    assert f"release {BEFORE}, which runs again, does not either: {ENDPOINT}" in run.stderr
    assert "See ops/health_check.sh" in run.stderr


@pytest.mark.parametrize("reason", ["it is the first", "to look at it"])
def test_release_that_does_not_work_is_kept(machine: Machine, reason: str) -> None:
    if reason == "it is the first":
        machine.no_stack()
    machine.exchanges = [lambda: 1]
    run = machine.deploy(*(["--keep-failed"] if reason == "to look at it" else []), status=1)
    assert run.stdout == ""
    assert not went_back(machine)
    assert machine.record(machine.records()[1])["status"] == "failed"
    assert f"Stack {STACK} is deployed, but wss://abc" in run.stderr


def test_deployment_without_changes_that_fails_its_verification_changes_nothing(machine: Machine) -> None:
    machine.updates()
    machine.exchanges = [lambda: 1, lambda: 0]
    # It rings since yesterday, and no deployment is to blame.
    machine.aws.alarms = {FAILED_JOBS: "ALARM"}
    run = machine.deploy(status=1)
    assert f"Stack {STACK} is deployed, but {ENDPOINT}" in run.stderr
    assert machine.records() == [BEFORE]
    assert not machine.aws.asked("put_object")
    machine.deploy()


def test_code_that_was_given_by_hand_is_taken_back(machine: Machine) -> None:
    machine.deploy()
    machine.aws.other_code = {"finops-websocket-message-handler"}
    run = machine.deploy()
    assert "Function finops-websocket-message-handler runs other code than its stack names" in run.stderr
    (asked,) = machine.aws.asked("update_function_code")
    assert asked["S3Key"] == machine.aws.stacks[STACK]["parameters"]["MessageHandlerKey"]


@pytest.mark.parametrize(
    ("operation", "sentence"),
    [
        ("list_objects_v2", f"Cannot read the releases in bucket {BUCKET}: Access Denied"),
        ("put_object", f"Cannot upload to s3://{BUCKET}: Access Denied"),
    ],
)
def test_bucket_that_refuses_stops_it_before_the_change(machine: Machine, operation: str, sentence: str) -> None:
    machine.aws.answers(operation, refusal("AccessDenied", "Access Denied"))
    assert sentence in machine.deploy(status=1).stderr
    assert not machine.aws.asked("execute_change_set")
    assert machine.aws.asked("delete_change_set")


def test_release_that_cannot_be_recorded(machine: Machine) -> None:
    uploads = [{}] * 6
    machine.aws.answers("put_object", *uploads, refusal("AccessDenied", "Access Denied"))
    run = machine.deploy(status=1)
    assert run.stdout == ""
    assert f"Stack {STACK} is deployed, and its release cannot be recorded in bucket {BUCKET}: Acc" in run.stderr


def test_version_that_cannot_be_published_is_a_warning(machine: Machine) -> None:
    machine.aws.answers("publish_version", refusal("TooManyRequestsException", "Slow down"))
    run = machine.deploy()
    assert "Warning: No version of finops-websocket-message-handler could be published: Slow down" in run.stderr
    assert machine.record(machine.records()[1])["MessageHandlerVersion"] == ""


def test_packages_that_the_bucket_has_lost_are_not_taken_for_the_new_ones(machine: Machine) -> None:
    # The first is there under its plain name, as the guide uploads it; the second is gone.
    machine.stack("UPDATE_COMPLETE", LogLevel="DEBUG")
    del machine.aws.objects[f"{BUCKET}/websocket-message-handler.zip"]
    run = machine.deploy()
    assert "One cannot return to what runs now" in run.stderr
    assert [name for name in machine.records() if name.endswith("-unknown")] == []


def test_what_others_have_deployed_is_kept_to_go_back_to(machine: Machine) -> None:
    machine.stack("UPDATE_COMPLETE", LogLevel="DEBUG")
    machine.exchanges = [lambda: 1, lambda: 0]
    run = machine.deploy(status=1)
    (found,) = (name for name in machine.records() if name.endswith("-unknown"))
    assert machine.records()[-1] > found, "in the same second, too, what came later is later"
    assert f"Release {found} runs again, and works." in run.stderr
    kept = [key for key in machine.aws.objects if re.search("/[0-9a-f]{64}/", key)]
    assert kept
    assert all(re.fullmatch(rf"{BUCKET}/{STACK}/[0-9a-f]{{64}}/[a-z-]+\.zip", key) for key in kept)


def test_what_an_interrupted_run_has_deployed_is_recorded_by_the_next(machine: Machine) -> None:
    # Other parameters than those of the release: an earlier run changed them, and did not come to its end.
    machine.stack("UPDATE_COMPLETE", LogLevel="DEBUG")
    machine.updates()
    run = machine.deploy()
    assert "Recorded as release" in run.stderr
    assert len(machine.records()) == 2


def test_release_is_named_after_the_working_tree_s_commit(tmp_path: Path) -> None:
    assert working_tree_commit(tmp_path) == "nogit"
    git = ["git", "-C", str(tmp_path), "-c", "user.name=Ops", "-c", "user.email=ops@example.com"]
    for command in (["init", "--quiet"], ["commit", "--quiet", "--allow-empty", "--message", "First"]):
        subprocess.run([*git, *command], check=True)
    commit = working_tree_commit(tmp_path)
    assert re.fullmatch("[0-9a-f]{40}", commit)
    (tmp_path / "new").touch()
    assert working_tree_commit(tmp_path) == f"{commit}-dirty"
