"""The stacks themselves, the API's and the one with its alarms, and the alarms of both."""

from collections.abc import Iterable

from botocore.exceptions import ClientError

from finops_operations.errors import OperationFailed
from finops_operations.health.check import WAIT, Finding, failed, ok, warning
from finops_operations.health.checked_stack import CheckedStack, make_anew
from finops_operations.stack import SETTLED, Stack, does_not_exist, monitoring_name, way_out


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
    made = _alarms_of_monitoring(checked)
    own = [name for name in alarms if name in made]
    ringing = [name for name, alarm in alarms.items() if alarm["StateValue"] == "ALARM"]
    if own_ringing := [name for name in ringing if name in own]:
        return failed(f"In ALARM: {listed(own_ringing)}.", what_to_do(own_ringing))
    if missing := sorted(made - alarms.keys()):
        # The monitoring stack's own parameters do not tell where it is.
        monitoring = Stack.find(checked.cloudformation, monitoring_name(checked.stack.name))
        way_back = checked.way_back if checked.is_local else make_anew(monitoring, checked.region)
        return warning(f"Deleted, so that they never ring: {listed(missing)}.", way_back)
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
    if status == "ROLLBACK_COMPLETE" or (status.endswith("_FAILED") and not status.startswith("IMPORT_")):
        return failed(status, way_out(stack.name, status, checked.region))
    if not status.endswith("_IN_PROGRESS"):
        return failed(status, checked.aws(f"cloudformation describe-stack-events --stack-name {stack.name}"))
    # The stack that was there answers meanwhile.
    if status.startswith(("UPDATE_", "IMPORT_")):
        return warning(f"{status}: it is being changed.", WAIT)
    return failed(f"{status}: it is not there yet, or not any more.", WAIT)


def _alarms_of_monitoring(checked: CheckedStack) -> set[str]:
    """Give the names of the alarms that the monitoring stack has made."""
    pages = checked.cloudformation.get_paginator("list_stack_resources").paginate(
        StackName=monitoring_name(checked.stack.name)
    )
    try:
        resources = [resource for page in pages for resource in page["StackResourceSummaries"]]
    except ClientError as error:
        if does_not_exist(error):
            return set()
        raise
    return {
        resource["PhysicalResourceId"]
        for resource in resources
        if resource["ResourceType"] == "AWS::CloudWatch::Alarm"
        and not resource["ResourceStatus"].startswith(("DELETE_", "CREATE_IN_PROGRESS"))
    }
