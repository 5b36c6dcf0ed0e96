"""The alarms: those of the stack's that ring, with what each of them says to do."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import replace
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from finops_operations.deployed_stack import DeployedStack, does_not_exist
from finops_operations.health_checks.check import Finding, ok, red, warning
from finops_operations.health_checks.remedies import Remedies
from finops_operations.health_checks.stack_status import monitoring_name

if TYPE_CHECKING:
    from types_boto3_cloudformation import CloudFormationClient
    from types_boto3_cloudformation.type_defs import StackResourceSummaryTypeDef
    from types_boto3_cloudwatch import CloudWatchClient
    from types_boto3_cloudwatch.type_defs import MetricAlarmTypeDef


def look_at_alarms(cloudformation: CloudFormationClient, cloudwatch: CloudWatchClient, remedies: Remedies) -> Finding:
    """The alarms whose names begin with the project's."""
    prefix = f"{remedies.stack.project}-"
    pages = cloudwatch.get_paginator("describe_alarms").paginate(AlarmNamePrefix=prefix, AlarmTypes=["MetricAlarm"])
    alarms = [alarm for page in pages for alarm in page["MetricAlarms"]]
    ringing = [alarm for alarm in alarms if alarm["StateValue"] == "ALARM"]

    # The alarms of a project whose name begins with this one's, such as finops-websocket-test, have the prefix too.
    made = _alarms_of_stacks(cloudformation, remedies.stack.name)
    own = [alarm for alarm in alarms if alarm["AlarmName"] in made]
    if own_ringing := [alarm for alarm in ringing if alarm in own]:
        return red(f"In ALARM: {_listed(own_ringing, prefix)}.", _what_to_do(own_ringing))
    if missing := made.keys() - {alarm["AlarmName"] for alarm in own}:
        return _missing(missing, {made[name] for name in missing}, cloudformation, remedies)
    if not made:
        return warning("There are none: nobody is told when something breaks.", remedies.deploy())
    if ringing:
        return warning(f"In ALARM, but not this stack's: {_listed(ringing, prefix)}.", _what_to_do(ringing))
    return _silent(own, remedies)


def _listed(alarms: list[MetricAlarmTypeDef], prefix: str) -> str:
    return ", ".join(alarm["AlarmName"].removeprefix(prefix) for alarm in alarms)


def _missing(
    names: AbstractSet[str], stacks: AbstractSet[str], cloudformation: CloudFormationClient, remedies: Remedies
) -> Finding:
    """Alarms that a stack has made and somebody has deleted: nothing rings in their place."""
    if remedies.is_local:
        way_back = remedies.make_anew()
    else:
        read = [DeployedStack.read(cloudformation, stack) for stack in sorted(stacks)]
        way_back = "\n".join(replace(remedies, stack=stack).make_anew() for stack in read)
    listed = ", ".join(sorted(name.removeprefix(f"{remedies.stack.project}-") for name in names))
    return warning(f"Deleted, so that they never ring: {listed}.", way_back)


def _what_to_do(alarms: list[MetricAlarmTypeDef]) -> str:
    return "\n".join(f"{alarm['AlarmName']}: {alarm.get('AlarmDescription', '')}" for alarm in alarms)


def _silent(alarms: list[MetricAlarmTypeDef], remedies: Remedies) -> Finding:
    muted = [alarm["AlarmName"] for alarm in alarms if not alarm.get("ActionsEnabled", True)]
    if muted:
        return warning(
            f"None of {len(alarms)} in ALARM, but {len(muted)} would tell nobody.",
            remedies.aws(f"cloudwatch enable-alarm-actions --alarm-names {' '.join(muted)}"),
        )
    return ok(f"None of {len(alarms)} in ALARM.")


def _alarms_of_stacks(cloudformation: CloudFormationClient, name: str) -> dict[str, str]:
    """The alarms that the stack and its monitoring stack have made: by an alarm's name, its stack's."""
    made: dict[str, str] = {}
    for stack in (name, monitoring_name(name)):
        try:
            for page in cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack):
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
