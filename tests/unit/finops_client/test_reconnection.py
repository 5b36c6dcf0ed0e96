import asyncio

import pytest

from finops_client.backoff import Backoff
from finops_client.connection import Timing
from finops_client.credentials import ClaimedIdentity, Credentials, GivenToken
from finops_client.errors import (
    CannotConnect,
    ConnectionLost,
    FinopsClientError,
    GaveUp,
    HandshakeRefused,
    LimitReached,
    NotAuthenticated,
    SignInUnavailable,
)
from finops_client.reconnection import ReconnectingSession
from unit.finops_client import protocol_messages as say
from unit.finops_client.quick_client import Tokens
from unit.finops_client.recording_clock import NoHeartbeatClock
from unit.finops_client.recording_server import RecordingServer, in_turn, sending


class Watched:
    """A reconnecting session and what it called."""

    def __init__(self, url: str, *, credentials: Credentials | None = None, attempts: int = 4) -> None:
        self.reconnected = 0
        self.ended: list[FinopsClientError] = []
        self.clock = NoHeartbeatClock()
        self.line = ReconnectingSession(
            url,
            credentials,
            on_event=lambda event: None,
            on_reconnected=self._count,
            on_ended=self.ended.append,
            timing=Timing(opening=2, answer=2, closing=0.2),
            backoff=Backoff(attempts=attempts),
            clock=self.clock,
        )

    def _count(self) -> None:
        self.reconnected += 1


async def cut(server: RecordingServer) -> None:
    server.sockets[-1].transport.abort()


async def test_a_lost_connection_is_made_again_and_authenticated() -> None:
    async with RecordingServer() as server:
        watched = Watched(server.url, credentials=ClaimedIdentity("u", "n"))
        await watched.line.start()
        server.handshake_statuses = [500, 503]
        await cut(server)
        await server.until(lambda: watched.reconnected == 1)
        assert len(watched.clock.slept) == 3
        await watched.line.close()
    assert server.actions() == ["authenticate", "authenticate"]
    assert [type(error) for error in watched.ended] == [ConnectionLost]


async def test_it_gives_up_after_the_attempts() -> None:
    async with RecordingServer() as server:
        watched = Watched(server.url)
        await watched.line.start()
        server.handshake_statuses = [500] * 10
        await cut(server)
        await server.until(lambda: bool(watched.ended))
        with pytest.raises(GaveUp, match="4 attempts"):
            _ = watched.line.session
        await watched.line.close()
    assert len(watched.ended) == 1
    assert len(server.handshake_statuses) == 6


async def test_it_gives_up_after_the_time() -> None:
    async with RecordingServer() as server:
        watched = Watched(server.url, attempts=10_000)
        await watched.line.start()
        server.handshake_statuses = [500] * 10_000
        await cut(server)
        await server.until(lambda: bool(watched.ended))
        await watched.line.close()
    assert isinstance(watched.ended[0], GaveUp)
    assert len(server.handshake_statuses) > 9000


async def test_a_server_that_drops_every_connection_is_not_asked_for_ever() -> None:
    async with RecordingServer() as server:
        watched = Watched(server.url)
        await watched.line.start()
        while not watched.ended:
            before = watched.reconnected
            await cut(server)
            await server.until(lambda seen=before: watched.reconnected > seen or bool(watched.ended))  # type: ignore[misc]
        await watched.line.close()
    assert watched.reconnected == 4


async def test_connections_that_are_of_use_begin_the_attempts_anew() -> None:
    async with RecordingServer() as server:
        watched = Watched(server.url, attempts=1)
        await watched.line.start()
        for times in range(1, 6):
            watched.line.note_use()
            await cut(server)
            await server.until(lambda seen=times: watched.reconnected == seen)  # type: ignore[misc]
            await server.until(lambda seen=times: len(server.sockets) == seen + 1)  # type: ignore[misc]
        await watched.line.close()


async def test_refusals_are_not_retried() -> None:
    async with RecordingServer() as server:
        watched = Watched(server.url)
        await watched.line.start()
        server.handshake_statuses = [403] * 2
        await cut(server)
        await server.until(lambda: bool(watched.ended))
        await watched.line.close()
    assert isinstance(watched.ended[0], HandshakeRefused)
    assert len(server.handshake_statuses) == 1


async def test_a_refused_token_is_not_retried() -> None:
    answers = in_turn(sending(say.authenticated()), sending(say.error(code="INVALID_TOKEN")))
    async with RecordingServer(authenticate=answers) as server:
        watched = Watched(server.url, credentials=ClaimedIdentity("u", "n"))
        await watched.line.start()
        await cut(server)
        await server.until(lambda: bool(watched.ended))
        await watched.line.close()
    assert isinstance(watched.ended[0], NotAuthenticated)
    assert server.actions() == ["authenticate"] * 2


async def test_a_token_that_expired_meanwhile_is_renewed() -> None:
    accepted = sending(say.authenticated())
    tokens = Tokens()
    answers = in_turn(accepted, sending(say.error(code="INVALID_TOKEN")), accepted)
    async with RecordingServer(authenticate=answers) as server:
        watched = Watched(server.url, credentials=tokens)
        await watched.line.start()
        await cut(server)
        await server.until(lambda: watched.reconnected == 1)
        await watched.line.close()
    assert tokens.renewals == [False, False, True]
    assert server.received[-1]["token"] == "token-3"


