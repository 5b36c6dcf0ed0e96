"""The service as a page sees it: it keeps jobs and tells of them by the contract, and fails as a test says."""

from __future__ import annotations

import asyncio
import http
import json
import threading
import time
import uuid
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass, field
from typing import Any, Self, TypeVar

import jwt
from websockets.asyncio.server import Request, Response, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.protocol import State

from browser.web_client.stored_job import AGENTS, Message, Step, StoredJob, cancelled
from contract_schema import CLIENT_MESSAGES, ERROR_CODES, assert_valid, errors_of, kind_of
from local_cloud.running_cloud import until

Answer = TypeVar("Answer")
SECONDS = 10
# How long the service takes a token for good, whatever the token says.
HOUR = 3600


@dataclass
class Line:
    """A connection, and whose it is."""

    socket: ServerConnection
    user: str | None = None


@dataclass
class Refusal:
    """How the next messages of an action are refused: with `jobId` of none, as nothing was stored."""

    code: str
    sentence: str
    fields: Message = field(default_factory=dict)
    times: int = 1


class ScriptedService:
    """Serves on a port while it is entered; a test may change what it does, and look at what it got, at any time."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.received: list[Message] = []
        self.jobs: dict[str, StoredJob] = {}
        self.most_open = 0
        # What happens to each new question at once.
        self.plays: tuple[Step, ...] = ()
        # Messages of these actions get no answer; '*' is all.
        self.ignores: set[str] = set()
        # Messages of these types are lost on their way to the page.
        self.loses: set[str] = set()
        self.handshake_status = 101
        self.token_seconds = HOUR
        # What the contract or this class takes for a mistake, of the page's or of its own.
        self.failures: list[str] = []
        self._refusals: dict[str, Refusal] = {}
        self._lines: list[Line] = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)

    def __enter__(self) -> Self:
        self._thread.start()
        self._server = self._run(self._start())
        return self

    def __exit__(self, *raised: object) -> None:
        self._run(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.port}"

    def actions(self) -> list[str]:
        return [message["action"] for message in list(self.received)]

    def got(self, action: str, count: int = 1) -> list[Message]:
        """Wait until so many messages of an action have come, and give all of them."""
        until(lambda: self.actions().count(action) >= count, SECONDS)
        return [message for message in list(self.received) if message["action"] == action]

    def open_lines(self) -> int:
        return sum(line.socket.state is State.OPEN for line in self._lines)

    def job(self, query: str | None = None) -> StoredJob:
        """Wait until there is a job (of this question), and give the newest."""

        def newest() -> StoredJob | None:
            return next((job for job in reversed(list(self.jobs.values())) if query in (None, job.query)), None)

        found = until(newest, SECONDS)
        assert found is not None
        return found

    def add(self, query: str, *steps: Step, user: str, **fields: Any) -> StoredJob:
        """Put a job there as if it had been asked elsewhere, with these steps behind it; nobody is told."""
        job = StoredJob(query, user, **fields)
        for step in steps:
            assert_valid(step(job))
        self.jobs[job.job_id] = job
        return job

    def tell(self, job: StoredJob, *steps: Step) -> None:
        """Bring a job on by these steps, and tell its user's connections."""
        self._run(self._tell(job, steps))

    def send(self, *messages: Message | str) -> None:
        """Send messages as they are to all connections."""

        async def send() -> None:
            for line in self._lines:
                for message in messages:
                    await self._say(line, message)

        self._run(send())

    def refuse(self, action: str, code: str, sentence: str = "", times: int = 1, **fields: Any) -> None:
        """Refuse the next messages of an action."""
        self._refusals[action] = Refusal(code, sentence or f"The service says {code}.", fields, times)

    def cut(self) -> None:
        """Cut all connections, without a closing handshake."""

        async def cut() -> None:
            for line in self._lines:
                line.socket.transport.abort()

        self._run(cut())

    def close(self, code: int = 1000) -> None:
        """Close all connections in good order."""

        async def close() -> None:
            for line in self._lines:
                await line.socket.close(code)

        self._run(close())

    async def _start(self) -> Any:
        return await serve(self._serve, "127.0.0.1", self.port, process_request=self._handshake, max_size=None)

    async def _stop(self) -> None:
        self._server.close()
        for line in self._lines:
            line.socket.transport.abort()
        await self._server.wait_closed()

    def _run(self, work: Coroutine[Any, Any, Answer]) -> Answer:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(SECONDS)

    def _handshake(self, socket: ServerConnection, request: Request) -> Response | None:
        """Refuse connections as the test says."""
        return None if self.handshake_status == 101 else socket.respond(http.HTTPStatus(self.handshake_status), "no\n")

    async def _serve(self, socket: ServerConnection) -> None:
        line = Line(socket)
        self._lines.append(line)
        self.most_open = max(self.most_open, self.open_lines())
        try:
            async for frame in socket:
                message = json.loads(frame)
                self.received.append(message)
                self.failures += errors_of_client_message(message)
                if not self.ignores & {"*", message["action"]}:
                    await self._serve_message(line, message)
        except ConnectionClosed:
            return
        except AssertionError as mistake:
            self.failures.append(str(mistake))

    async def _serve_message(self, line: Line, message: Message) -> None:
        action = message["action"]
        refusal = self._refusals.get(action)
        if refusal and refusal.times > 0:
            refusal.times -= 1
            await self._refuse(line, message, refusal)
            return
        serve: Callable[[Line, Message], Coroutine[Any, Any, None]] = getattr(self, f"_{action}")
        if line.user is None and action not in {"authenticate", "ping"}:
            await self._refuse(line, message, Refusal("UNAUTHENTICATED", "Please sign in."))
        else:
            await serve(line, message)

    async def _refuse(self, line: Line, message: Message, refusal: Refusal) -> None:
        told: Message = {"code": refusal.code, "timestamp": int(time.time()), **refusal.fields}
        if message["action"] == "finops_query":
            told |= {"type": "job_failed", "jobId": None, "error": refusal.sentence}
            told |= {"requestId": message["requestId"]} if "requestId" in message else {}
        else:
            told |= {"type": "error", "message": refusal.sentence}
            told |= {"jobId": message["jobId"]} if "jobId" in message else {}
        await self._say(line, told)

    async def _authenticate(self, line: Line, message: Message) -> None:
        token = message.get("token")
        claims = jwt.decode(token, options={"verify_signature": False}) if token else {"sub": message["userId"]}
        line.user = claims["sub"]
        jobs = [job for job in reversed(list(self.jobs.values())) if job.user == line.user and not job.has_ended]
        proof = {"expiresAt": int(time.time()) + self.token_seconds} if token else {}
        await self._say(
            line,
            {
                "type": "authenticated",
                "message": "Welcome.",
                "userId": line.user,
                "connectionId": str(uuid.uuid4()),
                "verified": bool(token),
                **proof,
                "activeJobs": [job.job_id for job in jobs],
            },
        )
        for job in jobs:
            await self._say(line, job.snapshot())

    async def _ping(self, line: Line, message: Message) -> None:
        await self._say(line, {"action": "pong", "timestamp": int(time.time())})

    async def _finops_query(self, line: Line, message: Message) -> None:
        request_id = message.get("requestId")
        asked = (job for job in self.jobs.values() if job.request_id == request_id and job.user == line.user)
        if request_id and (job := next(asked, None)):
            await self._say(line, job.queued(duplicate=True))
            if job.has_ended:
                await self._say(line, job.snapshot())
            return
        job = StoredJob(message["query"], str(line.user), request_id, agents=message.get("agents") or AGENTS)
        self.jobs[job.job_id] = job
        await self._say(line, job.queued())
        await self._tell(job, self.plays)

    async def _resume_job(self, line: Line, message: Message) -> None:
        job = self.jobs.get(message["jobId"])
        if job is None or job.user != line.user:
            await self._refuse(line, message, Refusal("JOB_NOT_FOUND", "There is no such job, or it is not yours."))
        else:
            await self._say(line, job.snapshot())

    async def _cancel_job(self, line: Line, message: Message) -> None:
        job = self.jobs.get(message["jobId"])
        if job is None:
            await self._refuse(line, message, Refusal("JOB_NOT_FOUND", "There is no such job, or it is not yours."))
        elif job.status in {"completed", "failed"}:
            sentence = f"The job cannot be cancelled: it is {job.status} already."
            await self._refuse(line, message, Refusal("JOB_FINISHED", sentence))
        elif job.status == "cancelled":
            await self._say(line, {"type": "job_cancelled", "jobId": job.job_id, "timestamp": 1, "seq": job.seq})
        else:
            await self._tell(job, [cancelled])

    async def _list_jobs(self, line: Line, message: Message) -> None:
        jobs = sorted((job for job in self.jobs.values() if job.user == line.user), key=lambda job: -job.created_at)
        begin, limit = int(message.get("cursor") or 0), message.get("limit", 20)
        end = begin + limit
        more = {"cursor": str(end)} if end < len(jobs) else {}
        await self._say(line, {"type": "job_list", "jobs": [job.summary() for job in jobs[begin:end]], **more})

    async def _tell(self, job: StoredJob, steps: Iterable[Step]) -> None:
        for step in steps:
            message = step(job)
            for line in self._lines:
                if line.user == job.user:
                    await self._say(line, message)

    async def _say(self, line: Line, message: Message | str) -> None:
        # A code may be one that the contract does not have yet.
        if isinstance(message, dict) and message.get("code") in {None, *ERROR_CODES}:
            assert_valid(message)
        is_lost = isinstance(message, dict) and message.get("type") in self.loses
        if line.socket.state is State.OPEN and not is_lost:
            await line.socket.send(message if isinstance(message, str) else json.dumps(message))


def errors_of_client_message(message: Message) -> list[str]:
    """Say what the contract has against a message that the page has sent."""
    for name in CLIENT_MESSAGES:
        if kind_of(name) == ("action", message.get("action")):
            return errors_of(name, message)
    return [f"There is no action {message.get('action')}."]
