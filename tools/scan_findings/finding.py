"""One thing that a scanner finds."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """A rule that a place does not keep.

    `file` is relative to the project. `line` counts from 1 and is 0 where the scanner names a resource; `resource` is
    that logical id, and `""` otherwise.
    """

    scanner: str
    rule: str
    file: str
    line: int = 0
    resource: str = ""
    message: str = ""

    def place(self) -> str:
        """Return where it is, for a person."""
        return f"{self.file}:{self.line}" if self.line else f"{self.file} {self.resource}".rstrip()
