"""Records functions' calls, between them and what plays AWS, with what DynamoDB would bill for each."""

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from typing import Any

import boto3
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.handlers import BUILTIN_HANDLERS
from botocore.model import OperationModel

from finops_benchmarks.cloudformation_template import properties
from finops_benchmarks.dynamodb_units import Index, Item, item_size, read_units, write_units
from finops_benchmarks.recorded_work import Call, Write

_INDEXES = {name: Index.of_table(table) for name, table in properties("AWS::DynamoDB::Table").items()}
"""The tables' indexes, by the tables' logical names."""

Answer = Callable[[AWSPreparedRequest], AWSResponse]


class CallRecorder:
    """Notes the calls of all clients that are made after `answer_and_record`.

    `tables` are the logical names of the tables, by their names.
    """

    def __init__(self, tables: Mapping[str, str]) -> None:
        self.calls: list[Call] = []
        self.function = ""
        """Who is at work."""
        self.stand_in_seconds = 0.0
        """Processor time of what plays AWS, which a function's own must not include."""
        self._tables = tables
        # The recorder's own reads are no function's.
        self._own = threading.local()
        self._lock = threading.Lock()

    def answer_and_record(self, answers: Mapping[str, Answer]) -> None:
        """Watch the clients that any session makes from now on; `answers` play services, by the ids of the SDK."""
        for service, answer in answers.items():
            BUILTIN_HANDLERS.insert(0, (f"before-send.{service}", _only_request(answer)))
        BUILTIN_HANDLERS.insert(0, ("before-send", self._begin_stand_in))
        BUILTIN_HANDLERS.append(("before-send", self._end_stand_in))
        BUILTIN_HANDLERS.append(("before-call", self._before_call))
        BUILTIN_HANDLERS.append(("after-call", self._after_call))

    @contextmanager
    def unrecorded(self) -> Iterator[None]:
        """Make calls of this thread that are nobody's work."""
        self._own.at_work = True
        try:
            yield
        finally:
            self._own.at_work = False

    def _begin_stand_in(self, **_event: Any) -> None:
        self._own.began = time.thread_time()

    def _end_stand_in(self, **_event: Any) -> None:
        # What the recorder asks for itself is counted whole where it asks.
        if not self._is_own():
            self._count_stand_in(self._own.began)

    def _before_call(
        self, model: OperationModel, params: Mapping[str, Any], context: MutableMapping[str, Any], **_event: Any
    ) -> None:
        if self._is_own():
            return
        body = _bytes_of(params["body"])
        context["sent"] = body
        if model.service_model.service_name == "dynamodb":
            began = time.thread_time()
            context["request"] = json.loads(body)
            context["before"] = [self._read(*target) for target in _written(model.name, context["request"])]
            self._count_stand_in(began)

    def _after_call(
        self, model: OperationModel, http_response: AWSResponse, context: Mapping[str, Any], **_event: Any
    ) -> None:
        if "sent" not in context:
            return
        began = time.thread_time()
        service = model.service_model.service_name
        sent: bytes = context["sent"]
        # A stream is the function's to read.
        is_stream = model.has_streaming_output
        received = int(http_response.headers["content-length"]) if is_stream else len(http_response.content)
        call = Call(
            function=self.function,
            service=service,
            operation=model.name,
            sent=len(sent),
            received=received,
            writes=self._writes(model.name, context) if service == "dynamodb" else (),
            read_units=_read_units(model.name, context, http_response) if service == "dynamodb" else 0,
            message=_kind_of(sent) if model.name == "PostToConnection" else None,
            refused=http_response.status_code >= 300,
        )
        self.calls.append(call)
        self._count_stand_in(began)

    def _is_own(self) -> bool:
        return getattr(self._own, "at_work", False)

    def _count_stand_in(self, began: float) -> None:
        with self._lock:
            self.stand_in_seconds += time.thread_time() - began

    def _writes(self, operation: str, context: Mapping[str, Any]) -> tuple[Write, ...]:
        targets = _written(operation, context["request"])
        return tuple(
            self._write(table, key, before, transactional=operation == "TransactWriteItems")
            for (table, key), before in zip(targets, context["before"], strict=True)
        )

    def _write(self, table: str, key: Item, before: Item | None, *, transactional: bool) -> Write:
        logical_name = self._tables[table]
        after = self._read(table, key)
        old, new = item_size(before or {}), item_size(after or {})
        return Write(
            item=_item_name(logical_name, key),
            size=max(old, new),
            units=write_units(before, after, transactional=transactional),
            indexes={
                index.name: units for index in _INDEXES[logical_name] if (units := index.write_units(before, after))
            },
            changed=_changed(before, after),
            added=new - old,
        )

    def _read(self, table: str, key: Item) -> Item | None:
        with self.unrecorded():
            # A session of its own: the functions' are not for several threads.
            if not hasattr(self._own, "client"):
                self._own.client = boto3.Session().client("dynamodb")
            found: Item | None = self._own.client.get_item(TableName=table, Key=key, ConsistentRead=True).get("Item")
            return found


