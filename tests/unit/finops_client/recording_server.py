"""A WebSocket server in the test's own process: it records what it receives and answers as the test says."""

from __future__ import annotations

import asyncio
import http
import json
from collections.abc import Awaitable, Callable
from typing import Any, Self

from websockets.asyncio.server import Request, Response, Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from unit.finops_client import protocol_messages as say

Answer = Callable[[ServerConnection, dict[str, Any]], Awaitable[None]]


def sending(*messages: dict[str, Any] | str) -> Answer:
    """An answer of these messages; a question's request id is filled in, as a server does."""

    async def answer(socket: ServerConnection, received: dict[str, Any]) -> None:
        for message in messages:
            if isinstance(message, str):
                await socket.send(message)
                continue
            asked = message.get("type") == "job_queued" and "requestId" in received
            await socket.send(json.dumps(message | {"requestId": received["requestId"]} if asked else message))

    return answer


def in_turn(*answers: Answer) -> Answer:
    """The first answer the first time, and so on; the last one from then on."""
    left = list(answers)

    async def answer(socket: ServerConnection, received: dict[str, Any]) -> None:
        await (left.pop(0) if len(left) > 1 else left[0])(socket, received)

    return answer


def then_cut(answer: Answer) -> Answer:
    """An answer after which the line is cut, without a closing handshake."""

    async def cut(socket: ServerConnection, received: dict[str, Any]) -> None:
        await answer(socket, received)
        await asyncio.wait_for(await socket.ping(), 20)  # the client has read what came before
        socket.transport.abort()

    return cut


async def silence(socket: ServerConnection, received: dict[str, Any]) -> None:
    """No answer."""


class RecordingServer:
    """Answers by `action`. Without other answers it authenticates everybody and completes every job at once."""

    def __init__(self, **answers: Answer) -> None:
        self.answers: dict[str, Answer] = {
            "authenticate": sending(say.authenticated()),
            "ping": sending(say.pong()),
            "list_jobs": sending(say.error(code="UNAUTHENTICATED")),
            "finops_query": sending(*say.WHOLE_JOB),
            "resume_job": sending(say.error()),
        } | answers
        self.received: list[dict[str, Any]] = []
        self.sockets: list[ServerConnection] = []
        self.handshake_statuses: list[int] = []
        self.origins: list[str | None] = []
        self._server: Server

    async def __aenter__(self) -> Self:
        self._server = await serve(self._serve, "127.0.0.1", 0, process_request=self._handshake)
        return self

    async def __aexit__(self, *raised: object) -> None:
        self._server.close()
        for socket in self.sockets:
            socket.transport.abort()
        await self._server.wait_closed()

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    def actions(self) -> list[str]:
        return [message["action"] for message in self.received]

    async def until(self, condition: Callable[[], bool], deadline: float = 20.0) -> None:
        async with asyncio.timeout(deadline):
            while not condition():
                await asyncio.sleep(0.005)

    def _handshake(self, socket: ServerConnection, request: Request) -> Response | None:
        self.origins.append(request.headers.get("Origin"))
        if not self.handshake_statuses:
            return None
        return socket.respond(http.HTTPStatus(self.handshake_statuses.pop(0)), "no\n")

    async def _serve(self, socket: ServerConnection) -> None:
        self.sockets.append(socket)
        try:
            async for frame in socket:
                try:
                    message = json.loads(frame)
                except ValueError:
                    await socket.send(json.dumps(say.error(code="INVALID_MESSAGE")))
                    continue
                self.received.append(message)
                await self.answers.get(message["action"], sending(say.error()))(socket, message)
        except ConnectionClosed:
            return
