"""Calendar months and runs of them, the agents' unit of time. Pure."""

import calendar
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple


class Month(NamedTuple):
    """A calendar month in UTC; ordered by time."""

    year: int
    number: int  # 1 to 12

    def plus(self, months: int) -> "Month":
        """The month that lies so many months later (earlier, if negative)."""
        year, index = divmod(self.year * 12 + self.number - 1 + months, 12)
        return Month(year, index + 1)

    def __str__(self) -> str:
        """`May 2026`."""
        return f"{calendar.month_name[self.number]} {self.year}"


@dataclass(frozen=True)
class Period:
    """Consecutive months, both ends included, and what the question called them if that needs saying."""

    first: Month
    last: Month
    meaning: str = ""

    @classmethod
    def starting(cls, first: Month, months: int) -> "Period":
        """So many months from the first on."""
        return cls(first, first.plus(months - 1))

    @property
    def label(self) -> str:
        """A short name: `May 2026`, `Q3 2026`, `2026`, or `May 2026 to August 2026`."""
        if self.first == self.last:
            return str(self.first)
        if self.first.number == 1 and len(self) == 12:
            return str(self.first.year)
        if self.first.number % 3 == 1 and len(self) == 3:
            return f"Q{self.first.number // 3 + 1} {self.first.year}"
        return f"{self.first} to {self.last}"

    def __str__(self) -> str:
        """The label, and the meaning if there is one."""
        return f"{self.label} ({self.meaning})" if self.meaning else self.label

    def __iter__(self) -> Iterator[Month]:
        """The months, oldest first."""
        return map(self.first.plus, range(len(self)))

    def __len__(self) -> int:
        """How many months."""
        return (self.last.year - self.first.year) * 12 + self.last.number - self.first.number + 1

    def before(self) -> "Period":
        """The period of the same length that ends where this one starts."""
        return Period.starting(self.first.plus(-len(self)), len(self))


@dataclass(frozen=True)
class Calendar:
    """The months that the data cover: what "last month" and "May" refer to, instead of the clock."""

    first: Month
    newest: Month
    partial: frozenset[Month]

    @property
    def newest_complete(self) -> Month | None:
        """The newest month that the data cover in full; None if they have none at their end."""
        month = self.newest if self.newest not in self.partial else self.newest.plus(-1)
        return month if month >= self.first and month not in self.partial else None

    def covers(self, month: Month) -> bool:
        """Whether the month lies between the data's first and newest month."""
        return self.first <= month <= self.newest

    def __str__(self) -> str:
        """The months covered, as a period."""
        return Period(self.first, self.newest).label
