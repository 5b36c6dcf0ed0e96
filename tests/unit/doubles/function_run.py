"""Starts a function as Lambda does, in a process of its own with the environment that the template gives it.

The process is this module too: it makes the stack's resources in moto, imports the handler and hands it the events.
"""

import importlib
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import boto3
from moto import mock_aws

from finops_benchmarks.function_environment import function_environment
from finops_benchmarks.stack_tables import create_table
from unit.doubles.embedded_metrics import is_metric
from unit.doubles.loopback_aws import LoopbackAws

_TESTS = Path(__file__).resolve().parents[2]
_IMPORTED = [_TESTS.parent / "src", _TESTS.parent / "benchmarks", _TESTS]
_LOGICAL_NAMES = {"CONNECTIONS_TABLE": "ConnectionsTable", "JOBS_TABLE": "JobsTable"}


@dataclass(frozen=True)
class FunctionRun:
    """What a function did: what each event gave back or raised, what is stored and queued now, and its log.

    `raised` are the texts of what it raised: Lambda writes them into the log too.
    """

    outcomes: list[Any]
    raised: list[str]
    items: dict[str, list[dict[str, Any]]]
    queued: list[str]
    log: str

    def log_lines(self) -> list[dict[str, Any]]:
        """Read the log, each line of which is JSON, or fail; without the metrics in it."""
        return [json.loads(line) for line in self.log.splitlines() if not is_metric(line)]


def run_function(
    handler: str,
    loopback: LoopbackAws,
    events: list[dict[str, Any]],
    items: dict[str, list[dict[str, Any]]],
    **changes: str,
) -> FunctionRun:
    """Hand events to the function with this handler, one after another.

    `items` are what is stored before, by the environment variable that names the table. `changes` are environment
    variables other than the template's.
    """
    environment = {
        **function_environment(handler),
        "MANAGEMENT_ENDPOINT": loopback.management_endpoint,
        "AWS_ENDPOINT_URL_LAMBDA": loopback.address,
        "RESULTS_BUCKET": "results",
        # The most that a function ever logs.
        "POWERTOOLS_LOG_LEVEL": "DEBUG",
        "PYTHONPATH": ":".join(map(str, _IMPORTED)),
        **changes,
    }
    with TemporaryDirectory() as directory:
        report = Path(directory) / "report.json"
        finished = subprocess.run(
            [sys.executable, "-m", "unit.doubles.function_run", handler, report],
            input=json.dumps({"events": events, "items": items}),
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert finished.returncode == 0, finished.stderr
        return FunctionRun(**json.loads(report.read_text(encoding="utf-8")), log=finished.stdout + finished.stderr)


@dataclass(frozen=True)
class Context:
    """What Lambda hands to a function beside the event."""

    aws_request_id: str
    function_name: str = "function"
    memory_limit_in_mb: int = 512
    invoked_function_arn: str = "arn:aws:lambda:us-east-1:123456789012:function:function"

    def get_remaining_time_in_millis(self) -> int:
        return int(os.environ.get("REMAINING_MILLISECONDS", "900000"))


@mock_aws
def main(handler: str, report: str) -> None:
    """Run the function on what standard input says and write the report; standard output is the function's log."""
    given = json.load(sys.stdin)
    tables = {
        variable: create_table(boto3.resource("dynamodb"), _LOGICAL_NAMES[variable], os.environ[variable])
        for variable in given["items"]
    }
    for variable, items in given["items"].items():
        for item in items:
            tables[variable].put_item(
                Item={name: set(value) if name == "followers" else value for name, value in item.items()}
            )
    boto3.client("s3").create_bucket(Bucket=os.environ["RESULTS_BUCKET"])
    sqs = boto3.client("sqs")
    queue_url = sqs.create_queue(QueueName="ProcessingQueue")["QueueUrl"]
    module, _, name = handler.rpartition(".")
    function = getattr(importlib.import_module(module), name)
    outcomes: list[Any] = []
    raised: list[str] = []
    for number, event in enumerate(given["events"]):
        try:
            outcomes.append(function(event, Context(f"request-{number}")))
        except Exception as error:  # noqa: BLE001 - Lambda's part: it notes whatever a function raises.
            outcomes.append({"raised": type(error).__name__})
            raised.append(str(error))
    messages = sqs.receive_message(QueueUrl=queue_url, MaxNumberOfMessages=10).get("Messages", [])
    did = {
        "outcomes": outcomes,
        "raised": raised,
        "items": {variable: table.scan()["Items"] for variable, table in tables.items()},
        "queued": [message["Body"] for message in messages],
    }
    as_json = json.dumps(did, default=lambda value: sorted(value) if isinstance(value, set) else int(value))
    Path(report).write_text(as_json, encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
