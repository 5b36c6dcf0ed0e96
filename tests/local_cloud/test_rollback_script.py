"""What ops/rollback.sh lists, refuses and says, shown by a stand-in for the aws program."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess

import pytest

from local_cloud.deploy_script import ROOT
from local_cloud.operator_machine import BUCKET, HARMLESS, MONITORING, NO_CHANGES, STACK, Machine, event
from local_cloud.running_cloud import until

FIRST, SECOND, THIRD, FOURTH = (f"2026010{day}T030405Z-abcdef{day}" for day in range(1, 5))


@pytest.fixture
def machine(tmp_path) -> Machine:
    """A machine whose stack runs the third of four releases; the second failed."""
    machine = Machine(tmp_path)
    machine.no_monitoring()
    machine.python_whose_verification(0)
    machine.release(FIRST)
    machine.release(SECOND, "failed")
    machine.release(THIRD, "deployed", runs=True, MessageHandlerVersion="8")
    machine.release(FOURTH)
    return machine


def assert_refused(machine: Machine, run: subprocess.CompletedProcess[str], *sentences: str) -> None:
    assert run.returncode == 1, run.stderr
    assert run.stdout == ""
    assert all(sentence in run.stderr for sentence in sentences), run.stderr
    assert not machine.aws.calls("cloudformation execute-change-set")
    assert not machine.aws.calls("lambda update-function-code")
    assert not machine.aws.calls("s3 cp /")


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


def test_no_release_yet(tmp_path):
    machine = Machine(tmp_path)
    assert_refused(
        machine, machine.rollback(), f"Bucket {BUCKET} holds no release of stack {STACK} yet; ./deploy.sh records them."
    )
    machine.python_whose_verification(0)
    assert_refused(machine, machine.rollback("--to", "previous"), "There is no release before the one that runs.")


@pytest.mark.parametrize("unknown", ["20260109T000000Z-0000000", "../releases", f"{FIRST}/../{FIRST}", ".*"])
def test_unknown_release(machine, unknown):
    assert_refused(machine, machine.rollback("--to", unknown), f"There is no release {unknown}. See ops/rollback.sh")
    assert not machine.changed_something()


def test_no_stack(machine):
    machine.aws.refuses("cloudformation describe-stacks", "ValidationError", "Stack with id x does not exist")
    assert_refused(machine, machine.rollback(), f"There is no stack {STACK} in us-east-1.", "--stack-name", "--region")


@pytest.mark.parametrize(
    ("status", "sentence"), [("UPDATE_IN_PROGRESS", "is busy"), ("UPDATE_ROLLBACK_FAILED", "continue-update-rollback")]
)
def test_stack_that_cannot_be_updated(machine, status, sentence):
    machine.stack(status)
    assert_refused(machine, machine.rollback("--to", "previous"), sentence)
    # Which does not keep anybody from looking.
    assert machine.rollback("--list").returncode == 0


def test_stack_of_something_else(machine):
    machine.aws.answers("cloudformation describe-stacks", "Stack\tStatus\tUPDATE_COMPLETE\n")
    assert_refused(machine, machine.rollback(), "has no parameter LambdaS3Bucket")


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--nonsense"], "There is no option --nonsense."),
        (["previous"], "There is no option previous."),
        (["--to"], "--to needs a value."),
        (["--to", ""], "--to needs a value."),
        (["--timeout-minutes", "soon"], "--timeout-minutes needs a whole number, not soon."),
    ],
)
def test_mistake_in_the_command_line(machine, options, sentence):
    run = machine.rollback(*options)
    assert run.returncode == 2
    assert sentence in run.stderr
    assert machine.aws.calls() == []


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


def test_nothing_is_before_the_first(machine):
    machine.stack("UPDATE_COMPLETE", LogLevel="DEBUG")
    oldest = "20250101T000000Z-0000000"
    machine.release(oldest, runs=True)
    assert_refused(
        machine, machine.rollback("--to", "previous"), f"There is no release before the one that runs ({oldest})."
    )


def test_failed_release_may_be_chosen(machine):
    machine.updates(HARMLESS)
    run = machine.rollback("--to", SECOND)
    assert run.returncode == 0, run.stderr
    assert f"to {SECOND} (failed)" in run.stderr


def test_package_that_is_gone(machine):
    (machine.aws.buckets / BUCKET / "websocket-message-handler.zip").unlink()
    assert_refused(
        machine,
        machine.rollback("--to", FIRST),
        f"Release {FIRST} needs s3://{BUCKET}/websocket-message-handler.zip, which is not there.",
    )
    assert not machine.changed_something()


def test_incomplete_release(machine):
    (machine.aws.buckets / BUCKET / STACK / "releases" / FIRST / "parameters.json").unlink()
    assert_refused(machine, machine.rollback("--to", FIRST), f"Release {FIRST} is incomplete in bucket {BUCKET}.")
    assert not machine.changed_something()


def test_unreadable_bucket(machine):
    machine.aws.refuses("s3 cp", "AccessDenied", "Access Denied")
    assert_refused(machine, machine.rollback("--to", FIRST), f"Cannot read the releases in bucket {BUCKET}:")


@pytest.mark.parametrize(
    ("change", "loss"),
    [
        ("Modify JobsTable AWS::DynamoDB::Table True", "Table JobsTable is replaced by a new one"),
        ("Remove JobsTable AWS::DynamoDB::Table None", "Table JobsTable is removed"),
        ("Remove ProcessingQueue AWS::SQS::Queue None", "Queue ProcessingQueue is removed"),
        ("Modify UserPool AWS::Cognito::UserPool True", "User pool UserPool is replaced by a new one"),
        ("Modify WebSocketApi AWS::ApiGatewayV2::Api True", "API WebSocketApi is replaced by a new one"),
    ],
)
def test_loss_of_data_needs_leave(machine, change, loss):
    machine.updates(change)
    refused = machine.rollback("--to", FIRST)
    assert_refused(machine, refused, loss, "--allow-data-loss")
    assert machine.aws.calls("cloudformation delete-change-set")

    machine.updates(change)
    allowed = machine.rollback("--to", FIRST, "--allow-data-loss")
    assert allowed.returncode == 0, allowed.stderr
    assert loss in allowed.stderr


@pytest.mark.parametrize(
    "change", ["Modify UserPool AWS::Cognito::UserPool Conditional", "Remove DeniedLog AWS::Logs::MetricFilter None"]
)
def test_what_loses_nothing_for_sure_needs_no_leave(machine, change):
    machine.updates(change)
    assert machine.rollback("--to", FIRST).returncode == 0


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


RINGS, RINGS_TOO = "finops-websocket-failed-jobs\n", "finops-websocket-failed-jobs\nfinops-websocket-queue-age\n"


def test_alarm_that_begins_to_ring_is_said_and_one_that_rang_before_is_not(machine):
    machine.updates(HARMLESS)
    machine.aws.answers("cloudwatch describe-alarms", RINGS, RINGS_TOO)
    run = machine.rollback("--to", FIRST)
    assert run.returncode == 1
    assert "Since the deployment, alarms ring: finops-websocket-queue-age." in run.stderr

    machine.aws.answers("cloudwatch describe-alarms", RINGS_TOO, RINGS_TOO)
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


def test_help_tells_the_exit_statuses(machine):
    run = machine.rollback("--help")
    assert run.returncode == 0
    assert "ops/rollback.sh --to previous" in run.stdout
    assert "Exit status: 0 done and verified, 1 not done or not verified" in run.stdout
    assert machine.aws.calls() == []


def test_nothing_to_change_is_verified_all_the_same(machine):
    machine.aws.answers("cloudformation describe-change-set", NO_CHANGES)
    run = machine.rollback("--to", THIRD)
    assert run.returncode == 0, run.stderr
    assert "no changes" in run.stderr
    assert len(machine.verifications()) == 1
