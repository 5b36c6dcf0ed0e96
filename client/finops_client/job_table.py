"""A list of jobs: a table on a terminal, one line of tab-separated fields for each job elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from rich.console import Console
from rich.table import Table
from rich.text import Text

from finops_client.events import JobSummary
from finops_client.terminal_text import clean_line

# Two lines on most terminals; the whole question is in the job's own events.
SHOWN_OF_A_QUESTION = 120
# The contract's own bound of an id, and more than its longest status has.
LONGEST_ID = 128
LONGEST_STATUS = 20


def print_jobs(jobs: Sequence[JobSummary], console: Console) -> None:
    """Prints the jobs in the order given; all texts are made safe to print."""
    if console.is_terminal:
        console.print(_table(jobs))
        return
    for job in jobs:
        fields = (
            clean_line(job.job_id, LONGEST_ID),
            _status(job),
            _utc(job.created_at, "%Y-%m-%dT%H:%M:%SZ"),
            clean_line(job.query),
        )
        console.file.write("\t".join(fields) + "\n")


def _table(jobs: Sequence[JobSummary]) -> Table:
    table = Table(box=None, pad_edge=False, show_edge=False)
    # The id is there to be copied: it is never cut.
    table.add_column("Question, job id", overflow="fold")
    table.add_column("Status", no_wrap=True)
    table.add_column("Asked (UTC)", no_wrap=True)
    for job in jobs:
        question = clean_line(job.query, SHOWN_OF_A_QUESTION)
        name = Text.assemble(question, "\n", (clean_line(job.job_id, LONGEST_ID), "dim"))
        table.add_row(name, Text(_status(job)), _utc(job.created_at, "%Y-%m-%d %H:%M"))
    return table


def _status(job: JobSummary) -> str:
    status = clean_line(job.status, LONGEST_STATUS)
    return f"{status} {min(100, max(0, int(job.progress)))}%" if status == "processing" else status


def _utc(epoch_seconds: float, form: str) -> str:
    try:
        return datetime.fromtimestamp(epoch_seconds, UTC).strftime(form)
    except (OverflowError, ValueError, OSError):
        return "?"
