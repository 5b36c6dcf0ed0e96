import asyncio
import io
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from rich.console import Console

from finops_client.ask import AskCommand, main
from finops_client.ask_options import read_options
from finops_client.exit_codes import ExitCode
from unit.finops_client import protocol_messages as say
from unit.finops_client.printed_text import FRAGMENTS, assert_harmless
from unit.finops_client.recording_server import Answer, RecordingServer, sending, silence, then_cut

CLIENT = str(Path(__file__).parents[3] / "client")


class Run:
    """One run of the command, with what it wrote. It asks a question unless it is to do something else."""

    def __init__(
        self, server: RecordingServer | str, *arguments: str, what: str = "Why?", terminal: bool = False
    ) -> None:
        url = server if isinstance(server, str) else server.url
        options = read_options(
            ["--url", url, "--user-id", "u", *arguments, *what.split()], {}, Path("/nonexistent"), io.StringIO()
        )
        self.output = Console(file=io.StringIO(), force_terminal=terminal, width=80)
        self.notes = Console(file=io.StringIO(), force_terminal=terminal, width=80)
        self.command = AskCommand(options, self.output, self.notes)

    async def __call__(self) -> ExitCode:
        return await asyncio.wait_for(self.command.run(), 10)

    @property
    def out(self) -> str:
        return str(getattr(self.output.file, "getvalue")())  # noqa: B009

    @property
    def err(self) -> str:
        return str(getattr(self.notes.file, "getvalue")())  # noqa: B009


def completed(**result: Any) -> say.Message:
    return say.job_completed(result=say.job_result(**result))


async def test_a_complete_answer_is_plain_markdown_in_a_pipe() -> None:
    async with RecordingServer() as server:
        run = Run(server)
        assert await run() == ExitCode.COMPLETE
    assert run.out == say.job_result()["response"] + "\n"
    assert "[ 50%]" in run.err
    assert "\x1b" not in run.out + run.err


async def test_a_terminal_gets_rendered_markdown_and_a_moving_bar() -> None:
    async with RecordingServer() as server:
        run = Run(server, terminal=True)
        assert await run() == ExitCode.COMPLETE
    assert "**" not in run.out
    assert "NAT gateway" in run.out
    assert "✓" in run.err


async def test_a_partial_answer_says_which_agent_failed() -> None:
    failed = say.agent_completed(result=say.agent_result(status="failed"))
    answers = sending(*say.WHOLE_JOB[:3], failed, completed(partial=True))
    async with RecordingServer(finops_query=answers) as server:
        run = Run(server)
        assert await run() == ExitCode.PARTIAL
    assert "NAT gateway" in run.out
    assert f"partial: {say.AGENTS[0]} failed" in run.err


@pytest.mark.parametrize(
    ("end", "code", "sentence"),
    [
        (say.job_failed(), ExitCode.FAILED, "All agents failed. (AGENTS_FAILED)"),
        (say.job_cancelled(), ExitCode.FAILED, "cancelled"),
        (say.job_refused(), ExitCode.NOT_AUTHENTICATED, "Not authenticated: Please sign in."),
        (say.gateway_error(), ExitCode.NOT_CONNECTED, "Internal server error"),
    ],
)
async def test_other_ends(end: say.Message, code: ExitCode, sentence: str) -> None:
    acknowledged = [say.job_queued()] if end.get("jobId") else []
    async with RecordingServer(finops_query=sending(*acknowledged, end)) as server:
        run = Run(server)
        assert await run() == code
    assert sentence in run.err
    assert run.out == ""


async def test_no_connection() -> None:
    run = Run("ws://127.0.0.1:1")
    assert await run() == ExitCode.NOT_CONNECTED
    assert "No connection" in run.err


async def test_a_refused_handshake() -> None:
    async with RecordingServer() as server:
        server.handshake_statuses = [403]
        run = Run(server)
        assert await run() == ExitCode.NOT_CONNECTED
    assert "403" in run.err


async def test_a_refused_token() -> None:
    async with RecordingServer(authenticate=sending(say.error(code="INVALID_TOKEN", message="Bad token."))) as server:
        run = Run(server)
        assert await run() == ExitCode.NOT_AUTHENTICATED
    assert "Bad token." in run.err


async def test_no_answer_in_time_says_which_job_goes_on() -> None:
    async with RecordingServer(finops_query=sending(say.job_queued())) as server:
        run = Run(server, "--timeout", "0.3")
        assert await run() == ExitCode.TIMED_OUT
    assert "0.3 seconds" in run.err
    assert run.err.splitlines()[-1] == "The job goes on. To come back to it: ask --resume job-1"


@pytest.mark.parametrize(
    ("answer", "code"),
    [(sending(say.gateway_error()), ExitCode.NOT_CONNECTED), (silence, ExitCode.TIMED_OUT)],
)
async def test_without_an_end_it_says_how_to_ask_again(answer: Answer, code: ExitCode) -> None:
    async with RecordingServer(finops_query=answer) as server:
        run = Run(server, "--timeout", "3")
        assert await run() == code
    request_ids = {message["requestId"] for message in server.received if "requestId" in message}
    assert run.err.splitlines()[-1] == f"To follow the same job, ask again with --request-id {request_ids.pop()}"


