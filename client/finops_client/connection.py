"""One WebSocket: open it, send, ask and be answered, read frames as events, notice that it is gone.

The limits are API Gateway's: https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from typing import Any, Self, TypeVar

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidProxy, InvalidStatus, InvalidURI
from websockets.typing import Origin

from finops_client import errors
from finops_client.errors import FinopsClientError
from finops_client.events import (
    Authenticated,
    ErrorMessage,
    Event,
    GatewayError,
    Malformed,
    Pong,
    WireValue,
    kind_of,
    parse_event,
)
from finops_client.timing import Timing

KIB = 1024
MAX_SENT_MESSAGE = 128 * KIB
MAX_SENT_FRAME = 32 * KIB

# API Gateway sends at most 128 KB, but the local cloud has no limit and a larger message than this one would
# close the connection and cost the answer. Still a bound: a broken server must not fill the memory.
MAX_RECEIVED_MESSAGE = 4 * 1024 * KIB

# Ping frames are answered by API Gateway itself, at no cost, so they show a cut line within a minute. They
# say nothing of the functions behind it and may not count against the idle limit: for that there is the
# `ping` action.
PING_FRAME_EVERY = 30.0
PING_FRAME_DEADLINE = 30.0

# Refusals that pass: too slow, too early, too many.
PASSING_STATUSES = {408, 425, 429}

Value = TypeVar("Value")
Answer = TypeVar("Answer", bound=WireValue)


class Connection:
    """An open WebSocket with its heartbeat. Everything received goes to `on_event`, in the order in which it came."""

    def __init__(self, socket: ClientConnection, timing: Timing, on_event: Callable[[Event], None] | None) -> None:
        self._socket = socket
        self._timing = timing
        self._listeners = [on_event] if on_event else []
        self._abort_reason: str | None = None
        self._turn = asyncio.Lock()
        self.lost: asyncio.Future[errors.ConnectionLost] = asyncio.get_running_loop().create_future()
        self._reader = asyncio.create_task(self._read())
        self._heartbeat = asyncio.create_task(self._beat())

    @classmethod
    async def open(
        cls, url: str, timing: Timing, on_event: Callable[[Event], None] | None = None, *, origin: str | None = None
    ) -> Self:
        """Connect to a `ws://` or `wss://` URL, with the header `Origin` that a browser would send if it is given.

        Raises:
            HandshakeRefused: HTTP 4xx, for which another attempt would be refused too.
            CannotConnect: anything else that stood in the way.
        """
        try:
            socket = await connect(
                url,
                origin=None if origin is None else Origin(origin),
                # API Gateway does not compress, and what is not negotiated cannot be used to blow up memory.
                compression=None,
                max_size=MAX_RECEIVED_MESSAGE,
                open_timeout=timing.opening,
                close_timeout=timing.closing,
                ping_interval=PING_FRAME_EVERY,
                ping_timeout=PING_FRAME_DEADLINE,
            )
        except InvalidStatus as refused:
            status = refused.response.status_code
            if 400 <= status < 500 and status not in PASSING_STATUSES:
                raise errors.HandshakeRefused(status, origin) from None
            raise errors.CannotConnect(f"The server answered the connection with HTTP {status}.") from None
        except TimeoutError:
            raise errors.CannotConnect(f"No connection to {url} within {timing.opening:g} seconds.") from None
        except (InvalidURI, InvalidProxy, InvalidHandshake, OSError, ValueError) as failed:
            # A port or a host name that cannot exist is a ValueError of Python's own, before anything is sent.
            raise errors.CannotConnect(f"No connection to {url}: {failed}.") from failed
        return cls(socket, timing, on_event)

    async def send(self, message: Mapping[str, object]) -> None:
        """Send a message as JSON text, in frames that API Gateway takes.

        Raises:
            MessageNotSendable, ConnectionLost: nothing was sent, or the connection is gone.
        """
        text = json.dumps(message, ensure_ascii=False, separators=(",", ":"))
        try:
            size = len(text.encode())
        except UnicodeEncodeError:
            raise errors.MessageNotSendable("The message holds half of a surrogate pair, which is no text.") from None
        if size > MAX_SENT_MESSAGE:
            raise errors.MessageNotSendable(
                f"The message has {size} bytes; API Gateway closes the connection at over {MAX_SENT_MESSAGE}."
            )
        try:
            await self._socket.send(text if size <= MAX_SENT_FRAME else split_into_frames(text))
        except ConnectionClosed as closed:
            raise self._as_lost(closed) from None

    async def authenticate(self, fields: Mapping[str, str]) -> Authenticated:
        """Say who is there: `token`, or `userId` and `username`.

        Raises:
            NotAuthenticated: the server refused; `code` says why.
            LimitReached: this user has too many connections.
            FinopsClientError: see `request`.
        """
        try:
            return await self.request({"action": "authenticate", **fields}, Authenticated)
        except errors.LimitReached:
            raise
        except errors.RequestRefused as refused:
            raise errors.NotAuthenticated(str(refused), refused.code) from None

    async def request(self, message: Mapping[str, object], answer: type[Answer]) -> Answer:
        """Send a message and return its answer: of this class and, if the message has a `jobId`, of that job.

        An `error` need not name what it refuses, and API Gateway hands messages on side by side. So one request waits
        for the other, also for one whose caller has gone.

        Raises:
            RequestRefused, NotAuthenticated, ServerFailed: the server refused; see `errors.refusal`.
            GatewayRefused, ProtocolViolation, NoAnswer, ConnectionLost: there is no answer that can be read.
        """
        await self._turn.acquire()
        outcome = await asyncio.shield(asyncio.create_task(self._take_turn(message, answer)))
        if isinstance(outcome, FinopsClientError):
            raise outcome
        return outcome

    async def ping(self) -> Pong:
        """Ask the server's functions for a sign of life.

        Raises:
            NoAnswer, ConnectionLost: there is none within the deadline, or the connection went away.
        """
        return await self._send_and_wait(
            {"action": "ping"}, lambda event: event if isinstance(event, Pong) else None, "a ping"
        )

    async def probe(self, message: Mapping[str, object]) -> Event:
        """Send any message as it is and return whatever comes next, for checks of what a server says.

        Raises:
            NoAnswer, ConnectionLost, MessageNotSendable: nothing comes, or nothing was sent.
        """
        return await self._send_and_wait(message, lambda event: event, "with any event")

    async def wait_for(self, answer: asyncio.Future[Value], what: str) -> Value:
        """Wait for the answer to something that was sent here.

        Raises:
            NoAnswer, ConnectionLost: `what` was not answered within the deadline, or the connection went away.
        """
        either: list[asyncio.Future[Any]] = [answer, self.lost]
        await asyncio.wait(either, timeout=self._timing.answer, return_when=asyncio.FIRST_COMPLETED)
        if answer.done():
            return answer.result()
        if self.lost.done():
            raise self.lost.result()
        raise errors.NoAnswer(what, self._timing.answer)

    async def aclose(self) -> None:
        """End the heartbeat and the connection; wait at most the closing time for the server's agreement."""
        self._heartbeat.cancel()
        await asyncio.wait([self._heartbeat])
        await self._socket.close()
        await self._reader

    async def _take_turn(self, message: Mapping[str, object], answer: type[Answer]) -> Answer | FinopsClientError:
        job_id = message.get("jobId")
        try:
            return await self._send_and_wait(
                message, lambda event: _outcome_in(event, answer, job_id), str(message["action"])
            )
        except FinopsClientError as failed:
            return failed
        finally:
            self._turn.release()

    async def _send_and_wait(
        self, message: Mapping[str, object], find: Callable[[Event], Value | None], what: str
    ) -> Value:
        found: asyncio.Future[Value] = asyncio.get_running_loop().create_future()

        def listen(event: Event) -> None:
            if not found.done() and (value := find(event)) is not None:
                found.set_result(value)

        self._listeners.insert(0, listen)
        try:
            await self.send(message)
            return await self.wait_for(found, what)
        finally:
            self._listeners.remove(listen)

    async def _read(self) -> None:
        lost = errors.ConnectionLost(1006, "the reader stopped")
        try:
            while True:
                event = parse_event(await self._socket.recv())
                for listen in list(self._listeners):
                    listen(event)
        except ConnectionClosed as closed:
            lost = self._as_lost(closed)
        finally:
            self.lost.set_result(lost)

    async def _beat(self) -> None:
        """Ping now and then: API Gateway does not close the connection as idle, and a dead one shows."""
        while True:
            await self._timing.sleep(self._timing.heartbeat)
            try:
                await self.ping()
            except errors.NoAnswer as dead:
                # It would not answer a closing handshake either.
                self._abort_reason = str(dead)
                self._socket.transport.abort()
                return
            except errors.ConnectionLost:
                return

    def _as_lost(self, closed: ConnectionClosed) -> errors.ConnectionLost:
        if closed.rcvd is not None:
            return errors.ConnectionLost(closed.rcvd.code, closed.rcvd.reason)
        if closed.sent is not None:
            return errors.ConnectionLost(closed.sent.code, f"closed by this client: {closed.sent.reason}")
        return errors.ConnectionLost(1006, self._abort_reason or "no close frame came")


def split_into_frames(text: str) -> list[str]:
    """Cut a text into parts of at most 32 KiB: a character has at most four bytes in UTF-8."""
    step = MAX_SENT_FRAME // 4
    return [text[start : start + step] for start in range(0, len(text), step)]


def _outcome_in(event: Event, answer: type[Answer], job_id: object) -> Answer | FinopsClientError | None:
    """What an event says to a request: the answer, a refusal, or nothing. An `error` names the job at most."""
    if isinstance(event, ErrorMessage) and event.job_id in {None, job_id}:
        return errors.refusal(event.code, event.message, event.retry_after)
    if isinstance(event, GatewayError):
        return errors.GatewayRefused(event.message)
    if isinstance(event, Malformed) and event.kind == kind_of(answer) and event.job_id in {None, job_id}:
        return errors.ProtocolViolation(f"The answer cannot be read: {event.reason}.")
    if isinstance(event, answer) and getattr(event, "job_id", None) == job_id:
        return event
    return None
