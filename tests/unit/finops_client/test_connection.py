"""One WebSocket: how it is opened and lost, what goes over it, and whose an answer is."""

import asyncio
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection, serve

from finops_client import errors
from finops_client.connection import MAX_SENT_FRAME, MAX_SENT_MESSAGE, Connection
from finops_client.events import Event, JobSnapshot
from finops_client.timing import Timing
from unit.finops_client import protocol_messages as say
from unit.finops_client.quick_client import kinds_of
from unit.finops_client.recording_server import RecordingServer, in_turn, sending, silence, then_cut

CLAIM = {"userId": "test-user", "username": "testuser"}


def resume(job_id: str) -> dict[str, object]:
    return {"action": "resume_job", "jobId": job_id}


async def opened(server: RecordingServer | str, events: list[Event] | None = None, **options: Any) -> Connection:
    """A connection in real time, but for what it is told."""
    origin = options.pop("origin", None)
    url = server if isinstance(server, str) else server.url
    timing = Timing(**{"opening": 10, "answer": 10, "closing": 0.2, **options})
    return await Connection.open(url, timing, ([] if events is None else events).append, origin=origin)


@pytest.mark.parametrize(("status", "refused"), [(403, True), (404, True), (408, False), (429, False), (503, False)])
@pytest.mark.parametrize("origin", ["https://finops.example", None])
async def test_a_refused_handshake_says_what_may_be_wrong(status: int, refused: bool, origin: str | None) -> None:
    async with RecordingServer() as server:
        await (await opened(server, origin=origin)).aclose()
        server.handshake_statuses = [status]
        with pytest.raises(errors.CannotConnect, match=str(status)) as failed:
            await opened(server, origin=origin)
    assert isinstance(failed.value, errors.HandshakeRefused) is refused
    assert server.origins == [origin, origin]
    if refused:
        assert str(failed.value).partition(" Is the URL right, with its stage?")[1]
        hint = f"may not allow the origin {origin}." if origin else "may want an Origin, and none was sent."
        assert (hint in str(failed.value)) is (status == 403)


@pytest.mark.parametrize("url", ["ws://127.0.0.1:1", "http://x", "ws://127.0.0.1:99999", "ws://[", "ws://a..b"])
async def test_an_address_where_nobody_is(url: str) -> None:
    with pytest.raises(errors.CannotConnect, match="No connection to "):
        await opened(url)


