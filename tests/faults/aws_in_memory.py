"""AWS in memory: moto's tables and bucket, and the clients' ends of the connections. What is done to them is noted.

It watches the functions from outside, between them and AWS: before each write of a job and each post to a client a
stepped run comes to a checkpoint.
"""

import json
import uuid
from collections.abc import Callable, MutableMapping
from typing import Any

import boto3
from botocore.awsrequest import AWSResponse
from botocore.config import Config
from botocore.model import OperationModel

from faults.aws_call import AwsCall, plain_item, stored_jobs
from faults.fault import Reply, refusal
from faults.history import Event, Received, Stored
from faults.stepped_run import checkpoint
from finops_benchmarks.stack_tables import create_table
from finops_websocket.table import Table
from frames import management_api

Note = Callable[[Event], None]
"""Writes down an event, which gets its time in place of NOW."""
NOW = 0.0

_WRITES = {"UpdateItem", "TransactWriteItems"}


class AwsInMemory:
    """Made once, as its clients take longer to make than a run takes; begun anew for each run."""

    def __init__(self) -> None:
        session = boto3.Session(region_name="us-east-1")
        self.dynamodb = session.client("dynamodb")
        self.dynamodb.meta.events.register("before-call.dynamodb", self._before_call)
        self.dynamodb.meta.events.register("after-call.dynamodb", self._after_call)
        self.s3 = session.client("s3")
        session.events.register_first(management_api.SENDING, management_api.answering(self._manage))
        self.management_api = session.client(
            "apigatewaymanagementapi",
            endpoint_url="http://localhost/prod",
            config=Config(retries={"total_max_attempts": 1}),
        )
        self._reader = session.client("dynamodb")

    def begin(self, note: Note) -> None:
        """Make empty tables and an empty bucket, and note from now on what happens to them."""
        suffix = uuid.uuid4()
        self.users: dict[str, str] = {}
        """The open connections, and whose each is."""
        self.unreachable: set[str] = set()
        """Open connections that cannot be posted to for the moment."""
        self._note = note
        self.jobs_table = Table(self.dynamodb, f"jobs-{suffix}")
        self.connections_table = Table(self.dynamodb, f"connections-{suffix}")
        for logical_name, table in (("JobsTable", self.jobs_table), ("ConnectionsTable", self.connections_table)):
            create_table(self.dynamodb, logical_name, table.name)
        self.bucket = f"results-{suffix}"
        self.s3.create_bucket(Bucket=self.bucket)

    def jobs(self) -> dict[str, dict[str, Any]]:
        """Give the jobs' items as they are stored."""
        items = map(plain_item, self._reader.scan(TableName=self.jobs_table.name)["Items"])
        return {item["jobId"]: item for item in items if "userId" in item}

    def _before_call(
        self, model: OperationModel, params: dict[str, Any], context: MutableMapping[str, Any], **_event: Any
    ) -> None:
        if model.name in _WRITES and json.loads(params["body"]).get("TableName") != self.connections_table.name:
            context["write"] = AwsCall("dynamodb", model.name, params["body"])
            checkpoint()

    def _after_call(self, http_response: AWSResponse, context: MutableMapping[str, Any], **_event: Any) -> None:
        write = context.get("write")
        if write is not None and http_response.status_code == 200:
            for item in stored_jobs(write, http_response.content):
                self._note(Stored(NOW, item))

    def _manage(self, method: str, connection_id: str, text: str) -> Reply:
        if method == "POST":
            checkpoint()
        if method == "DELETE":
            return management_api.DONE
        if connection_id not in self.users:
            return refusal("connections", "GoneException")
        if method == "GET":
            return management_api.OPEN
        if connection_id in self.unreachable:
            return refusal("connections", "LimitExceededException")
        user = self.users[connection_id]
        self._note(Received(NOW, user, connection_id, json.loads(text)))
        return management_api.DONE
