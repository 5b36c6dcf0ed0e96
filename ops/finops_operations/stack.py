"""A stack as CloudFormation knows it: its status and the way out of it, its parameters and outputs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from finops_operations.errors import OperationFailed, code_of

if TYPE_CHECKING:
    from types_boto3_cloudformation import CloudFormationClient

# https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html (stack status codes)
SETTLED = frozenset(
    {"CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "IMPORT_COMPLETE", "IMPORT_ROLLBACK_COMPLETE"}
)
# Only a change set was ever made of it: there is nothing in it.
UNDER_REVIEW = "REVIEW_IN_PROGRESS"
# A first deployment failed and was undone: nothing of it ever ran.
REMAINS = "ROLLBACK_COMPLETE"
_ABSENT = "ABSENT"
GONE = frozenset({_ABSENT, "DELETE_COMPLETE"})


@dataclass(frozen=True)
class Stack:
    """What an operation needs to know of a stack."""

    name: str
    status: str
    parameters: Mapping[str, str]
    outputs: Mapping[str, str]

    @classmethod
    def read(cls, cloudformation: CloudFormationClient, name: str) -> Stack:
        """Return the stack of this name. That there is none is an OperationFailed."""
        stack = cls.find(cloudformation, name)
        if stack.status == _ABSENT:
            raise OperationFailed(
                f"There is no stack {name} in {cloudformation.meta.region_name}."
                " Name yours with --stack-name and --region, or deploy it: ./deploy.sh"
            )
        return stack

    @classmethod
    def find(cls, cloudformation: CloudFormationClient, name: str) -> Stack:
        """Return the stack of this name, or one that is absent."""
        try:
            found = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
        except ClientError as error:
            if does_not_exist(error):
                return cls(name, _ABSENT, {}, {})
            raise
        # One that is only under review has no values yet, whatever it lists.
        parameters = found.get("Parameters", []) if found["StackStatus"] != UNDER_REVIEW else []
        return cls(
            name=name,
            status=found["StackStatus"],
            parameters={item["ParameterKey"]: item["ParameterValue"] for item in parameters},
            outputs={item["OutputKey"]: item["OutputValue"] for item in found.get("Outputs", [])},
        )

    @property
    def is_absent(self) -> bool:
        """Whether nothing of it is there."""
        return self.status in GONE or self.status == UNDER_REVIEW

    @property
    def is_changing(self) -> bool:
        """Whether CloudFormation was at work on it when it was read."""
        return self.status.endswith("_IN_PROGRESS") and self.status != UNDER_REVIEW

    @property
    def project(self) -> str:
        """The first part of every resource's name. That it is somebody else's stack is an OperationFailed."""
        if "ProjectName" not in self.parameters:
            raise OperationFailed(
                f"Stack {self.name} is not one of ./deploy.sh's: it has no parameter ProjectName."
                " Name yours with --stack-name."
            )
        return self.parameters["ProjectName"]

    @property
    def origin(self) -> str | None:
        """The origin of a page that may connect; None if whoever sends none may, as programs mostly do."""
        first = self.parameters.get("AllowedOrigins", "*").split(",")[0]
        if first not in ("*", ""):
            return first
        # Every page may connect then, and no program. No page has this one.
        return "https://operations.invalid" if self.parameters.get("MissingOrigin") == "refuse" else None

    def output(self, name: str) -> str:
        """Return an output's value. That there is none, as while it is being made, is an OperationFailed."""
        if name not in self.outputs:
            raise OperationFailed(f"Stack {self.name} ({self.status}) has no output {name}. Deploy it: ./deploy.sh")
        return self.outputs[name]


def monitoring_name(stack: str) -> str:
    """Return the name of the stack with a stack's alarms and dashboard."""
    return f"{stack}-monitoring"


def way_out(name: str, status: str, region: str) -> str:
    """Return the AWS CLI's command that gets a stack out of a status in which it takes no change."""
    commands = {"UPDATE_FAILED": "rollback-stack", "UPDATE_ROLLBACK_FAILED": "continue-update-rollback"}
    return f"aws cloudformation {commands.get(status, 'delete-stack')} --stack-name {name} --region {region}"


def make_anew(stack: Stack, region: str) -> str:
    """Give the commands that bring back what was deleted, or changed, as the stack's template has it.

    A deployment does not: CloudFormation compares templates, not what is there. A drift-aware change set does:
    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/drift-aware-change-sets.html
    """
    if stack.parameters.get("ExecuteApiBaseUrl"):
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


def stuck(name: str, status: str, region: str) -> OperationFailed:
    """Return the failure that a stack takes no change in this status, with the way out."""
    remedy = way_out(name, status, region)
    if status == "UPDATE_FAILED":
        return OperationFailed(
            f"Stack {name} is half-way through an update that failed ({status}). Take it back to what it was: {remedy}"
        )
    if status == "UPDATE_ROLLBACK_FAILED":
        return OperationFailed(f"Stack {name} could not undo an update ({status}). Remove the cause, then: {remedy}")
    return OperationFailed(
        f"Stack {name} is in status {status}, from which it cannot be updated. Delete it and run this again: {remedy}"
    )


def does_not_exist(error: ClientError) -> bool:
    """Tell whether there is no such stack: a ValidationError like any other, of which only the text tells."""
    return code_of(error) == "ValidationError" and "does not exist" in str(error)
