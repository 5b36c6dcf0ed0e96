"""What deploy.sh says before it changes anything, shown by a stand-in for the aws program."""

from __future__ import annotations

import subprocess

import pytest

from local_cloud.deploy_script import ROOT, deploy
from local_cloud.operator_machine import MONITORING, STACK, Machine


@pytest.fixture
def machine(tmp_path) -> Machine:
    return Machine(tmp_path)


def assert_refused(machine: Machine, run: subprocess.CompletedProcess[str], *sentences: str) -> None:
    assert run.returncode == 1, run.stderr
    assert run.stdout == ""
    assert all(sentence in run.stderr for sentence in sentences), run.stderr
    assert not machine.changed_something()


def test_no_aws_program(machine):
    machine.environment["AWS_CLI"] = "no-such-aws"
    assert_refused(machine, machine.deploy(), "The AWS CLI (aws) is not installed")


def test_no_python_with_the_client(machine, tmp_path):
    # A tree without a virtual environment, and a PATH without any other Python that has the client's dependencies.
    tree = tmp_path / "tree"
    tree.mkdir()
    for part in ("deploy.sh", "scripts", "cloudformation"):
        (tree / part).symlink_to(ROOT / part)
    script = tree / "deploy.sh"
    script.unlink()
    script.write_bytes((ROOT / "deploy.sh").read_bytes())
    script.chmod(0o755)
    assert_refused(machine, deploy(machine.environment, script=script), "pip install -r requirements.txt")


def test_missing_package(machine):
    machine.environment["PACKAGES_DIR"] = str(machine.directory)
    assert_refused(
        machine, machine.deploy(), "websocket-connection-manager.zip is missing. Build it: ./build_packages.sh"
    )


def test_missing_template(machine):
    assert_refused(machine, machine.deploy("--template", "nowhere.yaml"), "nowhere.yaml is missing")


def test_no_credentials(machine):
    machine.aws.fails("sts get-caller-identity", "Unable to locate credentials.")
    assert_refused(machine, machine.deploy(), "No valid AWS credentials", "Unable to locate credentials.")


@pytest.mark.parametrize("code", ["ExpiredToken", "ExpiredTokenException"])
def test_expired_credentials(machine, code):
    machine.aws.refuses("sts get-caller-identity", code, "The security token is expired")
    assert_refused(machine, machine.deploy(), "Your AWS credentials have expired.")


def test_absent_bucket(machine):
    machine.aws.refuses("s3api head-bucket", "404", "Not Found")
    assert_refused(
        machine, machine.deploy("--bucket", "mine"), "Bucket mine does not exist. Make it (aws s3 mb s3://mine"
    )


def test_bucket_of_somebody_else(machine):
    machine.aws.refuses("s3api head-bucket", "403", "Forbidden")
    assert_refused(machine, machine.deploy(), "No access to bucket finops-deployment-packages-062025.")


def test_default_bucket_must_be_the_accounts_own(machine):
    machine.no_changes()
    machine.deploy()
    machine.deploy("--bucket", "chosen")
    default, chosen = machine.aws.calls("s3api head-bucket")
    assert default[-2:] == ["--expected-bucket-owner", "111122223333"]
    assert "--expected-bucket-owner" not in chosen


def test_packages_for_another_target(machine):
    # Not the local cloud, which runs what this machine can load.
    del machine.environment["AWS_ENDPOINT_URL"]
    (machine.directory / "packages" / "target").write_text("python3.11-x86_64\n")
    run = machine.deploy()
    assert run.returncode == 1
    assert "The packages are for python3.11-x86_64, the functions run on python3.13-arm64." in run.stderr
    assert "./build_packages.sh --target python3.13-arm64" in run.stderr
    assert not machine.aws.calls("cloudformation create-change-set")


@pytest.mark.parametrize(("location", "region"), [("eu-central-1", "eu-central-1"), ("EU", "eu-west-1")])
def test_bucket_in_another_region(machine, location, region):
    machine.aws.answers("s3api get-bucket-location", f"{location}\n")
    assert_refused(machine, machine.deploy(), f"is in {region}", f"deploy with --region {region}")


@pytest.mark.parametrize(
    ("status", "sentence"),
    [
        ("UPDATE_IN_PROGRESS", "is busy (UPDATE_IN_PROGRESS). Wait until it is done"),
        ("DELETE_IN_PROGRESS", "is busy (DELETE_IN_PROGRESS). Wait until it is done"),
        ("UPDATE_ROLLBACK_FAILED", "aws cloudformation continue-update-rollback --stack-name finops-websocket-api"),
        ("UPDATE_FAILED", "aws cloudformation rollback-stack --stack-name finops-websocket-api"),
        ("DELETE_FAILED", "aws cloudformation delete-stack --stack-name finops-websocket-api"),
    ],
)
def test_stack_that_cannot_be_updated(machine, status, sentence):
    machine.stack(status)
    assert_refused(machine, machine.deploy(), sentence)


def test_dry_run_over_a_failed_first_deployment(machine):
    machine.stack("ROLLBACK_COMPLETE")
    assert_refused(machine, machine.deploy("--dry-run"), "Delete it: aws cloudformation delete-stack")


