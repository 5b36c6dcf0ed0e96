"""A connection that comes back: made and authenticated again after a loss, and what failed on it tried again.

`websockets` has a loop that connects again, too. It begins anew with each handshake that succeeds; here an attempt is
over when the server has authenticated it, because a server can take connections and refuse everything on them.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import TypeVar

from finops_client import errors
from finops_client.auth import Credentials
from finops_client.connection import Answer, Connection
from finops_client.errors import FinopsClientError
from finops_client.events import Event
from finops_client.timing import Timing

Result = TypeVar("Result")

# A function that is throttled, or dies before it answers, costs one attempt. Three in a row are no accident.
RETRIES = 2

# What another attempt may not meet.
PASSING = (errors.GatewayRefused, errors.LimitReached, errors.NoAnswer, errors.ServerFailed, errors.SignInUnavailable)

# What nobody minds to wait in seconds, before anything is to be seen.
MOMENT = 5

# Limits count what was sent in a minute. Where the server does not say when there is room again, two waits of this
# length reach a good part of it; a wait of more than a minute is for the caller to decide on.
WAIT_AT_A_LIMIT = 15.0
LONGEST_WAIT_AT_A_LIMIT = 60.0


@dataclass(eq=False)
class ReconnectingConnection:
    """One connection at a time, replaced when it is lost; `on_ended` is called once, when there will be no other."""

    url: str
    credentials: Credentials | None
    origin: str | None
    timing: Timing
    on_event: Callable[[Event], None]
    on_reconnected: Callable[[], None]
    on_ended: Callable[[FinopsClientError], None]
    _connection: Connection | None = field(default=None, init=False)
    _ended: FinopsClientError | None = field(default=None, init=False)
    _keeper: asyncio.Task[None] | None = field(default=None, init=False)
    _changed: asyncio.Event = field(default_factory=asyncio.Event, init=False)
    _of_use: bool = field(default=False, init=False)

    async def start(self) -> None:
        """Connect and authenticate. A first failure is raised: most often the URL is wrong.

        Only where the server asks for a moment's patience, because the same user signs in elsewhere just now, there
        are two attempts more.
        """
        waits = islice(self.timing.waits(), RETRIES)
        while self._connection is None:
            try:
                self._connection = await self._connect()
            except errors.LimitReached as limit:
                wait = next(waits, None)
                if wait is None or limit.retry_after is None or limit.retry_after > MOMENT:
                    raise
                await self.timing.sleep(limit.retry_after + wait)
        self._keeper = asyncio.create_task(self._keep())

    async def run(self, attempt: Callable[[Connection], Awaitable[Result]]) -> Result:
        """Return what `attempt` does on the connection of the moment; repeat it until it is done.

        Every message of the protocol may be repeated, as the server does it once. A lost connection costs no attempt.

        Raises:
            GaveUp: there is no connection to be had.
            NotAuthenticated: refused, or the session has expired and could not be renewed.
            FinopsClientError: what `attempt` raises; one of `PASSING` if the last of three attempts ended so, or if it
                is a limit that is not worth waiting for here.
        """
        waits = islice(self.timing.waits(), RETRIES)
        while True:
            connection = await self._ready()
            try:
                result = await self._attempt_or_sign_in(attempt, connection)
            except errors.ConnectionLost:
                await asyncio.shield(connection.lost)
            except PASSING as failed:
                at_least = _wait_at_limit(failed) if isinstance(failed, errors.LimitReached) else 0
                wait = next(waits, None)
                if wait is None or at_least is None:
                    raise
                await self.timing.sleep(at_least + wait)
            else:
                self.note_use()
                return result

    async def request(self, message: Mapping[str, object], answer: type[Answer]) -> Answer:
        """Return the answer to a message; see `run` and `Connection.request`."""
        return await self.run(lambda connection: connection.request(message, answer))

    def note_use(self) -> None:
        """Note that the connection did some good: the next loss is a new one, not the last one going on."""
        self._of_use = True

    async def close(self) -> None:
        """Close the connection for good."""
        if self._keeper:
            self._keeper.cancel()
            await asyncio.wait([self._keeper])
        if self._connection:
            await self._connection.aclose()

    async def _ready(self) -> Connection:
        while True:
            if self._ended:
                raise self._ended
            if self._connection and not self._connection.lost.done():
                return self._connection
            await self._changed.wait()

    async def _attempt_or_sign_in(
        self, attempt: Callable[[Connection], Awaitable[Result]], connection: Connection
    ) -> Result:
        try:
            return await attempt(connection)
        except errors.NotAuthenticated as refused:
            if refused.code not in errors.SIGN_IN_AGAIN_CODES or self.credentials is None:
                raise
            has_expired = refused.code == errors.SESSION_EXPIRED
        await connection.authenticate(await self.credentials.fields(renew=has_expired))
        return await attempt(connection)

    async def _connect(self) -> Connection:
        connection = await Connection.open(self.url, self.timing, self.on_event, origin=self.origin)
        try:
            if self.credentials:
                await _authenticate_or_renew(connection, self.credentials)
        except BaseException:
            await connection.aclose()
            raise
        return connection

    async def _keep(self) -> None:
        ended: FinopsClientError = errors.ConnectionLost("This client was closed.")
        try:
            waits = self.timing.waits()
            while self._connection:
                connected_at = self.timing.now()
                lost = await asyncio.shield(self._connection.lost)
                await self._connection.aclose()
                self._connection = None
                # A server that takes a connection and drops it again must not be asked for ever.
                if self._of_use or self.timing.now() - connected_at > self.timing.longest_wait:
                    waits = self.timing.waits()
                self._of_use = False
                self._connection = await self._connect_again(lost, waits)
                self._tell_change()
                self.on_reconnected()
        except FinopsClientError as failed:
            ended = failed
        finally:
            self._ended = ended
            self._tell_change()
            self.on_ended(ended)

    async def _connect_again(self, last: FinopsClientError, waits: Iterator[float]) -> Connection:
        attempts = 0
        give_up_at = self.timing.now() + self.timing.give_up_after
        for at_least in waits:
            # A wait that the server asks for is kept: until then every attempt would be refused, and counted.
            wait = at_least + (last.retry_after or 0)
            if self.timing.now() + wait >= give_up_at:
                break
            await self.timing.sleep(wait)
            attempts += 1
            try:
                return await self._connect()
            except errors.HandshakeRefused:
                raise
            except (errors.CannotConnect, errors.ConnectionLost, *PASSING) as failed:
                last = failed
        raise errors.GaveUp(f"The connection was lost and {attempts} attempts to make it again failed. Last: {last}")

    def _tell_change(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()


async def _authenticate_or_renew(connection: Connection, credentials: Credentials) -> None:
    """Authenticate a new connection, a second time with a new token if the server refuses the first."""
    fields = await credentials.fields()
    try:
        await connection.authenticate(fields)
    except errors.NotAuthenticated as refused:
        try:
            renewed = await credentials.fields(renew=True)
        except errors.CredentialsRefused as not_renewed:
            raise errors.NotAuthenticated(f"{refused} {not_renewed}", refused.code) from None
        if renewed == fields:
            raise
        await connection.authenticate(renewed)


def _wait_at_limit(limit: errors.LimitReached) -> float | None:
    """The seconds after which there may be room again; None if that is not worth waiting for here."""
    wait = WAIT_AT_A_LIMIT if limit.retry_after is None else limit.retry_after
    return wait if limit.code == errors.RATE_LIMITED and wait <= LONGEST_WAIT_AT_A_LIMIT else None
