"""The stacks themselves, the API's and the one with its alarms, and the alarms of both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from finops_operations.health.check import Finding, failed, ok, warning
from finops_operations.health.checked_stack import CheckedStack
from finops_operations.health.remedies import Remedies
from finops_operations.stack import SETTLED, Stack, does_not_exist, monitoring_name, way_out

if TYPE_CHECKING:
    from types_boto3_cloudformation.type_defs import StackResourceSummaryTypeDef
    from types_boto3_cloudwatch.type_defs import MetricAlarmTypeDef

_STUCK = {
    "UPDATE_FAILED",
    "UPDATE_ROLLBACK_FAILED",
    "ROLLBACK_COMPLETE",
    "ROLLBACK_FAILED",
    "CREATE_FAILED",
    "DELETE_FAILED",
}


def check_stack(checked: CheckedStack) -> Finding:
    """Check the stack's status, as CloudFormation gave it when the stack was read."""
    return _finding(checked.stack.name, checked.stack.status, checked.remedies)


def check_monitoring(checked: CheckedStack) -> Finding:
    """Check the status of the stack with the alarms, without which everything else works."""
    name = monitoring_name(checked.stack.name)
    try:
        status = checked.cloudformation.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"]
    except ClientError as error:
        if does_not_exist(error):
            return warning(
                f"There is no stack {name}: no alarm rings when something breaks.", checked.remedies.deploy()
            )
        raise
    return _finding(name, status, checked.remedies)


def check_alarms(checked: CheckedStack) -> Finding:
    """Check the alarms whose names begin with the project's: each that rings says what to do."""
    prefix = checked.named("")
    pages = checked.cloudwatch.get_paginator("describe_alarms").paginate(
        AlarmNamePrefix=prefix, AlarmTypes=["MetricAlarm"]
    )
    alarms = [alarm for page in pages for alarm in page["MetricAlarms"]]
    ringing = [alarm for alarm in alarms if alarm["StateValue"] == "ALARM"]

    # The alarms of a project whose name begins with this one's, such as finops-websocket-test, have the prefix too.
    made = _alarms_of_stacks(checked)
    own = [alarm for alarm in alarms if alarm["AlarmName"] in made]
    if own_ringing := [alarm for alarm in ringing if alarm in own]:
        return failed(f"In ALARM: {_listed(own_ringing, prefix)}.", _what_to_do(own_ringing))
    if missing := made.keys() - {alarm["AlarmName"] for alarm in own}:
        listed = ", ".join(sorted(name.removeprefix(prefix) for name in missing))
        way_back = _way_back({name: made[name] for name in missing}, checked)
        return warning(f"Deleted, so that they never ring: {listed}.", way_back)
    if not made:
        return warning("There are none: nobody is told when something breaks.", checked.remedies.deploy())
    if ringing:
        return warning(f"In ALARM, but not this stack's: {_listed(ringing, prefix)}.", _what_to_do(ringing))
    if muted := [alarm["AlarmName"] for alarm in own if not alarm.get("ActionsEnabled", True)]:
        return warning(
            f"None of {len(own)} in ALARM, but {len(muted)} would tell nobody.",
            checked.remedies.aws(f"cloudwatch enable-alarm-actions --alarm-names {' '.join(muted)}"),
        )
    return ok(f"None of {len(own)} in ALARM.")


def _finding(name: str, status: str, remedies: Remedies) -> Finding:
    if status in SETTLED:
        return ok(status)
    if status in _STUCK:
        return failed(status, way_out(name, status, remedies.region))
    if not status.endswith("_IN_PROGRESS"):
        return failed(status, remedies.aws(f"cloudformation describe-stack-events --stack-name {name}"))
    wait = "Wait until that is done, then run this again."
    # The stack that was there answers meanwhile.
    if status.startswith(("UPDATE_", "IMPORT_")):
        return warning(f"{status}: it is being changed.", wait)
    return failed(f"{status}: it is not there yet, or not any more.", wait)


def _alarms_of_stacks(checked: CheckedStack) -> dict[str, str]:
    """Give the alarms that the stack and its monitoring stack have made: by an alarm's name, its stack's."""
    made: dict[str, str] = {}
    for stack in (checked.stack.name, monitoring_name(checked.stack.name)):
        try:
            for page in checked.cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack):
                made |= {
                    resource["PhysicalResourceId"]: stack
                    for resource in page["StackResourceSummaries"]
                    if resource["ResourceType"] == "AWS::CloudWatch::Alarm" and _is_made(resource)
                }
        except ClientError as error:
            if not does_not_exist(error):
                raise
    return made


def _is_made(resource: StackResourceSummaryTypeDef) -> bool:
    status = resource["ResourceStatus"]
    return "PhysicalResourceId" in resource and not status.startswith("DELETE_") and status != "CREATE_IN_PROGRESS"


def _way_back(stacks: Mapping[str, str], checked: CheckedStack) -> str:
    """Give the commands that make deleted alarms anew, of which each is mapped to its stack."""
    if checked.remedies.is_local:
        return checked.remedies.make_anew()
    read = [Stack.read(checked.cloudformation, stack) for stack in sorted(set(stacks.values()))]
    return "\n".join(replace(checked.remedies, stack=stack).make_anew() for stack in read)


def _listed(alarms: list[MetricAlarmTypeDef], prefix: str) -> str:
    return ", ".join(alarm["AlarmName"].removeprefix(prefix) for alarm in alarms)


def _what_to_do(alarms: list[MetricAlarmTypeDef]) -> str:
    return "\n".join(f"{alarm['AlarmName']}: {alarm.get('AlarmDescription', '')}" for alarm in alarms)
