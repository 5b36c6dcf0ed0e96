"""Which changes deploy.sh asks CloudFormation for, how it follows them, and what it leaves when it is interrupted."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import NoCredentialsError

from unit.deployment.operator_machine import BUCKET, ENDPOINT, HARMLESS, MONITORING, STACK, Machine
from unit.deployment.stand_in_aws import Change, event, refusal

ADDITION: Change = ("Add", "JobsTable", "AWS::DynamoDB::Table", "")


def parameters_of(asked: dict[str, Any]) -> dict[str, str | None]:
    """Value of each parameter of a change set, None for "as it was"."""
    return {item["ParameterKey"]: item.get("ParameterValue") for item in asked["Parameters"]}


def test_parameters_are_given_kept_or_left_to_the_template(machine: Machine) -> None:
    machine.stack(
        "UPDATE_COMPLETE", LambdaS3Bucket="known-bucket", ProjectName="mine", LogLevel="DEBUG", UserPoolId="x_1"
    )
    machine.environment.setenv("GIVEN_USER_POOL_ID", "ignored")
    machine.environment.setenv("AUTH_MODE", "cognito")
    machine.deploy("--user-pool-id", "", "--parameter", 'CostForecastFunctionName=a,"b"\\c')
    of_stack, of_monitoring = machine.aws.asked("create_change_set")
    assert (of_stack["StackName"], of_monitoring["StackName"]) == (STACK, MONITORING)
    parameters = parameters_of(of_stack)
    assert parameters["LambdaS3Bucket"] == "known-bucket"
    assert parameters["ProjectName"] is None
    assert parameters["LogLevel"] is None
    assert parameters["AuthMode"] == "cognito"
    assert parameters["UserPoolId"] == ""
    assert parameters["CostForecastFunctionName"] == 'a,"b"\\c'
    assert parameters["ExecuteApiBaseUrl"] == "http://localhost:1/_aws/execute-api"
    assert "JobRetentionDays" not in parameters


def test_sample_agents_come_first_with_their_costs(machine: Machine) -> None:
    machine.deploy("--with-sample-agents", "--costs-s3-uri", "s3://my-costs/2026/export.csv.gz")
    asked = machine.aws.asked("create_change_set")
    assert [one["StackName"] for one in asked] == [f"{STACK}-sample-agents", STACK, MONITORING]
    parameters = parameters_of(asked[0])
    assert (parameters["CostsS3Bucket"], parameters["CostsS3Key"]) == ("my-costs", "2026/export.csv.gz")
    assert str(parameters["SampleAgentsKey"]).startswith(f"{STACK}-sample-agents/")
    assert parameters["CostsS3Prefix"] == ""


@pytest.mark.parametrize("uri", ["s3://exports/billing/focus", "s3://exports/billing/focus/"])
def test_sample_agents_get_an_export_that_is_there_in_place_of_what_they_had(machine: Machine, uri: str) -> None:
    manifest = "exports/billing/focus/daily/metadata/BILLING_PERIOD=2026-05/daily-Manifest.json"
    machine.aws.objects[manifest] = b""
    run = machine.deploy("--with-sample-agents", "--focus-export", uri, "--fiscal-year-start", "apr")
    parameters = parameters_of(machine.aws.asked("create_change_set")[0])
    costs = {name: parameters[name] for name in ("CostsS3Bucket", "CostsS3Key", "CostsS3Prefix")}
    assert costs == {"CostsS3Bucket": "exports", "CostsS3Key": "", "CostsS3Prefix": "billing/focus"}
    assert parameters["FiscalYearStartMonth"] == "4"
    assert "Cost export s3://exports/billing/focus\n" in run.stderr


def test_a_folder_of_exports_is_given_by_its_slash_and_the_agents_own_parameters_by_name(machine: Machine) -> None:
    key = "arn:aws:kms:us-east-1:111122223333:key/0a1b"
    options = ("--costs-s3-uri", "s3://exports/all/", "--parameter", f"CostsKmsKeyArn={key}")
    machine.deploy("--with-sample-agents", *options)
    parameters = parameters_of(machine.aws.asked("create_change_set")[0])
    assert (parameters["CostsS3Key"], parameters["CostsS3Prefix"]) == ("", "all")
    assert parameters["CostsKmsKeyArn"] == key


@pytest.mark.parametrize("dry_run", [[], ["--dry-run"]], ids=["", "dry run"])
@pytest.mark.parametrize(
    ("change", "loss"),
    [
        (("Modify", "JobsTable", "AWS::DynamoDB::Table", "True"), "Table JobsTable is replaced by a new one"),
        (("Remove", "JobsTable", "AWS::DynamoDB::Table", ""), "Table JobsTable is removed"),
        (("Remove", "ProcessingQueue", "AWS::SQS::Queue", ""), "Queue ProcessingQueue is removed"),
        (("Modify", "Pool", "AWS::Cognito::UserPool", "True"), "User pool Pool is replaced by a new one"),
        (("Modify", "Api", "AWS::ApiGatewayV2::Api", "True"), "API Api is replaced by a new one: the endpoint changes"),
    ],
)
def test_change_that_loses_something_needs_leave(
    machine: Machine, change: Change, loss: str, dry_run: list[str]
) -> None:
    machine.updates(change, change)
    run = machine.deploy(*dry_run, status=1)
    assert f"Warning: {loss}" in run.stderr
    assert "This would lose data (see above)." in run.stderr
    assert machine.aws.asked("delete_change_set")
    assert not machine.changed_something()
    machine.deploy("--allow-data-loss", *dry_run)
    assert machine.changed_something() is not bool(dry_run)


@pytest.mark.parametrize(
    ("change", "warning"),
    [
        (("Modify", "Pool", "AWS::Cognito::UserPool", "Conditional"), "Warning: User pool Pool may be replaced by a"),
        (("Modify", "JobsTable", "AWS::DynamoDB::Table", "False"), ""),
        (("Remove", "Log", "AWS::Logs::MetricFilter", ""), ""),
    ],
)
def test_change_that_may_lose_something_is_a_warning(machine: Machine, change: Change, warning: str) -> None:
    machine.updates(change)
    run = machine.deploy("--dry-run")
    assert warning in run.stderr
    assert ("Warning" in run.stderr) is bool(warning)


def test_changes_are_shown_whole_when_they_come_in_pages(machine: Machine) -> None:
    form = ("Action", "LogicalResourceId", "ResourceType", "Replacement")
    changes = [{"ResourceChange": dict(zip(form, change, strict=True))} for change in (ADDITION, HARMLESS)]
    pages = [{"Status": "CREATE_COMPLETE", "Changes": [change]} for change in changes]
    machine.aws.answers("describe_change_set", {"Status": "CREATE_PENDING"}, pages[0] | {"NextToken": "2"}, pages[1])
    run = machine.deploy("--dry-run")
    assert "  Add       JobsTable       AWS::DynamoDB::Table" in run.stderr
    assert "  Modify    MessageHandler  AWS::Lambda::Function  False" in run.stderr


def test_failed_update_names_the_causes_first_failure_first(machine: Machine) -> None:
    machine.aws.stacks[STACK]["events"] = [event(1, "stack", "UPDATE_COMPLETE")]
    machine.aws.next_events = events = [
        event(2, "stack", "UPDATE_IN_PROGRESS", "User Initiated"),
        event(3, "JobsTable", "UPDATE_FAILED", 'Says "no"\nin two lines'),
        event(4, "Stage", "UPDATE_FAILED", "Resource update cancelled"),
        event(5, "MessageHandler", "UPDATE_FAILED"),
        event(6, "stack", "UPDATE_ROLLBACK_IN_PROGRESS", "Some resources failed"),
        event(7, "stack", "UPDATE_ROLLBACK_COMPLETE"),
    ]
    run = machine.deploy(status=1)
    assert run.stdout == ""
    shown, explained = run.stderr.split("What failed, first failure first:\n")
    assert [line.split()[1:3] for line in shown.splitlines() if "03:04:05" in line] == [
        [one["ResourceStatus"], one["LogicalResourceId"]] for one in events
    ]
    assert explained.splitlines()[:2] == [
        '  JobsTable: Says "no" in two lines',
        "  MessageHandler: UPDATE_FAILED",
    ]
    assert "runs as it did before (UPDATE_ROLLBACK_COMPLETE)" in explained


@pytest.mark.parametrize(
    ("status", "sentence"),
    [
        ("ROLLBACK_COMPLETE", "had never been deployed, so nothing runs (ROLLBACK_COMPLETE)."),
        ("UPDATE_ROLLBACK_FAILED", "could not undo an update (UPDATE_ROLLBACK_FAILED). Remove the cause, then: "),
        ("UPDATE_FAILED", "Take it back to what it was: aws cloudformation rollback-stack"),
        ("ROLLBACK_FAILED", "is in status ROLLBACK_FAILED, from which it cannot be updated. Delete it"),
    ],
)
def test_end_of_a_failed_deployment_has_its_way_out(machine: Machine, status: str, sentence: str) -> None:
    # Where no single resource failed, the stack's own reason is the explanation.
    machine.aws.next_events = [
        event(1, "stack", "UPDATE_ROLLBACK_IN_PROGRESS", "RollbackTrigger rang"),
        event(2, "stack", status),
    ]
    run = machine.deploy(status=1)
    assert "What failed, first failure first:\n  RollbackTrigger rang\n" in run.stderr
    assert sentence in run.stderr


def test_another_deployment_of_the_same_stack(machine: Machine) -> None:
    machine.aws.answers("execute_change_set", refusal("InvalidChangeSetStatus", "Stack is UPDATE_IN_PROGRESS"))
    run = machine.deploy(status=1)
    assert "If somebody else is deploying it, run this again when they are done." in run.stderr
    assert "Stack is UPDATE_IN_PROGRESS" in run.stderr


def test_events_that_cannot_be_read_any_more_do_not_stop_the_deployment(machine: Machine) -> None:
    machine.aws.answers("describe_stack_events", {"StackEvents": []}, NoCredentialsError())
    run = machine.deploy(status=1)
    assert "Lost sight of the deployment: Unable to locate credentials" in run.stderr
    assert f"The deployment of stack {STACK} goes on in CloudFormation. Watch it: aws" in run.stderr
    assert not machine.aws.asked("delete_change_set")


def test_two_runs_never_share_a_change_set(machine: Machine) -> None:
    machine.deploy()
    machine.deploy()
    names = {asked["ChangeSetName"] for asked in machine.aws.asked("create_change_set")}
    # The operator's policy lets only such be asked why they were refused.
    assert len([name for name in names if name.startswith("deploy-")]) == 4


@pytest.mark.parametrize("others", [[], [{"ChangeSetId": "of-somebody-else"}]])
def test_dry_run_of_a_new_stack_removes_the_empty_stack_unless_others_use_it(
    machine: Machine, others: list[dict[str, str]]
) -> None:
    machine.no_stack()
    machine.updates(ADDITION)
    machine.aws.answers("list_change_sets", {"Summaries": others})
    run = machine.deploy("--dry-run")
    assert "Dry run: nothing was changed." in run.stderr
    assert machine.aws.asked("delete_change_set")
    assert (STACK in machine.aws.stacks) is bool(others)
    assert not machine.aws.asked("put_object")


def test_reason_of_a_refused_change_set_is_asked_for_before_it_is_gone(machine: Machine) -> None:
    reason = "The following hook(s)/validation failed: [AWS::EarlyValidation::ResourceExistenceCheck]."
    machine.aws.answers("describe_change_set", {"Status": "FAILED", "StatusReason": reason})
    found = [
        {"EventType": "STACK_EVENT", "LogicalResourceId": "Other"},
        {
            "EventType": "VALIDATION_ERROR",
            "LogicalResourceId": "JobsTable",
            "ValidationStatusReason": "The table exists already",
        },
    ]
    machine.aws.answers("describe_events", {"OperationEvents": found})
    run = machine.deploy(status=1)
    assert f"of stack {STACK}: {reason} JobsTable: The table exists already\n" in run.stderr
    assert machine.aws.order("describe_events", "delete_change_set") == ["describe_events", "delete_change_set"]
    machine.aws.answers("describe_events", refusal("InvalidAction"))
    assert f"of stack {STACK}: {reason}\n" in machine.deploy(status=1).stderr


def test_new_stack_under_review_has_no_values_to_keep(machine: Machine) -> None:
    machine.stack("REVIEW_IN_PROGRESS", LogLevel="DEBUG")
    machine.updates(ADDITION)
    machine.deploy()
    created = machine.aws.asked("create_change_set")[0]
    assert created["ChangeSetType"] == "CREATE"
    assert None not in parameters_of(created).values()


def test_failed_first_deployment_is_removed(machine: Machine) -> None:
    machine.stack("ROLLBACK_COMPLETE")
    machine.updates(ADDITION)
    run = machine.deploy()
    assert "Removing what a failed first deployment left" in run.stderr
    assert len(machine.aws.asked("delete_stack")) == 1
    assert machine.aws.asked("create_change_set")[0]["ChangeSetType"] == "CREATE"


def test_remains_that_cannot_be_removed(machine: Machine) -> None:
    machine.stack("ROLLBACK_COMPLETE")
    machine.aws.answers("delete_stack", refusal("AccessDenied", "Not for you"))
    assert f"Cannot delete stack {STACK}: Not for you" in machine.deploy(status=1).stderr
    machine.aws.answers("delete_stack", {})
    failed = {"Stacks": [{"StackStatus": "DELETE_FAILED"}]}
    remains = machine.aws.describe_stacks({"StackName": STACK})
    machine.aws.answers("describe_stacks", remains, remains, failed, about=STACK)
    assert f"Stack {STACK} cannot be deleted. Its events say why: aws" in machine.deploy(status=1).stderr


@pytest.mark.parametrize("protection", ["true", "false"])
def test_stack_is_protected_when_its_tables_are_or_it_is_said_that_it_is_not(machine: Machine, protection: str) -> None:
    machine.stack("UPDATE_COMPLETE", DeletionProtection=protection)
    machine.aws.answers("update_termination_protection", {}, NoCredentialsError())
    machine.deploy()
    asked = machine.aws.asked("update_termination_protection")
    assert asked == [{"StackName": STACK, "EnableTerminationProtection": True}] * (protection == "true")
    if asked:
        run = machine.deploy(status=1)
        assert "is deployed, and could not be protected from deletion: Unable to locate credentials" in run.stderr


@pytest.mark.parametrize(("timeout", "given", "age"), [("300", [], None), ("840", [], "1680"), ("840", ["90"], "90")])
def test_queue_may_hold_a_message_for_as_long_as_agents_have(
    machine: Machine, timeout: str, given: list[str], age: str | None
) -> None:
    machine.stack("UPDATE_COMPLETE", AgentTimeoutSeconds=timeout)
    machine.deploy(*(["--parameter", f"QueueAgeSeconds={given[0]}"] if given else []))
    assert parameters_of(machine.aws.asked("create_change_set")[-1]).get("QueueAgeSeconds") == age


def test_change_set_is_not_waited_for_longer_than_it_may_take(machine: Machine) -> None:
    machine.aws.answers("describe_change_set", {"Status": "CREATE_PENDING"})
    run = machine.deploy("--timeout-minutes", "1", status=1)
    assert f"CloudFormation is still working out what changes in stack {STACK}. Try again later." in run.stderr
    assert machine.aws.asked("delete_change_set")


def test_deployment_is_not_followed_longer_than_it_may_take(machine: Machine) -> None:
    machine.aws.next_events = [event(1, "JobsTable", "UPDATE_IN_PROGRESS")]
    run = machine.deploy("--timeout-minutes", "1", status=1)
    assert f"Stopped waiting after 1 minutes. The deployment of stack {STACK} goes on in CloudFormation." in run.stderr
    assert run.stderr.count("JobsTable") == 1
    assert not machine.aws.asked("delete_change_set")


def test_interrupted_deployment_goes_on(machine: Machine) -> None:
    machine.aws.answers("describe_stack_events", {"StackEvents": []}, KeyboardInterrupt())
    run = machine.deploy(status=130)
    assert f"Interrupted. The deployment of stack {STACK} goes on in CloudFormation. Watch it: aws" in run.stderr
    assert not machine.aws.asked("delete_change_set")


def test_interrupted_change_set_leaves_nothing(machine: Machine) -> None:
    machine.no_stack()
    machine.aws.answers("describe_change_set", KeyboardInterrupt())
    run = machine.deploy(status=130)
    assert "Interrupted. Nothing was deployed." in run.stderr
    assert machine.aws.asked("delete_change_set")
    assert machine.aws.stacks == {}


def test_interrupted_verification_does_not_claim_that_nothing_was_deployed(machine: Machine) -> None:
    machine.exchanges = [lambda: 130]
    run = machine.deploy(status=130)
    assert "Nothing was deployed" not in run.stderr
    assert "What is deployed is not verified: run this again, or go back: ops/rollback.sh --to previous" in run.stderr


def test_stack_without_an_endpoint_is_not_one_of_ours(machine: Machine) -> None:
    machine.aws.stacks[STACK]["outputs"] = {}
    assert f"Stack {STACK} (UPDATE_COMPLETE) has no output WebSocketApiEndpoint" in machine.deploy(status=1).stderr


def test_endpoint_of_a_stack_that_any_page_may_connect_to_comes_with_a_hint(machine: Machine) -> None:
    machine.stack("UPDATE_COMPLETE", AllowedOrigins="*")
    run = machine.deploy()
    assert run.stdout == f"{ENDPOINT}\n        websocketEndpoint: '{ENDPOINT}',\n"
    assert "Any page may connect. Name yours: ./deploy.sh --parameter AllowedOrigins=" in run.stderr


def test_bill_of_materials_goes_with_its_package(machine: Machine) -> None:
    (machine.directory / "packages" / "websocket-message-handler.cdx.json").write_text("{}")
    machine.deploy()
    with_bill = {key.rpartition("/")[0] for key in machine.aws.objects if key.endswith(".cdx.json")}
    assert {f"{folder}/websocket-message-handler.zip" for folder in with_bill} <= machine.aws.objects.keys()
    assert len(with_bill) == 1
    assert f"{BUCKET}/websocket-message-handler.zip" in machine.aws.objects
