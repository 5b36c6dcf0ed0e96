import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest

from finops_client.connection import Timing
from finops_client.credentials import Credentials
from finops_client.errors import (
    ConnectionLost,
    FinopsClientError,
    GatewayRefused,
    GaveUp,
    JobNotFound,
    LimitReached,
    NoAnswer,
    NotAuthenticated,
    ServerFailed,
    SignInUnavailable,
)
from finops_client.events import JobList
from finops_client.reconnection import ReconnectingSession
from finops_client.retries import LONGEST_WAIT_AT_A_LIMIT, WAIT_AT_A_LIMIT, Retries
from finops_client.session import Session
from unit.finops_client import protocol_messages as say
from unit.finops_client.quick_client import QUICK, Tokens
from unit.finops_client.recording_clock import NoHeartbeatClock
from unit.finops_client.recording_server import RecordingServer, in_turn, sending, then_cut

EXPIRED = NotAuthenticated("Please sign in again.", "SESSION_EXPIRED")
FORGOTTEN = NotAuthenticated("Please sign in.", "UNAUTHENTICATED")
PASSING = [GatewayRefused("no"), NoAnswer("it", 1), ServerFailed("Something went wrong."), SignInUnavailable("Later.")]


class Attempts:
    """Fails as told, then returns 42; keeps the sessions it was given."""

    def __init__(self, *failures: FinopsClientError) -> None:
        self.sessions: list[Session] = []
        self._failures = list(failures)

    async def __call__(self, session: Session) -> int:
        self.sessions.append(session)
        if self._failures:
            raise self._failures.pop(0)
        return 42


async def ping(session: Session) -> bool:
    await session.ping()
    return True


@asynccontextmanager
async def retries_of(
    server: RecordingServer, credentials: Credentials | None = None, clock: NoHeartbeatClock | None = None
) -> AsyncIterator[Retries]:
    clock = clock or NoHeartbeatClock()
    line = ReconnectingSession(
        server.url,
        credentials,
        on_event=lambda event: None,
        on_reconnected=lambda: None,
        on_ended=lambda ended: None,
        timing=Timing(opening=2, answer=2, closing=0.2),
        backoff=QUICK,
        clock=clock,
    )
    await line.start()
    try:
        yield Retries(line, backoff=QUICK, clock=clock)
    finally:
        await line.close()


@pytest.mark.parametrize("passing", PASSING)
async def test_a_passing_failure_is_tried_again_twice_after_a_wait(passing: FinopsClientError) -> None:
    clock = NoHeartbeatClock()
    async with RecordingServer() as server, retries_of(server, clock=clock) as retries:
        assert await retries.run(Attempts(passing, passing)) == 42
        assert len(clock.slept) == 2
        attempts = Attempts(*[passing] * 3)
        with pytest.raises(type(passing)):
            await retries.run(attempts)
    assert len(attempts.sessions) == 3


@pytest.mark.parametrize(("retry_after", "wait"), [(17, 17), (None, WAIT_AT_A_LIMIT), (60, LONGEST_WAIT_AT_A_LIMIT)])
async def test_a_rate_limit_is_waited_out_twice(retry_after: float | None, wait: float) -> None:
    limited = LimitReached("Please wait.", "RATE_LIMITED", retry_after)
    clock = NoHeartbeatClock()
    async with RecordingServer() as server, retries_of(server, clock=clock) as retries:
        assert await retries.run(Attempts(limited, limited)) == 42
        assert len(clock.slept) == 2
        # A little longer, at random: clients that reach a limit together do not come back together.
        assert all(wait <= slept <= wait + QUICK.longest for slept in clock.slept)
        attempts = Attempts(*[limited] * 3)
        with pytest.raises(LimitReached, match="Please wait"):
            await retries.run(attempts)
    assert len(attempts.sessions) == 3


@pytest.mark.parametrize(
    "limit",
    [
        LimitReached("Please wait.", "RATE_LIMITED", LONGEST_WAIT_AT_A_LIMIT + 1),
        LimitReached("Too many jobs.", "TOO_MANY_JOBS", 1),
        LimitReached("Too many jobs.", "TOO_MANY_JOBS"),
    ],
)
async def test_a_limit_that_lasts_longer_is_the_callers(limit: LimitReached) -> None:
    clock = NoHeartbeatClock()
    async with RecordingServer() as server, retries_of(server, clock=clock) as retries:
        attempts = Attempts(limit)
        with pytest.raises(LimitReached):
            await retries.run(attempts)
    assert (len(attempts.sessions), clock.slept) == (1, [])


