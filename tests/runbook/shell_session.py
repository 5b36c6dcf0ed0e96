"""One bash that runs a document's commands one after another, as a person types them, and notices what fails."""

import os
import re
import select
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from runbook.complete_commands import CompleteCommand

# Reads paths of files, and runs each in this very shell, so that variables, functions and the directory stay. A command
# that fails ends the shell, in a pipeline and in a list that && joins too; so does a variable that was never set. The
# trap notes which command it was, often in a $(...) too whose failure the command around it hides. Of what it does not
# see, such as the end of a command in the background, document_rules.py keeps the documents free. What the commands
# start holds neither pipe to the tests.
DRIVER = """
shopt -s inherit_errexit
RUNBOOK_FAILURES=$1
while IFS= read -r -u {commands} RUNBOOK_COMMAND; do
    set -Eeuo pipefail
    trap 'printf "%s\\n" "$BASH_COMMAND" >>"$RUNBOOK_FAILURES"' ERR
    source "$RUNBOOK_COMMAND" {commands}<&- {endings}>&-
    [[ ! -s $RUNBOOK_FAILURES ]]
    echo >&{endings}
done
"""


# Bash runs such a command all the same, with the rest of the script as the text.
UNCLOSED = re.compile(r"warning: here-document at line \d+ delimited by end-of-file")


@dataclass(frozen=True)
class Outcome:
    """How commands ended: all well, or the line of the document at which they failed, and in which way."""

    seconds: float
    output: str
    failed_line: int | None = None
    failure: str = ""

    @property
    def is_good(self) -> bool:
        return self.failed_line is None


class ShellSession:
    """A bash in a process group of its own, which is gone with all that runs in it after a failure, or at `close`.

    `name` is what bash calls the document in its messages, which then give the document's lines.
    """

    def __init__(self, name: str, scratch: Path, cwd: Path, environment: Mapping[str, str]) -> None:
        self._script = scratch / name
        self._output = scratch / f"{name}.output"
        self._failures = scratch / f"{name}.failures"
        commands, self._commands = os.pipe()
        self._endings, endings = os.pipe()
        with self._output.open("wb") as output:
            self._process = subprocess.Popen(
                [
                    "bash",
                    "--norc",
                    "--noprofile",
                    "-c",
                    DRIVER.format(commands=commands, endings=endings),
                    "runbook",
                    self._failures,
                ],
                cwd=cwd,
                env=dict(environment),
                # What would ask a person something gets no answer, and does not wait for one.
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                pass_fds=(commands, endings),
                start_new_session=True,
            )
        os.close(commands)
        os.close(endings)

    def run(self, commands: Sequence[CompleteCommand], seconds: float) -> Outcome:
        """Run commands until one fails, all together in at most so many seconds."""
        begin, said = time.monotonic(), self._output.stat().st_size
        for command in commands:
            if failure := self._run(command, begin + seconds, seconds):
                self.close()
                return Outcome(time.monotonic() - begin, self._output_from(said), command.line, failure)
        return Outcome(time.monotonic() - begin, self._output_from(said))

    def close(self) -> None:
        """End the shell and what it has started, unless that has become a group of its own. Once more does nothing."""
        if self._process.returncode is None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            os.close(self._commands)
            os.close(self._endings)

    def _run(self, command: CompleteCommand, deadline: float, seconds: float) -> str:
        """Run a command, and give the way in which it failed, or nothing."""
        said = self._output.stat().st_size
        self._script.write_text("\n" * (command.line - 1) + command.text, encoding="utf-8")
        os.write(self._commands, f"{self._script}\n".encode())
        ended, _, _ = select.select([self._endings], [], [], max(0, deadline - time.monotonic()))
        if not ended:
            return f"not done after {seconds:g} seconds"
        if os.read(self._endings, 1):
            return "a here-document that nothing closes" if UNCLOSED.search(self._output_from(said)) else ""
        # Left unwaited for, so that its process id stays that of its group.
        end = os.waitid(os.P_PID, self._process.pid, os.WEXITED | os.WNOWAIT)
        assert end is not None
        if end.si_code != os.CLD_EXITED:
            return f"killed by signal {end.si_status}"
        if end.si_status == 0:
            return "it ended the shell that the next block needs"
        return f"exit status {end.si_status}{self._failed_command()}"

    def _failed_command(self) -> str:
        """Give the first line of the command that failed first, as it is written."""
        try:
            return f" of {self._failures.read_text(encoding='utf-8', errors='replace').splitlines()[0]!r}"
        except (FileNotFoundError, IndexError):
            # Nothing of the kind: a variable that was never set, or what bash cannot read.
            return ""

    def _output_from(self, position: int) -> str:
        return self._output.read_bytes()[position:].decode(errors="replace")
