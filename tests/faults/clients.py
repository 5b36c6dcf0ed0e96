"""Clients over real WebSockets: they sign in, ask, and come back by themselves, as the project's own clients do.

Each frame that they send or receive goes into the history, and is held against the contract.
"""

import asyncio
import json
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import websockets
from websockets.asyncio.client import ClientConnection

from contract_schema import assert_valid
from faults.evidence import end_said
from faults.history import Closed, History, Received, Sent

# Seconds: longer than a heartbeat, so that a client asks only when it has reason to.
SILENCE = 3
# Seconds after which a client gives up, which a job's client never has to.
PATIENCE = 60
# What a connection is told that has to show again who is there: this client does it on a new one.
SIGN_IN_AGAIN = {"UNAUTHENTICATED", "SESSION_EXPIRED"}
# Seconds between two tries to connect.
PAUSE = 0.1

Message = dict[str, Any]


@dataclass(frozen=True)
class Person:
    """A user, and the token that proves it. `user_id` is the token's `sub`."""

    name: str
    user_id: str
    token: str


class Tab:
    """One window of a person's: one connection at a time, made anew whenever it is lost."""

    def __init__(self, url: str, person: Person, history: History) -> None:
        self.person = person
        self.received: list[Message] = []
        self._url = url
        self._history = history
        self._connection: ClientConnection | None = None
        self._name = ""
        self._reader: asyncio.Task[None] | None = None
        self._news = asyncio.Event()

    async def open(self) -> None:
        """Connect and sign in, however often it takes; do nothing if the connection is there."""
        async with asyncio.timeout(PATIENCE):
            while self._connection is None and not await self._try_to_open():
                await asyncio.sleep(PAUSE)

    async def close(self) -> None:
        if self._connection is not None:
            await self._connection.close()
        await self._read_to_the_end()

    async def vanish(self) -> None:
        """Lose the connection without a word, as a laptop that is shut does."""
        if self._connection is not None:
            self._connection.transport.abort()
        await self._read_to_the_end()

    async def ask(self, query: str, request_id: str | None = None) -> Message:
        """Ask until there is an answer, and give it: `job_queued`, or `job_failed` of a job that was refused."""
        request_id = request_id or str(uuid.uuid4())
        return await self._exchange(
            {"action": "finops_query", "query": query, "requestId": request_id},
            # INTERNAL without a job: nobody knows whether there is one.
            lambda message: message.get("requestId") == request_id and message.get("jobId") is not None,
        )

    async def resume(self, job_id: str) -> Message:
        """Ask for a job and give its snapshot, or the error."""
        return await self._exchange(
            {"action": "resume_job", "jobId": job_id},
            lambda message: message.get("jobId") == job_id and message["type"] in {"job_snapshot", "error"},
        )

    async def cancel(self, job_id: str) -> Message:
        """Cancel a job and give the answer: `job_cancelled`, or the error that says that it has ended."""
        return await self._exchange(
            {"action": "cancel_job", "jobId": job_id},
            lambda message: (
                message.get("jobId") == job_id
                and (message["type"] == "job_cancelled" or message.get("code") in {"JOB_FINISHED", "JOB_NOT_FOUND"})
            ),
        )

    async def list_jobs(self) -> list[Message]:
        """Give the first page of the person's jobs."""
        answer = await self._exchange({"action": "list_jobs"}, lambda message: message["type"] == "job_list")
        jobs: list[Message] = answer["jobs"]
        return jobs

    async def end_of(self, job_id: str) -> Message:
        """Wait for a job's end and give the message that says it; ask for it when there is silence."""
        heard = 0
        async with asyncio.timeout(PATIENCE):
            while True:
                messages = self._about(job_id)
                if ends := [message for message in messages if end_said(message)]:
                    return ends[0]
                if len(messages) == heard:
                    await self._send({"action": "resume_job", "jobId": job_id})
                heard = len(messages)
                await self._wait(lambda heard=heard: len(self._about(job_id)) > heard)

    def _about(self, job_id: str) -> list[Message]:
        return [message for message in self.received if message.get("jobId") == job_id]

    async def _exchange(self, frame: Message, is_answer: Callable[[Message], bool]) -> Message:
        async with asyncio.timeout(PATIENCE):
            while True:
                before = len(self.received)
                await self._send(frame)
                await self._wait(lambda before=before: any(map(is_answer, self.received[before:])))
                if answers := list(filter(is_answer, self.received[before:])):
                    return answers[0]

    async def _send(self, frame: Message) -> None:
        await self.open()
        while not await self._post(frame):
            await self._read_to_the_end()
            await self.open()

    async def _post(self, frame: Message) -> bool:
        """Send a frame on the connection that there is; False if it is lost."""
        if self._connection is None:
            return False
        self._history.add(Sent(time.time(), self.person.user_id, self._name, frame))
        try:
            await self._connection.send(json.dumps(frame))
        except websockets.ConnectionClosed:
            return False
        return True

    async def _wait(self, condition: Callable[[], bool]) -> bool:
        """Wait until a condition holds; False after a silence, or if the connection is lost."""
        try:
            async with asyncio.timeout(SILENCE):
                while not condition():
                    if self._connection is None:
                        return False
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            return False
        return True

    async def _try_to_open(self) -> bool:
        await self._read_to_the_end()
        try:
            connection = await websockets.connect(self._url, max_size=None)
        except (OSError, websockets.InvalidHandshake, TimeoutError):
            return False
        self._connection = connection
        self._name = f"{self.person.name}-{uuid.uuid4().hex[:8]}"
        self._reader = asyncio.create_task(self._read(connection, self._name))
        before = len(self.received)
        if not await self._post({"action": "authenticate", "token": self.person.token}):
            return False
        if await self._wait(lambda: any(message.get("type") == "authenticated" for message in self.received[before:])):
            return True
        await connection.close()
        return False

    async def _read(self, connection: ClientConnection, name: str) -> None:
        try:
            async for frame in connection:
                try:
                    message: Message = json.loads(frame)
                except ValueError:
                    continue  # the local cloud sends the error of a function that has died, as API Gateway sends one
                self._history.add(Received(time.time(), self.person.user_id, name, message))
                self.received.append(message)
                self._news.set()
                assert_valid(message)
                if message.get("code") in SIGN_IN_AGAIN:
                    await connection.close()
        except websockets.ConnectionClosed:
            pass
        finally:
            self._history.add(Closed(time.time(), self.person.user_id, name))
            self._connection = None
            self._news.set()

    async def _read_to_the_end(self) -> None:
        reader, self._reader = self._reader, None
        if reader is not None:
            await reader
