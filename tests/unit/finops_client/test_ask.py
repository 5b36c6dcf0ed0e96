"""The ask command: what it prints where, and its exit status."""

import asyncio
import io
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from rich.console import Console

from finops_client.ask import AskCommand
from finops_client.daemon_threads import run_with_daemon_threads
from finops_client.options import ExitCode, read_options
from unit.finops_client import protocol_messages as say
from unit.finops_client.printed_text import HOSTILE_TEXTS, assert_harmless
from unit.finops_client.recording_server import Answer, RecordingServer, sending, silence

CLIENT = str(Path(__file__).parents[3] / "client")
ANSWER = say.job_result()["response"] + "\n"
SIGN_IN = say.error(code="UNAUTHENTICATED", message="Please sign in.")

# What is broken waits for all of this; what works, for nothing.
LONGEST_WAIT = 30


async def run(
    server: RecordingServer | str, *arguments: str, what: str = "Why?", terminal: bool = False
) -> tuple[ExitCode, str, str]:
    """The exit status, the output and the notes of one run, which asks a question unless it is to do something else."""
    url = server if isinstance(server, str) else server.url
    given = ["--url", url, "--user-id", "u", *arguments, *what.split()]
    options = read_options(given, {}, Path("/nonexistent"), io.StringIO())
    files = io.StringIO(), io.StringIO()
    consoles = [Console(file=file, force_terminal=terminal, width=80) for file in files]
    status = await asyncio.wait_for(AskCommand(options, *consoles).run(), LONGEST_WAIT)
    return status, files[0].getvalue(), files[1].getvalue()


def a_job(*messages: say.Message) -> Answer:
    return sending(say.job_queued(), *messages)


async def test_a_complete_answer_is_plain_markdown_in_a_pipe_and_drawn_on_a_terminal() -> None:
    async with RecordingServer() as server:
        status, out, err = await run(server)
        assert (status, out) == (ExitCode.COMPLETE, ANSWER)
        assert "[ 50%]" in err
        assert "\x1b" not in out + err
        assert await run(server, "--quiet") == (ExitCode.COMPLETE, ANSWER, "")
        status, out, err = await run(server, terminal=True)
    assert ("**" in out, "NAT gateway" in out, "✓" in err) == (False, True, True)


@pytest.mark.parametrize(
    ("answer", "status", "sentence"),
    [
        (a_job(say.job_failed()), ExitCode.FAILED, "All agents failed. (AGENTS_FAILED)"),
        (a_job(say.job_cancelled()), ExitCode.FAILED, "The job was cancelled."),
        (sending(say.job_refused()), ExitCode.NOT_AUTHENTICATED, "Not authenticated: Please sign in."),
        (sending(say.gateway_error()), ExitCode.NOT_CONNECTED, "Internal server error"),
        (sending(say.job_refused(code="TOO_MANY_JOBS")), ExitCode.FAILED, "ask --list shows your jobs, ask --cancel"),
    ],
)
async def test_other_ends(answer: Answer, status: ExitCode, sentence: str) -> None:
    async with RecordingServer(finops_query=answer) as server:
        found, out, err = await run(server)
    assert (found, out) == (status, "")
    assert sentence in err
    assert ("--request-id" in err) is (status in {ExitCode.NOT_CONNECTED, ExitCode.NOT_AUTHENTICATED})


async def test_who_cannot_connect_or_sign_in_gets_a_sentence() -> None:
    limited = say.error(code="RATE_LIMITED", message="Please close one.", retryAfter=30)
    async with RecordingServer(authenticate=sending(limited)) as server:
        assert (await run(server))[::2] == (ExitCode.FAILED, "Please close one. Try again in 30 seconds.\n")
        server.answers["authenticate"] = sending(say.error(code="INVALID_MESSAGE", message="Bad token."))
        assert (await run(server))[::2] == (ExitCode.NOT_AUTHENTICATED, "Not authenticated: Bad token.\n")
        server.handshake_statuses = [403]
        status, _, err = await run(server, "--origin", "https://elsewhere.example")
        assert (status, "may not allow the origin https://elsewhere.example." in err) == (ExitCode.NOT_CONNECTED, True)
        assert server.origins[-1] == "https://elsewhere.example"
    status, _, err = await run("ws://127.0.0.1:1")
    assert (status, "No connection" in err) == (ExitCode.NOT_CONNECTED, True)