async def test_after_the_end_there_is_nothing_to_ask_again() -> None:
    async with RecordingServer(finops_query=sending(say.job_queued(), say.job_failed())) as server:
        run = Run(server)
        await run()
    assert "--request-id" not in run.err


async def test_a_cut_line_does_not_show_in_the_answer() -> None:
    answers = then_cut(sending(*say.WHOLE_JOB[:3]))
    done = say.job_snapshot(status="completed", progress=100, result=say.job_result(), seq=6)
    async with RecordingServer(finops_query=answers, resume_job=sending(done)) as server:
        run = Run(server)
        assert await run() == ExitCode.COMPLETE
    assert "NAT gateway" in run.out


async def test_json_lines() -> None:
    async with RecordingServer() as server:
        run = Run(server, "--json", "--request-id", "request-1")
        assert await run() == ExitCode.COMPLETE
    lines = [json.loads(line) for line in run.out.splitlines()]
    assert lines == [{**say.WHOLE_JOB[0], "requestId": "request-1"}, *say.WHOLE_JOB[1:]]


async def test_quiet_prints_the_answer_only() -> None:
    async with RecordingServer() as server:
        run = Run(server, "--quiet")
        await run()
    assert run.out == say.job_result()["response"] + "\n"
    assert run.err == ""


async def answer_at(body: bytes) -> tuple[asyncio.Server, str]:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.0 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    return server, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"


@pytest.mark.parametrize("arguments", [[], ["--json"]])
async def test_a_large_answer_is_printed_whole(arguments: list[str]) -> None:
    bucket, url = await answer_at(b"the whole answer")
    answers = sending(say.job_queued(), completed(response="the whole", responseUrl=url))
    async with RecordingServer(finops_query=answers) as server:
        run = Run(server, *arguments)
        assert await run() == ExitCode.COMPLETE
    bucket.close()
    assert "the whole answer" in run.out


async def test_a_large_answer_that_cannot_be_fetched_is_printed_in_part() -> None:
    answers = sending(say.job_queued(), completed(response="the first part", responseUrl="http://127.0.0.1:1/"))
    async with RecordingServer(finops_query=answers) as server:
        run = Run(server)
        assert await run() == ExitCode.PARTIAL
    assert run.out == "the first part\n"
    assert "cannot be fetched" in run.err


async def test_too_many_jobs_says_what_to_do() -> None:
    refused = say.job_refused(code="TOO_MANY_JOBS", error="You have 10 jobs.", retryAfter=60)
    async with RecordingServer(finops_query=sending(refused)) as server:
        run = Run(server)
        assert await run() == ExitCode.FAILED
    said, advice = run.err.splitlines()[-2:]
    assert said == "You have 10 jobs. (TOO_MANY_JOBS)"
    assert "ask --list" in advice
    assert "ask --cancel" in advice


async def test_too_many_connections_says_when_to_try_again() -> None:
    limited = say.error(code="RATE_LIMITED", message="Please close one.", retryAfter=30)
    async with RecordingServer(authenticate=sending(limited)) as server:
        run = Run(server)
        assert await run() == ExitCode.FAILED
    assert run.err.splitlines()[-1] == "Please close one. Try again in 30 seconds."


async def test_a_refused_origin_is_named() -> None:
    async with RecordingServer() as server:
        server.handshake_statuses = [403]
        run = Run(server, "--origin", "https://elsewhere.example")
        assert await run() == ExitCode.NOT_CONNECTED
        assert await Run(server, "--origin", "https://finops.example")() == ExitCode.COMPLETE
    assert "may not allow the origin https://elsewhere.example" in run.err
    assert server.origins == ["https://elsewhere.example", "https://finops.example"]


async def test_who_cannot_sign_in_does_not_connect() -> None:
    async with RecordingServer() as server:
        options = read_options(
            ["--url", server.url, "--username", "ann", "--client-id", "c", "Why?"],
            {"TEST_PASSWORD": "pw", "AWS_ENDPOINT_URL": "http://127.0.0.1:1", "AWS_REGION": "us-east-1"},
            Path("/nonexistent"),
            io.StringIO(),
        )
        notes = Console(file=io.StringIO(), width=80)
        assert await AskCommand(options, notes, notes).run() == ExitCode.NOT_CONNECTED
        assert server.origins == []


HOSTILE = "a\x1b]0;owned\x07b\x1b[2J\u202ec [bold]d[/bold] [link](http://evil.example) \x9b31me"


