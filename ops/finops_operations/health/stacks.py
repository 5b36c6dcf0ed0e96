"""The stacks themselves, the API's and the one with its alarms, and the alarms of both."""

from __future__ import annotations

from collections.abc import Iterable

from botocore.exceptions import ClientError

from finops_operations.errors import OperationFailed
from finops_operations.health.check import WAIT, Finding, failed, ok, warning
from finops_operations.health.checked_stack import CheckedStack
from finops_operations.health.remedies import make_anew
from finops_operations.stack import SETTLED, Stack, does_not_exist, monitoring_name, way_out

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
    return _status(checked, checked.stack)


def check_monitoring(checked: CheckedStack) -> Finding:
    """Check the status of the stack with the alarms, without which everything else works."""
    name = monitoring_name(checked.stack.name)
    try:
        return _status(checked, Stack.read(checked.cloudformation, name))
    except OperationFailed:
        found = f"There is no stack {name}: no alarm rings when something breaks."
        return warning(found, f"./deploy.sh {checked.options}")


def check_alarms(checked: CheckedStack) -> Finding:
    """Check the alarms whose names begin with the project's: each that rings says what to do."""
    prefix = checked.named("")
    pages = checked.cloudwatch.get_paginator("describe_alarms").paginate(
        AlarmNamePrefix=prefix, AlarmTypes=["MetricAlarm"]
    )
    alarms = {alarm["AlarmName"]: alarm for page in pages for alarm in page["MetricAlarms"]}

    def listed(names: Iterable[str]) -> str:
        return ", ".join(name.removeprefix(prefix) for name in names)

    def what_to_do(names: Iterable[str]) -> str:
        return "\n".join(f"{name}: {alarms[name].get('AlarmDescription', '')}" for name in names)

    # The alarms of a project whose name begins with this one's, such as finops-websocket-test, have the prefix too.
    stacks = _stacks_of_alarms(checked)
    own = [name for name in alarms if name in stacks]
    ringing = [name for name, alarm in alarms.items() if alarm["StateValue"] == "ALARM"]
    if own_ringing := [name for name in ringing if name in own]:
        return failed(f"In ALARM: {listed(own_ringing)}.", what_to_do(own_ringing))
    if missing := sorted(stacks.keys() - own):
        found = f"Deleted, so that they never ring: {listed(missing)}."
        return warning(found, _way_back(checked, {stacks[name] for name in missing}))
    if not own:
        return warning("There are none: nobody is told when something breaks.", f"./deploy.sh {checked.options}")
    if ringing:
        return warning(f"In ALARM, but not this stack's: {listed(ringing)}.", what_to_do(ringing))
    if muted := [name for name in own if not alarms[name].get("ActionsEnabled", True)]:
        return warning(
            f"None of {len(own)} in ALARM, but {len(muted)} would tell nobody.",
            checked.aws(f"cloudwatch enable-alarm-actions --alarm-names {' '.join(muted)}"),
        )
    return ok(f"None of {len(own)} in ALARM.")


def _status(checked: CheckedStack, stack: Stack) -> Finding:
    status = stack.status
    if status in SETTLED:
        return ok(status)
    if status in _STUCK:
        return failed(status, way_out(stack.name, status, checked.region))
    if not status.endswith("_IN_PROGRESS"):
        return failed(status, checked.aws(f"cloudformation describe-stack-events --stack-name {stack.name}"))
    # The stack that was there answers meanwhile.
    if status.startswith(("UPDATE_", "IMPORT_")):
        return warning(f"{status}: it is being changed.", WAIT)
    return failed(f"{status}: it is not there yet, or not any more.", WAIT)


def _stacks_of_alarms(checked: CheckedStack) -> dict[str, str]:
    """Give the alarms that the stack and its monitoring stack have made: by an alarm's name, its stack's."""
    made: dict[str, str] = {}
    for stack in (checked.stack.name, monitoring_name(checked.stack.name)):
        try:
            for page in checked.cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack):
                for resource in page["StackResourceSummaries"]:
                    status = resource["ResourceStatus"]
                    is_made = not status.startswith("DELETE_") and status != "CREATE_IN_PROGRESS"
                    if resource["ResourceType"] == "AWS::CloudWatch::Alarm" and is_made:
                        made[resource["PhysicalResourceId"]] = stack
        except ClientError as error:
            if not does_not_exist(error):
                raise
    return made


def _way_back(checked: CheckedStack, stacks: set[str]) -> str:
    """Give the commands that make alarms of these stacks anew."""
    if checked.is_local:
        return checked.make_anew()
    read = [Stack.read(checked.cloudformation, name) for name in sorted(stacks)]
    return "\n".join(make_anew(stack, checked.region) for stack in read)