async def test_a_token_that_cannot_be_renewed_is_refused_in_the_servers_words() -> None:
    async with RecordingServer(authenticate=sending(say.error(code="INVALID_TOKEN", message="Bad token."))) as server:
        with pytest.raises(NotAuthenticated, match=r"Bad token\. .* give a new one") as refused:
            await Watched(server.url, credentials=GivenToken("abc")).line.start()
    assert refused.value.code == "INVALID_TOKEN"
    assert server.actions() == ["authenticate"]


async def test_a_sign_in_that_is_unavailable_is_tried_again() -> None:
    accepted = sending(say.authenticated())
    tokens = Tokens(renewal_failures=[SignInUnavailable("Too many sign-ins.")])
    answers = in_turn(accepted, sending(say.error(code="INVALID_TOKEN")), accepted)
    async with RecordingServer(authenticate=answers) as server:
        watched = Watched(server.url, credentials=tokens)
        await watched.line.start()
        await cut(server)
        await server.until(lambda: watched.reconnected == 1)
        await watched.line.close()
    assert len(watched.clock.slept) == 2


async def test_who_waits_for_a_session_gets_the_next_one_or_the_end() -> None:
    async with RecordingServer() as server:
        watched = Watched(server.url)
        await watched.line.start()
        first = await watched.line.ready()
        await cut(server)
        await asyncio.wait([first.connection.lost])
        second = await asyncio.wait_for(watched.line.ready(), 5)
        assert second is not first
        server.handshake_statuses = [403]
        await cut(server)
        await asyncio.wait([second.connection.lost])
        with pytest.raises(HandshakeRefused):
            await asyncio.wait_for(watched.line.ready(), 5)
        await watched.line.close()


async def test_a_server_that_fails_at_the_authentication_is_tried_again() -> None:
    accepted = sending(say.authenticated())
    answers = in_turn(accepted, sending(say.error(code="INTERNAL")), accepted)
    async with RecordingServer(authenticate=answers) as server:
        watched = Watched(server.url, credentials=ClaimedIdentity("u", "n"))
        await watched.line.start()
        await cut(server)
        await server.until(lambda: watched.reconnected == 1)
        await watched.line.close()
    assert server.actions() == ["authenticate"] * 3


async def test_one_connection_too_many_is_tried_again_when_the_server_says() -> None:
    accepted = sending(say.authenticated())
    limited = sending(say.error(code="RATE_LIMITED", retryAfter=30))
    async with RecordingServer(authenticate=in_turn(accepted, limited, limited, accepted)) as server:
        watched = Watched(server.url, credentials=ClaimedIdentity("u", "n"))
        await watched.line.start()
        await cut(server)
        await server.until(lambda: watched.reconnected == 1)
        await watched.line.close()
    first, *after_limits = watched.clock.slept
    assert first < 1
    assert [wait >= 30 for wait in after_limits] == [True, True]


@pytest.mark.parametrize(("retry_after", "attempts"), [(1, 4), (50, 3), (3600, 1), (None, 4)])
async def test_one_connection_too_many_for_ever_is_given_up_in_the_servers_words(
    retry_after: int | None, attempts: int
) -> None:
    limited = sending(say.error(code="RATE_LIMITED", message="Please close one.", retryAfter=retry_after))
    async with RecordingServer(authenticate=in_turn(sending(say.authenticated()), limited)) as server:
        watched = Watched(server.url, credentials=ClaimedIdentity("u", "n"))
        await watched.line.start()
        await cut(server)
        await server.until(lambda: bool(watched.ended))
        await watched.line.close()
    [ended] = watched.ended
    assert isinstance(ended, GaveUp)
    assert str(ended).endswith(f"{attempts} attempts to make it again failed. Last: Please close one.")
    assert server.actions() == ["authenticate"] * (1 + attempts)


async def test_a_sign_in_at_the_same_moment_as_another_is_made_again() -> None:
    busy = sending(say.error(code="RATE_LIMITED", retryAfter=1))
    async with RecordingServer(authenticate=in_turn(busy, busy, sending(say.authenticated()))) as server:
        watched = Watched(server.url, credentials=ClaimedIdentity("u", "n"))
        await watched.line.start()
        await watched.line.close()
    assert server.actions() == ["authenticate"] * 3
    assert [1 <= slept <= 2 for slept in watched.clock.slept] == [True, True]
    async with RecordingServer(authenticate=busy) as server:
        with pytest.raises(LimitReached):
            await Watched(server.url, credentials=ClaimedIdentity("u", "n")).line.start()
    assert server.actions() == ["authenticate"] * 3


async def test_one_connection_too_many_at_first_is_the_callers() -> None:
    limited = sending(say.error(code="RATE_LIMITED", message="Please close one.", retryAfter=30))
    async with RecordingServer(authenticate=limited) as server:
        watched = Watched(server.url, credentials=ClaimedIdentity("u", "n"))
        with pytest.raises(LimitReached, match="Please close one") as limit:
            await watched.line.start()
    assert (limit.value.code, limit.value.retry_after) == ("RATE_LIMITED", 30)
    assert watched.clock.slept == []


async def test_a_first_failure_is_not_retried() -> None:
    watched = Watched("ws://127.0.0.1:1")
    with pytest.raises(CannotConnect):
        await watched.line.start()
    assert watched.clock.slept == []


async def test_there_is_no_authenticating_without_credentials() -> None:
    async with RecordingServer() as server:
        watched = Watched(server.url)
        await watched.line.start()
        with pytest.raises(NotAuthenticated):
            await watched.line.authenticate(renew=False)
        await watched.line.close()
