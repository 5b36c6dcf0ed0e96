"""One row of the table that a run prints, and the table. Pure."""

from collections import Counter
from dataclasses import dataclass

from columns import laid_out
from faults.history import History

_HEADINGS = ("fault", "injected", "jobs", "completed", "failed", "cancelled", "invariants")


@dataclass(frozen=True)
class Report:
    """A scenario, what was injected how often, how many jobs came to which end, and what the checker has found."""

    name: str
    injected: Counter[str]
    ends: Counter[str]
    violations: int

    @classmethod
    def of(cls, name: str, injected: Counter[str], history: History, violations: list[str]) -> "Report":
        ends = Counter(str(item["status"]) for item in history.final_items.values())
        return cls(name, injected.copy(), ends, len(violations))

    def cells(self) -> tuple[str, ...]:
        injected = ", ".join(
            f"{count} {fault}" if fault != self.name else str(count) for fault, count in self.injected.items()
        )
        ends = (str(self.ends[end]) for end in ("completed", "failed", "cancelled"))
        held = "held" if self.violations == 0 else f"{self.violations} violations"
        return (self.name, injected or "0", str(self.ends.total()), *ends, held)


def table_of(reports: list[Report]) -> list[str]:
    """Lay reports out in columns, with a last line of sums."""
    name = f"{len(reports)} rows"
    injected = Counter({name: sum(report.injected.total() for report in reports)})
    ends = sum((report.ends for report in reports), Counter[str]())
    sums = Report(name, injected, ends, sum(report.violations for report in reports))
    return laid_out([_HEADINGS, *(report.cells() for report in [*reports, sums])])
