import asyncio

import pytest

from finops_client import ClaimedIdentity
from finops_client.errors import CannotConnect
from finops_client.verify import RETRY_SECONDS, NotVerified, main, verify
from unit.finops_client import protocol_messages as say
from unit.finops_client.printed_text import FRAGMENTS, assert_harmless
from unit.finops_client.quick_client import QuickTiming
from unit.finops_client.recording_server import RecordingServer, sending

IDENTITY = ClaimedIdentity("test-user", "testuser")
STEPS = ["connected", "authenticated:", "ping", "list_jobs"]


async def verified(url: str, wait: float = 0) -> tuple[list[str], QuickTiming]:
    """The first words of the lines that are reported, and the waits."""
    lines: list[str] = []
    timing = QuickTiming()
    await verify(url, IDENTITY, lines.append, wait=wait, timing=timing)
    return [line.split()[0] for line in lines], timing


async def test_the_guides_exchange(capsys: pytest.CaptureFixture[str]) -> None:
    async with RecordingServer() as server:
        arguments = ["--url", server.url, "--origin", "https://finops.example"]
        assert await asyncio.to_thread(main, arguments) == 0
    assert server.received == [
        {"action": "authenticate", "userId": "test-user", "username": "testuser"},
        {"action": "ping"},
        {"action": "list_jobs"},
    ]
    assert server.origins == ["https://finops.example"]
    shown = capsys.readouterr()
    assert shown.out == ""
    assert [line.split()[:2] for line in shown.err.splitlines()] == [["verify:", step] for step in [*STEPS, "verified"]]


@pytest.mark.parametrize(
    ("action", "answer", "sentence"),
    [
        ("authenticate", say.authenticated(message="Hello"), "Expected 'Welcome testuser!.*got .*'Hello'"),
        ("authenticate", say.authenticated(userId="other"), "to 'test-user'.*got .*'other'"),
        ("authenticate", say.authenticated(connectionId=""), "and an id; got"),
        ("authenticate", say.authenticated(verified=True), "not verified.*verified=True"),
        ("authenticate", say.error(message="No such action."), "Expected authenticated.*No such action"),
        ("ping", say.gateway_error(), "Expected pong.*Internal server error"),
        ("list_jobs", say.error(code="INTERNAL", message="Oh."), "Expected the code UNAUTHENTICATED.*ServerFailed.*Oh"),
        ("list_jobs", say.job_list(), "Expected the code UNAUTHENTICATED.*JobList"),
    ],
)
async def test_another_answer(action: str, answer: say.Message, sentence: str) -> None:
    async with RecordingServer(**{action: sending(answer)}) as server:
        with pytest.raises(NotVerified, match=sentence):
            await verified(server.url)


async def test_a_new_api_that_needs_a_moment_is_waited_for_and_what_stays_the_same_said_once() -> None:
    async with RecordingServer() as server:
        server.handshake_statuses = [403, 403, 500]
        words, timing = await verified(server.url, wait=60)
    assert timing.slept == [RETRY_SECONDS] * 3
    assert words == ["not", "not", *STEPS]


async def test_waiting_ends_with_exit_status_1(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(CannotConnect):
        await verified("ws://127.0.0.1:1", wait=10)
    assert await asyncio.to_thread(main, ["--url", "ws://127.0.0.1:1", "--wait", "0"]) == 1
    assert "verify: failed: No connection" in capsys.readouterr().err


async def test_what_a_server_says_is_printed_as_text(capsys: pytest.CaptureFixture[str]) -> None:
    async with RecordingServer(authenticate=sending(say.authenticated(connectionId="".join(FRAGMENTS)))) as server:
        assert await asyncio.to_thread(main, ["--url", server.url]) == 0
    assert_harmless(capsys.readouterr().err)
