"""The functions that answer frames, over AWS in memory: in a process of its own, with the template's environment."""

import contextlib
import gc
import importlib
import io
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.managers import BaseManager
from types import SimpleNamespace
from typing import Any

import boto3
from botocore.handlers import BUILTIN_HANDLERS, REGISTER_FIRST
from moto import mock_aws
from moto.backends import get_backend
from moto.core.models import DEFAULT_ACCOUNT_ID

from faults.fault import Reply
from finops_benchmarks.function_environment import function_environment
from finops_benchmarks.stack_tables import create_table
from frames import management_api

_TABLES = {"CONNECTIONS_TABLE": "ConnectionsTable", "JOBS_TABLE": "JobsTable"}


@dataclass(frozen=True)
class Answer:
    """What a function gave back or raised, its messages as `(connection, text)`, and its log."""

    outcome: Any
    posted: list[tuple[str, str]]
    log: str


# What Lambda hands to a function beside the event.
_CONTEXT = SimpleNamespace(
    aws_request_id="request",
    function_name="function",
    memory_limit_in_mb=512,
    invoked_function_arn="arn:aws:lambda:us-east-1:123456789012:function:function",
)


class FrameService:
    """Serves events, and reads and writes the tables, whose items are as DynamoDB's own API has them."""

    def __init__(self) -> None:
        """Import the functions."""
        mock_aws().start()
        self._posted: list[tuple[str, str]] = []
        # For whatever session the functions make.
        BUILTIN_HANDLERS.append((management_api.SENDING, management_api.answering(self._manage), REGISTER_FIRST))
        self._dynamodb = boto3.resource("dynamodb")
        self._items = boto3.client("dynamodb")
        boto3.client("sqs").create_queue(QueueName=os.environ["PROCESSING_QUEUE_URL"].rpartition("/")[2])
        self._log = io.StringIO()
        with contextlib.redirect_stdout(self._log):
            self._functions = {
                name: importlib.import_module(f"{name}.handler").handler
                for name in ("connection_manager", "message_handler")
            }

    def start_afresh(self) -> None:
        """Make empty tables: moto takes longer for each item that a table has."""
        for variable, logical_name in _TABLES.items():
            name = os.environ[variable]
            with contextlib.suppress(self._items.exceptions.ResourceNotFoundException):
                self._dynamodb.Table(name).delete()
            create_table(self._dynamodb, logical_name, name)

    def serve(self, function: str, event: dict[str, Any]) -> Answer:
        """Hand an event to a function."""
        self._log.seek(0)
        self._log.truncate()
        self._posted.clear()
        outcome: Any
        with contextlib.redirect_stdout(self._log):
            try:
                outcome = self._functions[function](event, _CONTEXT)
            except Exception as error:  # noqa: BLE001 - Lambda's part: it notes whatever a function raises.
                outcome = {"raised": repr(error)}
        return Answer(json.loads(json.dumps(outcome)), [*self._posted], self._log.getvalue())

    def put_item(self, table: str, item: dict[str, Any]) -> None:
        """Write an item into the table that the environment variable names.

        Past the API: it is done for every frame, and takes as long as the function otherwise.
        """
        get_backend("dynamodb")[DEFAULT_ACCOUNT_ID][os.environ["AWS_REGION"]].put_item(os.environ[table], item)

    def items(self, table: str) -> list[dict[str, Any]]:
        """Read all items of the table that the environment variable names."""
        found: list[dict[str, Any]] = self._items.scan(TableName=os.environ[table])["Items"]
        return found

    def _manage(self, method: str, connection_id: str, text: str) -> Reply:
        if method == "POST":
            self._posted.append((connection_id, text))
        return management_api.OPEN if method == "GET" else management_api.DONE


class _Process(BaseManager):
    """Serves the methods of what it makes to the process that has started it."""


_Process.register("FrameService", FrameService)


@contextmanager
def frame_service(**changes: str) -> Iterator[FrameService]:
    """Give the service, in its process. `changes` are environment variables other than the template's."""
    # What the two have of the same name has the same value, but for their own names.
    environment = {
        **function_environment("connection_manager.handler.handler"),
        **function_environment("message_handler.handler.handler"),
        **changes,
    }
    process = _Process(ctx=get_context("spawn"))
    process.start(_enter, (environment,))
    try:
        yield process.FrameService()  # type: ignore[attr-defined]  # as it is registered
    finally:
        process.shutdown()


def _enter(environment: dict[str, str]) -> None:
    os.environ.clear()
    os.environ.update(environment)
    # It runs for a minute or two, of which looking for garbage would take a fifth.
    gc.disable()
