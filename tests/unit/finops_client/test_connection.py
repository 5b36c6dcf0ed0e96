import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.asyncio.server import ServerConnection, serve

from finops_client.connection import MAX_SENT_FRAME, MAX_SENT_MESSAGE, Connection, Timing, split_into_frames
from finops_client.errors import CannotConnect, ConnectionLost, HandshakeRefused, MessageNotSendable
from finops_client.events import Event, Malformed, Pong
from unit.finops_client import protocol_messages as say
from unit.finops_client.recording_server import RecordingServer, sending

TIMING = Timing(opening=2, answer=2, closing=0.2)


async def test_what_is_received_comes_in_order_as_events() -> None:
    events: list[Event] = []
    async with RecordingServer(ping=sending("junk", say.pong())) as server:
        connection = await Connection.open(server.url, events.append, TIMING)
        await connection.send({"action": "ping"})
        await server.until(lambda: len(events) == 2)
        await connection.close()
    assert isinstance(events[0], Malformed)
    assert events[1] == Pong(timestamp=1)


@pytest.mark.parametrize("origin", ["https://finops.example", None])
async def test_the_origin_is_sent_if_there_is_one(origin: str | None) -> None:
    async with RecordingServer() as server:
        connection = await Connection.open(server.url, lambda _: None, TIMING, origin=origin)
        await connection.close()
        server.handshake_statuses = [403]
        with pytest.raises(HandshakeRefused, match=origin or "none was sent"):
            await Connection.open(server.url, lambda _: None, TIMING, origin=origin)
    assert server.origins == [origin, origin]


@pytest.mark.parametrize(
    ("status", "refused"), [(403, True), (401, True), (404, True), (429, False), (500, False), (503, False)]
)
async def test_a_refused_handshake(status: int, refused: bool) -> None:
    async with RecordingServer() as server:
        server.handshake_statuses = [status]
        with pytest.raises(CannotConnect, match=str(status)) as failed:
            await Connection.open(server.url, lambda _: None, TIMING)
    assert isinstance(failed.value, HandshakeRefused) is refused


UNREACHABLE = ["ws://127.0.0.1:1", "http://127.0.0.1:1", "ws://", "no url", "ws://host.invalid"]
NO_ADDRESS = ["ws://localhost:99999/x", "ws://[::1/", "ws://a..b/", f"ws://{'a' * 70}.invalid/"]


@pytest.mark.parametrize("url", UNREACHABLE + NO_ADDRESS)
async def test_no_connection(url: str) -> None:
    with pytest.raises(CannotConnect):
        await Connection.open(url, lambda _: None, TIMING)


async def test_a_server_that_takes_the_line_and_says_nothing() -> None:
    async def mute(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(mute, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    with pytest.raises(CannotConnect, match="within"):
        await Connection.open(f"ws://127.0.0.1:{port}", lambda _: None, Timing(opening=0.1))
    server.close()


@pytest.mark.parametrize("code", [1000, 1001, 1005, 1006, 1011])
async def test_how_the_connection_was_lost(code: int) -> None:
    async with RecordingServer() as server:
        connection = await Connection.open(server.url, lambda _: None, TIMING)
        await server.until(lambda: bool(server.sockets))
        if code == 1006:
            server.sockets[0].transport.abort()
        elif code == 1005:
            server.sockets[0].transport.write(b"\x88\x00")  # a close frame without a code
        else:
            await server.sockets[0].close(code, "bye")
        lost = await asyncio.wait_for(connection.lost, 2)
        assert lost.code == code
        with pytest.raises(ConnectionLost):
            await connection.send({"action": "ping"})


async def test_a_message_larger_than_the_bound_ends_the_connection_and_says_so() -> None:
    async with RecordingServer(ping=sending("x" * (5 * 1024 * 1024))) as server:
        connection = await Connection.open(server.url, lambda _: None, TIMING)
        await connection.send({"action": "ping"})
        lost = await asyncio.wait_for(connection.lost, 5)
    assert lost.code == 1009


async def test_a_message_of_a_mebibyte_is_received() -> None:
    events: list[Event] = []
    async with RecordingServer(ping=sending(say.progress_update(message="x" * 1024 * 1024))) as server:
        connection = await Connection.open(server.url, events.append, TIMING)
        await connection.send({"action": "ping"})
        await server.until(lambda: bool(events))
        await connection.close()


async def test_messages_over_the_gateways_limit_are_not_sent() -> None:
    async with RecordingServer() as server:
        connection = await Connection.open(server.url, lambda _: None, TIMING)
        with pytest.raises(MessageNotSendable, match=str(MAX_SENT_MESSAGE)):
            await connection.send({"action": "ping", "x": "é" * (MAX_SENT_MESSAGE // 2)})
        with pytest.raises(MessageNotSendable, match="surrogate"):
            await connection.send({"action": "ping", "x": "\ud800"})
        await connection.send_raw("x" * (MAX_SENT_MESSAGE + 1))
        await connection.send_raw(b"\x00\xff")
        await server.until(lambda: len(server.raw) == 2)
        await connection.close()
    assert server.raw == ["x" * (MAX_SENT_MESSAGE + 1), b"\x00\xff"]


async def test_a_large_message_goes_in_frames_that_the_gateway_takes() -> None:
    fragments: list[str | bytes] = []

    async def by_frames(socket: ServerConnection) -> None:
        fragments.extend([fragment async for fragment in socket.recv_streaming()])
        await socket.close()

    async with serve(by_frames, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        connection = await Connection.open(f"ws://127.0.0.1:{port}", lambda _: None, TIMING)
        await connection.send({"action": "ping", "x": "é" * 40_000})
        await asyncio.wait_for(connection.lost, 2)
    assert len(fragments) > 2
    assert all(len(str(fragment).encode()) <= MAX_SENT_FRAME for fragment in fragments)


@given(st.text(max_size=200).map(lambda text: text * 700))
def test_frames_are_small_enough_and_make_the_text(text: str) -> None:
    frames = split_into_frames(text)
    assert "".join(frames) == text
    assert all(len(frame) * 4 <= MAX_SENT_FRAME for frame in frames)


async def test_an_aborted_connection_says_why() -> None:
    async with RecordingServer() as server:
        connection = await Connection.open(server.url, lambda _: None, TIMING)
        connection.abort("dead")
        lost = await asyncio.wait_for(connection.lost, 2)
    assert (lost.code, lost.reason) == (1006, "dead")
