"""When deploy.sh goes back by itself, and what it records, shown by a stand-in for the aws program."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import signal
import subprocess

import pytest

from local_cloud.deploy_script import ROOT, deploy
from local_cloud.operator_machine import BUCKET, HARMLESS, STACK, Machine
from local_cloud.running_cloud import until

BEFORE = "20260101T030405Z-abcdef1"
ALARMS = (
    "connection-manager-errors",
    "message-handler-errors",
    "background-processor-errors",
    "frames-unserved",
    "deliveries-refused",
)
RINGS = "finops-websocket-failed-jobs\n"


@pytest.fixture
def machine(tmp_path) -> Machine:
    """A machine whose stack runs a release, and is changed by deploy.sh; by the way back, too."""
    machine = Machine(tmp_path)
    machine.no_monitoring()
    machine.release(BEFORE, runs=True)
    machine.updates(HARMLESS, HARMLESS)
    return machine


def arn(alarm: str) -> str:
    return f"arn:aws:cloudwatch:us-east-1:111122223333:alarm:finops-websocket-{alarm}"


def created(machine: Machine, option: str) -> list[str]:
    """What each change set was made with."""
    calls = machine.aws.calls("cloudformation create-change-set")
    return [call[call.index(option) + 1] for call in calls]


def went_back(machine: Machine) -> bool:
    return len(machine.aws.calls("cloudformation execute-change-set")) == 2


# That CloudFormation takes the update back when a trigger rings is its own doing, and the local cloud has no triggers:
# what is shown here is what it is asked for.
# https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_RollbackConfiguration.html
@pytest.mark.parametrize(("given", "minutes"), [(None, 3), ("15", 15), ("0", 0), ("180", 180)])
def test_alarms_are_given_to_cloudformation_as_triggers(machine, given, minutes):
    machine.aws.answers("cloudwatch describe-alarms", "".join(f"OK\t{arn(alarm)}\n" for alarm in ALARMS))
    run = machine.deploy("--dry-run", *(["--watch-minutes", given] if given else []))
    assert run.returncode == 0, run.stderr
    (asked,) = machine.aws.calls("cloudwatch describe-alarms")
    assert {f"finops-websocket-{alarm}" for alarm in ALARMS} <= set(asked)
    assert json.loads(created(machine, "--rollback-configuration")[0]) == {
        "RollbackTriggers": [{"Arn": arn(alarm), "Type": "AWS::CloudWatch::Alarm"} for alarm in ALARMS],
        "MonitoringTimeInMinutes": minutes,
    }


def test_alarm_that_rings_already_is_no_trigger(machine):
    states = ["OK", "ALARM", "INSUFFICIENT_DATA", "OK", "OK"]
    found = "".join(f"{state}\t{arn(alarm)}\n" for state, alarm in zip(states, ALARMS, strict=True))
    machine.aws.answers("cloudwatch describe-alarms", found)
    run = machine.deploy("--dry-run")
    assert "Warning: Alarm finops-websocket-message-handler-errors rings already" in run.stderr
    triggers = json.loads(created(machine, "--rollback-configuration")[0])["RollbackTriggers"]
    assert [trigger["Arn"] for trigger in triggers] == [arn(alarm) for alarm in ALARMS if alarm != ALARMS[1]]


@pytest.mark.parametrize("cause", ["none", "refused", "all ring"])
def test_no_trigger_is_said_to_cloudformation_too(machine, cause):
    # It keeps the triggers of the last deployment otherwise, and refuses the change when one of them is gone.
    if cause == "refused":
        machine.aws.refuses("cloudwatch describe-alarms", "AccessDenied", "Not for you")
    if cause == "all ring":
        machine.aws.answers("cloudwatch describe-alarms", "".join(f"ALARM\t{arn(alarm)}\n" for alarm in ALARMS))
    run = machine.deploy("--dry-run")
    assert run.returncode == 0, run.stderr
    for configuration in created(machine, "--rollback-configuration"):
        assert json.loads(configuration) == {"RollbackTriggers": [], "MonitoringTimeInMinutes": 0}
    assert ("Alarms do not take this deployment back, for they cannot be read: Not for you" in run.stderr) == (
        cause == "refused"
    )


@pytest.mark.parametrize("minutes", ["soon", "-1", "181", "1000", "1.5", ""])
def test_minutes_that_cloudformation_does_not_take(machine, minutes):
    run = machine.deploy("--watch-minutes", minutes)
    assert run.returncode == 2
    assert f"--watch-minutes needs a whole number from 0 to 180, not {minutes}." in run.stderr
    assert machine.aws.calls() == []


def test_release_that_passes_is_recorded_as_verified(machine):
    machine.aws.answers("lambda publish-version", "4\n")
    machine.python_whose_verification(0)
    run = deploy(machine.environment)
    assert run.returncode == 0, run.stderr
    assert not went_back(machine)
    before, recorded = machine.records()
    record = machine.record(recorded)
    assert before == BEFORE
    assert f"Recorded as release {recorded}" in run.stderr
    assert (record["id"], record["status"], record["stack"]) == (recorded, "verified", STACK)
    assert record["by"] == "arn:aws:iam::111122223333:user/ops"
    assert (record["ConnectionManagerVersion"], record["returned"]) == ("4", "")
    published = machine.aws.calls("lambda publish-version")
    assert [call[call.index("--description") + 1] for call in published] == [f"release {recorded}"] * 3


def test_release_that_fails_its_verification_goes_back_to_what_ran_before(machine):
    machine.python_whose_verification(1, 0)
    run = deploy(machine.environment)
    assert run.returncode == 1
    assert run.stdout == ""
    assert went_back(machine)
    _, recorded = machine.records()
    assert machine.record(recorded)["status"] == "failed"
    assert machine.record(BEFORE)["status"] == "verified"
    assert machine.record(BEFORE)["returned"]
    assert f"Going back to release {BEFORE}" in run.stderr
    assert f"Error: Release {recorded} did not work: wss://abc" in run.stderr
    assert f"Release {BEFORE} runs again, and works." in run.stderr


def test_verification_that_fails_after_the_way_back_is_said(machine):
    machine.python_whose_verification(1)
    run = deploy(machine.environment)
    assert run.returncode == 1
    assert went_back(machine)
    assert len(machine.verifications()) == 2
    assert f"release {BEFORE}, which runs again, does not either: wss://abc" in run.stderr
    assert "ops/health_check.sh" in run.stderr


def test_failed_release_is_kept_to_look_at_it(machine):
    machine.python_whose_verification(1)
    run = deploy(machine.environment, "--keep-failed")
    assert run.returncode == 1
    assert not went_back(machine)
    assert machine.record(machine.records()[1])["status"] == "failed"
    assert f"Stack {STACK} is deployed, but wss://abc" in run.stderr


def test_first_deployment_that_fails_its_verification_stays(machine):
    describe = machine.aws.buckets.parent / "cloudformation describe-stacks.json"
    ((deployed, _, _),) = json.loads(describe.read_text())
    in_review = "Stack\tStatus\tREVIEW_IN_PROGRESS\n"
    # It is looked at three times before there is anything.
    machine.aws.answers("cloudformation describe-stacks", in_review, in_review, in_review, deployed)
    machine.python_whose_verification(1)
    run = deploy(machine.environment)
    assert run.returncode == 1
    assert not went_back(machine)
    assert f"Stack {STACK} is deployed, but wss://abc" in run.stderr
    assert machine.record(machine.records()[1])["status"] == "failed"


def test_deployment_without_changes_that_fails_its_verification_changes_nothing(machine):
    machine.aws.answers("cloudformation describe-change-set", "", about="arn:change-0")
    machine.aws.answers("cloudformation create-change-set", "arn:monitoring\n")
    machine.python_whose_verification(1)
    # It rings since yesterday, and no deployment is to blame.
    machine.aws.answers("cloudwatch describe-alarms", RINGS)
    run = deploy(machine.environment)
    assert run.returncode == 1
    assert f"Stack {STACK} is deployed, but wss://abc" in run.stderr
    assert machine.records() == [BEFORE]
    machine.python_whose_verification(0)
    assert deploy(machine.environment).returncode == 0


def test_alarm_that_begins_to_ring_takes_the_deployment_back(machine):
    machine.python_whose_verification(0)
    # Read for the triggers, then those that are quiet before the change, those that ring after it, and, as it does not
    # stop at once, no more that are quiet.
    machine.aws.answers("cloudwatch describe-alarms", "", RINGS, RINGS, "")
    run = deploy(machine.environment)
    assert run.returncode == 1
    assert went_back(machine)
    _, recorded = machine.records()
    assert machine.record(recorded)["status"] == "failed"
    assert "Since the deployment, alarms ring: finops-websocket-failed-jobs." in run.stderr
    assert f"Release {BEFORE} runs again, and works." in run.stderr


@pytest.mark.parametrize("before", ["rings or is not there", "unreadable"])
def test_alarm_that_cannot_be_the_deployments_takes_nothing_back(machine, before):
    machine.python_whose_verification(0)
    machine.aws.answers("cloudwatch describe-alarms", "", "", RINGS)
    if before == "unreadable":
        machine.aws.refuses("cloudwatch describe-alarms", "Throttling", "Rate exceeded")
    run = deploy(machine.environment)
    assert run.returncode == 0, run.stderr
    assert ("Whether an alarm begins to ring cannot be told: Rate exceeded" in run.stderr) == (before == "unreadable")


def test_releases_that_cannot_be_read_stop_it_before_the_change(machine):
    machine.aws.refuses("s3 cp", "AccessDenied", "Access Denied")
    run = machine.deploy()
    assert run.returncode == 1
    assert f"Cannot read the releases in bucket {BUCKET}" in run.stderr
    assert not machine.aws.calls("cloudformation execute-change-set")


def test_record_of_a_release_comes_last(machine):
    assert machine.deploy().returncode == 0
    _, recorded = machine.records()
    folder = f"s3://{BUCKET}/{STACK}/releases/{recorded}"
    whole, record = (call for call in machine.aws.calls("s3 cp") if any(one.startswith(folder) for one in call))
    assert folder in whole
    assert whole[whole.index("--exclude") + 1] == "release.json"
    assert f"{folder}/release.json" in record
    assert {path.name for path in (machine.aws.buckets / BUCKET / STACK / "releases" / recorded).iterdir()} == {
        "template.yaml", "parameters.json", "release.json"
    }  # fmt: skip


def test_release_that_cannot_be_recorded(machine):
    machine.python_whose_verification(0)
    # Nothing can be written below what is no folder, not even by root.
    releases = machine.aws.buckets / BUCKET / STACK / "releases"
    releases.rename(releases.with_name("kept"))
    releases.touch()
    run = deploy(machine.environment)
    assert run.returncode == 1
    assert f"Stack {STACK} is deployed, and its release cannot be recorded in bucket {BUCKET}" in run.stderr
    assert run.stdout == ""


def test_packages_that_the_bucket_has_lost_are_not_taken_for_the_new_ones(machine):
    # The first is there under its plain name, as the guide uploads it; the second is gone.
    machine.stack("UPDATE_COMPLETE", LogLevel="DEBUG")
    nothing = hashlib.sha256(b"")
    told = base64.b64encode(nothing.digest()).decode()
    machine.aws.answers("lambda get-function-configuration", f"{told}\n")
    (machine.aws.buckets / BUCKET / "websocket-message-handler.zip").unlink()
    run = machine.deploy()
    assert run.returncode == 0, run.stderr
    assert "One cannot return to what runs now" in run.stderr
    _, recorded = machine.records()
    assert machine.record(recorded)["ConnectionManagerKey"] == "websocket-connection-manager.zip"


def test_what_others_have_deployed_is_kept_under_its_contents_keys(machine):
    machine.stack("UPDATE_COMPLETE", LogLevel="DEBUG")
    # Of an empty file, as this machine's releases have them.
    nothing = hashlib.sha256(b"")
    empty = nothing.hexdigest()
    told = base64.b64encode(nothing.digest()).decode()
    machine.aws.answers("lambda get-function-configuration", f"{told}\n")
    machine.python_whose_verification(1, 0)
    run = deploy(machine.environment)
    assert run.returncode == 1
    (found,) = (name for name in machine.records() if name.endswith("-unknown"))
    assert f"it is kept as release {found}" in run.stderr
    record = machine.record(found)
    key = f"{STACK}/{empty}/websocket-connection-manager.zip"
    assert (record["status"], record["commit"]) == ("found", "unknown")
    assert (record["ConnectionManagerKey"], record["ConnectionManagerSha256"]) == (key, empty)
    assert (machine.aws.buckets / BUCKET / key).exists()
    assert f"Release {found} runs again, and works." in run.stderr
    assert key in created(machine, "--parameters")[-1]


def test_interrupted_after_the_change_does_not_claim_that_nothing_was_deployed(machine):
    machine.python_whose_verification(0)
    waits = machine.directory / "waits"
    python = machine.directory / "python"
    python.write_text(f'#!/bin/sh\n[ "$1" != -c ] || exit 0\ntouch "{waits}"\nexec sleep 30\n')
    with subprocess.Popen(
        [ROOT / "deploy.sh"], env=machine.environment, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as run:
        assert run.stderr is not None
        until(waits.exists)
        os.killpg(run.pid, signal.SIGINT)
        said = run.stderr.read()
        assert run.wait(30) == 130
    assert "Nothing was deployed" not in said
    assert "What is deployed is not verified: run this again, or go back: ops/rollback.sh --to previous" in said


def test_processor_that_fails_takes_a_deployment_back(machine):
    machine.python_whose_verification(0)
    machine.aws.answers("lambda invoke", "Unhandled\n", "None\n")
    run = deploy(machine.environment)
    assert run.returncode == 1
    assert "finops-websocket-background-processor does not answer" in run.stderr
    assert f"Release {BEFORE} runs again, and works." in run.stderr
    assert went_back(machine)


def test_what_an_interrupted_run_has_deployed_is_recorded_by_the_next(machine):
    # Other parameters than those of the release: an earlier run changed them, and did not come to its end.
    machine.stack("UPDATE_COMPLETE", LogLevel="DEBUG")
    machine.no_changes()
    run = machine.deploy()
    assert run.returncode == 0, run.stderr
    assert "Recorded as release" in run.stderr
    assert len(machine.records()) == 2
