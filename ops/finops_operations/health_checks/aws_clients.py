"""The clients that the checks share. Clients may be used by several threads, but not be made by several."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from finops_operations.command_line import QUICK

if TYPE_CHECKING:
    import boto3
    from types_boto3_apigatewayv2 import ApiGatewayV2Client
    from types_boto3_cloudformation import CloudFormationClient
    from types_boto3_cloudwatch import CloudWatchClient
    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_lambda import LambdaClient
    from types_boto3_s3 import S3Client
    from types_boto3_sqs import SQSClient


class RuleReader(Protocol):
    """As much of EventBridge's client as is used here."""

    def describe_rule(self, *, Name: str) -> Mapping[str, Any]:  # noqa: N803 - botocore's name
        """The rule of this name."""


@dataclass(frozen=True)
class AwsClients:
    """A client for each service that a stack's resources belong to."""

    cloudformation: CloudFormationClient
    lambda_: LambdaClient
    dynamodb: DynamoDBClient
    sqs: SQSClient
    cloudwatch: CloudWatchClient
    apigateway: ApiGatewayV2Client
    s3: S3Client
    events: RuleReader

    @classmethod
    def of(cls, session: boto3.Session) -> AwsClients:
        """The session's clients."""
        return cls(
            cloudformation=session.client("cloudformation", config=QUICK),
            lambda_=session.client("lambda", config=QUICK),
            dynamodb=session.client("dynamodb", config=QUICK),
            sqs=session.client("sqs", config=QUICK),
            cloudwatch=session.client("cloudwatch", config=QUICK),
            apigateway=session.client("apigatewayv2", config=QUICK),
            s3=session.client("s3", config=QUICK),
            events=session.client("events", config=QUICK),
        )
