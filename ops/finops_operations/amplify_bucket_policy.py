"""Whether a bucket's policy lets Amplify read a zip.

Amplify Hosting user guide, "Creating a bucket policy to deploy a static website from S3 using the AWS SDKs": Amplify
reads as the service amplify.amazonaws.com. The statements for it stand in Step 8 of the project's guide.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from finops_operations.errors import code_of

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

_AMPLIFY = "amplify.amazonaws.com"


def may_read(s3: S3Client, bucket: str) -> bool:
    """Whether the bucket's policy allows Amplify anything. True where you may not look: nobody can tell then."""
    try:
        return allows_amplify(s3.get_bucket_policy(Bucket=bucket)["Policy"])
    except ClientError as error:
        return code_of(error) != "NoSuchBucketPolicy"


def allows_amplify(policy: str) -> bool:
    """Whether a policy's text has a statement that allows Amplify something."""
    try:
        statements = json.loads(policy).get("Statement", [])
    except (ValueError, AttributeError):
        return False
    return any(_allows(statement) for statement in _listed(statements))


def _allows(statement: Any) -> bool:
    if not isinstance(statement, dict) or statement.get("Effect") != "Allow":
        return False
    principal = statement.get("Principal")
    if not isinstance(principal, dict):
        return principal == "*"
    return _AMPLIFY in _listed(principal.get("Service"))


def _listed(value: Any) -> Iterable[Any]:
    return value if isinstance(value, list) else [value]
