"""A connection with somebody on it: requests and their answers, ping, and the heartbeat."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, Self, TypeVar

from finops_client.clock import Clock
from finops_client.connection import Connection, Timing
from finops_client.errors import (
    ConnectionLost,
    FinopsClientError,
    LimitReached,
    NoAnswer,
    NotAuthenticated,
    RequestRefused,
)
from finops_client.events import Authenticated, Event, Pong
from finops_client.request import Answer, Request

Value = TypeVar("Value")


class Session:
    """One connection's dialogue. All events go to `on_event`."""

    def __init__(self, on_event: Callable[[Event], None], timing: Timing, clock: Clock) -> None:
        """Not connected yet; use `open`."""
        self._on_event = on_event
        self._timing = timing
        self._clock = clock
        self._request: Request[Any] | None = None
        self._turn = asyncio.Lock()
        self._pings: list[asyncio.Future[Pong]] = []
        self.connection: Connection
        self._heartbeat: asyncio.Task[None]

    @classmethod
    async def open(
        cls, url: str, on_event: Callable[[Event], None], timing: Timing, clock: Clock, *, origin: str | None = None
    ) -> Self:
        """Connects, from a page of `origin` if that is given, and starts the heartbeat.

        Raises:
            CannotConnect: see `Connection.open`.
        """
        session = cls(on_event, timing, clock)
        session.connection = await Connection.open(url, session._receive, timing, origin=origin)
        session._heartbeat = asyncio.create_task(session._beat())
        return session

    async def authenticate(self, fields: Mapping[str, str]) -> Authenticated:
        """Says who is there: `token`, or `userId` and `username`.

        Raises:
            NotAuthenticated: the server refused; `code` says why.
            LimitReached: this user has too many connections.
            GatewayRefused, ServerFailed, ProtocolViolation, NoAnswer, ConnectionLost: see `request`.
        """
        try:
            return await self.request({"action": "authenticate", **fields}, Authenticated)
        except LimitReached:
            raise
        except RequestRefused as refused:
            raise NotAuthenticated(str(refused), refused.code) from None

    async def request(self, message: Mapping[str, object], answer: type[Answer]) -> Answer:
        """Sends a message and returns its answer: of this class and, if the message has a `jobId`, of that job.

        An `error` need not name what it refuses, and API Gateway hands messages on side by side. So one request waits
        for the other, also for one whose caller has gone.

        Raises:
            RequestRefused, NotAuthenticated, ServerFailed: the server refused; see `refusals.py`.
            GatewayRefused: the message did not reach the server's functions.
            ProtocolViolation: the answer is not what the protocol says.
            NoAnswer: no answer within the deadline.
            ConnectionLost: the connection went away.
        """
        await self._turn.acquire()
        turn = asyncio.create_task(self._take_turn(Request(message, answer)))
        turn.add_done_callback(lambda _: self._turn.release())
        outcome = await asyncio.shield(turn)
        if isinstance(outcome, FinopsClientError):
            raise outcome
        return outcome

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
            return await self.wait_for(pong, "a ping")
        finally:
            self._pings.remove(pong)

    async def wait_for(self, answer: asyncio.Future[Value], what: str) -> Value:
        """The answer to something that was sent here.

        Raises:
            NoAnswer: `what` was not answered within the deadline.
            ConnectionLost: the connection went away.
        """
        lost = self.connection.lost
        either: list[asyncio.Future[Any]] = [answer, lost]
        await asyncio.wait(either, timeout=self._timing.answer, return_when=asyncio.FIRST_COMPLETED)
        if answer.done():
            return answer.result()
        if lost.done():
            raise lost.result()
        raise NoAnswer(what, self._timing.answer)

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

    async def _take_turn(self, request: Request[Answer]) -> Answer | FinopsClientError:
        self._request = request
        try:
            await self.connection.send(request.message)
            return await self.wait_for(request.outcome, str(request.message["action"]))
        except FinopsClientError as failed:
            return failed

    def _receive(self, event: Event) -> None:
        if self._request:
            self._request.take(event)
        if isinstance(event, Pong):
            for ping in self._pings:
                if not ping.done():
                    ping.set_result(event)
        self._on_event(event)
