"""The stacks themselves: the API's, and the one with its alarms."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from finops_operations.deployed_stack import DeployedStack, does_not_exist
from finops_operations.health_checks.check import Finding, ok, red, warning
from finops_operations.health_checks.remedies import Remedies

if TYPE_CHECKING:
    from types_boto3_cloudformation import CloudFormationClient

_SETTLED = {
    "CREATE_COMPLETE",
    "UPDATE_COMPLETE",
    "UPDATE_ROLLBACK_COMPLETE",
    "IMPORT_COMPLETE",
    "IMPORT_ROLLBACK_COMPLETE",
}
# The stack that was there answers meanwhile.
_BEING_CHANGED = {
    "UPDATE_IN_PROGRESS",
    "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",
    "UPDATE_ROLLBACK_IN_PROGRESS",
    "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS",
    "IMPORT_IN_PROGRESS",
    "IMPORT_ROLLBACK_IN_PROGRESS",
}
_WAYS_OUT = {
    "UPDATE_FAILED": "rollback-stack",
    "UPDATE_ROLLBACK_FAILED": "continue-update-rollback",
    "ROLLBACK_COMPLETE": "delete-stack",
    "ROLLBACK_FAILED": "delete-stack",
    "CREATE_FAILED": "delete-stack",
    "DELETE_FAILED": "delete-stack",
}


def monitoring_name(stack: str) -> str:
    """The name of the stack with a stack's alarms."""
    return f"{stack}-monitoring"


def look_at_stack(stack: DeployedStack, remedies: Remedies) -> Finding:
    """The stack's status, as CloudFormation gave it when the stack was read."""
    return _finding(stack.name, stack.status, remedies)


def look_at_monitoring(cloudformation: CloudFormationClient, remedies: Remedies) -> Finding:
    """The status of the stack with the alarms, without which everything else works."""
    name = monitoring_name(remedies.stack.name)
    try:
        status = cloudformation.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"]
    except ClientError as error:
        if does_not_exist(error):
            return warning(f"There is no stack {name}: no alarm rings when something breaks.", remedies.deploy())
        raise
    return _finding(name, status, remedies)


def _finding(name: str, status: str, remedies: Remedies) -> Finding:
    if status in _SETTLED:
        return ok(status)
    if status in _BEING_CHANGED:
        return warning(f"{status}: it is being changed.", "Wait until that is done, then run this again.")
    if status in _WAYS_OUT:
        return red(status, remedies.aws(f"cloudformation {_WAYS_OUT[status]} --stack-name {name}"))
    if status.endswith("_IN_PROGRESS"):
        return red(f"{status}: it is not there yet, or not any more.", "Wait until that is done, then run this again.")
    return red(status, remedies.aws(f"cloudformation describe-stack-events --stack-name {name}"))
