import asyncio

import pytest

from finops_client.credentials import ClaimedIdentity
from finops_client.errors import CannotConnect
from finops_client.verify import RETRY_SECONDS, NotVerified, Verification, main
from unit.finops_client import protocol_messages as say
from unit.finops_client.printed_text import FRAGMENTS, assert_harmless
from unit.finops_client.recording_clock import RecordingClock
from unit.finops_client.recording_server import RecordingServer, sending

IDENTITY = ClaimedIdentity("test-user", "testuser")


async def test_the_guides_exchange(capsys: pytest.CaptureFixture[str]) -> None:
    async with RecordingServer() as server:
        assert await asyncio.to_thread(main, ["--url", server.url]) == 0
    assert server.received == [
        {"action": "authenticate", "userId": "test-user", "username": "testuser"},
        {"action": "ping"},
        {"action": "list_jobs"},
    ]
    shown = capsys.readouterr()
    assert shown.out == ""
    assert [line.split()[1] for line in shown.err.splitlines()] == [
        "connected",
        "authenticated:",
        "ping",
        "list_jobs",
        "verified",
    ]


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (say.authenticated(message="Hello"), "Expected the message 'Welcome testuser!.*got 'Hello'"),
        (say.authenticated(userId="other"), "Expected the userId 'test-user', got 'other'"),
        (say.authenticated(connectionId=""), "connectionId"),
        (say.authenticated(verified=True), '"verified": false'),
        ({key: value for key, value in say.authenticated().items() if key != "verified"}, "verified is missing"),
        (say.error(message="No such action."), "Expected authenticated.*No such action"),
        (say.gateway_error(), "Expected authenticated.*Internal server error"),
    ],
)
async def test_another_answer(answer: say.Message, sentence: str) -> None:
    async with RecordingServer(authenticate=sending(answer)) as server:
        with pytest.raises(NotVerified, match=sentence):
            await Verification(server.url, IDENTITY, lambda _: None, RecordingClock()).run(wait=0)


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (say.error(code="INTERNAL"), "Expected the code UNAUTHENTICATED.*INTERNAL"),
        (say.gateway_error(), "Expected error as the answer to list_jobs"),
    ],
)
async def test_a_message_handler_that_does_not_work(answer: say.Message, sentence: str) -> None:
    async with RecordingServer(list_jobs=sending(answer)) as server:
        with pytest.raises(NotVerified, match=sentence):
            await Verification(server.url, IDENTITY, lambda _: None, RecordingClock()).run(wait=0)


async def test_a_new_api_that_needs_a_moment() -> None:
    lines: list[str] = []
    clock = RecordingClock()
    async with RecordingServer() as server:
        server.handshake_statuses = [403, 500]
        await Verification(server.url, IDENTITY, lines.append, clock).run(wait=60)
    assert clock.slept == [RETRY_SECONDS] * 2
    assert [line.startswith("not reachable yet") for line in lines] == [True, True, False, False, False, False]


async def test_what_stays_the_same_is_said_once() -> None:
    lines: list[str] = []
    async with RecordingServer() as server:
        server.handshake_statuses = [403, 403, 403]
        await Verification(server.url, IDENTITY, lines.append, RecordingClock()).run(wait=60)
    assert sum(line.startswith("not reachable yet") for line in lines) == 1


async def test_the_origin_is_sent() -> None:
    async with RecordingServer() as server:
        arguments = ["--url", server.url, "--origin", "https://finops.example"]
        assert await asyncio.to_thread(main, arguments) == 0
    assert server.origins == ["https://finops.example"]


async def test_what_a_server_says_is_printed_as_text(capsys: pytest.CaptureFixture[str]) -> None:
    async with RecordingServer(authenticate=sending(say.authenticated(connectionId="".join(FRAGMENTS)))) as server:
        assert await asyncio.to_thread(main, ["--url", server.url]) == 0
    assert_harmless(capsys.readouterr().err)


async def test_waiting_ends() -> None:
    clock = RecordingClock()
    with pytest.raises(CannotConnect):
        await Verification("ws://127.0.0.1:1", IDENTITY, lambda _: None, clock).run(wait=10)
    assert len(clock.slept) == 5


def test_failing_is_exit_status_1(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--url", "ws://127.0.0.1:1", "--wait", "0"]) == 1
    assert "failed: No connection" in capsys.readouterr().err
