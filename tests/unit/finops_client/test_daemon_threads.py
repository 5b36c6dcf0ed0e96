import asyncio
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from finops_client.daemon_threads import run_with_daemon_threads
from finops_client.exit_codes import ExitCode

CLIENT = str(Path(__file__).parents[3] / "client")

# What is broken waits for all of this; what works, for nothing.
LONGEST_WAIT = 15


@pytest.fixture
def silent_cognito() -> Iterator[socket.socket]:
    """Takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(LONGEST_WAIT)
        yield listening


def ask(cognito: socket.socket, *arguments: str) -> subprocess.Popen[str]:
    signing_in = {"USER_POOL_CLIENT_ID": "client", "TEST_USERNAME": "ann", "TEST_PASSWORD": "pw"}
    endpoint = {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{cognito.getsockname()[1]}",
        "AWS_REGION": "us-east-1",
        "WEBSOCKET_URL": "ws://127.0.0.1:1",
    }
    return subprocess.Popen(
        [sys.executable, "-m", "finops_client.ask", *arguments, "Why?"],
        env={**os.environ, "PYTHONPATH": CLIENT, **signing_in, **endpoint},
        stderr=subprocess.PIPE,
        text=True,
    )


def test_what_is_called_in_a_thread_gives_its_result_or_raises() -> None:
    async def main() -> int:
        with pytest.raises(ValueError, match="invalid literal"):
            await asyncio.to_thread(int, "x")
        return await asyncio.to_thread(int, "7", base=8)

    assert run_with_daemon_threads(main()) == 7


def test_what_the_main_function_raises_comes_out() -> None:
    async def main() -> None:
        raise ValueError("Out.")

    with pytest.raises(ValueError, match="Out"):
        run_with_daemon_threads(main())


@pytest.mark.filterwarnings("error")
def test_a_call_that_nobody_waits_for_any_more_holds_nobody_up(caplog: pytest.LogCaptureFixture) -> None:
    release = threading.Event()
    threads: list[threading.Thread] = []

    def hang() -> None:
        threads.append(threading.current_thread())
        release.wait(LONGEST_WAIT)

    async def main() -> None:
        async with asyncio.timeout(0.05):
            await asyncio.to_thread(hang)

    with pytest.raises(TimeoutError):
        run_with_daemon_threads(main())
    (thread,) = threads
    assert thread.is_alive()
    assert thread.daemon
    release.set()
    thread.join(LONGEST_WAIT)
    assert not thread.is_alive()
    assert caplog.records == []


def test_ask_keeps_its_time_while_cognito_is_silent(silent_cognito: socket.socket) -> None:
    with ask(silent_cognito, "--timeout", "0.5") as process:
        _, err = process.communicate(timeout=LONGEST_WAIT)
    assert (process.returncode, err) == (ExitCode.TIMED_OUT, "No answer within 0.5 seconds.\n")


def test_ask_is_interrupted_while_cognito_is_silent(silent_cognito: socket.socket) -> None:
    with ask(silent_cognito) as process:
        signing_in, _ = silent_cognito.accept()
        with signing_in:
            process.send_signal(signal.SIGINT)
            _, err = process.communicate(timeout=LONGEST_WAIT)
    assert (process.returncode, err) == (ExitCode.INTERRUPTED, "Interrupted.\n")