def test_missing_agents_are_a_warning(machine):
    machine.no_changes()
    machine.aws.refuses("lambda get-function-configuration", "ResourceNotFoundException", "Function not found")
    run = machine.deploy("--cost-forecast-function", "my-agent")
    assert run.returncode == 0, run.stderr
    assert "Warning: Agent my-agent does not exist" in run.stderr
    assert "Warning: Agent trusted-advisor-agent-trusted-advisor-agent does not exist" in run.stderr


@pytest.mark.parametrize("how", ["option", "variable", "stack"])
def test_open_mode_is_a_warning(machine, how):
    machine.no_changes()
    if how == "variable":
        machine.environment["AUTH_MODE"] = "open"
    if how == "stack":
        machine.stack("UPDATE_COMPLETE", AuthMode="open")
    run = machine.deploy(*(["--auth-mode", "open"] if how == "option" else []))
    assert "Warning: AuthMode=open" in run.stderr


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--nonsense"], "There is no option --nonsense."),
        (["nonsense"], "There is no option nonsense."),
        (["--bucket"], "--bucket needs a value."),
        (
            ["--parameter", "Nonsense=1"],
            "The templates have no parameter Nonsense. Their parameters: AgentTimeoutSeconds, ",
        ),
        (["--parameter", "LogLevel"], "--parameter needs NAME=VALUE, not LogLevel."),
        (["--timeout-minutes", "soon"], "--timeout-minutes needs a whole number, not soon."),
        (["--costs-s3-uri", "costs.csv"], "--costs-s3-uri needs s3://BUCKET/KEY, not costs.csv."),
        (["--costs-s3-uri", "s3://b/k"], "--costs-s3-uri goes with --with-sample-agents."),
    ],
)
def test_mistake_in_the_command_line(machine, options, sentence):
    run = machine.deploy(*options)
    assert run.returncode == 2
    assert sentence in run.stderr
    assert machine.aws.calls() == []


def test_refused_parameter_value_uploads_nothing(machine):
    machine.aws.refuses(
        "cloudformation create-change-set", "ValidationError", "Parameter AuthMode must be one of [cognito, open]"
    )
    run = machine.deploy("--auth-mode", "x")
    assert run.returncode == 1
    assert "refuses the change of stack finops-websocket-api: Parameter AuthMode must be one of" in run.stderr
    assert not machine.aws.calls("s3 ")


@pytest.mark.parametrize("is_new", [False, True])
def test_value_that_only_the_alarms_refuse_changes_nothing(machine, is_new):
    if is_new:
        machine.aws.refuses("cloudformation describe-stacks", "ValidationError", "It does not exist")
    refusal = "Parameter 'QueueAgeSeconds' must be a number not less than 60"
    machine.aws.refuses("cloudformation create-change-set", "ValidationError", refusal, about=MONITORING)
    run = machine.deploy("--parameter", "LogLevel=DEBUG", "--parameter", "QueueAgeSeconds=1")
    assert run.returncode == 1
    assert f"refuses the change of stack {MONITORING}: {refusal}" in run.stderr
    (asked,) = machine.aws.calls("cloudformation create-change-set")
    assert '"ParameterKey":"QueueAgeSeconds","ParameterValue":"1"' in asked[asked.index("--parameters") + 1]
    assert not machine.aws.calls("s3 cp /")


def test_remains_of_the_alarms_first_deployment_are_not_asked_for_their_opinion(machine):
    machine.no_changes()
    remains = f"Stack\tId\t{MONITORING}\nStack\tStatus\tROLLBACK_COMPLETE\n"
    machine.aws.answers("cloudformation describe-stacks", remains, remains, remains, "", about=MONITORING)
    run = machine.deploy("--parameter", "QueueAgeSeconds=900")
    assert run.returncode == 0, run.stderr
    watched = ("create-change-set", "delete-stack")
    changes = [word for call in machine.aws.calls() for word in call if word in watched]
    assert changes == ["create-change-set", "delete-stack", "create-change-set"]


def test_values_that_the_first_template_has_too_are_its_own_to_refuse(machine):
    machine.no_changes()
    assert machine.deploy("--parameter", "LogLevel=DEBUG").returncode == 0
    stacks = [call[call.index("--stack-name") + 1] for call in machine.aws.calls("cloudformation create-change-set")]
    assert stacks == [STACK, MONITORING]


def test_stack_of_alarms_that_cannot_be_updated_stops_it_before_the_first_change(machine):
    machine.aws.answers("cloudformation describe-stacks", "Stack\tStatus\tUPDATE_ROLLBACK_FAILED\n", about=MONITORING)
    run = machine.deploy()
    assert_refused(machine, run, f"Stack {MONITORING} could not undo an earlier update (UPDATE_ROLLBACK_FAILED)")


def test_another_project_name_would_replace_the_tables(machine):
    machine.no_changes()
    run = machine.deploy("--project-name", "another")
    assert run.returncode == 1
    assert "has ProjectName finops-websocket, and another would replace its tables" in run.stderr
    assert not machine.changed_something()
