"""What an operation tells the person who runs it, on stderr: stdout carries results only (as scripts/messages.sh)."""

from __future__ import annotations

import sys


def heading(text: str) -> None:
    """Begins a step."""
    print(text, file=sys.stderr)  # noqa: T201 - a command's own output


def say(text: str) -> None:
    """Says what happens within a step."""
    print(f"  {text}", file=sys.stderr)  # noqa: T201 - a command's own output


def warn(text: str) -> None:
    """Says what may be wrong, and goes on."""
    print(f"  Warning: {text}", file=sys.stderr)  # noqa: T201 - a command's own output
