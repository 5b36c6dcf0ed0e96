"""The three functions in this process, as Lambda would run them, over AWS in memory: moto's tables, queue and bucket.

For a process that does nothing else: it takes the template's environment, and each client is watched.
"""

import importlib
import io
import json
import os
import re
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import boto3
import jwt
from botocore.awsrequest import AWSPreparedRequest, AWSResponse, HTTPHeaders
from cryptography.hazmat.primitives.asymmetric import rsa
from moto import mock_aws

from finops_benchmarks.call_recorder import CallRecorder
from finops_benchmarks.function_environment import function_environment
from finops_benchmarks.recorded_work import Invocation, Work
from finops_benchmarks.stack_tables import create_table

CONNECTION_MANAGER, MESSAGE_HANDLER, BACKGROUND_PROCESSOR = FUNCTIONS = (
    "connection_manager",
    "message_handler",
    "background_processor",
)
_TABLES = {"CONNECTIONS_TABLE": "ConnectionsTable", "JOBS_TABLE": "JobsTable"}
_SERVED_BY_CONNECTION_MANAGER = ("authenticate", "ping")

Agent = Callable[[str, str], Mapping[str, Any]]
"""Answers a question, by the agent's name and the question, with the body of its answer."""


@dataclass(frozen=True)
class _Context:
    """What Lambda hands to a function beside the event."""

    function_name: str
    aws_request_id: str
    memory_limit_in_mb: int = 512
    invoked_function_arn: str = "arn:aws:lambda:us-east-1:123456789012:function:function"

    def get_remaining_time_in_millis(self) -> int:
        """Give all the time that Lambda has."""
        return 900_000


class Functions:
    """The functions, each started once. `agent` plays all agents, `posted` is told of each message to a client."""

    def __init__(self, agent: Agent, posted: Callable[[bytes], None], **changes: str) -> None:
        """Start them; `changes` are environment variables other than the template's."""
        self._agent = agent
        self._posted = posted
        self._keys = _Keys()
        self._environment = {
            **{name: value for function in FUNCTIONS for name, value in _environment_of(function).items()},
            "TOKEN_KEYS_URL": self._keys.url,
            "RESULTS_BUCKET": "results",
            **changes,
        }
        os.environ.update(self._environment)
        mock_aws().start()
        self.recorder = CallRecorder({self._environment[variable]: name for variable, name in _TABLES.items()})
        self.recorder.answer_and_record(
            {"lambda": self._answer_invocation, "apigatewaymanagementapi": self._answer_post}
        )
        self._log = io.StringIO()
        self._invocations: list[Invocation] = []
        self._frames: list[int] = []
        with self.recorder.unrecorded():
            self._make_resources()
        # What they log, they log there, from the moment that they are imported.
        sys.stdout = self._log
        self._handlers = {name: importlib.import_module(f"{name}.handler").handler for name in FUNCTIONS}

    def _make_resources(self) -> None:
        dynamodb = boto3.resource("dynamodb")
        for variable, logical_name in _TABLES.items():
            create_table(dynamodb, logical_name, self._environment[variable])
        boto3.client("s3").create_bucket(Bucket=self._environment["RESULTS_BUCKET"])
        self._sqs = boto3.Session().client("sqs")
        self._queue_url = self._environment["PROCESSING_QUEUE_URL"]
        self._sqs.create_queue(QueueName=self._queue_url.rpartition("/")[2])

    @contextmanager
    def recorded(self, name: str) -> Iterator[list[Work]]:
        """Give a list into which what is done meanwhile comes, under a name."""
        for done in (self.recorder.calls, self._invocations, self._frames):
            done.clear()
        found: list[Work] = []
        yield found
        found.append(Work(name, tuple(self.recorder.calls), tuple(self._invocations), tuple(self._frames)))

    def connect(self) -> str:
        """Open a connection, and give its id."""
        # As long as API Gateway's.
        connection_id = uuid.uuid4().hex[:16]
        self._serve_connection(connection_id, "CONNECT", "$connect")
        return connection_id

    def disconnect(self, connection_id: str) -> None:
        """Close a connection."""
        self._serve_connection(connection_id, "DISCONNECT", "$disconnect")

    def send(self, connection_id: str, **frame: Any) -> None:
        """Send a frame over a connection."""
        action = frame["action"]
        body = json.dumps(frame)
        self._frames.append(len(body.encode()))
        is_of_connections = action in _SERVED_BY_CONNECTION_MANAGER
        self._invoke(
            CONNECTION_MANAGER if is_of_connections else MESSAGE_HANDLER,
            {
                **_event(connection_id, "MESSAGE", action if is_of_connections else "$default"),
                "body": body,
            },
        )

    def sign_in(self, connection_id: str, user_id: str) -> None:
        """Send a user's token over a connection."""
        self.send(connection_id, action="authenticate", token=self._keys.token(self._environment, user_id))

    def process(self) -> None:
        """Hand the queue's oldest message to the processor, as Lambda does."""
        with self.recorder.unrecorded():
            (message,) = self._sqs.receive_message(QueueUrl=self._queue_url, MessageSystemAttributeNames=["All"])[
                "Messages"
            ]
        name = self._queue_url.rpartition("/")[2]
        record = {
            "messageId": message["MessageId"],
            "receiptHandle": message["ReceiptHandle"],
            "body": message["Body"],
            "attributes": message["Attributes"],
            "messageAttributes": {},
            "eventSource": "aws:sqs",
            "eventSourceARN": f"arn:aws:sqs:us-east-1:123456789012:{name}",
            "awsRegion": "us-east-1",
        }
        self._invoke(BACKGROUND_PROCESSOR, {"Records": [record]})
        with self.recorder.unrecorded():
            self._sqs.delete_message(QueueUrl=self._queue_url, ReceiptHandle=message["ReceiptHandle"])

    def multiply_jobs(self, times: int, job_id: str = "") -> None:
        """Make each job that there is, or this one, with its answers, so many jobs of its user's.

        Of all of them, the notes of their requestIds too.
        """
        table: Any = boto3.Session().resource("dynamodb").Table(self._environment["JOBS_TABLE"])
        with self.recorder.unrecorded():
            pages = table.meta.client.get_paginator("scan").paginate(TableName=table.name)
            items = [item for page in pages for item in page["Items"] if item["jobId"].startswith(job_id)]
            items = [item for item in items if not item["jobId"].startswith("user#")]
            with table.batch_writer() as batch:
                for number in range(1, times):
                    for item in items:
                        # Its length is what it was, and so is what it costs.
                        batch.put_item({**item, "jobId": item["jobId"][:-3] + f"{number:03}"})

    def _serve_connection(self, connection_id: str, kind: str, route: str) -> None:
        self._invoke(CONNECTION_MANAGER, _event(connection_id, kind, route))

    def _invoke(self, function: str, event: Mapping[str, Any]) -> None:
        self._log.seek(0)
        self._log.truncate()
        self.recorder.function = function
        began, played = time.process_time(), self.recorder.stand_in_seconds
        self._handlers[function](event, _Context(function, str(uuid.uuid4())))
        played = self.recorder.stand_in_seconds - played
        milliseconds = 1000 * (time.process_time() - began - played)
        # A measured time has as many digits as it happens to have.
        logged = re.sub(r"\d+\.\d+", "0.000", self._log.getvalue())
        self._invocations.append(Invocation(function, milliseconds, len(logged.encode())))

    def _answer_post(self, request: AWSPreparedRequest) -> AWSResponse:
        if request.method == "POST":
            self._posted(_body(request))
        return _response(request, b"")

    def _answer_invocation(self, request: AWSPreparedRequest) -> AWSResponse:
        agent = unquote(urlsplit(request.url).path).split("/")[3]
        answer = self._agent(agent, json.loads(_body(request))["query"])
        envelope = {"statusCode": 200, "body": json.dumps(answer)}
        return _response(request, json.dumps(envelope).encode())


