"""A stand-in for the aws program: it records how it was called and answers what a test told it to.

For what the local cloud cannot show: expired credentials, buckets elsewhere, stacks in rare states.
"""

from __future__ import annotations

import json
import shlex
import sys
from pathlib import Path

# Without site-packages, which take longer to find than the program takes to run.
PROGRAM = """#!/bin/sh
exec {python} -I -S {program} {home} "$@"
"""


class StandInAws:
    """Lives in a directory of its own. A command without an answer prints nothing and succeeds.

    What `s3 cp` sends, and what it fetches, is below `buckets`, a folder for each bucket.
    """

    def __init__(self, home: Path) -> None:
        home.mkdir()
        self._home = home
        self.buckets = home / "buckets"
        self.program = home / "aws"
        names = {
            "python": sys.executable,
            "program": str(Path(__file__).with_name("stand_in_aws_program.py")),
            "home": str(home),
        }
        self.program.write_text(PROGRAM.format(**{name: shlex.quote(value) for name, value in names.items()}))
        self.program.chmod(0o755)

    def answers(self, command: str, *outputs: str, about: str = "") -> None:
        """What `command`, such as "sts get-caller-identity", prints: one output a call, the last one for ever.

        With `about`, only for calls that have it among their arguments.
        """
        self._write(command, [[output, "", 0] for output in outputs], about)

    def refuses(self, command: str, code: str, message: str = "", about: str = "") -> None:
        """Makes `command` fail as the CLI does when AWS answers with an error."""
        operation = "".join(word.capitalize() for word in command.split()[1].split("-"))
        error = f"\nAn error occurred ({code}) when calling the {operation} operation: {message}\n"
        # The exit status for errors from AWS since version 2, and in version 1 before it (AWS CLI return codes).
        self._write(command, [["", error, 254]], about)

    def fails(self, command: str, message: str) -> None:
        """Makes `command` fail before it reaches AWS."""
        self._write(command, [["", f"\n{message}\n", 253]])

    def calls(self, command: str = "") -> list[list[str]]:
        """The arguments of each call so far whose command begins with `command`."""
        path = self._home / "calls"
        lines = path.read_text().splitlines() if path.exists() else []
        return [call for call in map(json.loads, lines) if f" {command}" in " " + " ".join(call)]

    def _write(self, command: str, answers: list[list[str | int]], about: str = "") -> None:
        # As stand_in_aws_program.py looks for it: an address is no file's name.
        name = f"{command} about {about}".replace("/", "%") if about else command
        (self._home / f"{name}.json").write_text(json.dumps(answers))
