"""Which changes deploy.sh asks for and how it follows them, shown by a stand-in for the aws program."""

from __future__ import annotations

import json
import os
import signal
import subprocess

import pytest

from local_cloud.deploy_script import ROOT, deploy
from local_cloud.operator_machine import STACK_ID, Machine, event
from local_cloud.running_cloud import until


@pytest.fixture
def machine(tmp_path) -> Machine:
    return Machine(tmp_path)


def parameters_of(call: list[str]) -> dict[str, str | None]:
    """Value of each parameter of a create-change-set call, None for "as it was"."""
    parameters = json.loads(call[call.index("--parameters") + 1])
    return {item["ParameterKey"]: item.get("ParameterValue") for item in parameters}


def test_parameters_are_given_kept_or_left_to_the_template(machine):
    machine.no_changes()
    machine.stack(
        "UPDATE_COMPLETE", LambdaS3Bucket="known-bucket", ProjectName="mine", LogLevel="DEBUG", UserPoolId="x_1"
    )
    machine.environment |= {"GIVEN_USER_POOL_ID": "ignored", "AUTH_MODE": "cognito"}
    machine.deploy("--user-pool-id", "", "--parameter", 'CostForecastFunctionName=a,"b"\\c')
    parameters = parameters_of(machine.aws.calls("cloudformation create-change-set")[0])
    assert parameters["LambdaS3Bucket"] == "known-bucket"
    assert parameters["ProjectName"] is None
    assert parameters["LogLevel"] is None
    assert parameters["AuthMode"] == "cognito"
    assert parameters["UserPoolId"] == ""
    assert parameters["CostForecastFunctionName"] == 'a,"b"\\c'
    assert parameters["ExecuteApiBaseUrl"] == "http://localhost:1/_aws/execute-api"
    assert "JobRetentionDays" not in parameters


def test_sample_agents_come_first_with_their_costs(machine):
    machine.no_changes()
    run = machine.deploy("--with-sample-agents", "--costs-s3-uri", "s3://my-costs/2026/export.csv.gz")
    assert run.returncode == 0, run.stderr
    calls = machine.aws.calls("cloudformation create-change-set")
    stacks = [call[call.index("--stack-name") + 1] for call in calls]
    api = "finops-websocket-api"
    assert stacks == [f"{api}-sample-agents", api, f"{api}-monitoring"]
    parameters = parameters_of(calls[0])
    assert parameters["CostsS3Bucket"] == "my-costs"
    assert parameters["CostsS3Key"] == "2026/export.csv.gz"
    assert parameters["SampleAgentsKey"].startswith("finops-websocket-api-sample-agents/")


@pytest.mark.parametrize("endpoint", ["", "http://localhost:1"])
def test_arguments_suit_both_versions_of_the_cli(machine, endpoint):
    machine.no_changes()
    machine.environment |= {"AWS_ENDPOINT_URL": endpoint, "AWS_REGION": "eu-west-1", "AWS_DEFAULT_REGION": "eu-north-1"}
    machine.aws.answers("s3api get-bucket-location", "EU\n")
    assert machine.deploy().returncode == 0
    prefix = (["--endpoint-url", endpoint] if endpoint else []) + ["--region", "eu-west-1", "--output", "text"]
    for call in machine.aws.calls():
        assert call[: len(prefix)] == prefix
        assert "--no-cli-pager" not in call


@pytest.mark.parametrize(
    ("change", "loss"),
    [
        ("Modify JobsTable AWS::DynamoDB::Table True", "Table JobsTable is replaced by a new one"),
        ("Remove JobsTable AWS::DynamoDB::Table None", "Table JobsTable is removed"),
        ("Modify WebSocketApi AWS::ApiGatewayV2::Api True", "the endpoint changes"),
    ],
)
@pytest.mark.parametrize("dry_run", [[], ["--dry-run"]], ids=["", "dry run"])
def test_change_that_loses_something_needs_leave(machine, change, loss, dry_run):
    machine.updates(change)
    run = machine.deploy(*dry_run)
    assert run.returncode == 1
    assert loss in run.stderr[run.stderr.index("Warning:") :]
    assert "This deployment would lose data (see above)." in run.stderr
    assert machine.aws.calls("cloudformation delete-change-set")
    assert not machine.aws.calls("cloudformation execute-change-set")
    assert not machine.aws.calls("s3 cp /")

    machine.updates(change)
    allowed = machine.deploy("--allow-data-loss", *dry_run)
    assert allowed.returncode == 0, allowed.stderr
    assert loss in allowed.stderr


def test_change_that_may_lose_something_is_a_warning(machine):
    machine.one_change("Modify UserPool AWS::Cognito::UserPool Conditional")
    run = machine.deploy("--dry-run")
    assert run.returncode == 0, run.stderr
    assert "User pool UserPool may be replaced by a new one" in run.stderr[run.stderr.index("Warning:") :]


def test_harmless_change_is_no_warning(machine):
    machine.one_change("Modify JobsTable AWS::DynamoDB::Table False")
    assert "Warning" not in machine.deploy("--dry-run").stderr


