"""A change of a stack, worked out by CloudFormation before anything changes: shown, executed and followed.

What cannot be done is an OperationFailed.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
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
        StackEventTypeDef,
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


class LeftDeploying(KeyboardInterrupt):
    """Somebody interrupts, and CloudFormation goes on. Its text says how to watch it."""


@dataclass(frozen=True)
class Leave:
    """What somebody is doing, such as "Going back", and what it may do: only show, or lose data."""

    what: str
    dry_run: bool = False
    data_loss: bool = False


def change_stack(
    aws: Aws,
    stack: Stack,
    template: str,
    parameters: Sequence[ParameterTypeDef],
    leave: Leave,
    triggers: RollbackConfigurationTypeDef = NO_TRIGGERS,
    before: Callable[[], None] = lambda: None,
) -> bool:
    """Show what a template and its parameters change in a stack, change it, and return whether it was changed.

    `before` is called when it is certain that something is about to change.
    """
    with change_set(aws, stack, template, parameters, triggers) as change:
        if change is None:
            say("no changes")
            return False
        change.show()
        if change.loses_data and not leave.data_loss:
            raise OperationFailed(
                f"{leave.what} would lose data (see above). What there is to lose: docs/WEBSOCKET_DEPLOYMENT_GUIDE.md,"
                " Rollback procedures. If it may be lost, say --allow-data-loss."
            )
        if leave.dry_run:
            say("Dry run: nothing was changed.")
            return False
        before()
        change.execute()
        return True


@contextmanager
def change_set(
    aws: Aws,
    stack: Stack,
    template: str,
    parameters: Sequence[ParameterTypeDef],
    triggers: RollbackConfigurationTypeDef = NO_TRIGGERS,
) -> Iterator[ChangeSet | None]:
    """Have CloudFormation work out how a template and its parameters change a stack; None if nothing changes.

    What has not been executed at the end of the block is taken back, whatever ends it.
    """
    with fails_with(f"CloudFormation refuses the change of stack {stack.name}:"):
        made = aws.cloudformation.create_change_set(
            StackName=stack.name,
            ChangeSetType="CREATE" if stack.is_absent else "UPDATE",
            ChangeSetName=f"deploy-{datetime.now(UTC):%Y%m%d-%H%M%S}-{uuid.uuid4().hex[:12]}",
            TemplateBody=template,
            Parameters=parameters,
            RollbackConfiguration=triggers,
            Capabilities=["CAPABILITY_NAMED_IAM"],
        )
    change = ChangeSet(aws, stack, made["Id"])
    try:
        yield change if change.wait() else None
    finally:
        if not change.is_executed:
            change.discard()


class ChangeSet:
    """A change set that CloudFormation keeps until it is executed or discarded."""

    def __init__(self, aws: Aws, stack: Stack, change_set_id: str) -> None:
        self.is_executed = False
        self._aws = aws
        self._stack = stack
        self._id = change_set_id
        self._changes: list[ResourceChangeTypeDef] = []

    def wait(self) -> bool:
        """Wait until it is worked out, and return whether it changes anything."""
        pages = self._aws.cloudformation.get_paginator("describe_change_set")
        while True:
            with fails_with(f"The change set of stack {self._stack.name} is gone:"):
                found = list(pages.paginate(ChangeSetName=self._id))
            if found[0]["Status"] == "CREATE_COMPLETE":
                self._changes = [change["ResourceChange"] for page in found for change in page["Changes"]]
                return True
            if found[0]["Status"] == "FAILED":
                break
            if not self._aws.patience.lasts():
                raise OperationFailed(
                    f"CloudFormation is still working out what changes in stack {self._stack.name}. Try again later."
                )
        reason = " ".join(found[0].get("StatusReason", "").split())
        if not any(text in reason for text in _EMPTY):
            raise OperationFailed(
                f"CloudFormation refuses the change of stack {self._stack.name}: {reason}{self._validation_errors()}"
            )
        return False

    def show(self) -> None:
        """Show the changes as a table, and a warning for each that loses data or moves the endpoint."""
        rows = [("Action", "Logical ID", "Type", "Replacement")]
        rows += [
            (change["Action"], change["LogicalResourceId"], change["ResourceType"], change.get("Replacement", "-"))
            for change in self._changes
        ]
        id_width, type_width = (max(len(row[column]) for row in rows) for column in (1, 2))
        for action, logical_id, kind, replacement in rows:
            say(f"{action:8}  {logical_id:{id_width}}  {kind:{type_width}}  {replacement}")
        for loss in filter(None, map(_loss, self._changes)):
            warn(loss)

    @property
    def loses_data(self) -> bool:
        """Whether it loses, for sure, some of people's data."""
        return any(_loss(change) and _fate(change) != "Conditional" for change in self._changes)

    def execute(self) -> None:
        """Execute it, and show each event of the stack until that has settled.

        Raises:
            LeftDeploying: somebody interrupts.
        """
        name = self._stack.name
        how_to_watch = (
            f"The deployment of stack {name} goes on in CloudFormation. Watch it:"
            f" aws cloudformation describe-stack-events --stack-name {name} --region {self._aws.region}"
        )
        with fails_with(f"Cannot read the events of stack {name}:"):
            # All events of a new stack are of this deployment.
            events = _Events(self._aws, name, skip_old=not self._stack.is_absent)
        try:
            with fails_with(
                f"Stack {name} cannot be changed now. If somebody else is deploying it, run this again when they are"
                " done. CloudFormation says:"
            ):
                self._aws.cloudformation.execute_change_set(ChangeSetName=self._id)
            self.is_executed = True
            while not self._has_settled(events, how_to_watch):
                if not self._aws.patience.lasts():
                    raise OperationFailed(f"Stopped waiting after {self._aws.patience.minutes} minutes. {how_to_watch}")
        except KeyboardInterrupt as interrupt:
            # Whoever interrupts cannot know whether CloudFormation has begun.
            self.is_executed = True
            raise LeftDeploying(how_to_watch) from interrupt
        if events.end not in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
            heading(f"Stack {name} was not deployed. What failed, first failure first:")
            for failure in events.failures or [events.reason]:
                say(failure)
            if events.end == REMAINS:
                raise OperationFailed(
                    f"Stack {name} had never been deployed, so nothing runs ({events.end})."
                    " Correct the cause and run this again: it removes what is left and starts anew."
                )
            if events.end in SETTLED:
                raise OperationFailed(
                    f"Stack {name} runs as it did before ({events.end}). Correct the cause and run this again."
                )
            raise stuck(name, events.end, self._aws.region)

    def _has_settled(self, events: _Events, how_to_watch: str) -> bool:
        try:
            events.show_new()
        except (ClientError, BotoCoreError) as error:
            raise OperationFailed(f"Lost sight of the deployment: {reason_of(error)} {how_to_watch}") from error
        return bool(events.end)

    def discard(self) -> None:
        """Delete it, and the empty stack that holds it if nothing else is in it.

        A new stack's change set makes the stack in status REVIEW_IN_PROGRESS, and deleting the change set leaves it.
        """
        try:
            self._aws.cloudformation.delete_change_set(ChangeSetName=self._id)
        except (ClientError, BotoCoreError) as error:
            warn(f"The change set {self._id} is still there: {reason_of(error)}")
        name = self._stack.name
        if self._aws.stack(name).status == UNDER_REVIEW:
            with fails_with(f"Cannot read the change sets of stack {name}:"):
                left = self._aws.cloudformation.list_change_sets(StackName=name)
            if not left["Summaries"]:
                remove_stack(self._aws, name)

    def _validation_errors(self) -> str:
        """Return what CloudFormation found wrong before it would begin, such as a name that is taken.

        The change set itself says only that there was something.
        https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeEvents.html
        """
        try:
            events = self._aws.cloudformation.describe_events(ChangeSetName=self._id)["OperationEvents"]
        except (ClientError, BotoCoreError):
            return ""
        errors = [
            f"{event.get('LogicalResourceId', '')}: {event.get('ValidationStatusReason', '')}"
            for event in events
            if event.get("EventType") == "VALIDATION_ERROR"
        ]
        return " " + "; ".join(errors) if errors else ""