@pytest.mark.parametrize(
    ("action", "what", "answer", "last"),
    [
        ("finops_query", "Why?", a_job(), "The job goes on. To come back to it: ask --resume job-1"),
        ("finops_query", "Why?", sending(say.job_queued(jobId="x; rm -rf y")), "it: ask --resume 'x; rm -rf y'"),
        ("finops_query", "Why?", silence, "To follow the same job, ask again with --request-id request-1"),
        ("resume_job", "--resume job-1", sending(say.job_snapshot()), "it: ask --resume job-1"),
        ("resume_job", "--resume job-1", silence, "it: ask --resume job-1"),
    ],
)
async def test_without_an_end_in_time_it_says_how_to_come_back(
    action: str, what: str, answer: Answer, last: str
) -> None:
    request_id = ["--request-id", "request-1"] if what == "Why?" else []
    async with RecordingServer(**{action: answer}) as server:
        # What is to be seen before must come in this time, on a starved machine too.
        status, _, err = await run(server, "--timeout", "0.9", *request_id, what=what)
    assert status == ExitCode.TIMED_OUT
    assert "No answer within 0.9 seconds.\n" in err
    assert err.endswith(last + "\n")


@pytest.mark.parametrize("arguments", [[], ["--json"]])
async def test_of_a_large_answer_that_cannot_be_fetched_the_first_part_is_printed(arguments: list[str]) -> None:
    large = say.job_completed(result=say.job_result(response="the whole", responseUrl="http://127.0.0.1:1/"))
    async with RecordingServer(finops_query=a_job(large)) as server:
        status, out, err = await run(server, *arguments)
    assert (json.loads(out.splitlines()[-1])["result"]["response"] if arguments else out.strip()) == "the whole"
    assert status == ExitCode.PARTIAL
    assert "cannot be fetched: [Errno 111] Connection refused. This is its first part.\n" in err


async def test_a_job_is_cancelled_unless_it_has_ended() -> None:
    async with RecordingServer(cancel_job=sending(say.job_cancelled())) as server:
        assert await run(server, "--quiet", what="--cancel job-1") == (ExitCode.COMPLETE, "", "")
        _, out, err = await run(server, "--json", what="--cancel job-1")
        assert (json.loads(out), err) == (say.job_cancelled(), "The job is cancelled.\n")
        server.answers["cancel_job"] = sending(say.error(code="JOB_FINISHED", message="The job has ended."))
        assert await run(server, what="--cancel job-1") == (ExitCode.FAILED, "", "The job has ended.\n")


async def test_a_job_that_is_gone_is_nothing_to_come_back_to() -> None:
    gone = say.error(code="JOB_NOT_FOUND", message="There is no such job.")
    async with RecordingServer(resume_job=sending(gone)) as server:
        assert await run(server, what="--resume job-1") == (ExitCode.FAILED, "", "There is no such job.\n")


async def test_jobs_are_listed() -> None:
    async with RecordingServer(list_jobs=sending(say.job_list())) as server:
        _, out, _ = await run(server, "--json", what="--list")
        assert [json.loads(line) for line in out.splitlines()] == say.job_list()["jobs"]
        server.answers["list_jobs"] = sending(SIGN_IN)
        refused = await run(server, what="--list")
    assert refused == (ExitCode.NOT_AUTHENTICATED, "", "Not authenticated: Please sign in.\n")