@pytest.mark.parametrize("terminal", [True, False])
async def test_a_hostile_answer_does_no_harm(terminal: bool) -> None:
    hostile = completed(response=HOSTILE)
    answers = sending(say.job_queued(message=HOSTILE), say.analysis_started(agents=[HOSTILE]), hostile)
    async with RecordingServer(finops_query=answers) as server:
        run = Run(server, terminal=terminal)
        assert await run() == ExitCode.COMPLETE
    for text in (run.out, run.err):
        assert not any(sign in text for sign in ("\x1b]", "owned", "\x1b[2J\u202e", "\u202e", "\x9b"))
    assert "[bold]d[/bold]" in run.out
    assert "http://evil.example" in run.out
    assert terminal or "\x1b" not in run.out


FRAGMENT = st.lists(st.sampled_from(FRAGMENTS)).map("".join)


# Each example talks to a server: few of them, and the modules behind have their own.
@settings(max_examples=15, deadline=None)
@given(FRAGMENT, FRAGMENT, FRAGMENT)
@example("\x7f", "\x7f", "\x7f")
def test_nothing_that_a_server_says_reaches_the_terminal_but_text(message: str, error: str, job_id: str) -> None:
    async def run_and_collect() -> str:
        queued = say.job_queued(message=message, jobId=job_id)
        failed = say.job_failed(error=error, jobId=job_id, code=message)
        async with RecordingServer(finops_query=sending(queued, failed)) as server:
            lines, as_json, late = Run(server), Run(server, "--json", "--quiet"), Run(server, "--timeout", "0.05")
            await lines()
            await as_json()
            server.answers["finops_query"] = sending(queued)
            await late()
        return "".join(run.out + run.err for run in (lines, as_json, late))

    assert_harmless(asyncio.run(run_and_collect()))


async def test_a_job_id_is_one_word_of_the_command_that_is_offered() -> None:
    async with RecordingServer(finops_query=sending(say.job_queued(jobId="x; rm -rf y"))) as server:
        run = Run(server, "--timeout", "0.2")
        await run()
    assert run.err.splitlines()[-1].endswith("ask --resume 'x; rm -rf y'")


def environment(server: RecordingServer) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": CLIENT, "WEBSOCKET_URL": server.url, "FINOPS_TOKEN": "token"}


async def test_interrupted_leaves_no_traceback_and_names_the_job() -> None:
    async with RecordingServer(finops_query=sending(say.job_queued(), say.progress_update())) as server:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "finops_client.ask", "Why?"),
            env=environment(server),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        assert process.stderr is not None
        async with asyncio.timeout(10):
            assert b"Queued" in await process.stderr.readline()
            assert b"Working" in await process.stderr.readline()
            process.send_signal(signal.SIGINT)
            out, err = await process.communicate()
    assert process.returncode == ExitCode.INTERRUPTED
    assert b"Traceback" not in err
    assert err.endswith(b"To come back to it: ask --resume job-1\n")
    assert out == b""


async def redirected(arguments: str, redirection: str) -> tuple[int, str]:
    """The command's own exit status and standard error with its output sent elsewhere, buffered as usual."""
    async with RecordingServer() as server:
        process = await asyncio.create_subprocess_exec(
            *("sh", "-c", f'("{sys.executable}" -m finops_client.ask {arguments} Why?; echo "$?" >&2) {redirection}'),
            env={name: value for name, value in environment(server).items() if name != "PYTHONUNBUFFERED"},
            stderr=subprocess.PIPE,
        )
        _, err = await asyncio.wait_for(process.communicate(), 10)
    *notes, status = err.decode().splitlines()
    return int(status), "\n".join(notes)


@pytest.mark.parametrize("arguments", ["--quiet", "--quiet --json"])
async def test_a_reader_that_has_seen_enough(arguments: str) -> None:
    assert await redirected(arguments, "| true") == (ExitCode.COMPLETE, "")


async def test_an_output_that_takes_nothing() -> None:
    status, notes = await redirected("--quiet", "> /dev/full")
    assert (status, notes) == (ExitCode.FAILED, "The output cannot be written: No space left on device.")


async def test_an_output_that_takes_no_more_before_the_end() -> None:
    status, notes = await redirected("--quiet --json --request-id request-1", "> /dev/full")
    written, *again = notes.splitlines()
    assert (status, written) == (ExitCode.FAILED, "The output cannot be written: No space left on device.")
    assert again[-1].endswith("ask --resume job-1")
    assert "Traceback" not in notes


async def test_an_output_that_cannot_write_every_character() -> None:
    async with RecordingServer(finops_query=sending(say.job_queued(), completed(response="Größe"))) as server:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "finops_client.ask", "--quiet", "Why?"),
            env=environment(server) | {"PYTHONIOENCODING": "ascii"},
            stdout=subprocess.PIPE,
        )
        out, _ = await asyncio.wait_for(process.communicate(), 10)
    assert (process.returncode, out.splitlines()) == (ExitCode.COMPLETE, [b"Gr??e"])


async def test_main_returns_the_exit_status(capsys: pytest.CaptureFixture[str]) -> None:
    async with RecordingServer(finops_query=silence) as server:
        arguments = ["--url", server.url, "--user-id", "u", "--timeout", "0.2", "Why?"]
        assert await asyncio.to_thread(main, arguments) == ExitCode.TIMED_OUT
    assert "No answer" in capsys.readouterr().err