def test_failed_update_names_the_causes_first_failure_first(machine):
    machine.one_change("Modify JobsTable AWS::DynamoDB::Table False")
    events = [
        event(1, "finops-websocket-api", "UPDATE_COMPLETE"),
        event(2, "finops-websocket-api", "UPDATE_IN_PROGRESS", "User Initiated"),
        event(3, "JobsTable", "UPDATE_FAILED", 'Says "no"\nin two lines'),
        event(4, "Stage", "UPDATE_FAILED", "Resource update cancelled"),
        event(5, "MessageHandler", "UPDATE_FAILED"),
        event(6, "finops-websocket-api", "UPDATE_ROLLBACK_IN_PROGRESS", "Some resources failed"),
        event(7, "finops-websocket-api", "UPDATE_ROLLBACK_COMPLETE"),
    ]
    newest_first = ["event-1\n", "".join(reversed(events[:4])), "".join(reversed(events))]
    machine.aws.answers("cloudformation describe-stack-events", *newest_first)
    run = machine.deploy()
    assert run.returncode == 1
    assert run.stdout == ""
    shown, explained = run.stderr.split("What failed, first failure first:\n")
    assert [line.split()[1:3] for line in shown.splitlines() if "03:04:05" in line] == [
        line.split("\t")[3:5] for line in events[1:]
    ]
    assert explained.splitlines()[:2] == [
        '  JobsTable: Says "no" in two lines',
        "  MessageHandler: UPDATE_FAILED",
    ]
    assert "runs as it did before (UPDATE_ROLLBACK_COMPLETE)" in explained


def test_another_deployment_of_the_same_stack(machine):
    machine.one_change("Modify JobsTable AWS::DynamoDB::Table False")
    machine.aws.refuses("cloudformation execute-change-set", "InvalidChangeSetStatus", "Stack is UPDATE_IN_PROGRESS")
    run = machine.deploy()
    assert run.returncode == 1
    assert "If somebody else is deploying it, run this again when they are done." in run.stderr
    assert "Stack is UPDATE_IN_PROGRESS" in run.stderr


def test_two_runs_never_share_a_change_set(machine):
    machine.no_changes()
    machine.deploy()
    machine.deploy()
    calls = machine.aws.calls("cloudformation create-change-set")
    names = [call[call.index("--change-set-name") + 1] for call in calls]
    assert len(set(names)) == len(names) == 4


def test_dry_run_of_a_new_stack_removes_the_empty_stack_unless_others_use_it(machine):
    machine.one_change("Add JobsTable AWS::DynamoDB::Table None")
    machine.stack("REVIEW_IN_PROGRESS")
    machine.aws.answers("cloudformation list-change-sets", "arn:of-somebody-else\n")
    assert machine.deploy("--dry-run").returncode == 0
    assert machine.aws.calls("cloudformation delete-change-set")
    assert not machine.aws.calls("cloudformation delete-stack")


@pytest.mark.parametrize("status", [0, 1])
def test_verification_decides(machine, status):
    machine.no_changes()
    machine.stack("UPDATE_COMPLETE", ProjectName="mine")
    machine.python_whose_verification(status)
    run = deploy(machine.environment)
    assert run.returncode == status, run.stderr
    (asked,) = machine.verifications()
    assert asked == (
        "-m finops_client.verify --url wss://abc.execute-api.us-east-1.amazonaws.com/prod --wait 10"
        " --user-id test-user --username testuser"
    )
    if status:
        assert "is deployed, but wss://abc" in run.stderr
        assert "/aws/lambda/mine-connection-manager" in run.stderr
        assert run.stdout == ""


