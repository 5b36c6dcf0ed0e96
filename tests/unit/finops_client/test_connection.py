"""One WebSocket: how it is opened and lost, what goes over it, and whose an answer is."""

import asyncio
from typing import Any

import pytest

from finops_client import errors
from finops_client.connection import Connection
from finops_client.events import Event, JobSnapshot, Pong
from finops_client.timing import Timing
from unit.finops_client import protocol_messages as say
from unit.finops_client.recording_server import RecordingServer, sending, silence, then_cut

PING = {"action": "ping"}


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


@pytest.mark.parametrize("mebibytes", [1, 5])
async def test_a_message_is_received_up_to_a_bound_and_a_lost_connection_says_how(mebibytes: int) -> None:
    events: list[Event] = []
    large = say.progress_update(message="x" * mebibytes * 1024 * 1024)
    async with RecordingServer(ping=sending(large, say.pong())) as server:
        connection = await opened(server, events)
        if mebibytes == 1:
            assert isinstance(await connection.request(PING, Pong), Pong)
            assert len(events) == 2
        else:
            for _ in range(2):
                with pytest.raises(errors.ConnectionLost, match="1009"):
                    await connection.request(PING, Pong)
        await connection.aclose()


async def test_no_answer_and_a_lost_line_do_not_hang() -> None:
    async with RecordingServer(resume_job=silence, ping=then_cut(silence)) as server:
        connection = await opened(server, answer=0.5)
        with pytest.raises(errors.NoAnswer, match=r"did not answer resume_job within 0\.5 seconds"):
            await connection.request({"action": "resume_job"}, JobSnapshot)
        with pytest.raises(errors.ConnectionLost):
            await connection.request(PING, Pong)
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
            found: object = await connection.request({"action": "resume_job", "jobId": "job-1"}, JobSnapshot)
        except errors.FinopsClientError as failed:
            found = failed
        await connection.aclose()
    assert type(found) is outcome
