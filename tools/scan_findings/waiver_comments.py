"""Waivers that stand where the finding is, as comments with a reason.

In a template, inside the resource: `# checkov:skip=CKV_AWS_21:reason`, which is checkov's own form
(https://www.checkov.io/2.Basics/Suppressing%20and%20Skipping%20Policies.html), and after its model, since the Control
Tower rules have none, `# cfn-guard:skip=CT.S3.PR.11:reason`.

At the end of a line of Python: `# nosec B105 (reason)`, or `# noqa: S311 (reason)`, since ruff's S rules are bandit's
under the same numbers. At the end of a line that looks like a secret, in any file but Markdown, which speaks of such
comments: `# pragma: allowlist secret (reason)`.
"""

import io
import re
import tokenize
from collections.abc import Iterator

from scan_findings.template_resources import resources_by_line
from scan_findings.waiver import BadWaiver, Waiver

_TEMPLATE = re.compile(r"#\s*(checkov|cfn-guard):skip=([\w.]+)(?::(.*))?")
_CODE = re.compile(r"#\s*(nosec|noqa:)\s*([A-Z]+[0-9]+(?:,\s*[A-Z]+[0-9]+)*)(?:\s*\(([^)]*)\))?")
_SECRET = re.compile(r"(?:#|//|/\*)\s*pragma: allowlist secret\b(?:\s*\(([^)]*)\))?")


def template_waivers(file: str, text: str) -> list[Waiver]:
    """Return what a template's comments waive, each for its own resource.

    Raises BadWaiver for one without a reason, or outside of every resource.
    """
    resources = resources_by_line(text)
    waivers = []
    for line, comment in enumerate(text.splitlines(), start=1):
        if found := _TEMPLATE.search(comment):
            if line not in resources:
                raise BadWaiver(f"{file}:{line}: the waiver stands outside of every resource.")
            scanner, rule, given = found.groups()
            reason = _reason(given, file, line)
            waivers.append(Waiver(scanner, rule, reason, file, line, file, resource=resources[line]))
    return waivers


def code_waivers(file: str, text: str) -> list[Waiver]:
    """Return what a Python file's comments waive for bandit, each for its own line.

    Raises BadWaiver for a nosec without a reason. What ruff alone is told without one waives nothing here.
    """
    waivers = []
    for line, comment in python_comments(text):
        for kind, rules, given in _CODE.findall(comment):
            shared = kind == "noqa:"
            if shared and not given:
                continue
            reason = _reason(given, file, line)
            waivers += [
                Waiver("bandit", f"B{number}", reason, file, line, file, at_line=line, shared=shared)
                for number in re.findall(r"\b[BS]([0-9]{3})\b", rules)
            ]
    return waivers


def secret_waivers(file: str, text: str) -> list[Waiver]:
    """Return what a file's comments waive for detect-secrets: whatever its line is taken for.

    Raises BadWaiver for one without a reason.
    """
    if file.endswith(".md"):
        return []
    comments = python_comments(text) if file.endswith(".py") else enumerate(text.splitlines(), start=1)
    return [
        Waiver("detect-secrets", "*", _reason(found[1], file, line), file, line, file, at_line=line)
        for line, comment in comments
        if (found := _SECRET.search(comment))
    ]


def python_comments(text: str) -> Iterator[tuple[int, str]]:
    """Yield line and text of each comment, which a string that holds a # is not; none after what is no Python."""
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type == tokenize.COMMENT:
                yield token.start[0], token.string
    except (tokenize.TokenError, SyntaxError):
        return


def _reason(text: str | None, file: str, line: int) -> str:
    if not text or not text.strip():
        raise BadWaiver(f"{file}:{line}: the waiver gives no reason.")
    return text.strip()