def remove_stack(aws: Aws, name: str) -> None:
    """Delete a stack of which nothing runs, and wait until it is gone."""
    with fails_with(f"Cannot delete stack {name}:"):
        aws.cloudformation.delete_stack(StackName=name)
    while (status := aws.stack(name).status) not in GONE:
        if status == "DELETE_FAILED":
            raise OperationFailed(
                f"Stack {name} cannot be deleted. Its events say why:"
                f" aws cloudformation describe-stack-events --stack-name {name}"
            )
        if not aws.patience.lasts():
            raise OperationFailed(f"Stack {name} is still being deleted. Run this again when it is gone.")


class _Events:
    """A stack's events, each shown once and in order, and what they say of its end."""

    def __init__(self, aws: Aws, stack: str, *, skip_old: bool) -> None:
        self.end = ""
        self.reason = ""
        """Where no single resource failed, the stack's own is the explanation."""
        self.failures: list[str] = []
        self._pages: Any = aws.cloudformation.get_paginator("describe_stack_events")
        self._stack = stack
        newest: StackEventTypeDef | None = next(self._newest_first(), None) if skip_old else None
        self._last = newest["EventId"] if newest else ""

    def show_new(self) -> None:
        """Show what has happened since the last look."""
        new: list[StackEventTypeDef] = []
        for event in self._newest_first():
            if event["EventId"] == self._last:
                break
            new.append(event)
        for event in reversed(new):
            self._last = event["EventId"]
            self._show(event)

    def _newest_first(self) -> Iterator[StackEventTypeDef]:
        for page in self._pages.paginate(StackName=self._stack):
            yield from page["StackEvents"]

    def _show(self, event: StackEventTypeDef) -> None:
        status, logical_id = event["ResourceStatus"], event["LogicalResourceId"]
        reason = " ".join(event.get("ResourceStatusReason", "").split())
        say(f"{event['Timestamp']:%H:%M:%S}  {status:28}  {logical_id}" + (f"  ({reason})" if reason else ""))
        if event.get("PhysicalResourceId") == event["StackId"]:
            if not status.endswith("_IN_PROGRESS"):
                self.end = status
            if status.endswith(("ROLLBACK_IN_PROGRESS", "_FAILED")):
                self.reason = self.reason or reason
        elif status.endswith("_FAILED") and "cancelled" not in reason:
            # A cancelled resource did not fail: it stopped because another one had.
            self.failures.append(f"{logical_id}: {reason or status}")


def _loss(change: ResourceChangeTypeDef) -> str:
    """Return what of people's data a change loses, or may lose; nothing if it loses none."""
    fate, loss = _FATES.get(_fate(change)), _LOSSES.get(change["ResourceType"])
    return loss.format(change["LogicalResourceId"], fate) if fate and loss else ""


def _fate(change: ResourceChangeTypeDef) -> str:
    return "Remove" if change["Action"] == "Remove" else change.get("Replacement", "")
