"""One WebSocket: open it, send, read frames as events, notice that it is gone.

The limits are API Gateway's: https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Self

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidProxy, InvalidStatus, InvalidURI
from websockets.typing import Origin

from finops_client.errors import (
    CannotConnect,
    ConnectionLost,
    HandshakeRefused,
    MessageNotSendable,
)
from finops_client.event_parser import parse_event
from finops_client.events import Event

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


@dataclass(frozen=True)
class Timing:
    """How long to wait, in seconds.

    - `opening`: a handshake runs a function, which may have to start first.
    - `answer`: a little over the 29 seconds that API Gateway gives a function.
    - `heartbeat`: API Gateway closes a connection that is idle for 10 minutes; this leaves one ping to lose.
    - `silence`: a job under way says something every 10 seconds. After six times that something was lost on the
      way, perhaps the end itself, and the job's state is asked for.
    - `closing`: a person who has pressed Ctrl-C is waiting.
    """

    opening: float = 15.0
    answer: float = 30.0
    heartbeat: float = 240.0
    silence: float = 60.0
    closing: float = 2.0


class Connection:
    """An open WebSocket. Everything received goes to `on_event`, in the order in which it came."""

    def __init__(self, socket: ClientConnection, on_event: Callable[[Event], None]) -> None:
        """Takes over an open socket; use `open`."""
        self._socket = socket
        self._on_event = on_event
        self._abort_reason: str | None = None
        self.lost: asyncio.Future[ConnectionLost] = asyncio.get_running_loop().create_future()
        self._reader = asyncio.create_task(self._read())

    @classmethod
    async def open(
        cls, url: str, on_event: Callable[[Event], None], timing: Timing, *, origin: str | None = None
    ) -> Self:
        """Connects to a `ws://` or `wss://` URL, with the header `Origin` that a browser would send if it is given.

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
                raise HandshakeRefused(status, origin) from None
            raise CannotConnect(f"The server answered the connection with HTTP {status}.") from None
        except TimeoutError:
            raise CannotConnect(f"No connection to {url} within {timing.opening:g} seconds.") from None
        except (InvalidURI, InvalidProxy, InvalidHandshake, OSError, ValueError) as failed:
            # A port or a host name that cannot exist is a ValueError of Python's own, before anything is sent.
            raise CannotConnect(f"No connection to {url}: {failed}.") from failed
        return cls(socket, on_event)

    async def send(self, message: Mapping[str, object]) -> None:
        """Sends a message as JSON text, in frames that API Gateway takes.

        Raises:
            MessageNotSendable: it is over 128 KiB, or not text; nothing was sent.
            ConnectionLost: the connection is gone.
        """
        text = json.dumps(message, ensure_ascii=False, separators=(",", ":"))
        try:
            size = len(text.encode())
        except UnicodeEncodeError:
            raise MessageNotSendable("The message holds half of a surrogate pair, which is no text.") from None
        if size > MAX_SENT_MESSAGE:
            raise MessageNotSendable(
                f"The message has {size} bytes; API Gateway closes the connection at over {MAX_SENT_MESSAGE}."
            )
        await self.send_raw(text if size <= MAX_SENT_FRAME else split_into_frames(text))

    async def send_raw(self, data: str | bytes | list[str]) -> None:
        """Sends anything at all as one message: a text, binary data, or a text in several frames. No limits.

        Raises:
            ConnectionLost: the connection is gone.
        """
        try:
            await self._socket.send(data)
        except ConnectionClosed as closed:
            raise self._as_lost(closed) from None

    def abort(self, reason: str) -> None:
        """Ends a connection that counts as dead, without the closing handshake that it would not answer."""
        self._abort_reason = reason
        self._socket.transport.abort()

    async def close(self) -> None:
        """Closes the connection; waits at most the closing time for the server's agreement."""
        await self._socket.close()
        await self._reader

    async def _read(self) -> None:
        lost = ConnectionLost(1006, "the reader stopped")
        try:
            while True:
                self._on_event(parse_event(await self._socket.recv()))
        except ConnectionClosed as closed:
            lost = self._as_lost(closed)
        finally:
            self.lost.set_result(lost)

    def _as_lost(self, closed: ConnectionClosed) -> ConnectionLost:
        if closed.rcvd is not None:
            return ConnectionLost(closed.rcvd.code, closed.rcvd.reason)
        if closed.sent is not None:
            return ConnectionLost(closed.sent.code, f"closed by this client: {closed.sent.reason}")
        return ConnectionLost(1006, self._abort_reason or "no close frame came")


def split_into_frames(text: str) -> list[str]:
    """A text in parts of at most 32 KiB: a character has at most four bytes in UTF-8."""
    step = MAX_SENT_FRAME // 4
    return [text[start : start + step] for start in range(0, len(text), step)]
