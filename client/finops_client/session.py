"""A connection with somebody on it: authenticate, ping, and the heartbeat."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, Self, TypeVar

from finops_client.clock import Clock
from finops_client.connection import Connection, Timing
from finops_client.errors import ConnectionLost, GatewayRefused, NoAnswer, NotAuthenticated, ProtocolViolation
from finops_client.events import Authenticated, ErrorMessage, Event, GatewayError, Malformed, Pong

Answer = TypeVar("Answer")


class Session:
    """One connection's dialogue. All events go to `on_event` but a refusal that answers `authenticate`."""

    def __init__(self, on_event: Callable[[Event], None], timing: Timing, clock: Clock) -> None:
        """Not connected yet; use `open`."""
        self._on_event = on_event
        self._timing = timing
        self._clock = clock
        self._authentication: asyncio.Future[Authenticated | ErrorMessage | GatewayError] | None = None
        self._one_at_a_time = asyncio.Lock()
        self._pings: list[asyncio.Future[Pong]] = []
        self.connection: Connection
        self._heartbeat: asyncio.Task[None]

    @classmethod
    async def open(cls, url: str, on_event: Callable[[Event], None], timing: Timing, clock: Clock) -> Self:
        """Connects and starts the heartbeat.

        Raises:
            CannotConnect: see `Connection.open`.
        """
        session = cls(on_event, timing, clock)
        session.connection = await Connection.open(url, session._receive, timing)
        session._heartbeat = asyncio.create_task(session._beat())
        return session

    async def authenticate(self, fields: Mapping[str, str]) -> Authenticated:
        """Says who is there: `token`, or `userId` and `username`.

        Raises:
            NotAuthenticated: the server refused; `code` says why.
            GatewayRefused: the message did not reach the server's functions.
            ProtocolViolation: the answer is not what the protocol says.
            NoAnswer: no answer within the deadline.
            ConnectionLost: the connection went away.
        """
        async with self._one_at_a_time:
            self._authentication = asyncio.get_running_loop().create_future()
            try:
                await self.connection.send({"action": "authenticate", **fields})
                answer = await self._answer(self._authentication, "the authentication")
            finally:
                self._authentication = None
        if isinstance(answer, ErrorMessage):
            raise NotAuthenticated(answer.message, answer.code)
        if isinstance(answer, GatewayError):
            raise GatewayRefused(answer.message)
        return answer

    async def ping(self) -> Pong:
        """Asks the server's functions for a sign of life.

        Raises:
            NoAnswer: no pong within the deadline.
            ConnectionLost: the connection went away.
        """
        pong: asyncio.Future[Pong] = asyncio.get_running_loop().create_future()
        self._pings.append(pong)
        try:
            await self.connection.send({"action": "ping"})
            return await self._answer(pong, "a ping")
        finally:
            self._pings.remove(pong)

    async def close(self) -> None:
        """Ends the heartbeat and the connection."""
        self._heartbeat.cancel()
        await asyncio.wait([self._heartbeat])
        await self.connection.close()

    async def _beat(self) -> None:
        """Pings now and then: API Gateway does not close the connection as idle, and a dead one shows."""
        while True:
            await self._clock.sleep(self._timing.heartbeat)
            try:
                await self.ping()
            except NoAnswer as dead:
                self.connection.abort(str(dead))
                return
            except ConnectionLost:
                return

    async def _answer(self, answer: asyncio.Future[Answer], what: str) -> Answer:
        lost = self.connection.lost
        either: list[asyncio.Future[Any]] = [answer, lost]
        await asyncio.wait(either, timeout=self._timing.answer, return_when=asyncio.FIRST_COMPLETED)
        if answer.done():
            return answer.result()
        if lost.done():
            raise lost.result()
        raise NoAnswer(what, self._timing.answer)

    def _receive(self, event: Event) -> None:
        waiting = self._authentication
        if waiting is not None and not waiting.done():
            if isinstance(event, Authenticated):
                waiting.set_result(event)
            elif isinstance(event, ErrorMessage | GatewayError):
                waiting.set_result(event)
                return
            elif isinstance(event, Malformed) and event.kind == Authenticated.KIND:
                waiting.set_exception(ProtocolViolation(f"The answer cannot be read: {event.reason}."))
        if isinstance(event, Pong):
            for ping in self._pings:
                if not ping.done():
                    ping.set_result(event)
        self._on_event(event)
