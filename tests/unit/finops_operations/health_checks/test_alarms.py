from datetime import UTC, datetime
from typing import Any

from finops_operations.health_checks.alarms import look_at_alarms
from finops_operations.health_checks.check import Finding, State
from finops_operations.health_checks.remedies import Remedies
from unit.finops_operations.sample_stack import sample_stack
from unit.finops_operations.stubbed_service import StubbedService


def alarm(name: str, state: str = "OK", **more: Any) -> dict[str, Any]:
    return {"AlarmName": name, "StateValue": state, "AlarmDescription": f"Mend {name}.", "ActionsEnabled": True, **more}


def look(*alarms: dict[str, Any], own: tuple[str, ...] = (), monitoring: bool = True) -> Finding:
    cloudformation, cloudwatch = StubbedService("cloudformation"), StubbedService("cloudwatch")
    asked = {"AlarmNamePrefix": "finops-", "AlarmTypes": ["MetricAlarm"]}
    cloudwatch.answers("describe_alarms", {"MetricAlarms": list(alarms[:1]), "NextToken": "more"}, asked)
    cloudwatch.answers("describe_alarms", {"MetricAlarms": list(alarms[1:])}, asked | {"NextToken": "more"})
    cloudformation.answers("list_stack_resources", {"StackResourceSummaries": []}, {"StackName": "production"})
    if monitoring:
        resources = [
            {
                "LogicalResourceId": "Alarm",
                "PhysicalResourceId": name,
                "ResourceType": "AWS::CloudWatch::Alarm",
                "LastUpdatedTimestamp": datetime(2026, 1, 1, tzinfo=UTC),
                "ResourceStatus": "CREATE_COMPLETE",
            }
            for name in own
        ]
        stack = {"StackName": "production-monitoring"}
        cloudformation.answers("list_stack_resources", {"StackResourceSummaries": resources}, stack)
        described = {
            **stack,
            "StackStatus": "UPDATE_COMPLETE",
            "CreationTime": datetime(2026, 1, 1, tzinfo=UTC),
            "Parameters": [{"ParameterKey": "WebSocketApiId", "ParameterValue": "abc"}],
        }
        cloudformation.answers("describe_stacks", {"Stacks": [described]}, stack)
    else:
        cloudformation.refuses("list_stack_resources", "ValidationError", "Stack with id x does not exist")
    return look_at_alarms(cloudformation.client, cloudwatch.client, Remedies(sample_stack(), "eu-west-1"))


def test_none_rings() -> None:
    finding = look(
        alarm("finops-queue-age"),
        alarm("finops-dead-letters", "INSUFFICIENT_DATA"),
        own=("finops-queue-age", "finops-dead-letters"),
    )
    assert finding == Finding(State.OK, "None of 2 in ALARM.")


def test_each_that_rings_says_what_to_do() -> None:
    ringing = (alarm("finops-queue-age", "ALARM"), alarm("finops-fine"), alarm("finops-dead-letters", "ALARM"))
    finding = look(*ringing, own=("finops-queue-age", "finops-dead-letters"))
    assert (finding.state, finding.found) == (State.RED, "In ALARM: queue-age, dead-letters.")
    assert finding.remedy.splitlines() == [
        "finops-queue-age: Mend finops-queue-age.",
        "finops-dead-letters: Mend finops-dead-letters.",
    ]


def test_another_project_whose_name_begins_alike_does_not_make_this_one_red() -> None:
    finding = look(alarm("finops-queue-age"), alarm("finops-test-queue-age", "ALARM"), own=("finops-queue-age",))
    assert finding.state is State.WARNING
    assert "not this stack's: test-queue-age" in finding.found


def test_alarms_that_would_tell_nobody() -> None:
    finding = look(alarm("finops-queue-age", ActionsEnabled=False), alarm("finops-fine"), own=("finops-queue-age",))
    assert finding.state is State.WARNING
    assert finding.remedy == ("aws cloudwatch enable-alarm-actions --alarm-names finops-queue-age --region eu-west-1")


def test_no_alarms() -> None:
    assert look().state is State.WARNING


def test_another_projects_alarms_are_none_of_this_one() -> None:
    finding = look(alarm("finops-test-queue-age"), monitoring=False)
    assert finding.state is State.WARNING
    assert finding.found.startswith("There are none")


def test_an_alarm_that_was_deleted_is_missed() -> None:
    finding = look(alarm("finops-queue-age"), own=("finops-queue-age", "finops-dead-letters"))
    assert (finding.state, finding.found) == (State.WARNING, "Deleted, so that they never ring: dead-letters.")
    assert "--stack-name production-monitoring" in finding.remedy
    assert "ParameterKey=WebSocketApiId,UsePreviousValue=true" in finding.remedy


def test_one_that_rings_counts_before_one_that_is_missing() -> None:
    finding = look(alarm("finops-queue-age", "ALARM"), own=("finops-queue-age", "finops-dead-letters"))
    assert (finding.state, finding.found) == (State.RED, "In ALARM: queue-age.")
