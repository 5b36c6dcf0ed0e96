"""Agents that answer when they are told to, so that a job lasts as long as an attack on it needs."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory


@dataclass(frozen=True)
class HeldAnswers:
    """What a question says to have its agents wait: `cost={held.script}`. See scripted_agent."""

    _sign: Path

    @property
    def script(self) -> str:
        return f"held:{self._sign}"

    def release(self) -> None:
        """Let them answer."""
        self._sign.unlink(missing_ok=True)


@contextmanager
def held_answers() -> Iterator[HeldAnswers]:
    """Hold answers until they are released, or to the end of the block."""
    with TemporaryDirectory(prefix="held-answers-") as directory:
        sign = Path(directory) / "held"
        sign.touch()
        yield HeldAnswers(sign)
