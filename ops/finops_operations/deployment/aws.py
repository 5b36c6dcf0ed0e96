"""What a deployment meets: the account of who is signed in, the clock, and whoever asks the endpoint."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config

from finops_client import verify
from finops_operations.command_line import QUICK, session_of
from finops_operations.operator_messages import heading, say
from finops_operations.stack import Stack
from finops_operations.waiting import Clock

if TYPE_CHECKING:
    from types_boto3_cloudformation import CloudFormationClient
    from types_boto3_cloudwatch import CloudWatchClient
    from types_boto3_lambda import LambdaClient
    from types_boto3_s3 import S3Client


@dataclass(frozen=True)
class Aws:
    """An account that somebody is signed in to."""

    account: str
    caller: str
    """The ARN of who is signed in."""
    region: str
    timeout_minutes: int
    """How long to wait for whatever CloudFormation does."""
    cloudformation: CloudFormationClient
    s3: S3Client
    lambda_: LambdaClient
    cloudwatch: CloudWatchClient
    clock: Clock = field(default_factory=Clock)
    exchange: Callable[[Sequence[str]], int] = verify.main
    """What `python -m finops_client.verify` does with its arguments; it gives its exit status."""

    def stack(self, name: str) -> Stack:
        """Return the stack of this name, or one that is absent."""
        return Stack.find(self.cloudformation, name)

    def looks(self) -> Iterator[float]:
        """Give a turn for each look at what CloudFormation does, until it has taken too long."""
        # Seconds. The local cloud answers at once and does not mind being asked; AWS limits how often one may ask.
        return self.clock.looks(0.2 if os.environ.get("AWS_ENDPOINT_URL") else 2.0, self.timeout_minutes * 60)


def sign_in(options: argparse.Namespace, session: boto3.Session | None = None) -> Aws:
    """Return the account that the credentials are of, and say whose they are."""
    heading("Checking")
    session = session or session_of(options)
    caller = session.client("sts", config=QUICK).get_caller_identity()
    endpoint = os.environ.get("AWS_ENDPOINT_URL")
    at_endpoint = f", at {endpoint}" if endpoint else ""
    say(f"Account {caller['Account']} as {caller['Arn']}, region {options.region}{at_endpoint}")
    # CloudFormation and uploads take their time.
    patient = Config(retries={"mode": "standard", "total_max_attempts": 5})
    return Aws(
        account=caller["Account"],
        caller=caller["Arn"],
        region=options.region,
        timeout_minutes=int(options.timeout_minutes),
        cloudformation=session.client("cloudformation", config=patient),
        s3=session.client("s3", config=patient),
        lambda_=session.client("lambda", config=patient),
        cloudwatch=session.client("cloudwatch", config=patient),
    )
