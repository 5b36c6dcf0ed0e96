"""What ops/rollback.sh refuses, lists, does and says."""

from __future__ import annotations

import json
import re

import pytest

from unit.deployment.operator_machine import (
    BUCKET,
    ENDPOINT,
    FIRST,
    FOURTH,
    HARMLESS,
    MONITORING,
    RELEASES,
    SECOND,
    STACK,
    THIRD,
    Machine,
)
from unit.deployment.stand_in_aws import CALLER, refusal


@pytest.fixture
def machine(machine: Machine) -> Machine:
    """A machine whose stack runs the third of four releases, of which the second failed, and has no alarms yet."""
    del machine.aws.stacks[MONITORING]
    machine.release(FIRST)
    machine.release(SECOND, "failed")
    machine.release(THIRD, "deployed", runs=True, MessageHandlerVersion="8")
    machine.release(FOURTH)
    machine.updates(HARMLESS)
    return machine


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["previous"], "unrecognized arguments: previous."),
        (["--to", ""], "argument --to: this needs a release's id, or previous, not ."),
    ],
)
def test_mistake_in_the_command_line(machine: Machine, options: list[str], sentence: str) -> None:
    run = machine.rollback(*options, status=2)
    assert run.stderr == f"Error: {sentence} Try --help.\n"
    assert machine.aws.calls == []


@pytest.mark.parametrize(
    ("status", "sentence"), [("UPDATE_IN_PROGRESS", "is busy"), ("UPDATE_ROLLBACK_FAILED", "continue-update-rollback")]
)
def test_stack_that_cannot_be_updated(machine: Machine, status: str, sentence: str) -> None:
    machine.stack(status)
    machine.refused(machine.rollback("--to", "previous", status=1), sentence)
    # Which does not keep anybody from looking.
    machine.rollback("--list")


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [({}, "has no parameter LambdaS3Bucket"), ({"LambdaS3Bucket": BUCKET}, "it has no parameter ProjectName")],
)
def test_stack_of_something_else(machine: Machine, parameters: dict[str, str], sentence: str) -> None:
    machine.aws.stacks[STACK]["parameters"] = parameters
    machine.refused(machine.rollback("--to", FIRST, "--dry-run", status=1), sentence)


def test_stack_that_is_not_there_or_may_not_be_seen(machine: Machine) -> None:
    machine.no_stack()
    machine.refused(machine.rollback(status=1), f"There is no stack {STACK} in us-east-1. Name yours with --stack-name")
    machine.aws.answers("describe_stacks", refusal("AccessDenied", "It does not exist for you"))
    machine.refused(machine.rollback(status=1), ": It does not exist for you")


def test_nothing_is_before_the_first(machine: Machine) -> None:
    machine.stack("UPDATE_COMPLETE", LogLevel="DEBUG")
    oldest = "20250101T000000Z-0000000"
    machine.release(oldest, runs=True)
    run = machine.rollback("--to", "previous", status=1)
    machine.refused(run, f"There is no release before the one that runs ({oldest}).")


@pytest.mark.parametrize(
    ("lost", "sentence"),
    [
        ("websocket-message-handler.zip", f"needs s3://{BUCKET}/websocket-message-handler.zip, which is not there."),
        (f"{STACK}/releases/{FIRST}/parameters.json", f"is incomplete in bucket {BUCKET}."),
    ],
)
def test_release_of_which_something_is_gone(machine: Machine, lost: str, sentence: str) -> None:
    del machine.aws.objects[f"{BUCKET}/{lost}"]
    machine.refused(machine.rollback("--to", FIRST, status=1), f"Release {FIRST} {sentence}")


def test_loss_of_data_needs_leave(machine: Machine) -> None:
    machine.updates(*[("Remove", "JobsTable", "AWS::DynamoDB::Table", "")] * 2)
    refused = machine.rollback("--to", FIRST, status=1)
    machine.refused(refused, "Table JobsTable is removed", "This would lose data", "--allow-data-loss")
    machine.rollback("--to", FIRST, "--allow-data-loss")


def test_list_has_the_newest_first_and_marks_what_runs(machine: Machine) -> None:
    run = machine.rollback()
    assert machine.rollback("--list") == run
    lines = [line.split() for line in run.stdout.splitlines()]
    assert [line[0] for line in lines] == ["Release", FOURTH, THIRD, SECOND, FIRST]
    assert lines[2] == [THIRD, "deployed", "7/8/7", CALLER, "<-", "runs", "now"]
    assert run.stdout.count("runs now") == 1
    assert not machine.changed_something()


