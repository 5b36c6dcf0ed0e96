"""Every log of a session with a local cloud, the questions that were asked in it, and what of them is in the logs."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from fnmatch import fnmatch
from pathlib import Path

from finops_operations.local_run.__main__ import FIRST_QUESTION
from local_cloud.conversation import ASKED
from local_cloud.journey_stack import PASSWORD
from local_cloud.log_search import LogSearch, search
from local_cloud.running_cloud import LocalCloud


class SecretLogged(AssertionError):
    """A log has what nobody may read there; where it is in the text, and what it is not."""


class NothingLogged(AssertionError):
    """The functions have stored questions and written nothing: whoever searches their logs is blind."""


@contextmanager
def searched_cloud(directory: Path, state_dir: Path, searches: list[LogSearch]) -> Iterator[LocalCloud]:
    """Run a local cloud, and before it stops search its logs and those below the session's directory.

    Adds the search to those of the session. Raises SecretLogged if it has found something.
    """
    cloud = LocalCloud(state_dir)
    try:
        yield cloud
        searches.append(search_session(cloud, directory))
    finally:
        cloud.stop()
    if findings := searches[-1].findings:
        raise SecretLogged("\n".join(["The logs tell what nobody may read there:", *findings]))


def search_session(cloud: LocalCloud, directory: Path) -> LogSearch:
    """Search all logs of a cloud that still runs, and those below the session's directory.

    Raises NothingLogged if questions were stored and no line of a function is kept.
    """
    asked = set(asked_questions(cloud))
    logs = {**files_of_logs(directory), **kept_groups(cloud)}
    transcripts = files_named(directory, "*.output")
    if asked and not any(path.stat().st_size for path in cloud.function_logs.glob("*.log")):
        raise NothingLogged(f"{len(asked)} questions are stored, and {cloud.function_logs} has no line of a function.")
    return search(logs, {*asked, *ASKED, FIRST_QUESTION}, {PASSWORD}, transcripts)


def asked_questions(cloud: LocalCloud) -> Iterator[str]:
    """Read every question in every table of jobs that is there."""
    tables = cloud.client("dynamodb")
    for page in tables.get_paginator("list_tables").paginate():
        for table in page["TableNames"]:
            if table.endswith("-jobs"):
                pages = tables.get_paginator("scan").paginate(
                    TableName=table,
                    ProjectionExpression="#query",
                    ExpressionAttributeNames={"#query": "query"},
                    ConsistentRead=True,
                )
                yield from (item["query"]["S"] for items in pages for item in items["Items"] if "query" in item)


def kept_groups(cloud: LocalCloud) -> dict[str, str]:
    """Read all of CloudWatch Logs: each group's lines by its name."""
    logs = cloud.client("logs")
    groups = (
        group["logGroupName"]
        for page in logs.get_paginator("describe_log_groups").paginate()
        for group in page["logGroups"]
    )
    return {
        group: "".join(
            f"{event['message']}\n"
            for page in logs.get_paginator("filter_log_events").paginate(logGroupName=group)
            for event in page["events"]
        )
        for group in groups
    }


def files_of_logs(directory: Path) -> dict[str, str]:
    """Read all files below a directory that are named log, or something with .log: each one's text by its path."""
    return {**files_named(directory, "log"), **files_named(directory, "*.log")}


def files_named(directory: Path, pattern: str) -> dict[str, str]:
    """Read all files below a directory whose names are like this: each one's text by its path."""
    return {
        str(path.relative_to(directory)): path.read_text(encoding="utf-8", errors="replace")
        for folder, _, names in os.walk(directory)
        for path in (Path(folder, name) for name in names)
        if fnmatch(path.name, pattern) and path.is_file()
    }
