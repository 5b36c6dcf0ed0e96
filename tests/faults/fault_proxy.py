"""A proxy between the functions and the local cloud that injects faults and writes down what was stored.

It runs in the tests' process. The functions' environment names it as the endpoint of DynamoDB, SQS, Lambda, S3 and the
management API; it sends their requests on as they are, signatures included. Which process calls it reads from a header
that function_process/sitecustomize.py has added.
"""

import http.client
import json
import os
import random
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

from faults.aws_call import AwsCall, recognise, stored_jobs
from faults.fault import Fault, Kind, Reply, refusal
from faults.history import TWICE, Crashed, History, Injected, Stored
from local_cloud.running_cloud import LocalCloud

# Of one connection, not of the message: each side has its own.
_HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "expect", "content-length"}
# Longer than any caller's own limit: it is the caller who gives up.
_SERVICE_SECONDS = 120

PROCESSOR = "-background-processor"


class Worker(NamedTuple):
    """A process of the local cloud's that runs a function; no function and no process if it is another caller.

    The local cloud gives a process one invocation at a time. One that dies in an invocation makes it fail, as a crash
    on AWS does; the next invocation gets a new process.
    """

    function: str
    pid: int | None


def worker_in(headers: Mapping[str, str]) -> Worker:
    function, _, pid = headers.get("X-Caller", "").partition(".")
    return Worker(function, int(pid) if pid else None)


class FaultProxy:
    """Serves on `url` from its making to its stop. What happens goes to `history`, which may be replaced."""

    def __init__(self, cloud: LocalCloud) -> None:
        self.history = History()
        self.injected: Counter[str] = Counter()
        """How often each fault was injected since `inject`."""
        self.failures: list[BaseException] = []
        """What went wrong in the proxy itself."""
        self._cloud_port = cloud.port
        self._queues = cloud.client("sqs")
        self._held_jobs: dict[int, str] = {}
        self._faults: tuple[Fault, ...] = ()
        self._random = random.Random()
        self._choosing = threading.Lock()
        self._server = _Server(self)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, name="fault-proxy", daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def inject(self, faults: Iterable[Fault], seed: int = 0) -> None:
        """Inject these faults, and no others, from now on; the same seed throws the same dice."""
        with self._choosing:
            self._faults = tuple(faults)
            self.injected.clear()
            self._random.seed(seed)

    def heal(self) -> None:
        """Inject nothing any more; `injected` stays as it is."""
        with self._choosing:
            self._faults = ()

    def note(self, fault: str, service: str, operation: str) -> None:
        """Count and write down a fault that has been injected."""
        self.injected[fault] += 1
        self.history.add(Injected(time.time(), fault, service, operation))

    def kill_holder_of(self, job_id: str) -> bool:
        """Kill the background processor's process that was the last to call for this job; False if it is not there."""
        with self._choosing:
            pid = next((pid for pid, held in reversed(self._held_jobs.items()) if held == job_id), None)
        return pid is not None and self._kill(pid)

    def serve(self, request: "_Request", call: AwsCall) -> Reply | None:
        """Give the reply to a request; None closes the connection without one."""
        worker = worker_in(request.headers)
        fault = self._choose(call, worker)
        reply = None
        match fault.kind if fault else None:
            case None:
                reply = self._forward(request, call)
            case Kind.DELAY:
                time.sleep(fault.seconds)  # the fault itself
                reply = self._forward(request, call)
            case Kind.DUPLICATE:
                self._forward(request, call)
                reply = self._forward(request, call)
            case Kind.REFUSE:
                reply = refusal(call.service, fault.error)
            case Kind.HIDE:
                reply = self._make_visible(request, call)
            case Kind.LOSE_REPLY:
                self._forward(request, call)
            case Kind.KILL:
                self._kill(worker.pid)
        return reply

    def _choose(self, call: AwsCall, worker: Worker) -> Fault | None:
        with self._choosing:
            if worker.function.endswith(PROCESSOR) and call.job_id is not None:
                # Put at the end: the last to call for a job is its holder.
                self._held_jobs.pop(worker.pid, None)
                self._held_jobs[worker.pid] = call.job_id
            for fault in self._faults:
                befalls = (
                    fault.service == call.service
                    and fault.operation in (None, call.operation)
                    and worker.function.endswith(fault.caller)
                    and (fault.kind is not Kind.KILL or worker.pid is not None)
                    and fault.matches(call.body)
                    and self.injected[fault.name] != fault.times
                )
                if befalls and self._random.random() < fault.probability:
                    twice = TWICE if fault.kind is Kind.DUPLICATE else ""
                    self.note(fault.name, call.service, call.operation + twice)
                    return fault
        return None

    def _kill(self, pid: int) -> bool:
        """End a process as a machine's failure does: it can do nothing about it. False if it has ended already."""
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            return False
        self.history.add(Crashed(time.time(), self._held_jobs.get(pid)))
        return True

    def _make_visible(self, request: "_Request", call: AwsCall) -> Reply:
        try:
            # In the tests' own name: the caller's signature covers the caller's number of seconds.
            self._queues.change_message_visibility(**json.loads(call.body) | {"VisibilityTimeout": 0})
        except self._queues.exceptions.ReceiptHandleIsInvalid:
            return self._forward(request, call)
        return Reply(200, (("Content-Type", "application/x-amz-json-1.0"),), b"{}")

    def _forward(self, request: "_Request", call: AwsCall) -> Reply:
        connection = http.client.HTTPConnection("127.0.0.1", self._cloud_port, timeout=_SERVICE_SECONDS)
        try:
            # Host included: it is signed.
            connection.putrequest(request.command, request.path, skip_host=True, skip_accept_encoding=True)
            for name, value in _end_to_end(request.headers.items()):
                connection.putheader(name, value)
            connection.putheader("Content-Length", str(len(call.body)))
            connection.endheaders(call.body)
            response = connection.getresponse()
            reply = Reply(response.status, _end_to_end(response.getheaders()), response.read())
        finally:
            connection.close()
        if call.service == "dynamodb" and reply.status == 200:
            for item in stored_jobs(call, reply.body):
                self.history.add(Stored(time.time(), item))
        return reply


def _end_to_end(headers: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    return tuple((name, value) for name, value in headers if name.lower() not in _HOP_BY_HOP)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    # A burst of cold workers connects at the same moment.
    request_queue_size = 128

    def __init__(self, proxy: FaultProxy) -> None:
        self.proxy = proxy
        super().__init__(("127.0.0.1", 0), _Request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Keep what went wrong, unless the caller has gone: killed, or tired of waiting."""
        error = sys.exception()
        if error is not None and not isinstance(error, ConnectionError):
            self.proxy.failures.append(error)


class _Request(BaseHTTPRequestHandler):
    """One caller's connection, and the requests on it."""

    protocol_version = "HTTP/1.1"
    server: _Server

    def serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        reply = self.server.proxy.serve(self, recognise(self.command, self.path, self.headers, body))
        if reply is None:
            self.close_connection = True
            return
        self.send_response_only(reply.status)
        for name, value in reply.headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(reply.body)

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = serve  # noqa: N815 (the base class looks for these names)

    def log_message(self, *_details: Any) -> None:
        """Keep the tests' output for the tests."""
