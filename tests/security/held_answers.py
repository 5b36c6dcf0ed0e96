"""Agents that answer when they are told to, so that a job lasts as long as an attack on it needs."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory


@contextmanager
def held_answers() -> Iterator[Path]:
    """Give a file for a question that has its agents wait while it is there: `cost=held:{sign}`. See scripted_agent."""
    with TemporaryDirectory(prefix="held-answers-") as directory:
        sign = Path(directory) / "held"
        sign.touch()
        yield sign
