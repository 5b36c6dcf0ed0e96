import asyncio

import pytest

from finops_client.clock import Clock
from finops_client.connection import Timing
from finops_client.errors import ConnectionLost, GatewayRefused, NoAnswer, NotAuthenticated, ProtocolViolation
from finops_client.events import Authenticated, ErrorMessage, Event
from finops_client.session import Session
from unit.finops_client import protocol_messages as say
from unit.finops_client.recording_server import RecordingServer, sending, silence, then_cut

CLAIM = {"userId": "test-user", "username": "testuser"}


async def open_session(server: RecordingServer, events: list[Event] | None = None, **timing: float) -> Session:
    on_event = (lambda event: None) if events is None else events.append
    return await Session.open(server.url, on_event, Timing(**{"answer": 2, "closing": 0.2, **timing}), Clock())


async def test_authenticate_sends_the_fields_and_returns_the_answer() -> None:
    async with RecordingServer() as server:
        session = await open_session(server)
        answer = await session.authenticate(CLAIM)
        await session.close()
    assert answer == Authenticated.from_message(say.authenticated())
    assert server.received == [{"action": "authenticate", **CLAIM}]


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (say.error(code="INVALID_TOKEN"), NotAuthenticated),
        (say.gateway_error(), GatewayRefused),
        ({"type": "authenticated", "message": "Welcome"}, ProtocolViolation),
    ],
)
async def test_a_refusal_is_raised(message: say.Message, expected: type[Exception]) -> None:
    events: list[Event] = []
    async with RecordingServer(authenticate=sending(message)) as server:
        session = await open_session(server, events)
        with pytest.raises(expected):
            await session.authenticate(CLAIM)
        await session.close()
    assert not any(isinstance(event, ErrorMessage) for event in events)


async def test_no_answer_and_a_lost_line_do_not_hang() -> None:
    async with RecordingServer(authenticate=silence, ping=then_cut(silence)) as server:
        session = await open_session(server, answer=0.05)
        with pytest.raises(NoAnswer, match="authentication"):
            await session.authenticate(CLAIM)
        with pytest.raises(ConnectionLost):
            await session.ping()
        await session.close()


async def test_an_error_that_answers_no_authentication_is_an_event() -> None:
    events: list[Event] = []
    async with RecordingServer() as server:
        session = await open_session(server, events)
        await session.connection.send({"action": "nonsense"})
        await server.until(lambda: bool(events))
        await session.close()
    assert isinstance(events[0], ErrorMessage)


async def test_the_heartbeat_pings_and_leaves_a_live_connection_alone() -> None:
    async with RecordingServer() as server:
        session = await open_session(server, heartbeat=0.01)
        await server.until(lambda: server.actions().count("ping") >= 3)
        assert not session.connection.lost.done()
        await session.close()


async def test_a_connection_that_answers_no_ping_counts_as_dead() -> None:
    async with RecordingServer(ping=silence) as server:
        session = await open_session(server, heartbeat=0.01, answer=0.05)
        lost = await asyncio.wait_for(asyncio.shield(session.connection.lost), 2)
        await session.close()
    assert lost.code == 1006
    assert "ping" in lost.reason
