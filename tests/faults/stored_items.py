"""The job items that a call to DynamoDB has stored, read from the call and its reply. Pure."""

import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from boto3.dynamodb.types import TypeDeserializer

from faults.aws_call import AwsCall

_deserialize = TypeDeserializer().deserialize


def stored_jobs(call: AwsCall, reply: bytes) -> list[dict[str, Any]]:
    """The job items that are now as the call has made them; the call has succeeded."""
    return [item for item in map(plain_item, _written(call, reply)) if "userId" in item and "seq" in item]


def plain_item(item: Mapping[str, Any]) -> dict[str, Any]:
    """An item in DynamoDB's typed form as plain values, its numbers as int."""
    return {name: _plain(_deserialize(value)) for name, value in item.items()}


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


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value)
    if isinstance(value, dict):
        return {name: _plain(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_plain(part) for part in value]
    return value
