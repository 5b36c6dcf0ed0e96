"""Which call to which service of AWS an HTTP request is. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

_INVOCATION = re.compile(r"/2015-03-31/functions/[^/]+/invocations")
_JOB_KEY = re.compile(rb'"jobId": ?\{"S": ?"([0-9a-f-]{36})')


@dataclass(frozen=True)
class AwsCall:
    """A call, as its service knows it: `dynamodb` and `UpdateItem`."""

    service: str
    operation: str
    body: bytes

    @property
    def job_id(self) -> str | None:
        """The job that a call to DynamoDB is about, if it names one."""
        found = _JOB_KEY.search(self.body) if self.service == "dynamodb" else None
        return found[1].decode() if found else None


def recognise(method: str, path: str, headers: Mapping[str, str], body: bytes) -> AwsCall:
    """Read the call; what is nothing else is a call to S3, which is named after its method."""
    prefix, _, operation = headers.get("X-Amz-Target", "").partition(".")
    if prefix.startswith("DynamoDB_"):
        return AwsCall("dynamodb", operation, body)
    if prefix == "AmazonSQS":
        return AwsCall("sqs", operation, body)
    if _INVOCATION.match(path):
        return AwsCall("lambda", "Invoke", body)
    if "/@connections/" in path.replace("%40", "@"):
        return AwsCall("connections", f"{method.capitalize()}ToConnection", body)
    return AwsCall("s3", f"{method.capitalize()}Object", body)
