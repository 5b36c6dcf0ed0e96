"""The `ask` command: asks a question or looks after an earlier one, shows the progress, prints the answer."""

from __future__ import annotations

import asyncio
import json
import os
import shlex
import sys
import uuid
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import replace
from io import TextIOWrapper
from pathlib import Path

from rich.console import Console
from rich.text import Text

from finops_client.answer_view import print_answer
from finops_client.ask_options import AskOptions, read_options
from finops_client.client import FinopsClient
from finops_client.daemon_threads import run_with_daemon_threads
from finops_client.errors import (
    AnswerUnavailable,
    CannotConnect,
    ConnectionLost,
    FinopsClientError,
    GatewayRefused,
    JobNotFound,
    LimitReached,
    NoAnswer,
    NotAuthenticated,
)
from finops_client.events import JobCompleted, JobEvent, JobFailed, JobSummary
from finops_client.exit_codes import ExitCode
from finops_client.job_table import print_jobs
from finops_client.job_view import JobView
from finops_client.limit_advice import advice_at_limit
from finops_client.progress import showing_progress
from finops_client.refusals import LIMIT_CODES, NOT_AUTHENTICATED_CODES
from finops_client.terminal_text import clean_line

# The server's sentences are shorter; this keeps a broken one from filling the screen.
LONGEST_NOTE = 2000


