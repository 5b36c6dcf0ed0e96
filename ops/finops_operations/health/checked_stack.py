"""The stack that is checked, with the clients that all checks share."""

from __future__ import annotations

import boto3

from finops_operations.command_line import QUICK
from finops_operations.health.remedies import Remedies
from finops_operations.stack import Stack


class CheckedStack:
    """A stack, the commands that mend it, and a client for each service that its resources belong to.

    Several threads may use clients, but may not make them: so all are made here.
    """

    def __init__(self, stack: Stack, session: boto3.Session) -> None:
        """Make the clients, in the session's region.

        Raises:
            OperationFailed: it is no stack of this project's.
        """
        self.stack = stack
        self._project = stack.project
        self.remedies = Remedies(stack, session.region_name)
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
        return f"{self._project}-{part}"