def test_list_says_when_what_runs_is_none_of_them(machine: Machine) -> None:
    machine.stack("UPDATE_COMPLETE", LogLevel="DEBUG")
    run = machine.rollback()
    assert "runs now" not in run.stdout
    assert "What runs now is none of these" in run.stderr


@pytest.mark.parametrize("alarms_part", ["", f"-{'0' * 64}"], ids=["without alarms", "with other alarms"])
def test_stack_is_known_by_its_own_part_whatever_its_alarms_are_now(machine: Machine, alarms_part: str) -> None:
    own = machine.record(THIRD)["fingerprint"]
    machine.release(THIRD, runs=True, fingerprint=f"{own}{alarms_part}")
    machine.stack("UPDATE_COMPLETE", MONITORING)
    assert re.search(rf"^{THIRD} .* <- runs now$", machine.rollback().stdout, re.MULTILINE)


@pytest.mark.parametrize("skipped", ["failed", "withdrawn"])
def test_previous_is_the_last_good_one_before_the_one_that_runs(machine: Machine, skipped: str) -> None:
    machine.release(SECOND, skipped)
    run = machine.rollback("--to", "previous")
    assert run.stdout == f"{FIRST}\n"
    assert f"From release {THIRD} to {FIRST} (verified)" in run.stderr
    (created,) = machine.aws.asked("create_change_set")
    assert created["Parameters"] == json.loads(machine.aws.objects[f"{RELEASES}/{FIRST}/parameters.json"])
    # No alarm takes back what is to silence one.
    assert created["RollbackConfiguration"] == {"RollbackTriggers": [], "MonitoringTimeInMinutes": 0}
    assert len(machine.aws.asked("execute_change_set")) == 1
    assert len(machine.verifications) == 1
    assert [asked["Description"] for asked in machine.aws.asked("publish_version")] == [f"release {FIRST}"] * 3
    record = machine.record(FIRST)
    assert record["returned"].endswith(f"Z by {CALLER}")
    assert (record["status"], record["fingerprint"]) == ("verified", FIRST)


@pytest.mark.parametrize("is_recorded", [True, False])
def test_dry_run_shows_the_change_and_makes_none(machine: Machine, is_recorded: bool) -> None:
    if not is_recorded:
        machine.stack("UPDATE_COMPLETE", LogLevel="DEBUG")
    run = machine.rollback("--to", FIRST, "--dry-run")
    machine.refused(run, "AWS::Lambda::Function", "Dry run: nothing was changed.")
    assert machine.aws.asked("delete_change_set")
    assert machine.records() == [FIRST, SECOND, THIRD, FOURTH]
    assert machine.verifications == []


@pytest.mark.parametrize("is_refused", [True, False])
def test_alarms_go_back_after_the_stack_which_does_not_need_them_to(machine: Machine, is_refused: bool) -> None:
    machine.aws.objects[f"{RELEASES}/{FIRST}/monitoring.yaml"] = b"Resources: {}\n"
    machine.aws.objects[f"{RELEASES}/{FIRST}/monitoring-parameters.json"] = b"[]\n"
    if is_refused:
        machine.aws.answers("create_change_set", refusal("ValidationError", "No topic"), about=MONITORING)
    run = machine.rollback("--to", FIRST, status=int(is_refused))
    assert [asked["StackName"] for asked in machine.aws.asked("create_change_set")] == [STACK, MONITORING]
    assert run.stdout == ("" if is_refused else f"{FIRST}\n")
    refused = f"Error: CloudFormation refuses the change of stack {MONITORING}: No topic"
    told = f"Release {FIRST} runs, but its alarms and dashboard could not be returned (see above)."
    assert (refused in run.stderr, told in run.stderr) == (is_refused, is_refused)
    assert len(machine.verifications) == 1
    assert machine.record(FIRST)["returned"]


def test_code_that_was_given_by_hand_goes_back_too(machine: Machine) -> None:
    keys = {name: f"{STACK}/{'1' * 64}/{name}.zip" for name in ("ConnectionManagerKey", "MessageHandlerKey")}
    machine.stack("UPDATE_COMPLETE", **keys)
    machine.updates()
    run = machine.rollback("--to", FIRST)
    assert [asked["S3Key"] for asked in machine.aws.asked("update_function_code")] == list(keys.values())
    # A key that says nothing of its content cannot be compared.
    assert "finops-websocket-background-processor runs other code" not in run.stderr


