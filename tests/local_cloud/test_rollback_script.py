"""What ops/rollback.sh lists, does and says, shown by a stand-in for the aws program."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import signal
import subprocess

import pytest

from local_cloud.deploy_script import ROOT
from local_cloud.operator_machine import (
    BUCKET,
    FIRST,
    FOURTH,
    HARMLESS,
    MONITORING,
    NO_CHANGES,
    SECOND,
    STACK,
    THIRD,
    Machine,
    event,
    machine_of_four_releases,
)
from local_cloud.running_cloud import until


@pytest.fixture
def machine(tmp_path) -> Machine:
    return machine_of_four_releases(tmp_path)


@pytest.mark.parametrize("options", [[], ["--list"]])
def test_list_has_the_newest_first_and_marks_what_runs(machine, options):
    run = machine.rollback(*options)
    assert run.returncode == 0, run.stderr
    lines = run.stdout.splitlines()
    assert [line.split()[0] for line in lines] == ["Release", FOURTH, THIRD, SECOND, FIRST]
    assert lines[2].split() == [
        THIRD, "deployed", "7/8/7", "arn:aws:iam::111122223333:user/ops", "<-", "runs", "now",
    ]  # fmt: skip
    assert [line.split()[1] for line in lines[1:]] == ["verified", "deployed", "failed", "verified"]
    assert run.stdout.count("runs now") == 1
    assert not machine.changed_something()


def test_list_says_when_what_runs_is_none_of_them(machine):
    machine.stack("UPDATE_COMPLETE", LogLevel="DEBUG")
    run = machine.rollback()
    assert run.returncode == 0
    assert "runs now" not in run.stdout
    assert "What runs now is none of these" in run.stderr


def test_release_without_alarms_is_what_runs_though_there_are_alarms_now(machine):
    machine.aws.answers("cloudformation describe-stacks", "Stack\tStatus\tUPDATE_COMPLETE\n", about=MONITORING)
    assert re.search(rf"^{THIRD} .* <- runs now$", machine.rollback().stdout, re.MULTILINE)


def test_previous_is_the_last_before_the_one_that_runs_that_has_not_failed(machine):
    machine.updates(HARMLESS)
    run = machine.rollback("--to", "previous")
    assert run.returncode == 0, run.stderr
    assert run.stdout == f"{FIRST}\n"
    assert f"From release {THIRD} to {FIRST} (verified)" in run.stderr
    assert [call[-1] for call in machine.aws.calls("cloudformation execute-change-set")] == ["arn:change-0"]
    (created,) = machine.aws.calls("cloudformation create-change-set")
    assert json.loads(created[created.index("--parameters") + 1])[0]["ParameterKey"] == "BackgroundProcessorKey"
    # No alarm takes back what is to silence one.
    assert json.loads(created[created.index("--rollback-configuration") + 1]) == {
        "RollbackTriggers": [],
        "MonitoringTimeInMinutes": 0,
    }
    assert len(machine.verifications()) == 1
    published = machine.aws.calls("lambda publish-version")
    assert [call[call.index("--description") + 1] for call in published] == [f"release {FIRST}"] * 3
    record = machine.record(FIRST)
    assert record["returned"].endswith(" by arn:aws:iam::111122223333:user/ops")
    assert (record["status"], record["fingerprint"]) == ("verified", FIRST)


def test_previous_of_what_was_never_recorded_is_the_newest(machine):
    machine.stack("UPDATE_COMPLETE", LogLevel="DEBUG")
    machine.updates(HARMLESS)
    run = machine.rollback("--to", "previous")
    assert run.stdout == f"{FOURTH}\n", run.stderr
    assert f"From release (not recorded) to {FOURTH}" in run.stderr


def test_failed_release_may_be_chosen(machine):
    machine.updates(HARMLESS)
    run = machine.rollback("--to", SECOND)
    assert run.returncode == 0, run.stderr
    assert f"to {SECOND} (failed)" in run.stderr


def test_dry_run_shows_the_change_and_makes_none(machine):
    machine.one_change(HARMLESS)
    run = machine.rollback("--to", FIRST, "--dry-run")
    assert run.returncode == 0, run.stderr
    assert run.stdout == ""
    assert "AWS::Lambda::Function" in run.stderr
    assert "Dry run: nothing was changed." in run.stderr
    assert machine.aws.calls("cloudformation delete-change-set")
    for command in ("cloudformation execute-change-set", "lambda publish-version", "lambda update-", "s3 cp /"):
        assert not machine.aws.calls(command)
    assert machine.verifications() == []


def test_alarms_go_back_with_the_stack(machine):
    folder = machine.aws.buckets / BUCKET / STACK / "releases" / FIRST
    (folder / "monitoring.yaml").write_text("Resources: {}\n")
    (folder / "monitoring-parameters.json").write_text("[]\n")
    machine.no_changes()
    assert machine.rollback("--to", FIRST).returncode == 0
    calls = machine.aws.calls("cloudformation create-change-set")
    assert [call[call.index("--stack-name") + 1] for call in calls] == [STACK, MONITORING]


def test_code_that_was_given_by_hand_goes_back_too(machine):
    digest = "1" * 64
    keys = {name: f"{STACK}/{digest}/{name}.zip" for name in ("ConnectionManagerKey", "MessageHandlerKey")}
    machine.stack("UPDATE_COMPLETE", **keys)
    machine.no_changes()
    # The hash of other code, as Lambda tells it.
    machine.aws.answers("lambda get-function-configuration", "AAAAAAAA\n")
    run = machine.rollback("--to", FIRST)
    assert run.returncode == 0, run.stderr
    calls = machine.aws.calls("lambda update-function-code")
    assert [call[call.index("--s3-key") + 1] for call in calls] == list(keys.values())
    # A key that says nothing of its content cannot be compared.
    assert "finops-websocket-background-processor runs other code" not in run.stderr


def test_verification_that_fails(machine):
    machine.updates(HARMLESS)
    machine.python_whose_verification(1)
    run = machine.rollback("--to", FIRST)
    assert run.returncode == 1
    assert run.stdout == ""
    assert f"Release {FIRST} runs, but: wss://abc" in run.stderr
    assert "ops/rollback.sh --list" in run.stderr


def test_no_verification_is_asked_for(machine):
    machine.updates(HARMLESS)
    assert machine.rollback("--to", FIRST, "--no-verify").returncode == 0
    assert machine.verifications() == []


@pytest.mark.parametrize("is_there", [True, False])
def test_what_others_have_deployed_is_kept_before_it_is_left(machine, is_there):
    """Nobody has recorded it, and somebody may want it back."""
    machine.stack("UPDATE_COMPLETE", LogLevel="DEBUG")
    machine.updates(HARMLESS)
    code = base64.b64encode(hashlib.sha256(b"").digest() if is_there else b"another").decode()
    machine.aws.answers("lambda get-function-configuration", f"{code}\n")
    run = machine.rollback("--to", "previous")
    assert (run.returncode, run.stdout) == (0, f"{FOURTH}\n"), run.stderr
    kept = [name for name in machine.records() if name.endswith("-unknown")]
    assert len(kept) == is_there
    assert all(machine.record(name)["status"] == "withdrawn" for name in kept)
    assert ("One cannot return to what runs now" in run.stderr) is not is_there


def test_dry_run_keeps_nothing(machine):
    machine.stack("UPDATE_COMPLETE", LogLevel="DEBUG")
    machine.updates(HARMLESS)
    code = base64.b64encode(hashlib.sha256(b"").digest()).decode()
    machine.aws.answers("lambda get-function-configuration", f"{code}\n")
    run = machine.rollback("--to", FIRST, "--dry-run")
    assert run.returncode == 0, run.stderr
    assert machine.records() == [FIRST, SECOND, THIRD, FOURTH]


QUIET, RING = "finops-websocket-queue-age\n", "finops-websocket-failed-jobs\nfinops-websocket-queue-age\n"


def test_alarm_that_begins_to_ring_is_said_and_one_that_rang_or_was_not_there_is_not(machine):
    machine.updates(HARMLESS)
    machine.aws.answers("cloudwatch describe-alarms", QUIET, RING)
    run = machine.rollback("--to", FIRST)
    assert run.returncode == 1
    assert "Since the deployment, alarms ring: finops-websocket-queue-age." in run.stderr

    machine.aws.answers("cloudwatch describe-alarms", "", RING)
    machine.updates(HARMLESS)
    assert machine.rollback("--to", FIRST).returncode == 0


def test_alarms_are_asked_for_by_their_whole_names(machine):
    machine.updates(HARMLESS)
    machine.rollback("--to", FIRST)
    # Another project's name may begin with this one's.
    for call in machine.aws.calls("cloudwatch describe-alarms"):
        assert "--alarm-name-prefix" not in call
        assert {"finops-websocket-failed-jobs", "finops-websocket-connect-failures"} <= set(call)


def test_alarms_that_cannot_be_read_do_not_stand_in_the_way(machine):
    machine.updates(HARMLESS)
    machine.aws.refuses("cloudwatch describe-alarms", "AccessDenied", "Not for you")
    run = machine.rollback("--to", FIRST)
    assert run.returncode == 0, run.stderr
    assert "Warning: Whether an alarm begins to ring cannot be told: Not for you" in run.stderr


def test_way_back_that_cannot_be_recorded_is_a_warning(machine):
    machine.updates(HARMLESS)
    record = machine.aws.buckets / BUCKET / STACK / "releases" / FIRST / "release.json"
    address = f"s3://{BUCKET}/{STACK}/releases/{FIRST}/release.json"
    machine.aws.refuses("s3 cp", "AccessDenied", "Access Denied", about=address)
    run = machine.rollback("--to", FIRST)
    assert run.returncode == 0, run.stderr
    assert f"The record of release {FIRST} cannot be changed (returned: " in run.stderr
    assert json.loads(record.read_text())["returned"] == ""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("deploying", [True, False])
def test_interrupted(machine, number, deploying):
    if deploying:
        machine.updates(HARMLESS)
        started = event(1, "MessageHandler", "UPDATE_IN_PROGRESS") + "event-0\n"
        machine.aws.answers("cloudformation describe-stack-events", "event-0\n", started)
        during = "cloudformation execute-change-set"
    else:
        machine.aws.answers("cloudformation describe-change-set", "CREATE_PENDING\t[null]\n")
        during = "cloudformation describe-change-set"
    with subprocess.Popen(
        [ROOT / "ops" / "rollback.sh", "--to", FIRST],
        env=machine.environment,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as run:
        assert run.stderr is not None
        until(lambda: machine.aws.calls(during))
        os.killpg(run.pid, number)
        said = run.stderr.read()
        assert run.wait(30) == 130
    if deploying:
        assert f"The deployment of stack {STACK} goes on in CloudFormation. Watch it: aws" in said
    else:
        assert "Interrupted. Nothing is being changed now." in said
        assert machine.aws.calls("cloudformation delete-change-set")


def test_nothing_to_change_is_verified_all_the_same(machine):
    machine.aws.answers("cloudformation describe-change-set", NO_CHANGES)
    run = machine.rollback("--to", THIRD)
    assert run.returncode == 0, run.stderr
    assert "no changes" in run.stderr
    assert len(machine.verifications()) == 1


def test_release_that_somebody_goes_back_from_is_withdrawn(machine):
    machine.updates(HARMLESS)
    run = machine.rollback("--to", FIRST)
    assert run.returncode == 0, run.stderr
    assert machine.record(THIRD)["status"] == "withdrawn"


def test_release_that_somebody_goes_forward_from_is_not(machine):
    machine.updates(HARMLESS)
    run = machine.rollback("--to", FOURTH)
    assert run.returncode == 0, run.stderr
    assert machine.record(THIRD)["status"] == "deployed"


def test_previous_skips_what_was_withdrawn(tmp_path):
    machine = Machine(tmp_path)
    machine.no_monitoring()
    machine.release(FIRST)
    machine.release(SECOND, "withdrawn")
    machine.release(THIRD, runs=True)
    machine.updates(HARMLESS)
    run = machine.rollback("--to", "previous", "--dry-run")
    assert f"From release {THIRD} to {FIRST}" in run.stderr


def test_stack_is_known_by_its_own_part_when_its_alarms_were_changed_by_hand(tmp_path):
    machine = Machine(tmp_path)
    machine.no_monitoring()
    machine.release(FIRST)
    machine.release(SECOND, runs=True)
    path = machine.aws.buckets / BUCKET / STACK / "releases" / SECOND / "release.json"
    record = json.loads(path.read_text())
    record["fingerprint"] += "-" + "0" * 64
    path.write_text(json.dumps(record, indent=2) + "\n")
    assert re.search(rf"^{SECOND} .* <- runs now$", machine.rollback().stdout, re.MULTILINE)
