import pytest
from botocore.exceptions import ClientError

from finops_operations.health_checks.check import State
from finops_operations.health_checks.remedies import Remedies
from finops_operations.health_checks.sweep_rule import look_at_sweep
from unit.finops_operations.sample_stack import sample_stack
from unit.finops_operations.stubbed_service import StubbedService

REMEDIES = Remedies(sample_stack(), "eu-west-1")


@pytest.mark.parametrize(("rule", "state"), [("ENABLED", State.OK), ("DISABLED", State.RED)])
def test_the_rule(rule: str, state: State) -> None:
    events = StubbedService("events")
    response = {"State": rule, "ScheduleExpression": "rate(5 minutes)"}
    events.answers("describe_rule", response, {"Name": "finops-sweep"})
    finding = look_at_sweep(events.client, REMEDIES)
    assert finding.state is state
    assert rule in finding.found


def test_a_rule_that_is_gone() -> None:
    events = StubbedService("events")
    events.refuses("describe_rule", "ResourceNotFoundException")
    assert look_at_sweep(events.client, REMEDIES).state is State.RED


def test_another_error_is_the_callers() -> None:
    events = StubbedService("events")
    events.refuses("describe_rule", "AccessDeniedException")
    with pytest.raises(ClientError):
        look_at_sweep(events.client, REMEDIES)
