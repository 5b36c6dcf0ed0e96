"""Searches every log of a session with a local cloud for what nobody may read: questions, passwords, tokens, keys."""

import base64
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from fnmatch import fnmatch
from pathlib import Path
from urllib.parse import unquote_plus

from finops_operations.local_run.__main__ import FIRST_QUESTION
from local_cloud.conversation import ASKED
from local_cloud.journey_stack import PASSWORD
from local_cloud.running_cloud import LocalCloud

PATTERNS = {
    # A JWT's header and payload are JSON objects, which in base64url begin with eyJ; an unsigned one has no third part.
    "a token": re.compile(r"eyJ[\w-]+\.eyJ[\w-]+\.[\w-]*"),
    # Whoever has such an address may read the answer that it leads to.
    "a signed address": re.compile(r"X-Amz-Signature=\w+", re.IGNORECASE),
    # But for the one of AWS's own examples.
    "an access key": re.compile(r"\b(?!AKIAIOSFODNN7EXAMPLE)A(?:KIA|SIA)[A-Z0-9]{16}\b"),  # pragma: allowlist secret
}
# Characters of a question that are searched for: a log may have it cut off. One with fewer different letters, such as
# "first" or a row of x, is in logs for reasons of its own.
BEGINNING, FEWEST = 24, 8


@contextmanager
def searched_cloud(directory: Path, state_dir: Path, summaries: list[str]) -> Iterator[LocalCloud]:
    """Run a local cloud, and before it stops search its logs and those below the session's directory.

    Adds a line that sums the search up; fails if it has found something.
    """
    cloud = LocalCloud(state_dir)
    try:
        yield cloud
        summary, findings = search_session(cloud, directory)
        summaries.append(summary)
    finally:
        cloud.stop()
    assert not findings, "\n".join(["The logs tell what nobody may read there:", *findings])


def search_session(cloud: LocalCloud, directory: Path) -> tuple[str, list[str]]:
    """Search all logs of a cloud that still runs, and those below the session's directory.

    Gives a summary, and where something was found, which is not repeated. Where questions are typed (*.output), they
    are not looked for.
    """
    stored = set(stored_questions(cloud))
    written = any(path.stat().st_size for path in cloud.function_logs.glob("*.log"))
    assert written or not stored, f"Questions are stored, and {cloud.function_logs} has no line of a function."
    asked = {*stored, *ASKED, FIRST_QUESTION}
    questions = {question for question in asked if len(set(bare(question[:BEGINNING]))) >= FEWEST}
    logs = {**files_named(directory, "log"), **files_named(directory, "*.log"), **kept_groups(cloud)}
    transcripts = files_named(directory, "*.output")
    findings = [
        f"{name} has {what} in it"
        for name, text in (logs | transcripts).items()
        for what in things_in(text, questions if name in logs else set())
    ]
    lines = sum(text.count("\n") for text in (logs | transcripts).values())
    found = f"{len(findings)} found" if findings else "nothing found"
    return f"{lines:,} lines of {len(logs)} logs searched for {len(questions):,} questions: {found}", findings


def things_in(text: str, questions: set[str]) -> Iterator[str]:
    """Name what stands in a text, however a program has written it."""
    bare_text = bare(text)
    if any(is_in(question, text, bare_text) for question in questions):
        yield "a question"
    if is_in(PASSWORD, text, bare_text):
        yield "a password"
    yield from (what for what, pattern in PATTERNS.items() if pattern.search(text))


def is_in(secret: str, text: str, bare_text: str) -> bool:
    encoded = secret.encode(errors="surrogatepass")
    in_base64 = (code(encoded).decode().rstrip("=") for code in (base64.b64encode, base64.urlsafe_b64encode))
    return bare(secret[:BEGINNING]) in bare_text or any(spelling in text for spelling in in_base64)


def bare(text: str) -> str:
    """Give a text's letters and digits alone: without capitals, escapes, and what is not ASCII."""
    return re.sub(r"\\+(?:u[0-9a-f]{4}|x[0-9a-f]{2}|[a-z])|[^a-z0-9]", "", unquote_plus(text).lower())


def stored_questions(cloud: LocalCloud) -> Iterator[str]:
    """Read every question in every table of jobs that is there."""
    tables = cloud.client("dynamodb")
    for page in tables.get_paginator("list_tables").paginate():
        for table in page["TableNames"]:
            if table.endswith("-jobs"):
                pages = tables.get_paginator("scan").paginate(TableName=table, ConsistentRead=True)
                yield from (item["query"]["S"] for items in pages for item in items["Items"] if "query" in item)


def kept_groups(cloud: LocalCloud) -> dict[str, str]:
    """Read all of CloudWatch Logs: each group's lines by its name."""
    logs = cloud.client("logs")
    groups = [group for page in logs.get_paginator("describe_log_groups").paginate() for group in page["logGroups"]]
    found: dict[str, str] = {}
    for name in (group["logGroupName"] for group in groups):
        pages = logs.get_paginator("filter_log_events").paginate(logGroupName=name)
        found[name] = "".join(f"{event['message']}\n" for page in pages for event in page["events"])
    return found


def files_named(directory: Path, pattern: str) -> dict[str, str]:
    """Read all files below a directory whose names are like this: each one's text by its path."""
    return {
        str(path.relative_to(directory)): path.read_text(encoding="utf-8", errors="replace")
        for folder, _, names in os.walk(directory)
        for path in (Path(folder, name) for name in names)
        if fnmatch(path.name, pattern) and path.is_file()
    }