def interrupted_at(
    machine: Machine, text: str, number: signal.Signals, during: str = "sts get-caller-identity"
) -> tuple[int, str]:
    """Exit status and stderr of a run whose terminal sent a signal, when `text` was printed and `during` called."""
    with subprocess.Popen(
        [ROOT / "deploy.sh", "--no-verify"],
        env=machine.environment,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as run:
        assert run.stderr is not None
        seen = ""
        while text not in seen:
            line = run.stderr.readline()
            assert line, seen
            seen += line
        until(lambda: machine.aws.calls(during))
        os.killpg(run.pid, number)
        return run.wait(timeout=30), seen + run.stderr.read()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_deployment_goes_on(machine, number):
    machine.one_change("Modify JobsTable AWS::DynamoDB::Table False")
    started = event(1, "finops-websocket-api", "UPDATE_COMPLETE")
    machine.aws.answers(
        "cloudformation describe-stack-events", "event-1\n", event(2, "JobsTable", "UPDATE_IN_PROGRESS") + started
    )
    status, stderr = interrupted_at(machine, "03:04:05", number)
    assert status == 130
    assert "The deployment of stack finops-websocket-api goes on in CloudFormation. Watch it: aws" in stderr


def test_interrupted_change_set_leaves_nothing(machine):
    machine.stack("REVIEW_IN_PROGRESS")
    machine.aws.answers("cloudformation describe-change-set", "CREATE_PENDING\t[null]\n")
    in_review = f"Stack\tId\t{STACK_ID}\nStack\tStatus\tREVIEW_IN_PROGRESS\n"
    machine.no_monitoring()
    machine.aws.answers("cloudformation describe-stacks", in_review, in_review, "")
    status, stderr = interrupted_at(
        machine, "Stack finops-websocket-api\n", signal.SIGINT, "cloudformation describe-change-set"
    )
    assert status == 130
    assert "Nothing was deployed." in stderr
    assert machine.aws.calls("cloudformation delete-change-set")
    assert machine.aws.calls("cloudformation delete-stack")


def test_reason_of_a_refused_change_set_is_asked_for_before_it_is_gone(machine):
    reason = json.dumps(["The following hook(s)/validation failed: [AWS::EarlyValidation::ResourceExistenceCheck]."])
    machine.aws.answers("cloudformation describe-change-set", f"FAILED\t{reason}\n")
    machine.aws.answers("cloudformation describe-events", "JobsTable\tThe table exists already\n")
    run = machine.deploy()
    assert run.returncode == 1
    assert "ResourceExistenceCheck]. JobsTable: The table exists already" in run.stderr
    order = [call for call in machine.aws.calls() if {"describe-events", "delete-change-set"} & set(call)]
    assert "describe-events" in order[0]


def test_new_stack_under_review_has_no_values_to_keep(machine):
    in_review = f"Stack\tId\t{STACK_ID}\nStack\tStatus\tREVIEW_IN_PROGRESS\nParameter\tLogLevel\tDEBUG\n"
    machine.aws.answers("cloudformation describe-stacks", in_review, in_review, "")
    machine.no_changes()
    machine.deploy()
    (created,) = machine.aws.calls("cloudformation create-change-set")
    assert "UsePreviousValue" not in " ".join(created)


def test_failed_first_deployment_is_removed(machine):
    machine.no_changes()
    left = f"Stack\tId\t{STACK_ID}\nStack\tStatus\tROLLBACK_COMPLETE\n"
    gone = ""
    machine.aws.answers("cloudformation describe-stacks", left, left, left, gone)
    run = machine.deploy()
    assert "Removing what a failed first deployment left" in run.stderr
    assert len(machine.aws.calls("cloudformation delete-stack")) == 1
    assert "CREATE" in machine.aws.calls("cloudformation create-change-set")[0]


@pytest.mark.parametrize(("protection", "is_protected"), [("true", True), ("false", False)])
def test_stack_is_protected_when_its_tables_are(machine, protection, is_protected):
    machine.no_changes()
    machine.stack("UPDATE_COMPLETE", DeletionProtection=protection)
    run = machine.deploy()
    assert run.returncode == 0, run.stderr
    calls = machine.aws.calls("cloudformation update-termination-protection")
    assert ["--enable-termination-protection" in call for call in calls] == [True] * is_protected


def test_stack_that_cannot_be_protected_is_said_to_be_deployed_and_unprotected(machine):
    machine.no_changes()
    machine.stack("UPDATE_COMPLETE", DeletionProtection="true")
    machine.aws.fails("cloudformation update-termination-protection", "Unable to locate credentials")
    run = machine.deploy()
    assert run.returncode == 1
    assert "is deployed, and could not be protected" in run.stderr


@pytest.mark.parametrize(
    ("origins", "option"),
    [("*", []), ("https://app.example.com,https://other.example.com", ["--origin", "https://app.example.com"])],
)
def test_endpoint_is_verified_as_a_page_that_may_connect(machine, origins, option):
    machine.no_changes()
    machine.stack("UPDATE_COMPLETE", AllowedOrigins=origins, ProjectName="finops-websocket")
    machine.python_whose_verification(0)
    run = deploy(machine.environment)
    assert run.returncode == 0, run.stderr
    verification = machine.verifications()[0].split()
    assert verification[verification.index("--wait") + 2 : verification.index("--user-id")] == option


def test_client_that_names_no_page_is_verified_as_one_where_it_must(machine):
    machine.no_changes()
    machine.stack("UPDATE_COMPLETE", AllowedOrigins="*", MissingOrigin="refuse")
    machine.python_whose_verification(0)
    assert deploy(machine.environment).returncode == 0
    assert "--origin https://verification.invalid" in machine.verifications()[-1]


@pytest.mark.parametrize(("timeout", "given", "age"), [("300", [], None), ("840", [], "1680"), ("840", ["90"], "90")])
def test_queue_may_hold_a_message_for_as_long_as_agents_have(machine, timeout, given, age):
    machine.no_changes()
    machine.stack("UPDATE_COMPLETE", AgentTimeoutSeconds=timeout)
    run = machine.deploy(*(["--parameter", f"QueueAgeSeconds={given[0]}"] if given else []))
    assert run.returncode == 0, run.stderr
    parameters = parameters_of(machine.aws.calls("cloudformation create-change-set")[-1])
    assert parameters.get("QueueAgeSeconds") == age
