"""The bucket of answers that are too large for a message."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from finops_operations.errors import code_of
from finops_operations.health_checks.check import Finding, ok, red
from finops_operations.health_checks.remedies import Remedies

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client


def look_at_bucket(s3: S3Client, remedies: Remedies) -> Finding:
    """Whether the bucket is there, and this caller's."""
    name = remedies.stack.output("ResultsBucketName")
    try:
        s3.head_bucket(Bucket=name)
    except ClientError as error:
        # HeadBucket answers without a body: the status is all there is.
        if code_of(error) == "404":
            return red(f"There is no bucket {name}: large answers are lost.", remedies.make_anew())
        raise
    return ok(name)
