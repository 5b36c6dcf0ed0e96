"""Reads the scanners' reports, each in its own JSON, as findings.

A reader raises UnusableReport if the scanner cannot have looked at what it was given: a scan of nothing is not clean.
"""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import PurePosixPath
from typing import Any

from scan_findings.finding import Finding


class UnusableReport(Exception):
    """A report that proves nothing; the text is a sentence for a person."""


def read_report(scanner: str, text: str) -> list[Finding]:
    """Return the findings of a scanner's report, without repetitions and in their order in the files.

    Raises UnusableReport if the text is not what the scanner writes after it has evaluated its rules, and KeyError if
    there is no such scanner.
    """
    reader = READERS[scanner]
    try:
        return sorted(set(reader(json.loads(text))))
    except (ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        raise UnusableReport(f"The report is not in the scanner's form ({type(error).__name__}).") from error


def cfn_lint_findings(report: list[Any]) -> Iterator[Finding]:
    """Read what https://github.com/aws-cloudformation/cfn-lint/blob/main/src/cfnlint/formatters writes as JSON."""
    for match in report:
        path = match["Location"]["Path"] or []
        resource = str(path[1]) if path[:1] == ["Resources"] and len(path) > 1 else ""
        line = 0 if resource else match["Location"]["Start"]["LineNumber"]
        rule = match["Rule"]
        yield Finding("cfn-lint", rule["Id"], match["Filename"], line, resource, rule["ShortDescription"])


def checkov_findings(report: dict[str, Any]) -> Iterator[Finding]:
    """Read what https://www.checkov.io/8.Outputs/JSON.html describes.

    What a comment makes checkov skip is a finding too: the judge reads the comments by itself.
    """
    summary = report["summary"]
    if not summary["passed"] + summary["failed"]:
        raise UnusableReport("Not one check was evaluated.")
    results = report["results"]
    if results["parsing_errors"]:
        raise UnusableReport(f"It could not read {', '.join(results['parsing_errors'])}.")
    for check in results["failed_checks"] + results["skipped_checks"]:
        file = check["file_path"].removeprefix("/")
        resource = check["resource"].rpartition(".")[2]
        yield Finding("checkov", check["check_id"], file, 0, resource, check["check_name"])


def cfn_guard_findings(report: list[Any]) -> Iterator[Finding]:
    """Read the JSON of `cfn-guard validate --structured`: one entry for each template, with the rules it breaks.

    A rule's checks nest as deep as the rule was written, and name what they looked at by its path in the template.
    """
    if not report:
        raise UnusableReport("It read no template.")
    for template in report:
        file = template["name"].rpartition("/json/")[2].removesuffix(".json")
        if not template["compliant"] and not template["not_compliant"]:
            raise UnusableReport(f"Not one rule was evaluated on {file}.")
        for broken in template["not_compliant"]:
            text = json.dumps(broken)
            # The id and title that AWS documents stand in the rule's message only.
            control = re.search(r"\[(CT\.[A-Z0-9.]+)\]: ([^\\]*)", text)
            rule, title = (control[1], control[2]) if control else (broken["Rule"]["name"], "")
            resources = set(re.findall(r'"path": "/Resources/(\w+)', text))
            for resource in resources or {""}:
                yield Finding("cfn-guard", rule, file, 0, resource, title)


def bandit_findings(report: dict[str, Any]) -> Iterator[Finding]:
    """Read what https://bandit.readthedocs.io/en/latest/formatters/json.html describes."""
    if report["errors"]:
        raise UnusableReport(f"It could not read {', '.join(error['filename'] for error in report['errors'])}.")
    read = [file for file, metrics in report["metrics"].items() if file != "_totals" and metrics["loc"]]
    # One of them is the planted program.
    if len(read) < 2:
        raise UnusableReport("It read no code but what was planted for it.")
    for result in report["results"]:
        file = PurePosixPath(result["filename"]).as_posix()
        yield Finding("bandit", result["test_id"], file, result["line_number"], "", result["issue_text"])


def detect_secrets_findings(report: dict[str, Any]) -> Iterator[Finding]:
    """Read a baseline, as https://github.com/Yelp/detect-secrets describes it: secrets are in it as hashes only."""
    if not report["plugins_used"]:
        raise UnusableReport("Not one detector was loaded.")
    for file, secrets in report["results"].items():
        for secret in secrets:
            yield Finding("detect-secrets", secret["type"], file, secret["line_number"])


READERS: dict[str, Callable[[Any], Iterator[Finding]]] = {
    "cfn-lint": cfn_lint_findings,
    "checkov": checkov_findings,
    "cfn-guard": cfn_guard_findings,
    "bandit": bandit_findings,
    "detect-secrets": detect_secrets_findings,
}
