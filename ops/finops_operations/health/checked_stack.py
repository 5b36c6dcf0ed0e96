"""The stack that is checked, with the clients that all checks share, and the commands that mend it."""

from datetime import UTC, datetime

import boto3

from finops_operations.command_line import QUICK
from finops_operations.stack import Stack

RUNBOOK = "docs/troubleshooting_notes.md"


class CheckedStack:
    """A stack, and a client for each service that its resources belong to, in the session's region.

    Several threads may use clients, but may not make them: so all are made here. Commands are complete: whoever is on
    call types them as they stand. `options` names the stack in the project's own commands, `way_back` brings back what
    was deleted.

    Raises:
        OperationFailed: it is no stack of this project's.
    """

    def __init__(self, stack: Stack, session: boto3.Session) -> None:
        self.stack = stack
        self.project = stack.project
        self.region = session.region_name
        # The local cloud knows less than AWS.
        self.is_local = bool(stack.parameters.get("ExecuteApiBaseUrl"))
        self.way_back = make_anew(stack, session.region_name)
        self.options = f"--stack-name {stack.name} --region {session.region_name}"
        self.apigateway = session.client("apigatewayv2", config=QUICK)
        self.cloudformation = session.client("cloudformation", config=QUICK)
        self.cloudwatch = session.client("cloudwatch", config=QUICK)
        self.dynamodb = session.client("dynamodb", config=QUICK)
        self.events = session.client("events", config=QUICK)
        self.lambda_ = session.client("lambda", config=QUICK)
        self.s3 = session.client("s3", config=QUICK)
        self.sqs = session.client("sqs", config=QUICK)

    def named(self, part: str) -> str:
        """Give the full name of one of the stack's resources, such as a function."""
        return f"{self.project}-{part}"

    def aws(self, command: str) -> str:
        """Give a command of the AWS CLI in the stack's region."""
        return f"aws {command} --region {self.region}"

    def logs(self, function: str) -> str:
        """Give the command that shows a function's last errors, with either version of the CLI."""
        return self.aws(
            f"logs filter-log-events --log-group-name /aws/lambda/{function} --filter-pattern ERROR"
            " --query 'events[-5:].message' --output text"
        )


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
