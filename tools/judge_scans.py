"""Judges a scan: prints each scanner's verdict, every finding that is not waived, and the table of waivers.

A scanner that has not found the flaw that was planted for it has failed, and so have a waiver without a reason and one
that no finding needs any more.
"""

import argparse
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.table import Table

from plant_flaws import PLANTED
from scan_findings.finding import Finding
from scan_findings.scanner_reports import UnusableReport, read_report
from scan_findings.template_resources import resource_types
from scan_findings.verdict import Verdict, judge
from scan_findings.waiver import BadWaiver, Waiver, read_waivers
from scan_findings.waiver_comments import code_waivers, secret_waivers, template_waivers

KIND_WAIVERS = "scanners/waivers.toml"


@dataclass(slots=True)
class Scan:
    """The findings of all scanners but the planted ones, and a sentence for each scanner that cannot be believed."""

    findings: list[Finding] = field(default_factory=list)
    failures: dict[str, str] = field(default_factory=dict)


def main(arguments: Sequence[str] | None = None) -> int:
    """Judge the scan that the command line names and return the exit status: 0 if nothing is left to do."""
    parser = argparse.ArgumentParser(description="Judge the reports of a scan of the project in the working directory.")
    parser.add_argument("scan", type=Path, help="folder with reports/ and planted/")
    parser.add_argument("--templates", type=Path, nargs="+", default=[], help="templates, whose comments may waive")
    parser.add_argument("--code", type=Path, nargs="+", default=[], help="folders of Python, whose comments may waive")
    parser.add_argument("--texts", type=Path, help="file with the paths, each ended by NUL, that may hold secrets")
    options = parser.parse_args(arguments)
    scan = read_scan(options.scan)
    try:
        waivers = find_waivers(options.templates, options.code, listed_paths(options.texts))
    except BadWaiver as error:
        sys.stderr.write(f"{error}\n")
        return 1
    types = {
        (str(template), resource): kind
        for template in options.templates
        for resource, kind in resource_types(template.read_text(encoding="utf-8")).items()
    }
    verdict = judge(scan.findings, waivers, types)
    # Of a scanner that cannot be believed, nothing follows for its waivers.
    verdict.needless = [waiver for waiver in verdict.needless if waiver.scanner not in scan.failures]
    report(scan, verdict)
    if scan.failures or verdict.open or verdict.needless:
        sys.stderr.write("The scan has failed: what stands above the table must be mended, or waived with a reason.\n")
        return 1
    return 0


def read_scan(folder: Path) -> Scan:
    """Return what the reports in the folder hold."""
    scan, planted = Scan(), str(folder / "planted")
    for scanner, flaws in PLANTED.items():
        try:
            findings = read_report(scanner, (folder / "reports" / f"{scanner}.json").read_text(encoding="utf-8"))
        except (UnusableReport, OSError) as error:
            scan.failures[scanner] = f"{error} {last_words(folder / 'reports' / f'{scanner}.log')}".rstrip()
            continue
        missed = flaws - {finding.rule for finding in findings if finding.file.startswith(planted)}
        if missed:
            scan.failures[scanner] = f"It does not find what was planted for it: {', '.join(sorted(missed))}."
        scan.findings += [finding for finding in findings if not finding.file.startswith(planted)]
    return scan


def last_words(log: Path) -> str:
    """Return the last line of a scanner's log, or nothing."""
    lines = log.read_text(encoding="utf-8", errors="replace").split("\n") if log.exists() else []
    return next((line for line in reversed(lines) if line.strip()), "")


def listed_paths(listing: Path | None) -> list[Path]:
    """Return the paths in a listing that ends each with NUL, as `git ls-files -z` does."""
    names = listing.read_text(encoding="utf-8").split("\0") if listing else []
    return [Path(name) for name in names if name]


def find_waivers(templates: Iterable[Path], code: Iterable[Path], texts: Iterable[Path]) -> list[Waiver]:
    """Return all waivers of the project, those on the spot first. Raises BadWaiver."""
    waivers: list[Waiver] = []
    for template in templates:
        waivers += template_waivers(str(template), template.read_text(encoding="utf-8"))
    for folder in code:
        for program in sorted(folder.rglob("*.py")):
            waivers += code_waivers(str(program), program.read_text(encoding="utf-8"))
    for text in texts:
        waivers += secret_waivers(str(text), text.read_text(encoding="utf-8", errors="replace"))
    return waivers + read_waivers(Path(KIND_WAIVERS).read_text(encoding="utf-8"), KIND_WAIVERS)


def report(scan: Scan, verdict: Verdict) -> None:
    """Print what is to be done, one line for each scanner, and the table of waivers."""
    # A terminal's width is its own; a log is read on something wider than 80 columns.
    console = Console(width=None if sys.stdout.isatty() else 160, highlight=False)
    lines = [f"{finding.place()}: {finding.scanner} {finding.rule} {finding.message}" for finding in verdict.open]
    lines += [
        f"{waiver.written()}: {waiver.scanner} {waiver.rule} needs no waiver any more ({waiver.reason})"
        for waiver in verdict.needless
    ]
    for scanner in PLANTED:
        found = sum(finding.scanner == scanner for finding in verdict.open)
        waived = sum(len(findings) for waiver, findings in verdict.waived.items() if waiver.scanner == scanner)
        lines.append(f"{scanner}: {scan.failures.get(scanner) or f'{found} findings, and {waived} that are waived'}")
    console.print("\n".join(line.rstrip() for line in lines), markup=False, soft_wrap=True)
    console.print(waiver_table(verdict))


def waiver_table(verdict: Verdict) -> Table:
    """Return the waivers with what each waives and why."""
    table = Table(title="Waivers", title_justify="left")
    for heading in ("Scanner", "Rule", "Where", "Reason", "Written in"):
        table.add_column(heading, overflow="fold")
    for waiver, found in sorted(verdict.waived.items(), key=lambda item: (item[0].scanner, item[0].rule)):
        table.add_row(waiver.scanner, waiver.rule, places(waiver, found), waiver.reason, waiver.written())
    return table


def places(waiver: Waiver, found: list[Finding]) -> str:
    """Return what a waiver waives: the one place, or a number of them by kind."""
    if len(found) == 1:
        return found[0].place()
    return f"{waiver.resource_type or waiver.files} ({len(found)})"


if __name__ == "__main__":
    sys.exit(main())