def _only_request(answer: Answer) -> Callable[..., AWSResponse]:
    def handle(request: AWSPreparedRequest, **_event: Any) -> AWSResponse:
        return answer(request)

    return handle


def _written(operation: str, request: Mapping[str, Any]) -> list[tuple[str, Item]]:
    """Name the items that a call writes or checks, each by its table and key."""
    match operation:
        case "TransactWriteItems":
            actions = [action for given in request["TransactItems"] for action in given.values()]
        case "PutItem" | "UpdateItem" | "DeleteItem":
            actions = [request]
        case _:
            return []
    return [(action["TableName"], _key_of(action)) for action in actions]


def _key_of(action: Mapping[str, Any]) -> Item:
    if "Key" in action:
        key: Item = action["Key"]
        return key
    # Both tables' keys are one attribute.
    return {name: action["Item"][name] for name in ("jobId", "connectionId") if name in action["Item"]}


def _item_name(logical_name: str, key: Item) -> str:
    """Say what an item of the two tables is, by the form of its key."""
    ((_, value),) = key.items()
    kind, hash_sign, _ = value["S"].partition("#")
    if logical_name == "ConnectionsTable":
        return "user's connections" if hash_sign else "connection"
    of_kind = {"user": "user's questions", "request": "note of the requestId"}
    return of_kind.get(kind, "answer") if hash_sign else "job"


def _changed(before: Item | None, after: Item | None) -> tuple[str, ...]:
    if before is None or after is None:
        return ()
    return tuple(sorted(name for name in {*before, *after} if before.get(name) != after.get(name)))


def _read_units(operation: str, context: Mapping[str, Any], response: AWSResponse) -> float:
    request = context["request"]
    match operation:
        case "GetItem":
            found = json.loads(response.content).get("Item", {})
            return read_units(item_size(found), consistent=request.get("ConsistentRead", False))
        case "BatchGetItem":
            ((table, asked),) = request["RequestItems"].items()
            sizes = [item_size(item) for item in json.loads(response.content)["Responses"][table]]
            # A key under which nothing is is read too.
            sizes += [0] * (len(asked["Keys"]) - len(sizes))
            return sum(read_units(size, consistent=asked.get("ConsistentRead", False)) for size in sizes)
        case "Query":
            items = json.loads(response.content)["Items"]
            return read_units(sum(map(item_size, items)), consistent=request.get("ConsistentRead", False))
    return 0


def _kind_of(message: bytes) -> str:
    wire = json.loads(message)
    return str(wire.get("type") or wire["action"])


def _bytes_of(body: Any) -> bytes:
    if isinstance(body, str):
        return body.encode()
    if isinstance(body, bytes | bytearray):
        return bytes(body)
    content: bytes = body.read()
    body.seek(0)
    return content
