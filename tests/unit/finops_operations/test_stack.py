from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from finops_operations.errors import OperationFailed
from finops_operations.stack import Stack
from unit.finops_operations.answering_aws import Answer, AnsweringSession, Refusal

SESSION = AnsweringSession()


def read(answer: Answer) -> Stack:
    SESSION.answers = {"DescribeStacks": answer}
    return Stack.read(SESSION.client("cloudformation"), "mine")


def described(**more: Any) -> Answer:
    stack = {"StackName": "mine", "CreationTime": datetime(2026, 1, 1, tzinfo=UTC), "StackStatus": "CREATE_IN_PROGRESS"}
    return {"Stacks": [stack | more]}


def test_a_stack_is_read() -> None:
    parameters = [{"ParameterKey": "ProjectName", "ParameterValue": "finops"}]
    outputs = [{"OutputKey": "WebSocketApiId", "OutputValue": "abc"}]
    stack = read(described(Parameters=parameters, Outputs=outputs))
    assert (stack.name, stack.status, stack.project) == ("mine", "CREATE_IN_PROGRESS", "finops")
    assert stack.output("WebSocketApiId") == "abc"
    assert SESSION["DescribeStacks"] == [{"StackName": "mine"}]


def test_what_a_stack_has_not_is_a_sentence() -> None:
    stack = read(described())
    with pytest.raises(OperationFailed, match=r"Stack mine \(CREATE_IN_PROGRESS\) has no output WebSocketApiId"):
        stack.output("WebSocketApiId")
    with pytest.raises(OperationFailed, match="Name yours with --stack-name"):
        _ = stack.project


def test_no_such_stack_is_a_sentence_and_another_error_the_callers() -> None:
    with pytest.raises(OperationFailed, match="There is no stack mine in eu-west-1"):
        read(Refusal("ValidationError", "Stack with id mine does not exist"))
    for refusal in (Refusal("ValidationError", "1 validation error"), Refusal("AccessDenied", "It does not exist")):
        with pytest.raises(ClientError):
            read(refusal)