class _Keys:
    """A user pool's key, published on loopback, and tokens that are signed with it."""

    def __init__(self) -> None:
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        published = jwt.algorithms.RSAAlgorithm.to_jwk(self._key.public_key(), as_dict=True)
        directory = tempfile.TemporaryDirectory()
        entry = {**published, "kid": "key", "alg": "RS256", "use": "sig"}
        (Path(directory.name) / "keys.json").write_text(json.dumps({"keys": [entry]}), encoding="utf-8")
        self._directory = directory
        server = ThreadingHTTPServer(("127.0.0.1", 0), partial(SimpleHTTPRequestHandler, directory=directory.name))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{server.server_port}/keys.json"

    def token(self, environment: Mapping[str, str], user_id: str) -> str:
        """Sign an ID token of an hour, with the claims that Cognito always gives."""
        now = int(time.time())
        claims = {
            "sub": user_id,
            "iss": environment["TOKEN_ISSUER"],
            "aud": environment["TOKEN_CLIENT_ID"],
            "cognito:username": "ada",
            "token_use": "id",
            "auth_time": now,
            "iat": now,
            "exp": now + 3600,
        }
        return jwt.encode(claims, self._key, algorithm="RS256", headers={"kid": "key"})


class _Body(io.BytesIO):
    def stream(self, **_options: Any) -> Iterator[bytes]:
        yield self.read()


def _environment_of(function: str) -> dict[str, str]:
    return function_environment(f"{function}.handler.handler")


def _event(connection_id: str, kind: str, route: str) -> dict[str, Any]:
    context = {"connectionId": connection_id, "eventType": kind, "routeKey": route}
    return {"requestContext": context, "headers": {}, "multiValueHeaders": {}, "isBase64Encoded": False}


def _body(request: AWSPreparedRequest) -> bytes:
    body: Any = request.body
    return bytes(body) if isinstance(body, bytes | bytearray) else body.read()


def _response(request: AWSPreparedRequest, body: bytes) -> AWSResponse:
    headers = HTTPHeaders.from_pairs([("content-length", str(len(body)))])
    return AWSResponse(request.url, 200, headers, _Body(body))
