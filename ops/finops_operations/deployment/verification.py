"""Whether a deployment works: a real exchange of messages, a processor that answers, no alarm."""

from __future__ import annotations

import os
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from finops_operations.command_line import INTERRUPTED
from finops_operations.deployment.aws import Aws
from finops_operations.deployment.packages import function_name
from finops_operations.errors import reason_of
from finops_operations.operator_messages import heading, say, warn
from finops_operations.template import alarm_names

if TYPE_CHECKING:
    from types_boto3_cloudformation.type_defs import RollbackConfigurationTypeDef
    from types_boto3_cloudwatch.type_defs import MetricAlarmTypeDef

MONITORING_TEMPLATE = Path(__file__).resolve().parents[3] / "cloudformation" / "monitoring.yaml"

# What new code can make worse at once; five are the most that CloudFormation takes.
_TRIGGERS = (
    "connection-manager-errors",
    "message-handler-errors",
    "background-processor-errors",
    "frames-unserved",
    "deliveries-refused",
)


def rollback_triggers(aws: Aws, project: str, minutes: int) -> RollbackConfigurationTypeDef:
    """Return the alarms that take an update of a project back if they ring until so many minutes after it.

    Always given, for a stack keeps the last ones, and CloudFormation refuses a change whose alarm is gone. An alarm
    that rings already is left out: it would take back what is deployed to silence it.
    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-rollback-triggers.html
    """
    quiet = []
    for alarm in _alarms(aws, project, _TRIGGERS, "Alarms do not take this deployment back, for they cannot be read"):
        if alarm["StateValue"] == "ALARM":
            warn(f"Alarm {alarm['AlarmName']} rings already, and does not take this deployment back.")
        else:
            quiet.append(alarm["AlarmArn"])
    return {
        "RollbackTriggers": [{"Arn": arn, "Type": "AWS::CloudWatch::Alarm"} for arn in quiet],
        "MonitoringTimeInMinutes": minutes if quiet else 0,
    }


def quiet_alarms(aws: Aws, project: str) -> set[str]:
    """Return the names of a project's alarms that do not ring; none, with a warning, if that cannot be told."""
    return _names(aws, project, ringing=False)


def fault_of(aws: Aws, name: str, quiet: Collection[str]) -> str:
    """Return what is wrong with a stack, in a sentence; empty if nothing is. `quiet`: the alarms that were, before."""
    heading("Verifying")
    stack = aws.stack(name)
    endpoint, processor = stack.output("WebSocketApiEndpoint"), function_name(stack, "BackgroundProcessor")
    # Seconds. A new API of AWS needs a moment.
    wait = "10" if os.environ.get("AWS_ENDPOINT_URL") else "60"
    as_page = ["--origin", stack.origin] if stack.origin else []
    user = ["--user-id", "test-user", "--username", "testuser"]
    status = aws.exchange(["--url", endpoint, "--wait", wait, *as_page, *user])
    if status == INTERRUPTED:
        raise KeyboardInterrupt
    if status:
        log = f"/aws/lambda/{function_name(stack, 'ConnectionManager')}"
        return f"{endpoint} does not answer as it should; the log group {log} says why."
    try:
        # A batch without messages, which changes nothing.
        answers = "FunctionError" not in aws.lambda_.invoke(FunctionName=processor, Payload=b'{"Records": []}')
    except (ClientError, BotoCoreError):
        answers = False
    if not answers:
        return f"{processor} does not answer; its log group /aws/lambda/{processor} says why."
    say("The background processor answers")
    # One that is new tells nothing: its metric has seen what ran before it.
    ringing = _names(aws, stack.project, ringing=True).intersection(quiet) if quiet else set()
    return f"Since the deployment, alarms ring: {', '.join(sorted(ringing))}." if ringing else ""


def _names(aws: Aws, project: str, *, ringing: bool) -> set[str]:
    names = alarm_names(MONITORING_TEMPLATE.read_text(encoding="utf-8"))
    alarms = _alarms(aws, project, names, "Whether an alarm begins to ring cannot be told")
    return {alarm["AlarmName"] for alarm in alarms if (alarm["StateValue"] == "ALARM") is ringing}


def _alarms(aws: Aws, project: str, names: Collection[str], otherwise: str) -> list[MetricAlarmTypeDef]:
    """Ask for alarms one by one: another project's name may begin with this one's, as finops-websocket-test does."""
    try:
        return aws.cloudwatch.describe_alarms(AlarmNames=[f"{project}-{name}" for name in names])["MetricAlarms"]
    except (ClientError, BotoCoreError) as error:
        warn(f"{otherwise}: {reason_of(error)}")
        return []
