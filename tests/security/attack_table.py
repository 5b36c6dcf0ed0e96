"""The table of attacks that a run prints at its end: each attack that was tried, and how it ended."""

from collections.abc import Awaitable
from dataclasses import dataclass, field

from columns import laid_out
from security.attack import AttackSucceeded

SUCCEEDED = "SUCCEEDED"
UNCLEAR = "UNCLEAR"


@dataclass
class AttackTable:
    """Rows of what was tried, against what, and how it ended. `collected` is how many attacks the run is to try."""

    collected: int = 0
    rows: list[tuple[str, str, str]] = field(default_factory=list)

    async def note(self, name: str, against: str, attack: Awaitable[str]) -> None:
        """Let an attack run and note how it ends, whatever it raises."""
        ended = UNCLEAR
        try:
            ended = await attack
        except AttackSucceeded:
            ended = SUCCEEDED
            raise
        finally:
            self.rows.append((name, against, ended))

    def lines(self) -> list[str]:
        """Give the table; below it, whether all attacks were tried and failed."""
        ordered = sorted(self.rows, key=lambda row: row[1])
        return [*laid_out([("attack", "against", "how it ended"), *ordered]), self._verdict()]

    def _verdict(self) -> str:
        ended = [how for _, _, how in self.rows]
        counted = {
            "succeeded": ended.count(SUCCEEDED),
            "could not be judged": ended.count(UNCLEAR),
            "did not run": self.collected - len(ended),
        }
        wrong = ", ".join(f"{number} {what}" for what, number in counted.items() if number)
        return f"{self.collected} attacks, {wrong or 'none succeeded'}"
