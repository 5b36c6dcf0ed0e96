"""The AWS clients of the functions, each with limits that fit an invocation.

Every call has a bound in time and is tried again on throttles, server errors and lost connections, with back-off, by
the SDK's standard retry mode.
https://boto3.amazonaws.com/v1/documentation/api/latest/guide/retries.html
"""

from functools import cache
from typing import TYPE_CHECKING, Any

from botocore.config import Config
from botocore.session import Session, get_session

from finops_websocket.connections.channel import SIDE_BY_SIDE, ClientChannel
from finops_websocket.table import Table

if TYPE_CHECKING:
    from types_boto3_dynamodb.client import DynamoDBClient
    from types_boto3_lambda.client import LambdaClient
    from types_boto3_s3.client import S3Client
    from types_boto3_sqs.client import SQSClient

# How often a call is tried. 2 + 4 seconds, three times, are less than the 20 seconds of the functions that answer a
# frame: if one service does not answer, there is mostly time to say so.
PROMPT = 3

# The processor has minutes, and what it gives up is done again by another one, agents included. Six times with waits of
# up to 1, 2, 4, 8 and 16 seconds outlast most troubles, and 67 seconds at worst stay below the lease of 90.
PATIENT = 6


# Each of the two takes a fifth of a call's processor time otherwise: to hold its arguments, which are ours, against
# botocore's model, and to put together anew how the SDK names itself. CloudTrail shows this name.
_LEAN = Config(parameter_validation=False, user_agent="finops-websocket")


def _config(attempts: int) -> Config:
    return Config(connect_timeout=2, read_timeout=4, retries={"mode": "standard", "total_max_attempts": attempts})


@cache
def _session() -> Session:
    return get_session()


def _client(service: str, config: Config, endpoint_url: str | None = None) -> Any:
    # By botocore, of which boto3 is made, and which makes the same clients. Importing boto3 as well takes a tenth of a
    # cold start, for resources and for moving files, which these functions do not use.
    return _session().create_client(service, endpoint_url=endpoint_url, config=config.merge(_LEAN))


@cache
def dynamodb(attempts: int = PROMPT) -> "DynamoDBClient":
    """Give DynamoDB, the same whenever it is asked for."""
    client: DynamoDBClient = _client("dynamodb", _config(attempts))
    return client


def table(name: str, attempts: int = PROMPT) -> Table:
    """Give a DynamoDB table. All tables share their connections."""
    return Table(dynamodb(attempts), name)


@cache
def sqs(attempts: int = PROMPT) -> "SQSClient":
    """Give SQS, the same whenever it is asked for."""
    client: SQSClient = _client("sqs", _config(attempts))
    return client


def s3(attempts: int = PROMPT) -> "S3Client":
    """Give S3. Links are signed with version 4, the only one that every region takes.

    And they name the region in their host. By default the SDK signs links for the global host, which sends requests for
    a bucket of another region on until its name is known everywhere, and a link that is sent on is not valid any more:
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/Redirects.html
    """
    client: S3Client = _client(
        "s3", _config(attempts).merge(Config(signature_version="s3v4", s3={"addressing_style": "virtual"}))
    )
    return client


def client_channel(management_endpoint: str) -> ClientChannel:
    """Give the channel to the connections of the stage with this management endpoint."""
    return ClientChannel(
        _client(
            "apigatewaymanagementapi",
            _config(PROMPT).merge(Config(max_pool_connections=SIDE_BY_SIDE)),
            management_endpoint,
        )
    )


def agent_client(read_timeout: int) -> "LambdaClient":
    """Give Lambda for invocations of agents, each of which may take `read_timeout` seconds and is made once.

    By default the SDK waits 60 seconds and then invokes again:
    https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
    """
    client: LambdaClient = _client(
        "lambda",
        Config(connect_timeout=5, read_timeout=read_timeout, retries={"mode": "standard", "total_max_attempts": 1}),
    )
    return client
