"""The process of frame_service: the two functions that answer frames, imported once, over AWS in memory.

Each line of standard input is an order, as JSON: a method of FrameServiceProcess and its arguments. Each line of
standard output is what the method gave back.
"""

import contextlib
import gc
import importlib
import io
import json
import os
import sys
from typing import Any

import boto3
from moto import mock_aws
from moto.backends import get_backend
from moto.core.models import DEFAULT_ACCOUNT_ID

from faults.fault import Reply
from frames import management_api
from stack_tables import create_table
from unit.finops_websocket.function_process import Context

_TABLES = {"CONNECTIONS_TABLE": "ConnectionsTable", "JOBS_TABLE": "JobsTable"}


class FrameServiceProcess:
    """Serves events, and reads and writes the tables, whose items are as DynamoDB's own API has them."""

    def __init__(self, log: io.StringIO) -> None:
        """Import the functions, whose log goes into `log`."""
        boto3.setup_default_session()
        assert boto3.DEFAULT_SESSION is not None
        self._posted: list[tuple[str, str]] = []
        management_api.serve_clients_of(boto3.DEFAULT_SESSION, self._manage)
        self._dynamodb = boto3.resource("dynamodb")
        self._items = boto3.client("dynamodb")
        boto3.client("sqs").create_queue(QueueName=os.environ["PROCESSING_QUEUE_URL"].rpartition("/")[2])
        self._log = log
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

    def serve(self, function: str, event: dict[str, Any]) -> dict[str, Any]:
        """Hand an event to a function and give what it gave back or raised, what it posted, and its log."""
        self._log.seek(0)
        self._log.truncate()
        self._posted.clear()
        try:
            outcome = self._functions[function](event, Context("request"))
        except Exception as error:  # noqa: BLE001 - Lambda's part: it notes whatever a function raises.
            outcome = {"raised": repr(error)}
        return {"outcome": outcome, "posted": [*self._posted], "log": self._log.getvalue()}

    def put_item(self, table: str, item: dict[str, Any]) -> None:
        """Write an item, past the API: it is done for every frame, and takes as long as the function otherwise."""
        get_backend("dynamodb")[DEFAULT_ACCOUNT_ID][os.environ["AWS_REGION"]].put_item(os.environ[table], item)

    def items(self, table: str) -> list[dict[str, Any]]:
        """Read all items of a table."""
        found: list[dict[str, Any]] = self._items.scan(TableName=os.environ[table])["Items"]
        return found

    def _manage(self, method: str, connection_id: str, text: str) -> Reply:
        if method == "POST":
            self._posted.append((connection_id, text))
        return management_api.OPEN if method == "GET" else management_api.DONE


def main() -> None:
    """Take orders until there are no more."""
    # It runs for a minute or two, of which looking for garbage would take a fifth.
    gc.disable()
    replies, log = sys.stdout, io.StringIO()
    with contextlib.redirect_stdout(log), mock_aws():
        service = FrameServiceProcess(log)
        for line in sys.stdin:
            method, arguments = json.loads(line)
            print(json.dumps(getattr(service, method)(*arguments)), file=replies, flush=True)


if __name__ == "__main__":
    main()
