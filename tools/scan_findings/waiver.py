"""A written reason why a finding may stay."""

import tomllib
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from scan_findings.finding import Finding

_FIELDS = frozenset({"scanner", "rule", "files", "resources", "reason"})


class BadWaiver(Exception):
    """A waiver that cannot be read or gives no reason; the text is a sentence for a person."""


@dataclass(frozen=True, slots=True)
class Waiver:
    """What is waived, why, and where that is written (`written_in`, at line `written_at`; 0 for a table of waivers).

    `rule` may be `*` for all of the scanner's. `files` is a glob of paths, in which `*` goes beyond a slash. `at_line`
    and `resource`, where they are given, must be the finding's; `resource_type` must be its resource's type. One that
    is `shared` with another tool, which sees to it that it is needed, may be without a finding here.
    """

    scanner: str
    rule: str
    reason: str
    written_in: str
    written_at: int = 0
    files: str = "*"
    at_line: int = 0
    resource: str = ""
    resource_type: str = ""
    shared: bool = False

    def covers(self, finding: Finding, resource_type: str) -> bool:
        """Say whether the finding, at a resource of that type (`""` for none), is waived."""
        return (
            self.scanner == finding.scanner
            and self.rule in ("*", finding.rule)
            and fnmatchcase(finding.file, self.files)
            and self.at_line in (0, finding.line)
            and self.resource in ("", finding.resource)
            and self.resource_type in ("", resource_type)
        )

    def written(self) -> str:
        """Return where it is written, for a person."""
        return f"{self.written_in}:{self.written_at}" if self.written_at else self.written_in


def read_waivers(text: str, written_in: str) -> list[Waiver]:
    """Return the waivers of a TOML file: tables `waiver` with scanner, rule, reason, and `files`, `resources` or both.

    Raises BadWaiver if the text is not that.
    """
    try:
        return [_from_table(table, written_in) for table in tomllib.loads(text)["waiver"]]
    except (tomllib.TOMLDecodeError, KeyError, TypeError, AttributeError) as error:
        raise BadWaiver(f"{written_in} is not a list of waivers ({type(error).__name__}: {error}).") from error


def _from_table(table: dict[str, Any], written_in: str) -> Waiver:
    if table.keys() - _FIELDS or not all(isinstance(value, str) and value.strip() for value in table.values()):
        raise BadWaiver(f"{written_in}: a waiver of {table['rule']} has an unknown field, or one that says nothing.")
    if not table.keys() & {"files", "resources"}:
        raise BadWaiver(f"{written_in}: the waiver of {table['rule']} does not say where it holds.")
    return Waiver(
        table["scanner"],
        table["rule"],
        table["reason"],
        written_in,
        files=table.get("files", "*"),
        resource_type=table.get("resources", ""),
    )
