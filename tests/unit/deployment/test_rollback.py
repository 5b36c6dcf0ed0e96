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
    TEMPLATE_TEXT,
    THIRD,
    Machine,
    Run,
)
from unit.deployment.stand_in_aws import CALLER, Change, refusal

QUEUE_AGE, FAILED_JOBS = "finops-websocket-queue-age", "finops-websocket-failed-jobs"


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


def assert_refused(machine: Machine, run: Run, *sentences: str) -> None:
    assert (run.status, run.stdout) == (1, ""), run.stderr
    assert all(sentence in run.stderr for sentence in sentences), run.stderr
    assert not machine.changed_something()


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
def test_mistake_in_the_command_line(machine: Machine, options: list[str], sentence: str) -> None:
    run = machine.rollback(*options)
    assert run.status == 2
    assert run.stderr == f"Error: {sentence} Try --help.\n"
    assert machine.aws.calls == []


def test_help_tells_the_exit_statuses(machine: Machine) -> None:
    run = machine.rollback("--help")
    assert run.status == 0
    assert "ops/rollback.sh --to previous" in run.stdout
    assert "Exit status: 0 done and verified, 1 not done or not verified" in run.stdout


def test_no_release_yet(machine: Machine) -> None:
    machine.aws.objects.clear()
    nothing = f"Bucket {BUCKET} holds no release of stack {STACK} yet; ./deploy.sh records them."
    assert_refused(machine, machine.rollback(), nothing)
    assert_refused(machine, machine.rollback("--to", "previous"), "There is no release before the one that runs. See")


@pytest.mark.parametrize("unknown", ["20260109T000000Z-0000000", "../releases", f"{FIRST}/../{FIRST}", ".*"])
def test_unknown_release(machine: Machine, unknown: str) -> None:
    assert_refused(machine, machine.rollback("--to", unknown), f"There is no release {unknown}. See ops/rollback.sh")


def test_no_stack(machine: Machine) -> None:
    machine.no_stack()
    assert_refused(machine, machine.rollback(), f"There is no stack {STACK} in us-east-1.", "--stack-name", "--region")


@pytest.mark.parametrize(
    ("status", "sentence"), [("UPDATE_IN_PROGRESS", "is busy"), ("UPDATE_ROLLBACK_FAILED", "continue-update-rollback")]
)
def test_stack_that_cannot_be_updated(machine: Machine, status: str, sentence: str) -> None:
    machine.stack(status)
    assert_refused(machine, machine.rollback("--to", "previous"), sentence)
    # Which does not keep anybody from looking.
    assert machine.rollback("--list").status == 0


def test_stack_of_something_else(machine: Machine) -> None:
    machine.aws.stacks[STACK]["parameters"] = {}
    assert_refused(machine, machine.rollback(), "has no parameter LambdaS3Bucket")


def test_nothing_is_before_the_first(machine: Machine) -> None:
    machine.stack("UPDATE_COMPLETE", LogLevel="DEBUG")
    oldest = "20250101T000000Z-0000000"
    machine.release(oldest, runs=True)
    run = machine.rollback("--to", "previous")
    assert_refused(machine, run, f"There is no release before the one that runs ({oldest}).")


def test_package_that_is_gone(machine: Machine) -> None:
    del machine.aws.objects[f"{BUCKET}/websocket-message-handler.zip"]
    sentence = f"Release {FIRST} needs s3://{BUCKET}/websocket-message-handler.zip, which is not there."
    assert_refused(machine, machine.rollback("--to", FIRST), sentence)


def test_incomplete_release(machine: Machine) -> None:
    del machine.aws.objects[f"{RELEASES}/{FIRST}/parameters.json"]
    assert_refused(machine, machine.rollback("--to", FIRST), f"Release {FIRST} is incomplete in bucket {BUCKET}.")


def test_unreadable_bucket(machine: Machine) -> None:
    machine.aws.answers("get_object", refusal("AccessDenied", "Access Denied"))
    assert_refused(machine, machine.rollback("--to", FIRST), f"Cannot read the releases in bucket {BUCKET}:")


