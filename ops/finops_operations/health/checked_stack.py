"""The stack that is checked, with the clients that all checks share, and the commands that mend it."""

import boto3

from finops_operations.command_line import QUICK
from finops_operations.stack import Stack, make_anew

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
