"""Which call to which service of AWS an HTTP request is, and which job items it has stored. Pure."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from boto3.dynamodb.types import TypeDeserializer

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


def stored_jobs(call: AwsCall, reply: bytes) -> list[dict[str, Any]]:
    """Give the job items that are now as a call to DynamoDB that has succeeded has made them."""
    return [item for item in map(plain_item, _written(call, reply)) if "userId" in item and "seq" in item]


def plain_item(item: Mapping[str, Any]) -> dict[str, Any]:
    """Give an item in DynamoDB's typed form as plain values, its numbers as int."""
    return {name: _plain(value) for name, value in item.items()}


def _written(call: AwsCall, reply: bytes) -> Iterator[Mapping[str, Any]]:
    match call.operation:
        case "UpdateItem":
            yield json.loads(reply).get("Attributes", {})
        case "PutItem":
            yield json.loads(call.body)["Item"]
        case "TransactWriteItems":
            for action in json.loads(call.body)["TransactItems"]:
                if "Put" in action:
                    yield action["Put"]["Item"]


class _Deserializer(TypeDeserializer):
    def _deserialize_n(self, value: str) -> int:
        return int(value)


_plain = _Deserializer().deserialize
