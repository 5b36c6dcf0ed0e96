"""What an operation tells the person who runs it, on stderr: stdout carries results only."""

import os
import sys

_BOLD, _YELLOW, _RED, _PLAIN = "\x1b[1m", "\x1b[33m", "\x1b[31m", "\x1b[0m"


def heading(text: str) -> None:
    """Begin a step."""
    _print(_coloured(_BOLD, text))


def say(text: str) -> None:
    """Say what happens within a step."""
    _print(f"  {text}")


def warn(text: str) -> None:
    """Say what may be wrong, and go on."""
    _print(f"  {_coloured(_YELLOW, 'Warning:')} {text}")


def complain(text: str) -> None:
    """Say what is wrong and what to do about it, before the end."""
    _print(f"{_coloured(_RED, 'Error:')} {text}")


def _coloured(colour: str, text: str) -> str:
    """Colour a text only for a person at a terminal, as https://no-color.org has it."""
    return f"{colour}{text}{_PLAIN}" if sys.stderr.isatty() and not os.environ.get("NO_COLOR") else text


def _print(line: str) -> None:
    # At once: who reads along, or interrupts, knows how far it came.
    print(line, file=sys.stderr, flush=True)  # noqa: T201 - a command's own output
