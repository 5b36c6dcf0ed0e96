"""The account that a deployment goes to: who is signed in, the clients, and how long to wait for what it does."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, EndpointConnectionError

from finops_operations.command_line import QUICK
from finops_operations.errors import OperationFailed, fails_with, failure_of, is_expiry, reason_of
from finops_operations.operator_messages import say
from finops_operations.stack import Stack

if TYPE_CHECKING:
    from types_boto3_cloudformation import CloudFormationClient
    from types_boto3_cloudwatch import CloudWatchClient
    from types_boto3_lambda import LambdaClient
    from types_boto3_s3 import S3Client

# CloudFormation and uploads take their time.
_PATIENT = Config(retries={"mode": "standard", "total_max_attempts": 5})


class Patience:
    """How long to wait for CloudFormation, and how often to look."""

    def __init__(
        self,
        minutes: int,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.minutes = minutes
        self._now = now
        self._sleep = sleep
        self._end = now() + minutes * 60
        # Seconds. The local cloud answers at once and does not mind being asked; AWS limits how often one may ask.
        self._pause = 0.2 if os.environ.get("AWS_ENDPOINT_URL") else 2.0

    def lasts(self) -> bool:
        """Pause until the next look, and return whether there may be one."""
        if self._now() >= self._end:
            return False
        self._sleep(self._pause)
        return True


@dataclass(frozen=True)
class Aws:
    """An account that somebody is signed in to."""

    account: str
    caller: str
    """The ARN of who is signed in."""
    region: str
    cloudformation: CloudFormationClient
    s3: S3Client
    lambda_: LambdaClient
    cloudwatch: CloudWatchClient
    patience: Patience

    def stack(self, name: str) -> Stack:
        """Return the stack of this name, or one that is absent.

        Raises:
            OperationFailed: CloudFormation does not say.
        """
        with fails_with(f"Cannot read stack {name}:"):
            return Stack.find(self.cloudformation, name)


def sign_in(session: boto3.Session, patience: Patience) -> Aws:
    """Return the account that the session's credentials are of, and say whose they are.

    Raises:
        OperationFailed: there are none, or they are not valid.
        botocore.exceptions.EndpointConnectionError: AWS cannot be reached.
    """
    try:
        caller = session.client("sts", config=QUICK).get_caller_identity()
    except EndpointConnectionError:
        raise
    except (ClientError, BotoCoreError) as error:
        if isinstance(error, ClientError) and is_expiry(error):
            raise failure_of(error) from error
        raise OperationFailed(
            f"No valid AWS credentials (aws configure, or AWS_PROFILE=...): {reason_of(error)}"
        ) from error
    endpoint = os.environ.get("AWS_ENDPOINT_URL")
    at_endpoint = f", at {endpoint}" if endpoint else ""
    say(f"Account {caller['Account']} as {caller['Arn']}, region {session.region_name}{at_endpoint}")
    return Aws(
        account=caller["Account"],
        caller=caller["Arn"],
        region=session.region_name,
        cloudformation=session.client("cloudformation", config=_PATIENT),
        s3=session.client("s3", config=_PATIENT),
        lambda_=session.client("lambda", config=_PATIENT),
        cloudwatch=session.client("cloudwatch", config=_PATIENT),
        patience=patience,
    )
