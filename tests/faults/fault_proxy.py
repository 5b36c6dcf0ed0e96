"""A proxy between the functions and the local cloud that injects faults and writes down what was stored.

It runs in the tests' process. The functions' environment names it as the endpoint of DynamoDB, SQS, Lambda, S3 and the
management API; it sends their requests on as they are, signatures included.
"""

import http.client
import json
import random
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from faults.aws_call import AwsCall, recognise
from faults.fault import Fault, Kind, Reply, refusal
from faults.history import TWICE, Crashed, History, Injected, Stored
from faults.stored_items import stored_jobs
from faults.workers import Worker, Workers
from local_cloud.running_cloud import LocalCloud

# Of one connection, not of the message: each side has its own.
_HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "expect", "content-length"}
# Longer than any caller's own limit: it is the caller who gives up.
_SERVICE_SECONDS = 120

PROCESSOR = "-background-processor"


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
        self.workers = Workers(cloud.port)
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
        """Kill the background processor's worker that was the last to call for this job; False if it is not there."""
        with self._choosing:
            pid = next((pid for pid, held in reversed(self._held_jobs.items()) if held == job_id), None)
        worker = next((worker for worker in self.workers.all() if worker.pid == pid), None)
        if worker is None:
            return False
        self._kill(worker)
        return True

    def serve(self, request: "_Request", call: AwsCall) -> Reply | None:
        """Give the reply to a request; None closes the connection without one."""
        worker = request.worker
        fault = self._choose(call, worker)
        if fault is None:
            return self._forward(request, call)
        match fault.kind:
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
                reply = None
            case Kind.KILL if worker is not None:
                self._kill(worker)
                reply = None
            case _:
                reply = None
        return reply

    def _choose(self, call: AwsCall, worker: Worker | None) -> Fault | None:
        caller = "" if worker is None else worker.function
        with self._choosing:
            if worker is not None and caller.endswith(PROCESSOR) and call.job_id is not None:
                # Put at the end: the last to call for a job is its holder.
                self._held_jobs.pop(worker.pid, None)
                self._held_jobs[worker.pid] = call.job_id
            for fault in self._faults:
                if not (
                    fault.service == call.service
                    and fault.operation in (None, call.operation)
                    and caller.endswith(fault.caller)
                    and (fault.kind is not Kind.KILL or worker is not None)
                    and fault.matches(call.body)
                ):
                    continue
                if self.injected[fault.name] == fault.times:
                    continue
                if self._random.random() < fault.probability:
                    is_twice = fault.kind is Kind.DUPLICATE
                    self.note(fault.name, call.service, call.operation + TWICE if is_twice else call.operation)
                    return fault
        return None

    def _kill(self, worker: Worker) -> None:
        self.history.add(Crashed(time.time(), self._held_jobs.get(worker.pid)))
        self.workers.kill(worker)

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

    known_worker: Worker | None = None

    @property
    def worker(self) -> Worker | None:
        """The worker at the other end; None if it is none, as a client that follows a link to S3."""
        if self.known_worker is None:
            self.known_worker = self.server.proxy.workers.that_connected_from(self.client_address[1])
        return self.known_worker

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