# Each example talks to a server: few of them, and what is behind has its own.
@settings(max_examples=15)
@given(HOSTILE_TEXTS, HOSTILE_TEXTS, HOSTILE_TEXTS)
@example("\x7f", "\x7f", "\x7f")
@example("[bold]d[/bold]\x1b]0;owned\x07b\x1b[2J\u202ec\x9b31me", "a", "b")
def test_nothing_that_a_server_says_reaches_the_terminal_but_text(message: str, error: str, job_id: str) -> None:
    async def printed() -> str:
        queued = say.job_queued(message=message, jobId=job_id)
        failed = say.job_failed(error=error, jobId=job_id, code=message)
        async with RecordingServer(finops_query=sending(queued, failed)) as server:
            written = [*(await run(server))[1:], *(await run(server, "--json", "--quiet"))[1:]]
            server.answers["finops_query"] = sending(queued)
            return "".join([*written, *(await run(server, "--timeout", "0.05"))[1:]])

    assert_harmless(asyncio.run(printed()))


async def process_of(url: str, *arguments: str, redirection: str = "", **variables: str) -> Any:
    """The command as a process of its own, whose output is buffered as usual, with its status on standard error."""
    command = f'"{sys.executable}" -m finops_client.ask {" ".join(arguments)} Why?'
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    return await asyncio.create_subprocess_exec(
        *("sh", "-c", f"({command}; echo $? >&2) {redirection}" if redirection else f"exec {command}"),
        env=inherited | {"PYTHONPATH": CLIENT, "WEBSOCKET_URL": url, "FINOPS_TOKEN": "token"} | variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


FULL = "The output cannot be written: No space left on device."


@pytest.mark.parametrize(
    ("arguments", "redirection", "notes"),
    [
        (["--quiet"], "| true", ["0"]),
        (["--quiet", "--json"], "| true", ["0"]),
        (["--quiet"], "> /dev/full", [FULL, "1"]),
        (["--quiet", "--json"], "> /dev/full", [FULL, "The job goes on. To come back to it: ask --resume job-1", "1"]),
    ],
)
async def test_an_output_that_takes_no_more(arguments: list[str], redirection: str, notes: list[str]) -> None:
    async with RecordingServer() as server:
        process = await process_of(server.url, *arguments, redirection=redirection)
        _, err = await asyncio.wait_for(process.communicate(), LONGEST_WAIT)
    assert err.decode().splitlines() == notes


async def test_an_output_that_cannot_write_every_character() -> None:
    async with RecordingServer(
        finops_query=a_job(say.job_completed(result=say.job_result(response="Größe")))
    ) as server:
        process = await process_of(server.url, "--quiet", PYTHONIOENCODING="ascii")
        out, _ = await asyncio.wait_for(process.communicate(), LONGEST_WAIT)
    assert (process.returncode, out.splitlines()) == (ExitCode.COMPLETE, [b"Gr??e"])


@pytest.fixture
def silent_cognito() -> Iterator[socket.socket]:
    """Takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(LONGEST_WAIT)
        yield listening


@pytest.mark.parametrize("interrupted", [False, True])
async def test_a_silent_cognito_holds_nobody_up(silent_cognito: socket.socket, interrupted: bool) -> None:
    process = await process_of(
        *("ws://127.0.0.1:1", "--timeout", "900" if interrupted else "0.5"),
        **{"FINOPS_TOKEN": "", "USER_POOL_CLIENT_ID": "client", "TEST_USERNAME": "ann", "TEST_PASSWORD": "pw"},
        **{"AWS_ENDPOINT_URL": f"http://127.0.0.1:{silent_cognito.getsockname()[1]}", "AWS_REGION": "us-east-1"},
    )
    if interrupted:
        signing_in, _ = await asyncio.to_thread(silent_cognito.accept)
        process.send_signal(signal.SIGINT)
    _, err = await asyncio.wait_for(process.communicate(), LONGEST_WAIT)
    if interrupted:
        signing_in.close()
    ended = (ExitCode.INTERRUPTED, b"Interrupted.\n") if interrupted else (6, b"No answer within 0.5 seconds.\n")
    assert (process.returncode, err) == ended


def test_what_is_called_in_a_thread_gives_its_result_or_raises() -> None:
    async def main() -> None:
        with pytest.raises(ValueError, match="invalid literal"):
            await asyncio.to_thread(int, "x")
        raise LookupError(await asyncio.to_thread(int, "7", base=8))

    with pytest.raises(LookupError, match="7"):
        run_with_daemon_threads(main())
