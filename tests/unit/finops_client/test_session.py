import asyncio

import pytest
from websockets.asyncio.server import ServerConnection

from finops_client.clock import Clock
from finops_client.connection import Timing
from finops_client.errors import (
    ConnectionLost,
    GatewayRefused,
    JobNotFound,
    LimitReached,
    NoAnswer,
    NotAuthenticated,
    ProtocolViolation,
    ServerFailed,
)
from finops_client.events import Authenticated, ErrorMessage, Event, JobCancelled, JobSnapshot
from finops_client.session import Session
from unit.finops_client import protocol_messages as say
from unit.finops_client.recording_server import RecordingServer, in_turn, sending, silence, then_cut

JOB_2 = {"jobId": "job-2"}
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
        (say.error(code="INVALID_MESSAGE"), NotAuthenticated),
        (say.error(code="INTERNAL"), ServerFailed),
        (say.error(code="RATE_LIMITED"), LimitReached),
        (say.gateway_error(), GatewayRefused),
        ({"type": "authenticated", "message": "Welcome"}, ProtocolViolation),
    ],
)
async def test_a_refusal_is_raised(message: say.Message, expected: type[Exception]) -> None:
    async with RecordingServer(authenticate=sending(message)) as server:
        session = await open_session(server)
        with pytest.raises(expected):
            await session.authenticate(CLAIM)
        await session.close()


async def test_no_answer_and_a_lost_line_do_not_hang() -> None:
    async with RecordingServer(authenticate=silence, ping=then_cut(silence)) as server:
        session = await open_session(server, answer=0.05)
        with pytest.raises(NoAnswer, match="authenticate"):
            await session.authenticate(CLAIM)
        with pytest.raises(ConnectionLost):
            await session.ping()
        await session.close()


async def test_one_request_waits_for_the_other_so_that_an_error_is_its_own() -> None:
    async def refuse_one(socket: ServerConnection, received: say.Message) -> None:
        await asyncio.sleep(0.02)
        answer = say.error(code="JOB_NOT_FOUND") if received["jobId"] == "gone" else say.job_snapshot(**JOB_2)
        await sending(answer)(socket, received)

    async with RecordingServer(resume_job=refuse_one) as server:
        session = await open_session(server)
        gone, there = await asyncio.gather(
            session.request({"action": "resume_job", "jobId": "gone"}, JobSnapshot),
            session.request({"action": "resume_job", "jobId": "job-2"}, JobSnapshot),
            return_exceptions=True,
        )
        await session.close()
    assert isinstance(gone, JobNotFound)
    assert isinstance(there, JobSnapshot)


async def test_a_request_whose_caller_has_gone_keeps_its_turn() -> None:
    asked_for_another = asyncio.Event()

    async def refuse_late(socket: ServerConnection, received: say.Message) -> None:
        await asked_for_another.wait()
        await sending(say.error(code="JOB_NOT_FOUND"))(socket, received)

    answers = in_turn(refuse_late, sending(say.job_snapshot(**JOB_2)))
    async with RecordingServer(resume_job=answers) as server:
        session = await open_session(server)
        gone = asyncio.create_task(session.request({"action": "resume_job", "jobId": "gone"}, JobSnapshot))
        await server.until(lambda: bool(server.received))
        gone.cancel()
        there = asyncio.create_task(session.request({"action": "resume_job", "jobId": "job-2"}, JobSnapshot))
        await asyncio.wait([gone])
        asked_for_another.set()
        assert (await there).job_id == "job-2"
        await session.close()


async def test_a_request_that_waits_for_its_turn_and_is_given_up_is_not_sent() -> None:
    async with RecordingServer(resume_job=silence) as server:
        session = await open_session(server, answer=0.2)
        first = asyncio.create_task(session.request({"action": "resume_job", "jobId": "job-1"}, JobSnapshot))
        await server.until(lambda: bool(server.received))
        second = asyncio.create_task(session.request({"action": "cancel_job", "jobId": "job-1"}, JobCancelled))
        await asyncio.sleep(0)
        second.cancel()
        with pytest.raises(NoAnswer, match="resume_job"):
            await first
        await session.ping()
        await session.close()
    assert server.actions() == ["resume_job", "ping"]


async def test_an_error_is_an_event_too() -> None:
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
