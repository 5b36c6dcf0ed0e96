import boto3
import pytest

from finops_operations.deployed_stack import DeployedStack
from finops_operations.errors import OperationFailed
from finops_operations.health_checks.aws_clients import AwsClients
from finops_operations.health_checks.check import Check, State
from finops_operations.health_checks.stack_checks import checks_of
from unit.finops_operations.sample_stack import sample_stack


@pytest.fixture(scope="module")
def clients() -> AwsClients:
    session = boto3.Session(region_name="eu-west-1", aws_access_key_id="test", aws_secret_access_key="test")
    return AwsClients.of(session)


def upstream(checks: dict[str, Check], name: str) -> set[str]:
    return {above for need in checks[name].needs for above in (need, *upstream(checks, need))}


def test_every_part_of_a_stack_has_one_check(clients: AwsClients) -> None:
    names = [check.name for check in checks_of(sample_stack(), clients, "eu-west-1")]
    assert names[0] == "stack"
    assert len(set(names)) == len(names) == 18


def test_needs_are_there_and_complete(clients: AwsClients) -> None:
    """Only a red need stops a check, not a skipped one: so each names what its needs need, too."""
    checks = {check.name: check for check in checks_of(sample_stack(), clients, "eu-west-1")}
    for name, check in checks.items():
        assert upstream(checks, name) == set(check.needs)


@pytest.mark.parametrize(("status", "state"), [("ROLLBACK_COMPLETE", State.RED), ("CREATE_IN_PROGRESS", State.RED)])
def test_of_a_stack_that_is_not_there_only_the_status_is_told(clients: AwsClients, status: str, state: State) -> None:
    stack = sample_stack(status)
    first, *others = checks_of(DeployedStack(stack.name, status, stack.parameters, {}), clients, "eu-west-1")
    assert first.look().state is state
    assert {check.look().state for check in others} == {State.SKIPPED}
    assert len(others) == 17


def test_somebody_elses_stack(clients: AwsClients) -> None:
    with pytest.raises(OperationFailed, match="not one of"):
        checks_of(DeployedStack("other", "CREATE_COMPLETE", {}, {"Url": "x"}), clients, "eu-west-1")