@pytest.mark.parametrize("change", [("Remove", "JobsTable", "AWS::DynamoDB::Table", "")])
def test_loss_of_data_needs_leave(machine: Machine, change: Change) -> None:
    machine.updates(change)
    refused = machine.rollback("--to", FIRST)
    assert_refused(machine, refused, "Table JobsTable is removed", "Going back would lose data", "--allow-data-loss")
    assert machine.aws.asked("delete_change_set")

    machine.updates(change)
    allowed = machine.rollback("--to", FIRST, "--allow-data-loss")
    assert allowed.status == 0, allowed.stderr
    assert "Table JobsTable is removed" in allowed.stderr


@pytest.mark.parametrize(
    "change",
    [("Modify", "Pool", "AWS::Cognito::UserPool", "Conditional"), ("Remove", "Log", "AWS::Logs::MetricFilter", "")],
)
def test_what_loses_nothing_for_sure_needs_no_leave(machine: Machine, change: Change) -> None:
    machine.updates(change)
    assert machine.rollback("--to", FIRST).status == 0


@pytest.mark.parametrize("options", [[], ["--list"]])
def test_list_has_the_newest_first_and_marks_what_runs(machine: Machine, options: list[str]) -> None:
    run = machine.rollback(*options)
    assert run.status == 0, run.stderr
    lines = run.stdout.splitlines()
    assert [line.split()[0] for line in lines] == ["Release", FOURTH, THIRD, SECOND, FIRST]
    assert lines[2].split() == [THIRD, "deployed", "7/8/7", CALLER, "<-", "runs", "now"]
    assert [line.split()[1] for line in lines[1:]] == ["verified", "deployed", "failed", "verified"]
    assert run.stdout.count("runs now") == 1
    assert not machine.changed_something()


def test_list_says_when_what_runs_is_none_of_them(machine: Machine) -> None:
    machine.stack("UPDATE_COMPLETE", LogLevel="DEBUG")
    run = machine.rollback()
    assert run.status == 0
    assert "runs now" not in run.stdout
    assert "What runs now is none of these" in run.stderr


def test_release_without_alarms_is_what_runs_though_there_are_alarms_now(machine: Machine) -> None:
    machine.stack("UPDATE_COMPLETE", MONITORING)
    assert re.search(rf"^{THIRD} .* <- runs now$", machine.rollback().stdout, re.MULTILINE)


def test_stack_is_known_by_its_own_part_when_its_alarms_were_changed_by_hand(machine: Machine) -> None:
    own = machine.record(THIRD)["fingerprint"]
    machine.release(THIRD, runs=True, fingerprint=f"{own}-{'0' * 64}")
    assert re.search(rf"^{THIRD} .* <- runs now$", machine.rollback().stdout, re.MULTILINE)


def test_previous_is_the_last_before_the_one_that_runs_that_has_not_failed(machine: Machine) -> None:
    run = machine.rollback("--to", "previous")
    assert (run.status, run.stdout) == (0, f"{FIRST}\n"), run.stderr
    assert f"From release {THIRD} to {FIRST} (verified)" in run.stderr
    (created,) = machine.aws.asked("create_change_set")
    parameters = json.loads(machine.aws.objects[f"{RELEASES}/{FIRST}/parameters.json"])
    assert (created["TemplateBody"], created["Parameters"]) == (TEMPLATE_TEXT, parameters)
    # No alarm takes back what is to silence one.
    assert created["RollbackConfiguration"] == {"RollbackTriggers": [], "MonitoringTimeInMinutes": 0}
    assert len(machine.aws.asked("execute_change_set")) == 1
    assert len(machine.verifications) == 1
    assert [asked["Description"] for asked in machine.aws.asked("publish_version")] == [f"release {FIRST}"] * 3
    record = machine.record(FIRST)
    assert record["returned"].endswith(f"Z by {CALLER}")
    assert (record["status"], record["fingerprint"]) == ("verified", FIRST)


def test_previous_of_what_was_never_recorded_is_the_newest(machine: Machine) -> None:
    machine.stack("UPDATE_COMPLETE", LogLevel="DEBUG")
    run = machine.rollback("--to", "previous")
    assert run.stdout == f"{FOURTH}\n", run.stderr
    assert f"From release (not recorded) to {FOURTH}" in run.stderr


def test_failed_release_may_be_chosen(machine: Machine) -> None:
    run = machine.rollback("--to", SECOND)
    assert run.status == 0, run.stderr
    assert f"to {SECOND} (failed)" in run.stderr


