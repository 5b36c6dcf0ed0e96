"""The `ask` command: asks a question or looks after an earlier one, shows the progress, prints the answer."""

import asyncio
import json
import os
import shlex
import sys
import uuid
from collections.abc import Sequence
from contextlib import aclosing
from io import TextIOWrapper
from pathlib import Path

from msgspec.structs import replace
from rich.console import Console
from rich.text import Text

from finops_client import errors
from finops_client.client import FinopsClient
from finops_client.daemon_threads import run_with_daemon_threads
from finops_client.display import JobView, print_answer, print_jobs, showing_progress
from finops_client.errors import FinopsClientError
from finops_client.events import JobCompleted, JobEvent, JobFailed, JobSummary
from finops_client.options import AskOptions, ExitCode, read_options
from finops_client.terminal_text import clean_line

# The server's sentences are shorter; this keeps a broken one from filling the screen.
LONGEST_NOTE = 2000

TOO_MANY_JOBS_ADVICE = (
    "Ask again when a job has ended: ask --list shows your jobs, ask --cancel JOB_ID ends one. "
    "A job that is cancelled at work keeps its place until its agents' time is over."
)


class AskCommand:
    """One call of the command. The answer or the list goes to `output`, everything else to `notes`."""

    def __init__(self, options: AskOptions, output: Console, notes: Console) -> None:
        self._options = options
        self._output = output
        self._notes = notes
        self._request_id = options.request_id or str(uuid.uuid4())
        self._job_id = options.resume
        self._under_way = False
        self._cut_short = False

    async def run(self) -> ExitCode:
        """Do what the options say, and tell how it went; on any error a sentence is on `notes`."""
        try:
            async with asyncio.timeout(self._options.timeout):
                return await self._do()
        except TimeoutError:
            sentence, status = f"No answer within {self._options.timeout:g} seconds.", ExitCode.TIMED_OUT
        except errors.NotAuthenticated as refused:
            sentence, status = f"Not authenticated: {refused}", ExitCode.NOT_AUTHENTICATED
        except (errors.CannotConnect, errors.ConnectionLost, errors.NoAnswer, errors.GatewayRefused) as failed:
            sentence, status = str(failed), ExitCode.NOT_CONNECTED
        except FinopsClientError as failed:
            sentence, status = str(failed), ExitCode.FAILED
            if isinstance(failed, errors.LimitReached):
                sentence += (
                    f" Try again in {failed.retry_after:g} seconds." if failed.retry_after else " Try again later."
                )
            if isinstance(failed, errors.JobNotFound):
                self._job_id = None
        self._note(sentence)
        self.note_job_goes_on()
        return status

    def note_job_goes_on(self) -> None:
        """Say how to come back to a job that was followed and has not ended.

        The server may have a job for a question even if no acknowledgement has come.
        """
        if not self._under_way:
            return
        if self._job_id:
            self._note(f"The job goes on. To come back to it: ask --resume {shlex.quote(self._job_id)}")
        elif self._options.question:
            self._note(f"To follow the same job, ask again with --request-id {self._request_id}")

    async def _do(self) -> ExitCode:
        options = self._options
        # Before anything is connected or drawn: a person may have to type a code.
        await options.credentials.fields()
        draws_nothing = options.quiet or options.list_jobs or options.cancel is not None
        with showing_progress(self._notes, quiet=draws_nothing) as view:
            async with FinopsClient(options.url, credentials=options.credentials, origin=options.origin) as client:
                if options.list_jobs:
                    return self._list([job async for job in client.jobs(options.limit)])
                if options.cancel:
                    self._print_json(await client.cancel(options.cancel))
                    if not options.quiet:
                        self._note("The job is cancelled.")
                    return ExitCode.COMPLETE
                self._under_way = True
                end = await self._follow(client, view)
                self._under_way = False
        return self._finish(end, view.failed_agents)

    async def _follow(self, client: FinopsClient, view: JobView) -> JobEvent:
        options = self._options
        if options.question is None:
            job = client.follow(str(options.resume))
        else:
            job = client.ask(options.question, agents=options.agents or None, request_id=self._request_id)
        async with aclosing(job) as events:
            async for event in events:
                self._job_id = event.job_id
                view.show(event)
                shown = await self._with_whole_answer(client, event)
                self._print_json(shown)
        return shown

    def _list(self, jobs: Sequence[JobSummary]) -> ExitCode:
        for job in jobs:
            self._print_json(job)
        if not jobs:
            self._note("There are no jobs.")
        elif not self._options.as_json:
            print_jobs(jobs, self._output)
        return ExitCode.COMPLETE

    async def _with_whole_answer(self, client: FinopsClient, event: JobEvent) -> JobEvent:
        """The event; a large answer is fetched, so that it stands in the event as a small one does."""
        if not isinstance(event, JobCompleted) or event.result.response_url is None:
            return event
        try:
            response = await client.full_response(event)
        except errors.AnswerUnavailable as failed:
            self._note(f"{failed} This is its first part.")
            self._cut_short = True
            return event
        return replace(event, result=replace(event.result, response=response))

    def _finish(self, end: JobEvent, failed_agents: Sequence[str]) -> ExitCode:
        if isinstance(end, JobFailed):
            self._note(f"{end.error} ({end.code})")
            if end.code == "TOO_MANY_JOBS":
                self._note(TOO_MANY_JOBS_ADVICE)
            return ExitCode.FAILED
        if not isinstance(end, JobCompleted):
            self._note("The job was cancelled.")
            return ExitCode.FAILED
        if not self._options.as_json:
            print_answer(end.result.response, self._output)
        if end.result.partial:
            failed = ", ".join(failed_agents) or "an agent"
            self._note(f"The answer is partial: {failed} failed.")
        return ExitCode.PARTIAL if end.result.partial or self._cut_short else ExitCode.COMPLETE

    def _print_json(self, event: JobEvent | JobSummary) -> None:
        if self._options.as_json:
            self._output.file.write(json.dumps(event.to_message()) + "\n")
            self._output.file.flush()

    def _note(self, sentence: str) -> None:
        self._notes.print(Text(clean_line(sentence, LONGEST_NOTE)), soft_wrap=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit status (see `ExitCode`)."""
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
    """Send what is still buffered for standard output nowhere: Python would complain when it flushes at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    sys.exit(main())
