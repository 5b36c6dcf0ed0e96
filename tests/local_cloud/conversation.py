"""One client's connection, at the level of frames. Every message that arrives is held against the contract."""

import asyncio
import json
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import websockets
from websockets.asyncio.client import ClientConnection

from contract_schema import assert_valid

# Every question that was sent, for the search of the logs: the table with it may be gone by then.
ASKED: set[str] = set()
ENDS = {"job_completed", "job_failed", "job_cancelled"}


class Conversation:
    """Sends frames and receives messages."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection

    async def send(self, frame: dict[str, Any] | str | bytes) -> None:
        if isinstance(frame, dict) and isinstance(query := frame.get("query"), str):
            ASKED.add(query)
        await self._connection.send(json.dumps(frame) if isinstance(frame, dict) else frame)

    async def receive(self, seconds: float = 30) -> dict[str, Any]:
        message: dict[str, Any] = json.loads(await asyncio.wait_for(self._connection.recv(), seconds))
        assert_valid(message)
        return message

    async def next_of(self, types: set[str]) -> str:
        """Gives the type of the next message of these types."""
        while (message := await self.receive())["type"] not in types:
            pass
        found: str = message["type"]
        return found

    async def ask(self, frame: dict[str, Any] | str | bytes) -> dict[str, Any]:
        """Sends a frame and gives the next message."""
        await self.send(frame)
        return await self.receive()

    async def sign_in(self, token: str) -> dict[str, Any]:
        """Signs in. The heartbeat of a job that the connection follows from here on may come before the answer."""
        answer = await self.ask({"action": "authenticate", "token": token})
        while answer["type"] == "progress_update":
            answer = await self.receive()
        assert answer["type"] == "authenticated", answer
        return answer

    async def job(self, query: str, **fields: Any) -> list[dict[str, Any]]:
        """Asks a question and gives its job's messages up to the end; the connection may follow other jobs too."""
        request_id = fields.setdefault("requestId", str(uuid.uuid4()))
        await self.send({"action": "finops_query", "query": query, **fields})
        received: list[dict[str, Any]] = []
        while True:
            received.append(await self.receive())
            answers = (message for message in received if message.get("requestId") == request_id)
            if (answer := next(answers, None)) is None:
                continue
            own = [
                message
                for message in received
                # A failure after the acknowledgement may name the request only.
                if message.get("jobId") == answer["jobId"] or message.get("requestId") == request_id
            ]
            if any(message["type"] in ENDS for message in own):
                return own


@asynccontextmanager
async def conversation(url: str) -> AsyncIterator[Conversation]:
    async with websockets.connect(url, max_size=None) as connection:
        yield Conversation(connection)