def test_dry_run_shows_the_change_and_makes_none(machine: Machine) -> None:
    run = machine.rollback("--to", FIRST, "--dry-run")
    assert (run.status, run.stdout) == (0, ""), run.stderr
    assert "AWS::Lambda::Function" in run.stderr
    assert "Dry run: nothing was changed." in run.stderr
    assert machine.aws.asked("delete_change_set")
    assert not machine.changed_something()
    assert machine.verifications == []


def test_dry_run_keeps_nothing_of_what_others_have_deployed(machine: Machine) -> None:
    machine.stack("UPDATE_COMPLETE", LogLevel="DEBUG")
    run = machine.rollback("--to", FIRST, "--dry-run")
    assert run.status == 0, run.stderr
    assert machine.records() == [FIRST, SECOND, THIRD, FOURTH]


def with_alarms(machine: Machine, release: str) -> None:
    machine.aws.objects[f"{RELEASES}/{release}/monitoring.yaml"] = b"Resources: {}\n"
    machine.aws.objects[f"{RELEASES}/{release}/monitoring-parameters.json"] = b"[]\n"


def test_alarms_go_back_with_the_stack(machine: Machine) -> None:
    with_alarms(machine, FIRST)
    assert machine.rollback("--to", FIRST).status == 0
    assert [asked["StackName"] for asked in machine.aws.asked("create_change_set")] == [STACK, MONITORING]


def test_alarms_that_cannot_be_returned_do_not_keep_the_stack_from_it(machine: Machine) -> None:
    with_alarms(machine, FIRST)
    machine.aws.answers("create_change_set", refusal("ValidationError", "No topic"), about=MONITORING)
    run = machine.rollback("--to", FIRST)
    assert (run.status, run.stdout) == (1, "")
    assert f"Error: CloudFormation refuses the change of stack {MONITORING}: No topic" in run.stderr
    assert f"Release {FIRST} runs, but its alarms and dashboard could not be returned (see above)." in run.stderr
    assert len(machine.verifications) == 1
    assert machine.record(FIRST)["returned"]


def test_code_that_was_given_by_hand_goes_back_too(machine: Machine) -> None:
    keys = {name: f"{STACK}/{'1' * 64}/{name}.zip" for name in ("ConnectionManagerKey", "MessageHandlerKey")}
    machine.stack("UPDATE_COMPLETE", **keys)
    machine.updates()
    run = machine.rollback("--to", FIRST)
    assert run.status == 0, run.stderr
    assert [asked["S3Key"] for asked in machine.aws.asked("update_function_code")] == list(keys.values())
    # A key that says nothing of its content cannot be compared.
    assert "finops-websocket-background-processor runs other code" not in run.stderr


def test_verification_that_fails(machine: Machine) -> None:
    machine.exchanges = [lambda: 1]
    run = machine.rollback("--to", FIRST)
    assert (run.status, run.stdout) == (1, "")
    assert f"Release {FIRST} runs, but: {ENDPOINT}" in run.stderr
    assert "ops/rollback.sh --list" in run.stderr


def test_no_verification_is_asked_for(machine: Machine) -> None:
    assert machine.rollback("--to", FIRST, "--no-verify").status == 0
    assert machine.verifications == []


@pytest.mark.parametrize("is_there", [True, False])
def test_what_others_have_deployed_is_kept_before_it_is_left(machine: Machine, is_there: bool) -> None:
    """Nobody has recorded it, and somebody may want it back."""
    machine.stack("UPDATE_COMPLETE", LogLevel="DEBUG")
    if not is_there:
        machine.aws.other_code = {"finops-websocket-message-handler"}
    run = machine.rollback("--to", "previous")
    assert (run.status, run.stdout) == (0, f"{FOURTH}\n"), run.stderr
    kept = [name for name in machine.records() if name.endswith("-unknown")]
    assert len(kept) == is_there
    assert all(machine.record(name)["status"] == "withdrawn" for name in kept)
    assert ("One cannot return to what runs now" in run.stderr) is not is_there


def test_what_others_have_deployed_and_cannot_be_kept_is_left_all_the_same(machine: Machine) -> None:
    machine.stack("UPDATE_COMPLETE", LogLevel="DEBUG")
    machine.aws.answers("put_object", *[{}] * 3, refusal("AccessDenied"))
    run = machine.rollback("--to", "previous")
    assert (run.status, run.stdout) == (0, f"{FOURTH}\n"), run.stderr
    assert "One cannot return to what runs now: it could not be recorded." in run.stderr


