"""One WebSocket: open it, send, ask and be answered, read frames as events, notice that it is gone.

The limits are API Gateway's: https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html
"""

import asyncio
import json
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, Self, TypeVar

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidProxy, InvalidStatus, InvalidURI
from websockets.typing import Origin

from finops_client import errors
from finops_client.errors import FinopsClientError
from finops_client.events import Authenticated, ErrorMessage, Event, GatewayError, Unreadable, WireValue, parse_event
from finops_client.timing import Timing

# What API Gateway takes in one frame. No message that the contract allows is as large.
MAX_SENT_MESSAGE = 32 * 1024

# API Gateway sends at most 128 KB, but the local cloud has no limit and a larger message than this one would
# close the connection and cost the answer. Still a bound: a broken server must not fill the memory.
MAX_RECEIVED_MESSAGE = 4 * 1024 * 1024

Value = TypeVar("Value")
Answer = TypeVar("Answer", bound=WireValue)


class Connection:
    """An open WebSocket. Everything received goes to `on_event`, in the order in which it came."""

    def __init__(self, socket: ClientConnection, timing: Timing, on_event: Callable[[Event], None] | None) -> None:
        self._socket = socket
        self._timing = timing
        self._listeners = [on_event] if on_event else []
        self._turn = asyncio.Lock()
        self.lost: asyncio.Future[errors.ConnectionLost] = asyncio.get_running_loop().create_future()
        self._reader = asyncio.create_task(self._read())

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
                # API Gateway answers ping frames itself, at no cost: they show a cut line within a minute. Whether they
                # count against the idle limit or not: who waits for a job sends something every minute.
                ping_interval=30,
                ping_timeout=30,
            )
        except InvalidStatus as refused:
            raise _refused_handshake(refused.response.status_code, origin) from None
        except TimeoutError:
            raise errors.CannotConnect(f"No connection to {url} within {timing.opening:g} seconds.") from None
        except (InvalidURI, InvalidProxy, InvalidHandshake, OSError, ValueError) as failed:
            # A port or a host name that cannot exist is a ValueError of Python's own, before anything is sent.
            raise errors.CannotConnect(f"No connection to {url}: {failed}.") from failed
        return cls(socket, timing, on_event)

    async def authenticate(self, fields: Mapping[str, str]) -> Authenticated:
        """Say who is there: `token`, or `userId` and `username`.

        Raises:
            NotAuthenticated, LimitReached: the server refused, or this user has too many connections; see `request`.
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
        for the other.

        Raises:
            RequestRefused, NotAuthenticated, ServerFailed: the server refused; see `errors.refusal`.
            GatewayRefused, ProtocolViolation, NoAnswer, ConnectionLost: there is no answer that can be read.
        """
        job_id = message.get("jobId")
        async with self._turn:
            found: Answer | FinopsClientError = await self.exchange(
                message, lambda event: _outcome_in(event, answer, job_id)
            )
        if isinstance(found, FinopsClientError):
            raise found
        return found

    async def exchange(self, message: Mapping[str, object], find: Callable[[Event], Value | None]) -> Value:
        """Send a message as JSON text, and return the first that `find` gives of what comes then.

        Raises:
            MessageNotSendable: nothing was sent.
            NoAnswer, ConnectionLost: nothing was found within the deadline, or the connection went away.
        """
        text = json.dumps(message, ensure_ascii=False, separators=(",", ":"))
        try:
            size = len(text.encode())
        except UnicodeEncodeError:
            raise errors.MessageNotSendable("The message holds half of a surrogate pair, which is no text.") from None
        if size > MAX_SENT_MESSAGE:
            raise errors.MessageNotSendable(
                f"The message has {size} bytes, more than the {MAX_SENT_MESSAGE} that API Gateway takes."
            )
        found: asyncio.Future[Value] = asyncio.get_running_loop().create_future()

        def listen(event: Event) -> None:
            if not found.done() and (value := find(event)) is not None:
                found.set_result(value)

        self._listeners.append(listen)
        try:
            await self._socket.send(text)
            either: list[asyncio.Future[Any]] = [found, self.lost]
            await asyncio.wait(either, timeout=self._timing.answer, return_when=asyncio.FIRST_COMPLETED)
        except ConnectionClosed as closed:
            raise _lost(closed) from None
        finally:
            self._listeners.remove(listen)
        if found.done():
            return found.result()
        if self.lost.done():
            raise self.lost.result()
        raise errors.NoAnswer(f"The server did not answer {message['action']} within {self._timing.answer:g} seconds.")

    async def aclose(self) -> None:
        """End the connection; wait at most the closing time for the server's agreement."""
        await self._socket.close()
        await self._reader

    async def _read(self) -> None:
        lost = errors.ConnectionLost("The connection was lost: its reader stopped.")
        try:
            while True:
                event = parse_event(await self._socket.recv())
                for listen in list(self._listeners):
                    listen(event)
        except ConnectionClosed as closed:
            lost = _lost(closed)
        finally:
            self.lost.set_result(lost)


def _refused_handshake(status: int, origin: str | None) -> errors.CannotConnect:
    # Refusals that pass: too slow, too early, too many.
    if not 400 <= status < 500 or status in {408, 425, 429}:
        return errors.CannotConnect(f"The server answered the connection with HTTP {status}.")
    sentence = f"The server refused the connection with HTTP {status}. Is the URL right, with its stage?"
    if status == HTTPStatus.FORBIDDEN:
        hint = f"may not allow the origin {origin}" if origin else "may want an Origin, and none was sent"
        sentence += f" If it is, the server {hint}."
    return errors.HandshakeRefused(sentence)


def _lost(closed: ConnectionClosed) -> errors.ConnectionLost:
    return errors.ConnectionLost(f"The connection was lost: {closed}.")


def _outcome_in(event: Event, answer: type[Answer], job_id: object) -> Answer | FinopsClientError | None:
    """What an event says to a request: the answer, a refusal, or nothing. An `error` names the job at most."""
    if isinstance(event, ErrorMessage) and event.job_id in {None, job_id}:
        return errors.refusal(event.code, event.message, event.retry_after)
    if isinstance(event, GatewayError):
        return errors.GatewayRefused(event.message)
    if isinstance(event, Unreadable) and event.kind is answer and event.job_id in {None, job_id}:
        return errors.ProtocolViolation(f"The answer cannot be read: {event.reason}.")
    if isinstance(event, answer) and getattr(event, "job_id", None) == job_id:
        return event
    return None
