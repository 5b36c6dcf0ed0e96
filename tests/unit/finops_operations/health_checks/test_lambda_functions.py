import base64
from typing import Any

import pytest

from finops_operations.health_checks.check import Finding, State
from finops_operations.health_checks.lambda_functions import NotReached, Probe, look_at_agent, look_at_function
from finops_operations.health_checks.remedies import Remedies
from unit.finops_operations.sample_stack import SHA256, sample_stack
from unit.finops_operations.stubbed_service import StubbedService

NAME = "finops-message-handler"
OTHER = base64.b64encode(bytes.fromhex("cd" * 32)).decode()
PUT_BACK = (
    f"aws lambda update-function-code --function-name {NAME} --s3-bucket packages"
    f" --s3-key production/{SHA256}/websocket-message-handler.zip --region eu-west-1"
)


def configuration(**more: Any) -> dict[str, Any]:
    sha256 = base64.b64encode(bytes.fromhex(SHA256)).decode()
    return {
        "FunctionName": NAME,
        "State": "Active",
        "LastUpdateStatus": "Successful",
        "CodeSha256": sha256,
        **more,
    }


def look(configured: dict[str, Any], probe: Probe = lambda: None, release: bool = False, **stack: str) -> Finding:
    """`stack` is its status, and its parameters."""
    functions, s3 = StubbedService("lambda"), StubbedService("s3")
    functions.answers("get_function_configuration", configured, {"FunctionName": NAME})
    if release:
        s3.answers("head_object", {})
    else:
        s3.refuses("head_object", "404", status=404)
    remedies = Remedies(sample_stack(**stack), "eu-west-1")
    return look_at_function(functions.client, s3.client, remedies, "message-handler", "MessageHandlerKey", probe)


@pytest.mark.parametrize(("fault", "state"), [(None, State.WARNING), ("It fails.", State.RED)])
def test_while_the_stack_is_changed_other_code_is_waited_for(fault: str | None, state: State) -> None:
    finding = look(configuration(CodeSha256=OTHER), lambda: fault, status="UPDATE_IN_PROGRESS")
    assert (finding.state, finding.remedy) == (state, "Wait until that is done, then run this again.")
    assert "UPDATE_IN_PROGRESS" in finding.found


def not_reached() -> str | None:
    raise NotReached("nobody can connect.")


def test_a_healthy_function() -> None:
    assert look(configuration()).found == "Active, answers, code as deployed."


def test_a_key_without_a_hash() -> None:
    finding = look(configuration(), MessageHandlerKey="websocket-message-handler.zip")
    assert finding.state is State.OK
    assert "not compared" in finding.found


def test_deployed_code_that_does_not_work_is_rolled_back() -> None:
    finding = look(configuration(), lambda: "It fails.")
    assert (finding.state, finding.found) == (State.RED, "It fails.")
    assert finding.remedy.startswith("ops/rollback.sh --to previous --stack-name production")


@pytest.mark.parametrize(
    ("fault", "release", "state"),
    [
        ("It fails.", True, State.RED),
        ("It fails.", False, State.RED),
        (None, False, State.RED),
        # As after the guide's own rollback of one function.
        (None, True, State.WARNING),
    ],
)
def test_other_code_is_put_back(fault: str | None, release: bool, state: State) -> None:
    finding = look(configuration(CodeSha256=OTHER), lambda: fault, release)
    assert (finding.state, finding.remedy) == (state, PUT_BACK)


def test_a_function_that_cannot_be_reached_is_not_to_blame() -> None:
    assert look(configuration(), not_reached) == Finding(State.SKIPPED, "Not tried: nobody can connect.")
    assert look(configuration(CodeSha256=OTHER), not_reached).state is State.RED


@pytest.mark.parametrize(
    ("more", "state", "part"),
    [
        ({"State": "Pending"}, State.WARNING, "Pending"),
        ({"State": "Inactive"}, State.WARNING, "Inactive"),
        ({"State": "Failed", "StateReason": "No key."}, State.RED, "Failed. No key."),
        ({"LastUpdateStatus": "InProgress"}, State.WARNING, "being updated"),
        ({"LastUpdateStatus": "Failed", "LastUpdateStatusReason": "No role."}, State.RED, "Failed. No role."),
    ],
)
def test_what_lambda_says_counts_before_the_probe(more: dict[str, str], state: State, part: str) -> None:
    finding = look(configuration(**more), not_reached)
    assert finding.state is state
    assert part in finding.found
    assert finding.remedy


def test_a_function_that_is_gone() -> None:
    functions = StubbedService("lambda")
    functions.refuses("get_function_configuration", "ResourceNotFoundException", status=404)
    remedies = Remedies(sample_stack(), "eu-west-1")
    finding = look_at_function(
        functions.client, StubbedService("s3").client, remedies, "message-handler", "MessageHandlerKey", not_reached
    )
    assert finding.state is State.RED
    assert "REVERT_DRIFT" in finding.remedy


def look_at_cost_agent(functions: StubbedService) -> Finding:
    remedies = Remedies(sample_stack(), "eu-west-1")
    return look_at_agent(functions.client, remedies, "CostForecastFunctionName", "--cost-forecast-function")


def test_an_agent_is_not_invoked() -> None:
    functions = StubbedService("lambda")
    functions.answers("get_function_configuration", configuration(FunctionName="cost-agent"))
    functions.answers("get_function_concurrency", {}, {"FunctionName": "cost-agent"})
    assert look_at_cost_agent(functions) == Finding(State.OK, "cost-agent: Active")


def test_an_agent_whose_state_lambda_does_not_name_is_active() -> None:
    functions = StubbedService("lambda")
    functions.answers("get_function_configuration", {"FunctionName": "cost-agent"})
    functions.answers("get_function_concurrency", {"ReservedConcurrentExecutions": 1})
    assert look_at_cost_agent(functions) == Finding(State.OK, "cost-agent: Active")


def test_an_agent_that_may_not_run() -> None:
    functions = StubbedService("lambda")
    functions.answers("get_function_configuration", configuration(FunctionName="cost-agent"))
    functions.answers("get_function_concurrency", {"ReservedConcurrentExecutions": 0})
    finding = look_at_cost_agent(functions)
    assert (finding.state, finding.remedy) == (
        State.RED,
        "aws lambda delete-function-concurrency --function-name cost-agent --region eu-west-1",
    )


def test_an_agent_that_is_gone() -> None:
    functions = StubbedService("lambda")
    functions.refuses("get_function_configuration", "ResourceNotFoundException", status=404)
    finding = look_at_cost_agent(functions)
    assert finding.state is State.RED
    assert "cost-agent" in finding.found
    assert "--cost-forecast-function FUNCTION" in finding.remedy


def test_an_agent_that_is_broken() -> None:
    functions = StubbedService("lambda")
    functions.answers("get_function_configuration", configuration(FunctionName="cost-agent", State="Failed"))
    assert look_at_cost_agent(functions).state is State.RED
