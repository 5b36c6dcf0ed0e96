"""What is checked before a frontend is built and deployed. What is not as it must be is an OperationFailed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from finops_operations.errors import OperationFailed, code_of, fails_with
from finops_operations.frontend.config import read_config
from finops_operations.operator_messages import warn
from finops_operations.stack import Stack

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

_REMEDY = "Write it: ops/write_frontend_config.sh. To deploy it as it is: --force"


def check_config(path: Path, endpoint: str) -> None:
    """Make sure that config.js is there, and leads to the stack's endpoint."""
    text, values = read_config(path)
    if not text:
        raise OperationFailed(f"There is no {path}. {_REMEDY}")
    api = values.get("api")
    there = api.get("websocketEndpoint") if isinstance(api, dict) else None
    if there != endpoint:
        raise OperationFailed(f"{path} leads to {there or 'no endpoint'}, the stack's is {endpoint}. {_REMEDY}")


def check_build(build: Path, endpoint: str) -> None:
    """Make sure that the build was made with such a config.js, and not before it was written."""
    if not any(endpoint.encode() in path.read_bytes() for path in build.rglob("*") if path.is_file()):
        raise OperationFailed(
            f"No file in {build} leads to the stack's endpoint {endpoint}: the build is older than config.js, or does"
            " not use it. Build it again, without --skip-build. To deploy it as it is: --force"
        )


def check_bucket(s3: S3Client, bucket: str, region: str) -> None:
    """Make sure that the bucket is there and yours; warn where Amplify, in `region`, may be unable to read it."""
    with fails_with(
        f"The bucket {bucket} cannot be used (name yours with --bucket, or make it: aws s3 mb s3://{bucket}"
        f" --region {region}):"
    ):
        bucket_region = s3.head_bucket(Bucket=bucket).get("BucketRegion", region)
    if bucket_region != region:
        warn(f"Amplify is in {region}, the bucket {bucket} in {bucket_region}. If the deployment fails, use another.")
    try:
        is_allowed = "amplify.amazonaws.com" in s3.get_bucket_policy(Bucket=bucket)["Policy"]
    except ClientError as error:
        # Of a policy that you may not read, nobody can tell.
        is_allowed = code_of(error) != "NoSuchBucketPolicy"
    if not is_allowed:
        warn(
            f"The policy of the bucket {bucket} does not name Amplify. If the deployment fails, add the statements of"
            " Step 8 in docs/WEBSOCKET_DEPLOYMENT_GUIDE.md."
        )


def check_origin(stack: Stack, url: str) -> None:
    """Warn where the stack would refuse the frontend's pages: it compares origins exactly."""
    origins = stack.parameters.get("AllowedOrigins", "*").split(",")
    if "*" not in origins and url not in origins:
        warn(
            f"The stack lets no page of {url} connect, only {', '.join(origins)}. If that is where it is used:"
            f" ./deploy.sh --parameter AllowedOrigins={','.join([*origins, url])}"
        )