def test_verification_that_fails(machine: Machine) -> None:
    machine.exchanges = [lambda: 1]
    run = machine.rollback("--to", FIRST, status=1)
    assert run.stdout == ""
    assert f"Release {FIRST} runs, but: {ENDPOINT}" in run.stderr
    assert "ops/rollback.sh --list" in run.stderr


@pytest.mark.parametrize("obstacle", ["", "it is gone", "the bucket refuses it"])
def test_what_others_have_deployed_is_kept_before_it_is_left_if_it_can_be(machine: Machine, obstacle: str) -> None:
    """Nobody has recorded it, and somebody may want it back; but what is on its way is the remedy for something."""
    machine.stack("UPDATE_COMPLETE", LogLevel="DEBUG")
    if obstacle == "it is gone":
        machine.aws.other_code = {"finops-websocket-message-handler"}
    if obstacle == "the bucket refuses it":
        machine.aws.answers("put_object", *[{}] * 3, refusal("AccessDenied"))
    run = machine.rollback("--to", "previous")
    assert run.stdout == f"{FOURTH}\n"
    assert f"From release (not recorded) to {FOURTH}" in run.stderr
    kept = [name for name in machine.records() if name.endswith("-unknown")]
    assert [machine.record(name)["status"] for name in kept] == ([] if obstacle else ["withdrawn"])
    assert ("One cannot return to what runs now" in run.stderr) is bool(obstacle)


def test_alarms_are_asked_for_by_their_whole_names(machine: Machine) -> None:
    machine.rollback("--to", FIRST)
    # Another project's name may begin with this one's.
    (asked,) = machine.aws.asked("describe_alarms")
    assert {"finops-websocket-failed-jobs", "finops-websocket-connect-failures"} <= set(asked["AlarmNames"])
    assert asked.keys() == {"AlarmNames"}


def test_way_back_that_cannot_be_recorded_is_a_warning(machine: Machine) -> None:
    key = f"{STACK}/releases/{FIRST}/release.json"
    machine.aws.answers("put_object", refusal("AccessDenied", "Access Denied"), about=key)
    run = machine.rollback("--to", FIRST)
    assert f"The record of release {FIRST} cannot be changed (returned: " in run.stderr
    assert machine.record(FIRST)["returned"] == ""


def test_interrupted_while_the_stack_changes(machine: Machine) -> None:
    machine.aws.answers("describe_stack_events", {"StackEvents": []}, KeyboardInterrupt())
    run = machine.rollback("--to", FIRST, status=130)
    assert f"The deployment of stack {STACK} goes on in CloudFormation. Watch it: aws" in run.stderr


def test_interrupted_before_anything_changes(machine: Machine) -> None:
    machine.aws.answers("describe_change_set", KeyboardInterrupt())
    run = machine.rollback("--to", "previous", status=130)
    assert "Interrupted. Nothing is being changed now. To end what was begun" in run.stderr
    assert f"ops/rollback.sh --to {FIRST}\n" in run.stderr
    assert machine.aws.asked("delete_change_set")


def test_nothing_to_change_is_verified_all_the_same(machine: Machine) -> None:
    machine.updates()
    run = machine.rollback("--to", THIRD)
    assert "no changes" in run.stderr
    assert len(machine.verifications) == 1


@pytest.mark.parametrize(("target", "status"), [(FIRST, "withdrawn"), (FOURTH, "deployed")])
def test_release_is_withdrawn_by_going_back_from_it_and_not_by_going_forward(
    machine: Machine, target: str, status: str
) -> None:
    machine.rollback("--to", target)
    assert machine.record(THIRD)["status"] == status


@pytest.mark.parametrize(("options", "status"), [([], "verified"), (["--no-verify"], "deployed")])
def test_withdrawn_release_that_is_gone_back_to_is_one_like_others(
    machine: Machine, options: list[str], status: str
) -> None:
    machine.release(FIRST, "withdrawn")
    machine.rollback("--to", FIRST, *options)
    assert machine.record(FIRST)["status"] == status
    assert bool(machine.verifications) is (status == "verified")
