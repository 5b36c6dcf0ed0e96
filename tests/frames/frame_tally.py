"""How many frames of which kind were sent, and with which codes they were answered; and the table of it."""

from collections import Counter, defaultdict
from collections.abc import Iterable

import pytest

from columns import laid_out


class FrameTally:
    """Counts frames and answers; as a plugin of pytest, prints the table at the end of the run."""

    def __init__(self) -> None:
        """Start at nothing."""
        self._frames: Counter[str] = Counter()
        self._codes: defaultdict[str, Counter[str]] = defaultdict(Counter)

    @property
    def frames(self) -> int:
        """How many frames were sent."""
        return self._frames.total()

    def count(self, kind: str, codes: Iterable[str]) -> None:
        """Count a frame of the kind and the codes of its answers."""
        self._frames[kind] += 1
        self._codes[kind].update(codes)

    def table(self) -> list[str]:
        """Lay the counts out: a line for each kind of frame, and a last one of the sum."""
        rows = [("kind of frame", "frames", "answers")]
        for kind, frames in self._frames.items():
            codes = ", ".join(f"{code} {count:,}" for code, count in self._codes[kind].most_common())
            rows.append((kind, f"{frames:,}", codes))
        return laid_out([*rows, (f"{len(self._frames)} kinds", f"{self.frames:,}", "")])

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print the table."""
        terminalreporter.section("generated frames")
        for line in self.table():
            terminalreporter.line(line)
