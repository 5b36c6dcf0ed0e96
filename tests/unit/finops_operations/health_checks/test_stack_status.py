from datetime import UTC, datetime

import pytest
from botocore.exceptions import ClientError
from botocore.session import get_session

from finops_operations.health_checks.check import State
from finops_operations.health_checks.remedies import Remedies
from finops_operations.health_checks.stack_status import look_at_monitoring, look_at_stack
from unit.finops_operations.sample_stack import sample_stack
from unit.finops_operations.stubbed_service import StubbedService

REMEDIES = Remedies(sample_stack(), "eu-west-1")
STATUSES = get_session().get_service_model("cloudformation").shape_for("StackStatus").enum


@pytest.mark.parametrize(
    ("status", "state", "remedy"),
    [
        ("CREATE_COMPLETE", State.OK, ""),
        ("UPDATE_ROLLBACK_COMPLETE", State.OK, ""),
        ("UPDATE_IN_PROGRESS", State.WARNING, "Wait"),
        ("CREATE_IN_PROGRESS", State.RED, "Wait"),
        ("DELETE_IN_PROGRESS", State.RED, "Wait"),
        ("UPDATE_FAILED", State.RED, "aws cloudformation rollback-stack --stack-name production"),
        ("UPDATE_ROLLBACK_FAILED", State.RED, "aws cloudformation continue-update-rollback"),
        ("ROLLBACK_COMPLETE", State.RED, "aws cloudformation delete-stack"),
        ("IMPORT_ROLLBACK_FAILED", State.RED, "aws cloudformation describe-stack-events"),
    ],
)
def test_a_status(status: str, state: State, remedy: str) -> None:
    finding = look_at_stack(sample_stack(status), REMEDIES)
    assert finding.state is state
    assert finding.remedy.startswith(remedy)


@pytest.mark.parametrize("status", STATUSES)
def test_every_status_that_is_not_green_has_a_remedy(status: str) -> None:
    finding = look_at_stack(sample_stack(status), REMEDIES)
    assert status in finding.found
    assert bool(finding.remedy) is (finding.state is not State.OK)


def test_the_monitoring_stack() -> None:
    cloudformation = StubbedService("cloudformation")
    stack = {
        "StackName": "production-monitoring",
        "CreationTime": datetime(2026, 1, 1, tzinfo=UTC),
        "StackStatus": "UPDATE_ROLLBACK_FAILED",
    }
    cloudformation.answers("describe_stacks", {"Stacks": [stack]}, {"StackName": "production-monitoring"})
    finding = look_at_monitoring(cloudformation.client, REMEDIES)
    assert finding.state is State.RED
    assert "--stack-name production-monitoring" in finding.remedy


def test_no_monitoring_stack_is_a_warning() -> None:
    cloudformation = StubbedService("cloudformation")
    cloudformation.refuses("describe_stacks", "ValidationError", "Stack with id x does not exist")
    finding = look_at_monitoring(cloudformation.client, REMEDIES)
    assert finding.state is State.WARNING
    assert finding.remedy.startswith("./deploy.sh")


def test_another_error_is_the_callers() -> None:
    cloudformation = StubbedService("cloudformation")
    cloudformation.refuses("describe_stacks", "AccessDenied")
    with pytest.raises(ClientError):
        look_at_monitoring(cloudformation.client, REMEDIES)
