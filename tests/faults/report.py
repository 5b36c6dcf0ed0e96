"""One row of the table that a run prints, and the table. Pure."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from columns import laid_out
from faults.history import History

_HEADINGS = ("fault", "injected", "jobs", "completed", "failed", "cancelled", "invariants")


@dataclass(frozen=True)
class Report:
    """A scenario, what was injected how often, how many jobs came to which end, and what the checker has found."""

    name: str
    injected: Mapping[str, int]
    ends: Mapping[str, int]
    violations: int

    @classmethod
    def of(cls, name: str, injected: Mapping[str, int], history: History, violations: list[str]) -> "Report":
        ends = Counter(str(item["status"]) for item in history.final_items.values())
        return cls(name, dict(injected), ends, len(violations))

    def cells(self) -> tuple[str, ...]:
        injected = ", ".join(
            f"{count} {fault}" if fault != self.name else str(count) for fault, count in self.injected.items()
        )
        ends = (str(self.ends.get(end, 0)) for end in ("completed", "failed", "cancelled"))
        held = "held" if self.violations == 0 else f"{self.violations} violations"
        return (self.name, injected or "0", str(sum(self.ends.values())), *ends, held)


def table_of(reports: list[Report]) -> list[str]:
    """Lay reports out in columns, with a last line of sums."""
    rows = [_HEADINGS, *(report.cells() for report in reports), _sums(reports)]
    return laid_out(rows)


def _sums(reports: list[Report]) -> tuple[str, ...]:
    ends: Counter[str] = Counter()
    for report in reports:
        ends.update(report.ends)
    total = Report(
        f"{len(reports)} rows",
        {f"{len(reports)} rows": sum(sum(report.injected.values()) for report in reports)},
        ends,
        sum(report.violations for report in reports),
    )
    return total.cells()
