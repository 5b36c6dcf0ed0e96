"""What deploy.sh says before it changes anything."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError, NoCredentialsError

from unit.deployment.operator_machine import HARMLESS, MONITORING, STACK, Machine
from unit.deployment.stand_in_aws import ACCOUNT, refusal

AGENTS = ["--with-sample-agents"]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--nonsense"], "unrecognized arguments: --nonsense."),
        (["nonsense"], "unrecognized arguments: nonsense."),
        (["--buck", "b"], "unrecognized arguments: --buck b."),
        (["--bucket"], "argument --bucket: expected one argument."),
        (["--stack-name", "my*"], "argument --stack-name: a stack's name has letters, digits and hyphens, not my*."),
        (["--parameter", "Nonsense=1"], "The templates have no parameter Nonsense. Their parameters: AgentTimeoutSeco"),
        (["--parameter", "LogLevel"], "--parameter needs NAME=VALUE, not LogLevel."),
        (["--timeout-minutes", "soon"], "argument --timeout-minutes: this needs a whole number of minutes, not soon."),
        (["--timeout-minutes", "0"], "argument --timeout-minutes: this needs a whole number of minutes, not 0."),
        (["--costs-s3-uri", "s3://b/k"], "--costs-s3-uri goes with --with-sample-agents."),
        (["--focus-export", "s3://b/p"], "--focus-export goes with --with-sample-agents."),
        (["--fiscal-year-start", "4"], "--fiscal-year-start goes with --with-sample-agents."),
        ([*AGENTS, "--costs-s3-uri", "costs.csv"], "--costs-s3-uri needs s3://BUCKET/KEY, not costs.csv."),
        ([*AGENTS, "--focus-export", "s3://b"], "--focus-export needs s3://BUCKET/PREFIX, not s3://b."),
        ([*AGENTS, "--focus-export", "s3://b//"], "--focus-export needs s3://BUCKET/PREFIX, not s3://b//."),
        ([*AGENTS, "--focus-export", "s3://b/p", "--costs-s3-uri", "s3://b/k"], "both say where costs come from"),
        *(
            ([*AGENTS, "--fiscal-year-start", month], f"this needs a month such as 4 or April, not {month}.")
            for month in ("0", "13", "Avril", "-1", "1.5")
        ),
        *(
            (["--watch-minutes", minutes], f"this needs a whole number of minutes from 0 to 180, not {minutes}.")
            for minutes in ("soon", "-1", "181", "1.5", "")
        ),
    ],
)
def test_mistake_in_the_command_line(machine: Machine, options: list[str], sentence: str) -> None:
    run = machine.deploy(*options, status=2)
    assert run.stdout == ""
    assert run.stderr.startswith("Error: ")
    assert sentence in run.stderr
    assert run.stderr.endswith(" Try --help.\n")
    assert machine.aws.calls == []


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--template", "nowhere.yaml"], "nowhere.yaml is missing. Name another with"),
        (["--packages-dir", "nowhere"], "websocket-connection-manager.zip is missing. Build it: ./build_packages.sh"),
        (["--project-name", "other"], "has ProjectName finops-websocket, and another would replace its tables"),
        (["--parameter", "LeaseSeconds=30"], "LeaseSeconds (30) must be greater than HeartbeatSeconds (30)"),
        (["--parameter", "LeaseSeconds=45.5"], "must be whole numbers."),
    ],
)
def test_what_would_fail_is_refused(machine: Machine, options: list[str], sentence: str) -> None:
    run = machine.deploy("--parameter", "HeartbeatSeconds=30", *options, status=1)
    machine.refused(run, sentence)


@pytest.mark.parametrize(
    ("operation", "error", "sentence"),
    [
        ("get_caller_identity", NoCredentialsError(), "There are no valid AWS credentials (aws configure, or AWS_PRO"),
        ("head_bucket", refusal("404"), "Bucket mine does not exist. Make it (aws s3 mb s3://mine --region us-east-1)"),
        ("head_bucket", refusal("403"), "No access to bucket mine. It may belong to somebody else"),
        ("head_bucket", refusal("Throttling", "Slow down"), "Cannot use bucket mine: Slow down"),
        ("create_change_set", refusal("ValidationError", "AuthMode must be\none of [cognito, open]"),
            f"refuses the change of stack {STACK}: AuthMode must be one of"),
    ],
)  # fmt: skip
def test_what_aws_refuses_is_said(machine: Machine, operation: str, error: Exception, sentence: str) -> None:
    machine.aws.answers(operation, error)
    machine.refused(machine.deploy("--bucket", "mine", status=1), sentence)


def test_default_bucket_must_be_the_accounts_own(machine: Machine) -> None:
    machine.deploy()
    machine.deploy("--bucket", "chosen")
    default, chosen = machine.aws.asked("head_bucket")
    assert default["ExpectedBucketOwner"] == ACCOUNT
    assert chosen == {"Bucket": "chosen"}


def test_bucket_in_another_region(machine: Machine) -> None:
    machine.aws.answers("head_bucket", {"BucketRegion": "eu-west-1"})
    machine.refused(machine.deploy(status=1), "is in eu-west-1", "deploy with --region eu-west-1")
    machine.deploy("--region", "eu-west-1")


def test_packages_for_another_target(machine: Machine) -> None:
    (machine.directory / "packages" / "target").write_text("python3.11-x86_64\n")
    machine.environment.delenv("AWS_ENDPOINT_URL")
    run = machine.deploy(status=1)
    machine.refused(run, "The packages are for python3.11-x86_64, the functions run on python3.13-arm64.")
    assert "./build_packages.sh --target python3.13-arm64" in run.stderr
    # The local cloud runs what this machine can load.
    machine.environment.setenv("AWS_ENDPOINT_URL", "http://localhost:1")
    machine.deploy()


@pytest.mark.parametrize(
    ("status", "sentence"),
    [
        ("UPDATE_IN_PROGRESS", "is busy (UPDATE_IN_PROGRESS). Wait until it is done"),
        ("UPDATE_ROLLBACK_FAILED", "could not undo an update (UPDATE_ROLLBACK_FAILED). Remove the cause, then: "
            "aws cloudformation continue-update-rollback --stack-name {stack} --region us-east-1"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("stack", [STACK, MONITORING])
def test_stack_that_cannot_be_updated(machine: Machine, stack: str, status: str, sentence: str) -> None:
    machine.stack(status, stack)
    machine.refused(machine.deploy(status=1), f"Stack {stack} ", sentence.format(stack=stack))


def test_dry_run_over_a_failed_first_deployment(machine: Machine) -> None:
    machine.stack("ROLLBACK_COMPLETE")
    machine.refused(machine.deploy("--dry-run", status=1), "Delete it: aws cloudformation delete-stack")


def test_missing_agents_are_a_warning(machine: Machine) -> None:
    machine.aws.answers("get_function_configuration", refusal("ResourceNotFoundException"), about="my-agent")
    other = "trusted-advisor-agent-trusted-advisor-agent"
    machine.aws.answers("get_function_configuration", refusal("AccessDenied", "Not for you"), about=other)
    run = machine.deploy("--cost-forecast-function", "my-agent")
    assert "Warning: Agent my-agent does not exist" in run.stderr
    assert f"Warning: Cannot see whether agent {other} exists: Not for you" in run.stderr


@pytest.mark.parametrize(("limit", "jobs", "fits"), [(10, 10, 2), (100, 50, 32), (1000, 333, 332)])
def test_account_too_small_for_its_jobs_is_a_warning_that_says_what_fits(
    machine: Machine, limit: int, jobs: int, fits: int
) -> None:
    machine.aws.runs_at_once(limit)
    # The local cloud's limit is its machine's, and its jobs are ten whatever is said.
    assert "at once" not in machine.deploy("--dry-run", "--parameter", f"MaximumConcurrency={jobs}").stderr
    machine.environment.delenv("AWS_ENDPOINT_URL")
    run = machine.deploy("--dry-run", "--parameter", f"MaximumConcurrency={jobs}")
    (warning,) = (line for line in run.stderr.splitlines() if "Warning: " in line)
    assert f"{limit} functions at once" in warning
    assert f"{jobs} jobs" in warning
    assert f"./deploy.sh --parameter MaximumConcurrency={fits}" in warning
    assert "--quota-code L-B99A9384" in warning
    # What is advised is not warned of.
    assert "Warning" not in machine.deploy("--dry-run", "--parameter", f"MaximumConcurrency={fits}").stderr


@pytest.mark.parametrize(
    "answer", [refusal("AccessDeniedException", "Not for you"), EndpointConnectionError(endpoint_url="x")]
)
def test_account_whose_limit_cannot_be_read_is_deployed_to(machine: Machine, answer: Exception) -> None:
    machine.environment.delenv("AWS_ENDPOINT_URL")
    machine.aws.answers("get_account_settings", answer)
    assert "Warning: Cannot see how many functions this account may run at once: " in machine.deploy().stderr
    assert machine.changed_something()


def test_open_mode_is_a_warning(machine: Machine) -> None:
    machine.stack("UPDATE_COMPLETE", AuthMode="open")
    assert "Warning: AuthMode=open" in machine.deploy().stderr
    assert "Warning: AuthMode=open" not in machine.deploy("--auth-mode", "cognito").stderr


def test_releases_that_another_bucket_keeps_are_a_warning(machine: Machine) -> None:
    assert "cannot return to them" in machine.deploy("--bucket", "another").stderr


@pytest.mark.parametrize("is_new", [False, True])
def test_value_that_only_the_alarms_refuse_changes_nothing(machine: Machine, is_new: bool) -> None:
    if is_new:
        machine.no_stack()
    reason = "Parameter 'QueueAgeSeconds' must be a number not less than 60"
    machine.aws.answers("create_change_set", refusal("ValidationError", reason), about=MONITORING)
    run = machine.deploy("--parameter", "LogLevel=DEBUG", "--parameter", "QueueAgeSeconds=1", status=1)
    machine.refused(run, f"refuses the change of stack {MONITORING}: {reason}")
    (asked,) = machine.aws.asked("create_change_set")
    assert {"ParameterKey": "QueueAgeSeconds", "ParameterValue": "1"} in asked["Parameters"]


def test_remains_of_the_alarms_first_deployment_are_not_asked_for_their_opinion(machine: Machine) -> None:
    machine.stack("ROLLBACK_COMPLETE", MONITORING)
    machine.updates(HARMLESS, stack=MONITORING)
    machine.deploy("--parameter", "QueueAgeSeconds=900")
    order = machine.aws.order("create_change_set", "delete_stack")
    assert order == ["create_change_set", "delete_stack", "create_change_set"]


EXPORT = [*AGENTS, "--focus-export", "s3://exports/billing/"]


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (refusal("NoSuchBucket"), "Bucket exports of --focus-export does not exist."),
        (refusal("AccessDenied"), "ops/deploy_policy.sh focus-export --focus-export-bucket exports"),
        (refusal("SlowDown", "Slow down"), "Cannot look into s3://exports/billing: Slow down"),
        ({}, "There is nothing below s3://exports/billing."),
        (
            {"Contents": [{"Key": "billing/daily/data/BILLING_PERIOD=2026-05/daily-00001.csv.gz"}]},
            "There is no manifest",
        ),
        ({"Contents": [{"Key": "billing/cur/20260501-20260601/cur-Manifest.json"}]}, "There is no manifest"),
    ],
)
def test_an_export_that_is_not_there_is_said_before_anything_changes(
    machine: Machine, answer: Exception | dict[str, Any], sentence: str
) -> None:
    machine.aws.answers("list_objects_v2", answer, about="exports")
    machine.refused(machine.deploy(*EXPORT, status=1), sentence)


def test_the_sample_agents_are_not_deployed_on_a_runtime_that_cannot_load_them(machine: Machine) -> None:
    run = machine.deploy(*AGENTS, "--parameter", "LambdaRuntime=python3.11", status=1)
    machine.refused(run, "The sample agents do not run on python3.11")
