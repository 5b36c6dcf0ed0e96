"""A stand-in for the aws program: it records how it was called and answers what a test told it to.

For what the local cloud cannot show: expired credentials, buckets elsewhere, stacks in rare states.
"""

from __future__ import annotations

import json
import stat
import sys
from pathlib import Path

PROGRAM = """#!{python}
import json, pathlib, sys
home = pathlib.Path({home!r})
arguments = sys.argv[1:]
while arguments[0].startswith("--"):
    del arguments[:2]
command = " ".join(arguments[:2])
with (home / "calls").open("a") as calls:
    calls.write(json.dumps(sys.argv[1:]) + "\\n")
path = home / (command + ".json")
answers = json.loads(path.read_text()) if path.exists() else [["", "", 0]]
if len(answers) > 1:
    path.write_text(json.dumps(answers[1:]))
output, error, status = answers[0]
sys.stdout.write(output)
sys.stderr.write(error)
sys.exit(status)
"""


class StandInAws:
    """Lives in a directory of its own. A command without an answer prints nothing and succeeds."""

    def __init__(self, home: Path) -> None:
        home.mkdir()
        self._home = home
        self.program = home / "aws"
        self.program.write_text(PROGRAM.format(python=sys.executable, home=str(home)))
        self.program.chmod(self.program.stat().st_mode | stat.S_IXUSR)

    def answers(self, command: str, *outputs: str) -> None:
        """What `command`, such as "sts get-caller-identity", prints: one output a call, the last one for ever."""
        self._write(command, [[output, "", 0] for output in outputs])

    def refuses(self, command: str, code: str, message: str = "") -> None:
        """Makes `command` fail as the CLI does when AWS answers with an error."""
        operation = "".join(word.capitalize() for word in command.split()[1].split("-"))
        error = f"\nAn error occurred ({code}) when calling the {operation} operation: {message}\n"
        # The exit status for errors from AWS since version 2, and in version 1 before it (AWS CLI return codes).
        self._write(command, [["", error, 254]])

    def fails(self, command: str, message: str) -> None:
        """Makes `command` fail before it reaches AWS."""
        self._write(command, [["", f"\n{message}\n", 253]])

    def calls(self, command: str = "") -> list[list[str]]:
        """The arguments of each call so far whose command begins with `command`."""
        path = self._home / "calls"
        lines = path.read_text().splitlines() if path.exists() else []
        return [call for call in map(json.loads, lines) if f" {command}" in " " + " ".join(call)]

    def _write(self, command: str, answers: list[list[str | int]]) -> None:
        (self._home / f"{command}.json").write_text(json.dumps(answers))
