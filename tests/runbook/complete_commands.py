"""Parts a script into complete commands, as a shell does that reads what a person types line by line."""

import subprocess
from dataclasses import dataclass


@dataclass(frozen=True)
class CompleteCommand:
    """A command and all its lines. `line` is that of the first, counted from 1 in the script."""

    line: int
    text: str


def complete_commands(script: str) -> list[CompleteCommand]:
    """Give a script's commands in their order; what is never complete, the shell will say why, is the last one."""
    commands = []
    begin, pending = 0, ""
    for number, line in enumerate(script.splitlines(), start=1):
        if not pending and (not line.strip() or line.lstrip().startswith("#")):
            continue
        begin = begin if pending else number
        pending += f"{line}\n"
        if is_complete(pending):
            commands.append(CompleteCommand(begin, pending))
            pending = ""
    return [*commands, CompleteCommand(begin, pending)] if pending else commands


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
