"""How what was deleted behind CloudFormation's back comes back."""

from __future__ import annotations

from datetime import UTC, datetime

from finops_operations.stack import Stack


def is_local(stack: Stack) -> bool:
    """Tell whether a stack is on the local cloud, which knows less than AWS."""
    return bool(stack.parameters.get("ExecuteApiBaseUrl"))


def make_anew(stack: Stack, region: str) -> str:
    """Give the commands that bring back what was deleted, or changed, as the stack's template has it.

    A deployment does not: CloudFormation compares templates, not what is there. A drift-aware change set does:
    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/drift-aware-change-sets.html
    """
    if is_local(stack):
        return "./run_local.sh --stop, then ./run_local.sh --detach"
    # A parameter that is not named would get its default.
    kept = " ".join(f"ParameterKey={name},UsePreviousValue=true" for name in stack.parameters)
    # Each name of a change set is taken once.
    changes = f"--stack-name {stack.name} --change-set-name undo-drift-{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    commands = (
        f"create-change-set {changes} --use-previous-template --deployment-mode REVERT_DRIFT"
        f" --capabilities CAPABILITY_IAM --parameters {kept}",
        f"wait change-set-create-complete {changes}",
        f"execute-change-set {changes}",
    )
    return "\n".join(f"aws cloudformation {command} --region {region}" for command in commands)
