"""The process of function_run: makes the stack's resources in moto, imports the handler, hands it the events.

Standard output is the function's log; the report goes to the file named second on the command line.
"""

import importlib
import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from moto import mock_aws

from stack_tables import create_table

_LOGICAL_NAMES = {"CONNECTIONS_TABLE": "ConnectionsTable", "JOBS_TABLE": "JobsTable"}


@dataclass(frozen=True)
class Context:
    """What Lambda hands to a function beside the event."""

    aws_request_id: str
    function_name: str = "function"
    memory_limit_in_mb: int = 512
    invoked_function_arn: str = "arn:aws:lambda:us-east-1:123456789012:function:function"

    def get_remaining_time_in_millis(self) -> int:
        return int(os.environ.get("REMAINING_MILLISECONDS", "900000"))


def main(handler: str, report: str) -> None:
    """Run the function on what standard input says and write the report."""
    given = json.load(sys.stdin)
    module, _, name = handler.rpartition(".")
    with mock_aws():
        tables = {
            variable: create_table(boto3.resource("dynamodb"), _LOGICAL_NAMES[variable], os.environ[variable])
            for variable in given["items"]
        }
        for variable, items in given["items"].items():
            for item in items:
                tables[variable].put_item(Item=_with_sets(item))
        boto3.client("s3").create_bucket(Bucket=os.environ["RESULTS_BUCKET"])
        queue_url = boto3.client("sqs").create_queue(QueueName="ProcessingQueue")["QueueUrl"]
        function = getattr(importlib.import_module(module), name)
        raised: list[str] = []
        outcomes = [_outcome(function, event, number, raised) for number, event in enumerate(given["events"])]
        messages = boto3.client("sqs").receive_message(QueueUrl=queue_url, MaxNumberOfMessages=10).get("Messages", [])
        stored = {variable: table.scan()["Items"] for variable, table in tables.items()}
    Path(report).write_text(
        json.dumps(
            {
                "outcomes": outcomes,
                "raised": raised,
                "items": stored,
                "queued": [message["Body"] for message in messages],
            },
            default=lambda value: sorted(value) if isinstance(value, set) else int(value),
        ),
        encoding="utf-8",
    )


def _outcome(function: Any, event: dict[str, Any], number: int, raised: list[str]) -> Any:
    try:
        return function(event, Context(f"request-{number}"))
    except Exception as error:  # noqa: BLE001 - Lambda's part: it notes whatever a function raises.
        raised.append(str(error))
        return {"raised": type(error).__name__}


def _with_sets(item: dict[str, Any]) -> dict[str, Any]:
    return {name: set(value) if name == "followers" else value for name, value in item.items()}


if __name__ == "__main__":
    main(*sys.argv[1:])
