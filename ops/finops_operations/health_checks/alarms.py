"""The alarms: those of the stack's that ring, with what each of them says to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from finops_operations.deployed_stack import does_not_exist
from finops_operations.health_checks.check import Finding, ok, red, warning
from finops_operations.health_checks.remedies import Remedies
from finops_operations.health_checks.stack_status import monitoring_name

if TYPE_CHECKING:
    from types_boto3_cloudformation import CloudFormationClient
    from types_boto3_cloudwatch import CloudWatchClient
    from types_boto3_cloudwatch.type_defs import MetricAlarmTypeDef


def look_at_alarms(cloudformation: CloudFormationClient, cloudwatch: CloudWatchClient, remedies: Remedies) -> Finding:
    """The alarms whose names begin with the project's."""
    prefix = f"{remedies.stack.project}-"
    pages = cloudwatch.get_paginator("describe_alarms").paginate(AlarmNamePrefix=prefix, AlarmTypes=["MetricAlarm"])
    alarms = [alarm for page in pages for alarm in page["MetricAlarms"]]
    ringing = [alarm for alarm in alarms if alarm["StateValue"] == "ALARM"]
    if not alarms:
        return warning("There are none: nobody is told when something breaks.", remedies.deploy())
    if not ringing:
        return _silent(alarms, remedies)

    # The alarms of a project whose name begins with this one's, such as finops-websocket-test, have the prefix too.
    names = _alarms_of_stacks(cloudformation, remedies.stack.name)
    own = [alarm for alarm in ringing if alarm["AlarmName"] in names]
    if own:
        return red(f"In ALARM: {_listed(own, prefix)}.", _what_to_do(own))
    return warning(f"In ALARM, but not this stack's: {_listed(ringing, prefix)}.", _what_to_do(ringing))


def _listed(alarms: list[MetricAlarmTypeDef], prefix: str) -> str:
    return ", ".join(alarm["AlarmName"].removeprefix(prefix) for alarm in alarms)


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


def _alarms_of_stacks(cloudformation: CloudFormationClient, name: str) -> set[str]:
    """Names of the alarms that the stack and its monitoring stack have made."""
    names = set()
    for stack in (name, monitoring_name(name)):
        try:
            for page in cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack):
                names |= {
                    resource["PhysicalResourceId"]
                    for resource in page["StackResourceSummaries"]
                    if resource["ResourceType"] == "AWS::CloudWatch::Alarm"
                }
        except ClientError as error:
            if not does_not_exist(error):
                raise
    return names