async def test_a_server_that_does_not_answer_the_handshake() -> None:
    async def say_nothing(_reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(5)

    async with await asyncio.start_server(say_nothing, "127.0.0.1", 0) as server:
        with pytest.raises(errors.CannotConnect, match=r"within 0\.1 seconds"):
            await opened(f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}", opening=0.1)


@pytest.mark.parametrize("code", [1000, 1001, 1005, 1006, 1011])
async def test_how_the_connection_was_lost(code: int) -> None:
    async with RecordingServer() as server:
        connection = await opened(server)
        await server.until(lambda: bool(server.sockets))
        if code == 1006:
            server.sockets[0].transport.abort()
        elif code == 1005:
            server.sockets[0].transport.write(b"\x88\x00")  # a close frame without a code
        else:
            await server.sockets[0].close(code, "bye")
        lost = await asyncio.wait_for(connection.lost, 20)
        assert f"(code {code}" in str(lost)
        with pytest.raises(errors.ConnectionLost):
            await connection.send({"action": "ping"})


@pytest.mark.parametrize(("mebibytes", "code"), [(1, None), (5, 1009)])
async def test_a_message_is_received_up_to_a_bound(mebibytes: int, code: int | None) -> None:
    events: list[Event] = []
    large = say.progress_update(message="x" * mebibytes * 1024 * 1024)
    async with RecordingServer(ping=sending(large)) as server:
        connection = await opened(server, events)
        await connection.send({"action": "ping"})
        await server.until(lambda: bool(events) or connection.lost.done())
        assert kinds_of(events) == ([] if code else ["ProgressUpdate"])
        assert not code or connection.lost.result().close_code == code
        await connection.aclose()


async def test_a_large_message_goes_in_frames_that_the_gateway_takes() -> None:
    fragments: list[str | bytes] = []

    async def by_frames(socket: ServerConnection) -> None:
        fragments.extend([fragment async for fragment in socket.recv_streaming()])
        await socket.close()

    async with serve(by_frames, "127.0.0.1", 0) as server:
        connection = await opened(f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}")
        await connection.send({"action": "ping", "x": "é" * (MAX_SENT_MESSAGE // 2 - 100)})
        await asyncio.wait_for(connection.lost, 20)
    assert len(fragments) > 2
    assert all(len(str(fragment).encode()) <= MAX_SENT_FRAME for fragment in fragments)


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (say.error(code="INVALID_MESSAGE"), errors.NotAuthenticated),
        (say.error(code="INTERNAL"), errors.ServerFailed),
        (say.error(code="RATE_LIMITED"), errors.LimitReached),
    ],
)
async def test_a_refused_authentication_is_raised(message: say.Message, expected: type[Exception]) -> None:
    async with RecordingServer(authenticate=sending(message)) as server:
        connection = await opened(server)
        with pytest.raises(expected):
            await connection.authenticate(CLAIM)
        await connection.aclose()


async def test_no_answer_and_a_lost_line_do_not_hang() -> None:
    async with RecordingServer(authenticate=silence, ping=then_cut(silence)) as server:
        connection = await opened(server, answer=0.5)
        with pytest.raises(errors.NoAnswer, match=r"did not answer authenticate within 0\.5 seconds"):
            await connection.authenticate(CLAIM)
        with pytest.raises(errors.ConnectionLost):
            await connection.ping()
        await connection.aclose()


@pytest.mark.parametrize(
    ("says", "outcome"),
    [
        ([say.job_snapshot(), say.error()], JobSnapshot),
        ([say.error(code="JOB_NOT_FOUND")], errors.JobNotFound),
        ([say.error(code="JOB_NOT_FOUND", jobId="job-1")], errors.JobNotFound),
        ([say.gateway_error(), say.job_snapshot()], errors.GatewayRefused),
        ([{"type": "job_snapshot", "jobId": "job-1"}], errors.ProtocolViolation),
        ([{"type": "job_snapshot"}], errors.ProtocolViolation),
    ],
)
async def test_an_answer_is_the_requests_own_and_the_first(says: list[Any], outcome: type) -> None:
    of_others = [say.job_snapshot(jobId="job-2"), say.job_list(), say.pong(), say.error(jobId="job-2")]
    others = sending(*of_others, {"type": "job_snapshot", "jobId": "job-2"}, *says)
    async with RecordingServer(resume_job=others) as server:
        connection = await opened(server)
        try:
            found: object = await connection.request(resume("job-1"), JobSnapshot)
        except errors.FinopsClientError as failed:
            found = failed
        await connection.aclose()
    assert type(found) is outcome


async def test_a_request_whose_caller_has_gone_keeps_its_turn() -> None:
    asked_for_another = asyncio.Event()

    async def refuse_late(socket: ServerConnection, received: say.Message) -> None:
        await asked_for_another.wait()
        await sending(say.error(code="JOB_NOT_FOUND"))(socket, received)

    answers = in_turn(refuse_late, sending(say.job_snapshot(jobId="job-2")))
    async with RecordingServer(resume_job=answers) as server:
        connection = await opened(server)
        gone = asyncio.create_task(connection.request(resume("gone"), JobSnapshot))
        await server.until(lambda: bool(server.received))
        gone.cancel()
        there = asyncio.create_task(connection.request(resume("job-2"), JobSnapshot))
        await asyncio.wait([gone])
        asked_for_another.set()
        assert (await there).job_id == "job-2"
        await connection.aclose()


async def test_the_heartbeat_pings_leaves_a_live_connection_alone_and_ends_a_dead_one() -> None:
    async with RecordingServer() as server:
        connection = await opened(server, heartbeat=0.01, answer=1)
        await server.until(lambda: server.actions().count("ping") >= 3)
        assert not connection.lost.done()
        server.answers["ping"] = silence
        lost = await asyncio.wait_for(asyncio.shield(connection.lost), 20)
        await connection.aclose()
    assert (lost.close_code, "did not answer a ping" in lost.reason) == (1006, True)
