"""One bash that runs a document's blocks one after another, as a person types them, and notices what fails."""

import os
import re
import select
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from columns import laid_out
from runbook.command_blocks import CodeFence, as_script

# For one block. The longest builds the packages or deploys the stack, for which an idle machine needs half a minute.
SECONDS = 600

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
    """How a block ended: all well, or the line of the document at which it failed, and in which way."""

    seconds: float
    output: str
    failed_line: int = 0
    failure: str = ""


class BlockFailed(AssertionError):
    """A block did not do what it should; what is needed to see why is in the text."""

    def __init__(self, document: str, block: CodeFence, outcome: Outcome) -> None:
        super().__init__(
            f"{document}, line {outcome.failed_line}, in {block.section!r}: {outcome.failure}.\n\n"
            f"The block in line {block.line}:\n{block.code}\nIts output:\n{outcome.output}"
        )


class DocumentRun:
    """The run of a document, as far as it has come: `outcomes` are those of the executable blocks that were run.

    Its bash leads a process group, which is gone with all that runs in it after a failure, or at `close`. `name` is
    what bash calls the document in its messages, which then give the document's lines.
    """

    def __init__(
        self, name: str, blocks: Sequence[CodeFence], scratch: Path, cwd: Path, environment: Mapping[str, str]
    ) -> None:
        self._name = name
        self._executable = [block for block in blocks if block.is_executable]
        self.outcomes: list[Outcome] = []
        self._script = scratch / name
        self._output = scratch / f"{name}.output"
        self._failures = scratch / f"{name}.failures"
        commands, self._commands = os.pipe()
        self._endings, endings = os.pipe()
        driver = DRIVER.format(commands=commands, endings=endings)
        with self._output.open("wb") as output:
            self._process = subprocess.Popen(
                ["bash", "--norc", "--noprofile", "-c", driver, "runbook", self._failures],
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

    def run(self, block: CodeFence, seconds: float = SECONDS) -> bool:
        """Run a block after all those before it, and say whether it was run: it is not after one that failed.

        Raises BlockFailed if this one fails, or one before it that was not run yet.
        """
        for each in self._executable[len(self.outcomes) : self._executable.index(block) + 1]:
            if self.outcomes and self.outcomes[-1].failure:
                return False
            outcome = self.type(as_script([each]), seconds)
            self.outcomes.append(outcome)
            if outcome.failure:
                raise BlockFailed(self._name, each, outcome)
        return True

    def type(self, script: str, seconds: float) -> Outcome:
        """Run a script's commands until one fails, all together in at most so many seconds."""
        begin, said = time.monotonic(), self._output.stat().st_size
        for line, command in complete_commands(script):
            if failure := self._failure_of(line, command, begin + seconds):
                self.close()
                return Outcome(time.monotonic() - begin, self._output_from(said), line, failure)
        return Outcome(time.monotonic() - begin, self._output_from(said))

    def close(self) -> None:
        """End the shell and what it has started, unless that has become a group of its own. Once more does nothing."""
        if self._process.returncode is None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            os.close(self._commands)
            os.close(self._endings)

    def _failure_of(self, line: int, command: str, deadline: float) -> str:
        """Run a command, and give the way in which it failed, or nothing."""
        said = self._output.stat().st_size
        self._script.write_text("\n" * (line - 1) + command, encoding="utf-8")
        os.write(self._commands, f"{self._script}\n".encode())
        ended, _, _ = select.select([self._endings], [], [], max(0, deadline - time.monotonic()))
        if not ended:
            return "not done in time"
        if os.read(self._endings, 1):
            return "a here-document that nothing closes" if UNCLOSED.search(self._output_from(said)) else ""
        # Left unwaited for, so that its process id stays that of its group.
        end = os.waitid(os.P_PID, self._process.pid, os.WEXITED | os.WNOWAIT)
        assert end is not None
        if end.si_code != os.CLD_EXITED:
            return f"killed by signal {end.si_status}"
        if end.si_status == 0:
            return "it ended the shell that the next block needs"
        # None is noted of a variable that was never set, or of what bash cannot read.
        failures = self._failures.read_text(encoding="utf-8") if self._failures.exists() else ""
        return f"exit status {end.si_status}" + (f" of {failures.splitlines()[0]!r}" if failures else "")

    def _output_from(self, position: int) -> str:
        return self._output.read_bytes()[position:].decode(errors="replace")


def complete_commands(script: str) -> Iterator[tuple[int, str]]:
    """Yield a script's commands as a shell reads what a person types: the number of the first line, and all lines.

    What is never complete, the shell will say why, is the last one.
    """
    begin, pending = 0, ""
    for number, line in enumerate(script.splitlines(), start=1):
        if not pending and (not line.strip() or line.lstrip().startswith("#")):
            continue
        begin = begin if pending else number
        pending += f"{line}\n"
        if is_complete(pending):
            yield begin, pending
            pending = ""
    if pending:
        yield begin, pending


def is_complete(text: str) -> bool:
    """Say whether the shell would run this, and not wait for more lines."""
    continued = text.rstrip("\n")
    if (len(continued) - len(continued.rstrip("\\"))) % 2 == 1:
        return False
    # A here-document without its end is only a warning. In one the parenthesis is text, and anywhere else a mistake.
    return is_accepted(text) and ("<<" not in text or not is_accepted(f"{text})\n"))


def is_accepted(text: str) -> bool:
    """Say whether bash reads a text to its end without finding a mistake. Nothing of it is run."""
    read = subprocess.run(["bash", "-n"], input=text, text=True, capture_output=True, check=False)
    return read.returncode == 0


def block_table(blocks: Sequence[CodeFence], outcomes: Sequence[Outcome]) -> list[str]:
    """Give the lines of the table of a document's blocks, with how those that were run have ended."""
    rows = [("line", "section", "first command", "seconds", "result")]
    ended = iter(outcomes)
    for block in blocks:
        seconds, result = "", f"aws-only: {block.reason}"
        if block.is_executable:
            result = "not run"
            if outcome := next(ended, None):
                seconds = f"{outcome.seconds:.1f}"
                result = f"FAILED in line {outcome.failed_line}: {outcome.failure}" if outcome.failure else "ok"
        # Most lines fit a terminal.
        rows.append((str(block.line), block.section[:40], block.first_command[:40], seconds, result))
    return laid_out(rows)