def test_alarm_that_begins_to_ring_is_said_and_one_that_rang_or_was_not_there_is_not(machine: Machine) -> None:
    machine.aws.alarms = {QUEUE_AGE: "OK"}
    machine.exchanges = [lambda: machine.aws.alarms.update({QUEUE_AGE: "ALARM", FAILED_JOBS: "ALARM"}) or 0]
    run = machine.rollback("--to", FIRST)
    assert run.status == 1
    assert f"Since the deployment, alarms ring: {QUEUE_AGE}. Others to go back to" in run.stderr
    assert machine.rollback("--to", FIRST).status == 0


def test_alarms_are_asked_for_by_their_whole_names(machine: Machine) -> None:
    machine.rollback("--to", FIRST)
    # Another project's name may begin with this one's.
    (asked,) = machine.aws.asked("describe_alarms")
    assert {FAILED_JOBS, "finops-websocket-connect-failures"} <= set(asked["AlarmNames"])
    assert asked.keys() == {"AlarmNames"}


def test_alarms_that_cannot_be_read_do_not_stand_in_the_way(machine: Machine) -> None:
    machine.aws.answers("describe_alarms", refusal("AccessDenied", "Not for you"))
    run = machine.rollback("--to", FIRST)
    assert run.status == 0, run.stderr
    assert "Warning: Whether an alarm begins to ring cannot be told: Not for you" in run.stderr


def test_way_back_that_cannot_be_recorded_is_a_warning(machine: Machine) -> None:
    key = f"{STACK}/releases/{FIRST}/release.json"
    machine.aws.answers("put_object", refusal("AccessDenied", "Access Denied"), about=key)
    run = machine.rollback("--to", FIRST)
    assert run.status == 0, run.stderr
    assert f"The record of release {FIRST} cannot be changed (returned: " in run.stderr
    assert machine.record(FIRST)["returned"] == ""


def test_interrupted_while_the_stack_changes(machine: Machine) -> None:
    machine.aws.answers("describe_stack_events", {"StackEvents": []}, KeyboardInterrupt())
    run = machine.rollback("--to", FIRST)
    assert run.status == 130
    assert f"The deployment of stack {STACK} goes on in CloudFormation. Watch it: aws" in run.stderr


def test_interrupted_before_anything_changes(machine: Machine) -> None:
    machine.aws.answers("describe_change_set", KeyboardInterrupt())
    run = machine.rollback("--to", "previous")
    assert run.status == 130
    assert "Interrupted. Nothing is being changed now. To end what was begun" in run.stderr
    assert f"ops/rollback.sh --to {FIRST}\n" in run.stderr
    assert machine.aws.asked("delete_change_set")


def test_nothing_to_change_is_verified_all_the_same(machine: Machine) -> None:
    machine.updates()
    run = machine.rollback("--to", THIRD)
    assert run.status == 0, run.stderr
    assert "no changes" in run.stderr
    assert len(machine.verifications) == 1


def test_release_that_somebody_goes_back_from_is_withdrawn(machine: Machine) -> None:
    assert machine.rollback("--to", FIRST).status == 0
    assert machine.record(THIRD)["status"] == "withdrawn"


def test_release_that_somebody_goes_forward_from_is_not(machine: Machine) -> None:
    assert machine.rollback("--to", FOURTH).status == 0
    assert machine.record(THIRD)["status"] == "deployed"


@pytest.mark.parametrize(("options", "status"), [([], "verified"), (["--no-verify"], "deployed")])
def test_withdrawn_release_that_is_gone_back_to_is_one_like_others(
    machine: Machine, options: list[str], status: str
) -> None:
    machine.release(FIRST, "withdrawn")
    assert machine.rollback("--to", FIRST, *options).status == 0
    assert machine.record(FIRST)["status"] == status


def test_previous_skips_what_was_withdrawn(machine: Machine) -> None:
    machine.release(SECOND, "withdrawn")
    run = machine.rollback("--to", "previous", "--dry-run")
    assert f"From release {THIRD} to {FIRST}" in run.stderr
