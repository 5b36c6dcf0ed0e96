from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from finops_operations.errors import OperationFailed
from finops_operations.stack import Stack
from unit.finops_operations.sample_stack import sample_stack
from unit.finops_operations.stubbed_service import StubbedService


@pytest.fixture
def cloudformation() -> StubbedService:
    return StubbedService("cloudformation")


def described(**more: Any) -> dict[str, Any]:
    stack = {"StackName": "mine", "CreationTime": datetime(2026, 1, 1, tzinfo=UTC), "StackStatus": "CREATE_COMPLETE"}
    return {"Stacks": [stack | more]}


def test_a_stack_is_read(cloudformation: StubbedService) -> None:
    cloudformation.answers(
        "describe_stacks",
        described(
            Parameters=[{"ParameterKey": "ProjectName", "ParameterValue": "finops"}],
            Outputs=[{"OutputKey": "WebSocketApiId", "OutputValue": "abc"}],
        ),
        {"StackName": "mine"},
    )
    stack = Stack.read(cloudformation.client, "mine")
    assert (stack.name, stack.status, stack.project) == ("mine", "CREATE_COMPLETE", "finops")
    assert stack.output("WebSocketApiId") == "abc"


def test_a_stack_without_outputs(cloudformation: StubbedService) -> None:
    cloudformation.answers("describe_stacks", described(StackStatus="CREATE_IN_PROGRESS"))
    stack = Stack.read(cloudformation.client, "mine")
    with pytest.raises(OperationFailed, match=r"Stack mine \(CREATE_IN_PROGRESS\) has no output WebSocketApiId"):
        stack.output("WebSocketApiId")


def test_somebody_elses_stack(cloudformation: StubbedService) -> None:
    cloudformation.answers("describe_stacks", described())
    with pytest.raises(OperationFailed, match="Name yours with --stack-name"):
        _ = Stack.read(cloudformation.client, "mine").project


def test_no_such_stack(cloudformation: StubbedService) -> None:
    cloudformation.refuses("describe_stacks", "ValidationError", "Stack with id mine does not exist")
    with pytest.raises(OperationFailed, match="There is no stack mine in eu-west-1"):
        Stack.read(cloudformation.client, "mine")


@pytest.mark.parametrize(
    ("code", "message"), [("ValidationError", "1 validation error detected"), ("AccessDenied", "It does not exist")]
)
def test_another_error_is_the_callers(cloudformation: StubbedService, code: str, message: str) -> None:
    cloudformation.refuses("describe_stacks", code, message)
    with pytest.raises(ClientError):
        Stack.read(cloudformation.client, "mine")


def test_the_project_is_a_parameter() -> None:
    assert sample_stack(ProjectName="other").project == "other"
