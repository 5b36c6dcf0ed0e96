"""A change of a stack, worked out by CloudFormation before anything changes: shown, executed and followed.

What cannot be done is an OperationFailed.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from finops_operations.deployment.aws import Aws
from finops_operations.errors import OperationFailed, fails_with, reason_of
from finops_operations.operator_messages import heading, say, warn
from finops_operations.stack import GONE, REMAINS, SETTLED, UNDER_REVIEW, Stack, stuck

if TYPE_CHECKING:
    from types_boto3_cloudformation.type_defs import (
        ParameterTypeDef,
        ResourceChangeTypeDef,
        RollbackConfigurationTypeDef,
    )

# Of a change that no alarm takes back.
NO_TRIGGERS: RollbackConfigurationTypeDef = {"RollbackTriggers": [], "MonitoringTimeInMinutes": 0}

# The texts by which "aws cloudformation deploy" knows an empty change set (awscli's deployer.py).
_EMPTY = ("didn't contain changes", "No updates are to be performed")
_FATES = {"Remove": "is removed", "True": "is replaced by a new one", "Conditional": "may be replaced by a new one"}
_LOSSES = {
    "AWS::DynamoDB::Table": "Table {} {}, with what is stored in it.",
    "AWS::Cognito::UserPool": "User pool {} {}: nobody's sign-in carries over.",
    "AWS::SQS::Queue": "Queue {} {}, with the messages in it.",
    "AWS::ApiGatewayV2::Api": "API {} {}: the endpoint changes, and every frontend's config.js with it.",
}


def change_stack(
    aws: Aws,
    stack: Stack,
    template: str,
    parameters: Sequence[ParameterTypeDef],
    triggers: RollbackConfigurationTypeDef = NO_TRIGGERS,
    *,
    dry_run: bool = False,
    data_loss: bool = False,
    before: Callable[[], None] = lambda: None,
) -> bool:
    """Show what a template and its parameters change in a stack, change it, and return whether it was changed.

    A dry run only shows it. What loses data needs leave to. `before` is called when it is certain that something is
    about to change. Interrupted while CloudFormation is at work, a KeyboardInterrupt says how to watch that.
    """
    with ExitStack() as undo:
        change_set, changes = work_out(aws, stack, template, parameters, triggers, undo)
        if not changes:
            say("no changes")
            return False
        if _show(changes) and not data_loss:
            raise OperationFailed(
                "This would lose data (see above). What there is to lose: docs/WEBSOCKET_DEPLOYMENT_GUIDE.md,"
                " Rollback procedures. If it may be lost, say --allow-data-loss."
            )
        if dry_run:
            say("Dry run: nothing was changed.")
            return False
        before()
        # All events of a new stack are of this deployment.
        newest = None if stack.is_absent else next(_newest_first(aws, stack.name), None)
        try:
            with fails_with(
                f"Stack {stack.name} cannot be changed now. If somebody else is deploying it, run this again when they"
                " are done. CloudFormation says:"
            ):
                aws.cloudformation.execute_change_set(ChangeSetName=change_set)
            undo.pop_all()
            _follow(aws, stack.name, newest["EventId"] if newest else "")
        except KeyboardInterrupt as interrupt:
            # Whoever interrupts cannot know whether CloudFormation has begun.
            undo.pop_all()
            raise KeyboardInterrupt(_how_to_watch(aws, stack.name)) from interrupt
        return True


def work_out(
    aws: Aws,
    stack: Stack,
    template: str,
    parameters: Sequence[ParameterTypeDef],
    triggers: RollbackConfigurationTypeDef,
    undo: ExitStack,
) -> tuple[str, list[ResourceChangeTypeDef]]:
    """Have CloudFormation work out how a template and its parameters change a stack; return change set and changes.

    `undo` takes it back.
    """
    with fails_with(f"CloudFormation refuses the change of stack {stack.name}:"):
        change_set = aws.cloudformation.create_change_set(
            StackName=stack.name,
            ChangeSetType="CREATE" if stack.is_absent else "UPDATE",
            ChangeSetName=f"deploy-{datetime.now(UTC):%Y%m%d-%H%M%S}-{uuid.uuid4().hex[:12]}",
            TemplateBody=template,
            Parameters=parameters,
            RollbackConfiguration=triggers,
            Capabilities=["CAPABILITY_NAMED_IAM"],
        )["Id"]
    undo.callback(_discard, aws, stack.name, change_set)
    pages = aws.cloudformation.get_paginator("describe_change_set")
    for _ in aws.looks():
        found = list(pages.paginate(ChangeSetName=change_set))
        if found[0]["Status"] == "CREATE_COMPLETE":
            return change_set, [change["ResourceChange"] for page in found for change in page["Changes"]]
        if found[0]["Status"] == "FAILED":
            reason = " ".join(found[0].get("StatusReason", "").split())
            if any(text in reason for text in _EMPTY):
                return change_set, []
            raise OperationFailed(
                f"CloudFormation refuses the change of stack {stack.name}:"
                f" {' '.join([reason, *_validation_errors(aws, change_set)])}"
            )
    raise OperationFailed(f"CloudFormation is still working out what changes in stack {stack.name}. Try again later.")


def _validation_errors(aws: Aws, change_set: str) -> list[str]:
    """Return what CloudFormation found wrong before it would begin, such as a name that is taken.

    The change set itself says only that there was something.
    https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeEvents.html
    """
    try:
        events = aws.cloudformation.describe_events(ChangeSetName=change_set)["OperationEvents"]
    except (ClientError, BotoCoreError):
        return []
    return [
        f"{event.get('LogicalResourceId', '')}: {event.get('ValidationStatusReason', '')}"
        for event in events
        if event.get("EventType") == "VALIDATION_ERROR"
    ]


def _show(changes: Sequence[ResourceChangeTypeDef]) -> bool:
    """Show changes as a table and what they lose as warnings, and return whether some of it is lost for sure."""
    rows = [("Action", "Logical ID", "Type", "Replacement")]
    rows += [
        (change["Action"], change["LogicalResourceId"], change["ResourceType"], change.get("Replacement", "-"))
        for change in changes
    ]
    id_width, type_width = (max(len(row[column]) for row in rows) for column in (1, 2))
    for action, logical_id, kind, replacement in rows:
        say(f"{action:8}  {logical_id:{id_width}}  {kind:{type_width}}  {replacement}")
    is_loss = False
    for action, logical_id, kind, replacement in rows:
        fate = "Remove" if action == "Remove" else replacement
        if kind in _LOSSES and fate in _FATES:
            warn(_LOSSES[kind].format(logical_id, _FATES[fate]))
            is_loss = is_loss or fate != "Conditional"
    return is_loss


def _discard(aws: Aws, name: str, change_set: str) -> None:
    """Delete a change set, and the empty stack that holds it if nothing else is in it.

    A new stack's change set makes the stack in status REVIEW_IN_PROGRESS, and deleting the change set leaves it.
    """
    try:
        aws.cloudformation.delete_change_set(ChangeSetName=change_set)
    except (ClientError, BotoCoreError) as error:
        warn(f"The change set {change_set} is still there: {reason_of(error)}")
    is_under_review = aws.stack(name).status == UNDER_REVIEW
    if is_under_review and not aws.cloudformation.list_change_sets(StackName=name)["Summaries"]:
        remove_stack(aws, name)


def remove_stack(aws: Aws, name: str) -> None:
    """Delete a stack of which nothing runs, and wait until it is gone."""
    with fails_with(f"Cannot delete stack {name}:"):
        aws.cloudformation.delete_stack(StackName=name)
    for _ in aws.looks():
        status = aws.stack(name).status
        if status in GONE:
            return
        if status == "DELETE_FAILED":
            raise OperationFailed(
                f"Stack {name} cannot be deleted. Its events say why:"
                f" aws cloudformation describe-stack-events --stack-name {name}"
            )
    raise OperationFailed(f"Stack {name} is still being deleted. Run this again when it is gone.")


def _follow(aws: Aws, name: str, last: str) -> None:
    """Show a stack's events after the `last` until it has settled, and fail if it does not do so as it was to."""
    failures: list[str] = []
    stacks_own = ""
    for _ in aws.looks():
        try:
            new = list(_newest_first(aws, name, last))
        except (ClientError, BotoCoreError) as error:
            raise OperationFailed(
                f"Lost sight of the deployment: {reason_of(error)} {_how_to_watch(aws, name)}"
            ) from error
        for event in reversed(new):
            last, status, logical_id = event["EventId"], event["ResourceStatus"], event["LogicalResourceId"]
            reason = " ".join(event.get("ResourceStatusReason", "").split())
            say(f"{event['Timestamp']:%H:%M:%S}  {status:28}  {logical_id}" + (f"  ({reason})" if reason else ""))
            if event.get("PhysicalResourceId") == event["StackId"]:
                if status.endswith(("ROLLBACK_IN_PROGRESS", "_FAILED")):
                    stacks_own = stacks_own or reason
                if not status.endswith("_IN_PROGRESS"):
                    return _end(aws, name, status, failures or [stacks_own])
            elif status.endswith("_FAILED") and "cancelled" not in reason:
                # A cancelled resource did not fail: it stopped because another one had.
                failures.append(f"{logical_id}: {reason or status}")
    raise OperationFailed(f"Stopped waiting after {aws.timeout_minutes} minutes. {_how_to_watch(aws, name)}")


def _end(aws: Aws, name: str, status: str, failures: Sequence[str]) -> None:
    if status in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
        return
    heading(f"Stack {name} was not deployed. What failed, first failure first:")
    for failure in failures:
        say(failure)
    if status == REMAINS:
        raise OperationFailed(
            f"Stack {name} had never been deployed, so nothing runs ({status})."
            " Correct the cause and run this again: it removes what is left and starts anew."
        )
    if status in SETTLED:
        raise OperationFailed(f"Stack {name} runs as it did before ({status}). Correct the cause and run this again.")
    raise stuck(name, status, aws.region)


def _newest_first(aws: Aws, name: str, until: str = "") -> Iterator[Any]:
    for page in aws.cloudformation.get_paginator("describe_stack_events").paginate(StackName=name):
        for event in page["StackEvents"]:
            if event["EventId"] == until:
                return
            yield event


def _how_to_watch(aws: Aws, name: str) -> str:
    return (
        f"The deployment of stack {name} goes on in CloudFormation. Watch it:"
        f" aws cloudformation describe-stack-events --stack-name {name} --region {aws.region}"
    )
