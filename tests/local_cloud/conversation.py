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

    async def receive_of(self, *types: str) -> dict[str, Any]:
        """Gives the next message of these types: a job that the connection follows may be told of before it."""
        while (message := await self.receive())["type"] not in types:
            pass
        return message

    async def next_of(self, types: set[str]) -> str:
        """Gives the type of the next message of these types."""
        found: str = (await self.receive_of(*types))["type"]
        return found

    async def ask(self, frame: dict[str, Any] | str | bytes) -> dict[str, Any]:
        """Sends a frame and gives the next message."""
        await self.send(frame)
        return await self.receive()

    async def sign_in(self, token: str) -> dict[str, Any]:
        await self.send({"action": "authenticate", "token": token})
        answer = await self.receive_of("authenticated", "error")
        assert answer["type"] == "authenticated", answer
        return answer

    async def start(self, query: str, reached: str = "job_queued") -> str:
        """Asks a question, and gives its job's id once a message of the type `reached` has come."""
        await self.send({"action": "finops_query", "query": query, "requestId": str(uuid.uuid4())})
        job_id: str = (await self.receive_of(reached))["jobId"]
        return job_id

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
