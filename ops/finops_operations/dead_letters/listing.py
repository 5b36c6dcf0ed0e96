"""What failed for good, for a person to read and for a program."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from rich.console import Console
from rich.table import Table
from rich.text import Text

from finops_client.terminal_text import clean_line
from finops_operations.dead_letters.jobs import StoredJob
from finops_operations.dead_letters.queue import DeadMessage, QueueCounts, Reader

# Characters of a user's id, which tell users apart; the whole one is in the JSON. 100 columns have no room for it.
_SHOWN_OF_A_USER = 9
# Where nobody sees how wide the output is.
_COLUMNS = 100


@dataclass(frozen=True)
class Listing:
    """The jobs that failed for good, the messages that could be received, and what the queue and its reader say."""

    jobs: Sequence[StoredJob]
    messages: Sequence[DeadMessage]
    counts: QueueCounts
    reader: Reader

    def to_json(self, *, with_bodies: bool) -> str:
        """Give the listing as JSON; times are in epoch seconds. All but ASCII is escaped."""
        jobs = [
            {
                "id": job.job_id,
                "userId": job.user_id,
                "askedAt": job.created_at,
                "failedAt": job.updated_at,
                "attempts": job.attempts,
                "code": job.code,
                "messageId": job.dead_letter.get("messageId"),
                "sentAt": int(job.dead_letter["sentAt"]) if job.dead_letter else None,
                **({"body": job.dead_letter.get("body")} if with_bodies else {}),
            }
            for job in self.jobs
        ]
        messages = [
            {
                "id": message.message_id,
                "jobId": message.job_id,
                "sentAt": message.sent_at,
                "receives": message.receives,
                **({"body": message.body} if with_bodies else {}),
            }
            for message in self.messages
        ]
        queue = {"visible": self.counts.visible, "hidden": self.counts.hidden}
        reader = {"on": self.reader.is_on, "state": self.reader.state, "since": self.reader.since}
        return json.dumps({"jobs": jobs, "messages": messages, "queue": queue, "reader": reader}, indent=2)

    def print(self, console: Console, command: str, *, with_bodies: bool) -> None:
        """Print the listing; `command` is how this operation is called. What others wrote is made safe to print."""
        if not console.is_terminal:
            console.width = _COLUMNS
        if self.jobs:
            console.print(f"{_counted(len(self.jobs), 'job')} failed for good:", highlight=False)
            console.print(_jobs_table(self.jobs))
        else:
            console.print("No job has failed for good that was not replayed or discarded.", highlight=False)
        about = f"about {self.counts.visible} visible, {self.counts.hidden} hidden"
        if self.messages:
            counted = _counted(len(self.messages), "message")
            console.print(f"{counted} of the dead-letter queue can be received now ({about}):", highlight=False)
            console.print(_messages_table(self.messages))
        else:
            console.print(f"No message of the dead-letter queue can be received now ({about}).", highlight=False)
        if with_bodies:
            for message in self.messages:
                console.print(Text(f"{message.message_id}: {clean_line(message.body)}"), soft_wrap=True)
        if advice := _advice(self.counts, self.reader, command):
            # A command is there to be copied: the terminal wraps it, and no line's end cuts it.
            console.print(advice, highlight=False, markup=False, soft_wrap=True)


def _advice(counts: QueueCounts, reader: Reader, command: str) -> str:
    minutes = -(-counts.hidden_seconds // 60)
    if reader.is_missing:
        return (
            "READER MISSING: nothing reads the dead-letter queue. A job that dies now is not ended, and its user not"
            f" told. Bring the reader back:\n{reader.way_back}"
        )
    if not reader.is_on:
        return (
            f"READER PAUSED since {_utc(reader.since)} UTC: a job that dies now is not ended, and its user not told."
            f" Hidden\nmessages come up within {minutes} minutes of the pause. Switch it on again: {command} resume"
        )
    if counts.hidden:
        return (
            "Hidden ones have been received, most likely by the background processor, which cannot use them."
            f" To see them: {command} pause\nThey come up in the list within {minutes} minutes."
            f" In the end: {command} resume"
        )
    return ""


def _jobs_table(jobs: Sequence[StoredJob]) -> Table:
    table = _table("Job", "Asked (UTC)", "Failed", "Tries", "User", "Code")
    for job in jobs:
        table.add_row(
            clean_line(job.job_id),
            _utc(job.created_at),
            _utc(job.updated_at),
            str(job.attempts),
            Text(clean_line(job.user_id, _SHOWN_OF_A_USER)),
            clean_line(job.code),
        )
    return table


def _messages_table(messages: Sequence[DeadMessage]) -> Table:
    table = _table("Message", "Sent (UTC)", "Reads", "What it names")
    for message in messages:
        named = "no job" if message.job_id is None else f"job {message.job_id}"
        table.add_row(message.message_id, _utc(message.sent_at), str(message.receives), Text(named))
    return table


def _table(identity: str, *columns: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    # An id is there to be copied: it is never cut.
    table.add_column(identity, overflow="fold", no_wrap=False, min_width=36)
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def _counted(number: int, what: str) -> str:
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"


def _utc(epoch_seconds: int) -> str:
    # What is older than a year has expired.
    return datetime.fromtimestamp(epoch_seconds, UTC).strftime("%m-%d %H:%M")
