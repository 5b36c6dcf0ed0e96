"""What ops/rollback.sh refuses before it changes anything, shown by a stand-in for the aws program."""

from __future__ import annotations

import subprocess

import pytest

from local_cloud.operator_machine import BUCKET, FIRST, STACK, Machine, machine_of_four_releases


@pytest.fixture
def machine(tmp_path) -> Machine:
    return machine_of_four_releases(tmp_path)


def assert_refused(machine: Machine, run: subprocess.CompletedProcess[str], *sentences: str) -> None:
    assert run.returncode == 1, run.stderr
    assert run.stdout == ""
    assert all(sentence in run.stderr for sentence in sentences), run.stderr
    assert not machine.aws.calls("cloudformation execute-change-set")
    assert not machine.aws.calls("lambda update-function-code")
    assert not machine.aws.calls("s3 cp /")


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


def test_nothing_is_before_the_first(machine):
    machine.stack("UPDATE_COMPLETE", LogLevel="DEBUG")
    oldest = "20250101T000000Z-0000000"
    machine.release(oldest, runs=True)
    assert_refused(
        machine, machine.rollback("--to", "previous"), f"There is no release before the one that runs ({oldest})."
    )


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


def test_help_tells_the_exit_statuses(machine):
    run = machine.rollback("--help")
    assert run.returncode == 0
    assert "ops/rollback.sh --to previous" in run.stdout
    assert "Exit status: 0 done and verified, 1 not done or not verified" in run.stdout
    assert machine.aws.calls() == []
