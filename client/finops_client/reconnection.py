"""A session that comes back: connects and authenticates again after a loss, and gives up at some point."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from itertools import islice

from finops_client.backoff import Backoff
from finops_client.clock import Clock
from finops_client.connection import Timing
from finops_client.credentials import Credentials
from finops_client.errors import (
    CannotConnect,
    ConnectionLost,
    CredentialsRefused,
    FinopsClientError,
    GatewayRefused,
    GaveUp,
    HandshakeRefused,
    LimitReached,
    NoAnswer,
    NotAuthenticated,
    ServerFailed,
)
from finops_client.events import Authenticated, Event
from finops_client.session import Session

ATTEMPTS_AGAIN_AT_FIRST = 2

# What nobody minds to wait in seconds, before anything is to be seen.
MOMENT = 5


class ReconnectingSession:
    """One session at a time, replaced when it is lost."""

    def __init__(
        self,
        url: str,
        credentials: Credentials | None,
        *,
        origin: str | None = None,
        on_event: Callable[[Event], None],
        on_reconnected: Callable[[], None],
        on_ended: Callable[[FinopsClientError], None],
        timing: Timing,
        backoff: Backoff,
        clock: Clock,
    ) -> None:
        """Not connected yet; `on_ended` is called once, when there will be no further session."""
        self.credentials = credentials
        self._url = url
        self._origin = origin
        self._on_event = on_event
        self._on_reconnected = on_reconnected
        self._on_ended = on_ended
        self._timing = timing
        self._backoff = backoff
        self._clock = clock
        self._session: Session | None = None
        self._ended: FinopsClientError | None = None
        self._keeper: asyncio.Task[None] | None = None
        self._changed = asyncio.Event()
        self._of_use = False

    @property
    def session(self) -> Session | None:
        """The session of now; None while the connection is being made again.

        Raises:
            FinopsClientError: there will be no further session, and why.
        """
        if self._ended:
            raise self._ended
        return self._session

    async def ready(self) -> Session:
        """The session of now, or the next one.

        Raises:
            FinopsClientError: there will be no further session, and why.
        """
        while True:
            session = self.session
            if session and not session.connection.lost.done():
                return session
            await self._changed.wait()

    async def start(self) -> None:
        """Connects and authenticates. A first failure is not retried: most often the URL is wrong.

        Only where the server asks for a moment's patience, because the same user signs in elsewhere just now, there
        are two attempts more.

        Raises:
            CannotConnect, NotAuthenticated, LimitReached, GatewayRefused, ServerFailed, NoAnswer, ConnectionLost:
                see `Session`.
            CredentialsRefused, SignInUnavailable: see `Credentials`.
        """
        waits = islice(self._backoff.delays(), ATTEMPTS_AGAIN_AT_FIRST)
        while self._session is None:
            try:
                self._session = await self._connect()
            except LimitReached as limit:
                wait = next(waits, None)
                if wait is None or limit.retry_after is None or limit.retry_after > MOMENT:
                    raise
                await self._clock.sleep(limit.retry_after + wait)
        self._keeper = asyncio.create_task(self._keep())

    async def authenticate(self, *, renew: bool) -> Authenticated:
        """Authenticates the session of now, with a new token if `renew`.

        Raises:
            NotAuthenticated: refused, there is no new token, or there are no credentials.
            LimitReached: see `Session.authenticate`.
            SignInUnavailable: see `Credentials`.
            ConnectionLost: there is no connection at the moment.
        """
        if self.credentials is None:
            raise NotAuthenticated("There are no credentials to authenticate with.")
        fields = await self.credentials.fields(renew=renew)
        session = self.session
        if session is None:
            raise ConnectionLost(1006, "not connected again yet")
        return await session.authenticate(fields)

    def note_use(self) -> None:
        """Says that the session did some good: the next loss is a new one, not the last one going on."""
        self._of_use = True

    async def close(self) -> None:
        """Closes the session for good."""
        if self._keeper:
            self._keeper.cancel()
            await asyncio.wait([self._keeper])
        if self._session:
            await self._session.close()

    async def _connect(self) -> Session:
        session = await Session.open(self._url, self._on_event, self._timing, self._clock, origin=self._origin)
        try:
            if self.credentials:
                await _authenticate_or_renew(session, self.credentials)
        except BaseException:
            await session.close()
            raise
        return session

    async def _keep(self) -> None:
        """Replaces the session whenever it is lost, until that fails for good."""
        ended: FinopsClientError = ConnectionLost(1000, "this client was closed")
        try:
            delays = self._backoff.delays()
            while self._session:
                connected_at = self._clock.now()
                lost = await asyncio.shield(self._session.connection.lost)
                await self._session.close()
                self._session = None
                # A server that takes a connection and drops it again must not be asked for ever.
                if self._of_use or self._clock.now() - connected_at > self._backoff.longest:
                    delays = self._backoff.delays()
                self._of_use = False
                self._session = await self._connect_again(lost, delays)
                self._tell_change()
                self._on_reconnected()
        except FinopsClientError as failed:
            ended = failed
        finally:
            self._ended = ended
            self._tell_change()
            self._on_ended(ended)

    def _tell_change(self) -> None:
        """Wakes those who wait for this change; the next ones wait for the next."""
        self._changed.set()
        self._changed = asyncio.Event()

    async def _connect_again(self, lost: ConnectionLost, delays: Iterator[float]) -> Session:
        attempts = 0
        last: FinopsClientError = lost
        give_up_at = self._clock.now() + self._backoff.total
        for delay in delays:
            # A wait that the server asks for is kept: until then every attempt would be refused, and counted.
            wait = delay + (last.retry_after or 0 if isinstance(last, LimitReached) else 0)
            if self._clock.now() + wait >= give_up_at:
                break
            await self._clock.sleep(wait)
            attempts += 1
            try:
                return await self._connect()
            except HandshakeRefused:
                raise
            except (CannotConnect, ConnectionLost, GatewayRefused, LimitReached, NoAnswer, ServerFailed) as failed:
                last = failed
        raise GaveUp(lost, attempts, last)


async def _authenticate_or_renew(session: Session, credentials: Credentials) -> None:
    """Authenticates a new connection, a second time with a new token if the server refuses the first."""
    fields = await credentials.fields()
    try:
        await session.authenticate(fields)
    except NotAuthenticated as refused:
        try:
            renewed = await credentials.fields(renew=True)
        except CredentialsRefused as not_renewed:
            raise NotAuthenticated(f"{refused} {not_renewed}", refused.code) from None
        if renewed == fields:
            raise
        await session.authenticate(renewed)