async def test_a_line_that_is_closed_after_a_rate_limit_is_made_again() -> None:
    limited = then_cut(sending(say.error(code="RATE_LIMITED", retryAfter=5)))
    answers = in_turn(limited, limited, sending(say.job_list()))
    async with RecordingServer(list_jobs=answers) as server, retries_of(server) as retries:
        async with asyncio.timeout(5):
            await retries.run(lambda session: session.request({"action": "list_jobs"}, JobList))
    assert len(server.sockets) == 3


async def test_a_refusal_is_not_tried_again() -> None:
    async with RecordingServer() as server, retries_of(server) as retries:
        for refused in (JobNotFound("No such job.", "JOB_NOT_FOUND"), NotAuthenticated("No."), EXPIRED):
            attempts = Attempts(refused)
            with pytest.raises(type(refused)):
                await retries.run(attempts)
            assert len(attempts.sessions) == 1


async def test_a_lost_connection_is_waited_for_and_costs_no_attempt() -> None:
    lost = then_cut(sending())
    async with RecordingServer(ping=in_turn(*[lost] * 5, sending(say.pong()))) as server, retries_of(server) as retries:
        async with asyncio.timeout(5):
            assert await retries.run(ping)
    assert len(server.sockets) == 6


async def test_a_connection_that_is_going_is_not_tried_again_until_it_is_gone() -> None:
    sessions: list[Session] = []

    async def cut_once(session: Session) -> bool:
        sessions.append(session)
        if len(sessions) == 1:
            session.connection.abort("cut")
            raise ConnectionLost(1006, "cut")
        return True

    async with RecordingServer() as server, retries_of(server) as retries:
        assert await asyncio.wait_for(retries.run(cut_once), 5)
    assert len(set(sessions)) == 2


async def test_a_connection_that_is_lost_for_good_ends_it() -> None:
    async with RecordingServer(ping=then_cut(sending())) as server, retries_of(server) as retries:
        server.handshake_statuses = [500] * 99
        with pytest.raises(GaveUp):
            await asyncio.wait_for(retries.run(ping), 5)
        with pytest.raises(GaveUp):
            await retries.run(ping)


async def test_a_connection_that_the_server_has_forgotten_signs_in_again() -> None:
    """API Gateway may say of a live connection that it is gone; the token is as good as before."""
    tokens = Tokens()
    async with RecordingServer() as server, retries_of(server, tokens) as retries:
        assert await retries.run(Attempts(FORGOTTEN)) == 42
        assert tokens.renewals == [False, False]
        with pytest.raises(NotAuthenticated):
            await retries.run(Attempts(FORGOTTEN, FORGOTTEN))
    async with RecordingServer() as server, retries_of(server) as retries:
        with pytest.raises(NotAuthenticated):
            await retries.run(Attempts(FORGOTTEN))


async def test_an_expired_session_is_renewed() -> None:
    tokens = Tokens()
    async with RecordingServer() as server, retries_of(server, tokens) as retries:
        assert await retries.run(Attempts(EXPIRED)) == 42
        assert tokens.renewals == [False, True]
        with pytest.raises(NotAuthenticated):
            await retries.run(Attempts(EXPIRED, EXPIRED))


@pytest.mark.parametrize("failure", [SignInUnavailable("Later."), ConnectionLost(1006, "cut")])
async def test_a_renewal_that_fails_for_the_moment_is_made_again(failure: FinopsClientError) -> None:
    failures: Sequence[FinopsClientError] = [failure] if isinstance(failure, SignInUnavailable) else []
    tokens = Tokens(renewal_failures=failures)
    accepted = sending(say.authenticated())
    answers = accepted if failures else in_turn(accepted, then_cut(sending()), accepted)
    async with RecordingServer(authenticate=answers) as server, retries_of(server, tokens) as retries:
        async with asyncio.timeout(5):
            assert await retries.run(Attempts(EXPIRED, EXPIRED)) == 42
