"""Tries something on the connection until it is done: over lost connections, an expired session, a passing failure."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from itertools import islice
from typing import TypeVar

from finops_client.backoff import Backoff
from finops_client.clock import Clock
from finops_client.errors import (
    ConnectionLost,
    GatewayRefused,
    LimitReached,
    NoAnswer,
    NotAuthenticated,
    ServerFailed,
    SignInUnavailable,
)
from finops_client.reconnection import ReconnectingSession
from finops_client.refusals import RATE_LIMITED, SESSION_EXPIRED, SIGN_IN_AGAIN_CODES
from finops_client.session import Session

Result = TypeVar("Result")

# A function that is throttled, or dies before it answers, costs one attempt. Three in a row are no accident.
ATTEMPTS_AGAIN = 2

# Limits count what was sent in a minute. Where the server does not say when there is room again, two waits of this
# length reach a good part of it; a wait of more than a minute is for the caller to decide on.
WAIT_AT_A_LIMIT = 15.0
LONGEST_WAIT_AT_A_LIMIT = 60.0


class Retries:
    """Repeats what may be repeated: every message of the protocol may, as the server does it once."""

    def __init__(self, line: ReconnectingSession, *, backoff: Backoff, clock: Clock) -> None:
        """Waits between attempts as `backoff` says."""
        self._line = line
        self._backoff = backoff
        self._clock = clock

    @property
    def can_sign_in(self) -> bool:
        """Whether there are credentials to show again."""
        return self._line.credentials is not None

    async def run(self, attempt: Callable[[Session], Awaitable[Result]]) -> Result:
        """What `attempt` returns on the session of the moment.

        A lost connection costs no attempt: the line says when to give up.

        Raises:
            GaveUp: there is no connection to be had; see `ReconnectingSession.ready` for other ends.
            NotAuthenticated: refused, or the session has expired and could not be renewed.
            GatewayRefused, NoAnswer, ServerFailed, SignInUnavailable: the last of three attempts ended so.
            LimitReached: so did it with RATE_LIMITED, waits included; or the wait would be over a minute; or it is
                a limit of another kind.
            FinopsClientError: anything else that `attempt` raises.
        """
        waits = islice(self._backoff.delays(), ATTEMPTS_AGAIN)
        while True:
            session = await self._line.ready()
            try:
                result = await self._attempt_or_renew(attempt, session)
            except ConnectionLost:
                await asyncio.shield(session.connection.lost)
            except (GatewayRefused, LimitReached, NoAnswer, ServerFailed, SignInUnavailable) as failed:
                at_least = _wait_at_limit(failed) if isinstance(failed, LimitReached) else 0
                wait = next(waits, None)
                if wait is None or at_least is None:
                    raise
                await self._clock.sleep(at_least + wait)
            else:
                self._line.note_use()
                return result

    async def _attempt_or_renew(self, attempt: Callable[[Session], Awaitable[Result]], session: Session) -> Result:
        try:
            return await attempt(session)
        except NotAuthenticated as refused:
            if refused.code not in SIGN_IN_AGAIN_CODES or not self.can_sign_in:
                raise
            has_expired = refused.code == SESSION_EXPIRED
        await self._line.authenticate(renew=has_expired)
        return await attempt(session)


def _wait_at_limit(limit: LimitReached) -> float | None:
    """The seconds after which there may be room again; None if that is not worth waiting for here."""
    wait = WAIT_AT_A_LIMIT if limit.retry_after is None else limit.retry_after
    return wait if limit.code == RATE_LIMITED and wait <= LONGEST_WAIT_AT_A_LIMIT else None