class AskCommand:
    """One call of the command. The answer or the list goes to `output`, everything else to `notes`."""

    def __init__(self, options: AskOptions, output: Console, notes: Console) -> None:
        """Nothing is sent yet."""
        self._options = options
        self._output = output
        self._notes = notes
        self._request_id = options.request_id or str(uuid.uuid4())
        self._job_id = options.resume
        self._under_way = False
        self._cut_short = False

    async def run(self) -> ExitCode:
        """Does what the options say, and says how it went; on any error a sentence is on `notes`."""
        try:
            async with asyncio.timeout(self._options.timeout):
                return await self._do()
        except TimeoutError:
            return self._stop(f"No answer within {self._options.timeout:g} seconds.", ExitCode.TIMED_OUT)
        except NotAuthenticated as refused:
            return self._stop(f"Not authenticated: {refused}", ExitCode.NOT_AUTHENTICATED)
        except (CannotConnect, ConnectionLost, NoAnswer, GatewayRefused) as failed:
            return self._stop(str(failed), ExitCode.NOT_CONNECTED)
        except JobNotFound as gone:
            self._job_id = None
            return self._stop(str(gone), ExitCode.FAILED)
        except FinopsClientError as failed:
            advice = " " + advice_at_limit(failed.code, failed.retry_after) if isinstance(failed, LimitReached) else ""
            return self._stop(f"{failed}{advice}", ExitCode.FAILED)

    def note_job_goes_on(self) -> None:
        """Says how to come back to a job that was followed and has not ended.

        The server may have a job for a question even if no acknowledgement has come.
        """
        if not self._under_way:
            return
        if self._job_id:
            self._note(f"The job goes on. To come back to it: ask --resume {shlex.quote(self._job_id)}")
        elif self._options.question:
            self._note(f"To follow the same job, ask again with --request-id {self._request_id}")

    async def _do(self) -> ExitCode:
        # Before anything is connected or drawn: a person may have to type a code.
        await self._options.credentials.fields()
        if self._options.list_jobs:
            return await self._list()
        if self._options.cancel:
            return await self._cancel(self._options.cancel)
        return await self._follow()

    async def _follow(self) -> ExitCode:
        options = self._options
        with showing_progress(self._notes, quiet=options.quiet) as display:
            async with self._client() as client:
                self._under_way = True
                async with aclosing(self._events(client)) as events:
                    async for event in events:
                        self._job_id = event.job_id
                        display.show(event)
                        shown = await self._with_whole_answer(client, event)
                        self._print_json(shown)
                self._under_way = False
        return self._finish(shown, display.view)

    async def _list(self) -> ExitCode:
        async with self._client() as client:
            jobs = [job async for job in client.jobs(self._options.limit)]
        for job in jobs:
            self._print_json(job)
        if not jobs:
            self._note("There are no jobs.")
        elif not self._options.as_json:
            print_jobs(jobs, self._output)
        return ExitCode.COMPLETE

    async def _cancel(self, job_id: str) -> ExitCode:
        async with self._client() as client:
            cancelled = await client.cancel(job_id)
        self._print_json(cancelled)
        if not self._options.quiet:
            self._note("The job is cancelled.")
        return ExitCode.COMPLETE

    def _client(self) -> FinopsClient:
        return FinopsClient(self._options.url, credentials=self._options.credentials, origin=self._options.origin)

    def _events(self, client: FinopsClient) -> AsyncGenerator[JobEvent, None]:
        options = self._options
        if options.question is None:
            return client.follow(str(options.resume))
        return client.ask(options.question, agents=options.agents or None, request_id=self._request_id)

    def _stop(self, sentence: str, code: ExitCode) -> ExitCode:
        self._note(sentence)
        self.note_job_goes_on()
        return code

    async def _with_whole_answer(self, client: FinopsClient, event: JobEvent) -> JobEvent:
        """The event; a large answer is fetched, so that it stands in the event as a small one does."""
        if not isinstance(event, JobCompleted) or event.result.response_url is None:
            return event
        try:
            response = await client.full_response(event)
        except AnswerUnavailable as failed:
            self._note(f"{failed} This is its first part.")
            self._cut_short = True
            return event
        return replace(event, result=replace(event.result, response=response))

    def _print_json(self, event: JobEvent | JobSummary) -> None:
        if self._options.as_json:
            self._output.file.write(json.dumps(event.to_message()) + "\n")
            self._output.file.flush()

    def _finish(self, end: JobEvent, view: JobView) -> ExitCode:
        if isinstance(end, JobFailed):
            self._note(f"{end.error} ({end.code})")
            if end.code in LIMIT_CODES:
                self._note(advice_at_limit(end.code, end.retry_after))
            refused = end.code in NOT_AUTHENTICATED_CODES
            return ExitCode.NOT_AUTHENTICATED if refused else ExitCode.FAILED
        if not isinstance(end, JobCompleted):
            self._note("The job was cancelled.")
            return ExitCode.FAILED
        if not self._options.as_json:
            print_answer(end.result.response, self._output)
        if end.result.partial:
            failed = ", ".join(view.failed_agents) or "an agent"
            self._note(f"The answer is partial: {failed} failed.")
        return ExitCode.PARTIAL if end.result.partial or self._cut_short else ExitCode.COMPLETE

    def _note(self, sentence: str) -> None:
        self._notes.print(Text(clean_line(sentence, LONGEST_NOTE)), soft_wrap=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; returns its exit status (see `exit_codes.py`).

    Raises:
        SystemExit: for wrong usage, --help and --version.
    """
    options = read_options(sys.argv[1:] if arguments is None else arguments, os.environ, Path.cwd(), sys.stdin)
    if isinstance(sys.stdout, TextIOWrapper):
        # An answer with a character that the output's encoding lacks is still an answer.
        sys.stdout.reconfigure(errors="replace")
    # Colour variables such as FORCE_COLOR must not put escape sequences into a file: only a terminal is one.
    output = Console(file=sys.stdout, force_terminal=sys.stdout.isatty())
    notes = Console(file=sys.stderr, force_terminal=sys.stderr.isatty())
    command = AskCommand(options, output, notes)
    try:
        status = run_with_daemon_threads(command.run())
        # At exit it would be too late to say that the answer does not fit on the disk.
        sys.stdout.flush()
        return status
    except KeyboardInterrupt:
        notes.print("Interrupted.")
        command.note_job_goes_on()
        return ExitCode.INTERRUPTED
    except BrokenPipeError:
        # The reader, such as `head`, has seen enough.
        _discard_output()
        return ExitCode.COMPLETE
    except OSError as failed:
        _discard_output()
        notes.print(f"The output cannot be written: {failed.strerror}.", markup=False, soft_wrap=True)
        command.note_job_goes_on()
        return ExitCode.FAILED


def _discard_output() -> None:
    """Sends what is still buffered for standard output nowhere: Python would complain when it flushes at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    sys.exit(main())
