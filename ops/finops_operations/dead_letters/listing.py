"""What failed for good, for a person to read and for a program."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from rich.console import Console
from rich.table import Table
from rich.text import Text

from finops_client.terminal_text import clean_line
from finops_operations.dead_letters.letters import StoredJob
from finops_operations.dead_letters.queue import MISSING, DeadMessage, QueueState

# Characters of a user's id, which tell users apart; the whole one is in the JSON. 100 columns have no room for it.
_SHOWN_OF_A_USER = 9
# Where nobody sees how wide the output is.
_COLUMNS = 100


@dataclass(frozen=True)
class Listing:
    """The jobs that failed for good, the messages that could be received, and the state of their queue."""

    jobs: Sequence[StoredJob]
    messages: Sequence[DeadMessage]
    queue: QueueState

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
        queue = {"visible": self.queue.visible, "hidden": self.queue.hidden}
        reader = {"on": self.queue.is_read, "state": self.queue.reader, "since": self.queue.since}
        return json.dumps({"jobs": jobs, "messages": messages, "queue": queue, "reader": reader}, indent=2)

    def print(self, console: Console, command: str, way_back: str, *, with_bodies: bool) -> None:
        """Print the listing. What others wrote is made safe to print.

        `command` is how this operation is called, `way_back` the commands that bring a missing reader back.
        """
        if not console.is_terminal:
            console.width = _COLUMNS
        jobs = [
            (job.job_id, _utc(job.created_at), _utc(job.updated_at), str(job.attempts),
             clean_line(job.user_id, _SHOWN_OF_A_USER), job.code)
            for job in self.jobs
        ]  # fmt: skip
        messages = [
            (one.message_id, _utc(one.sent_at), str(one.receives), f"job {one.job_id}" if one.job_id else "no job")
            for one in self.messages
        ]
        if jobs:
            console.print(f"{_counted(jobs, 'job')} failed for good:", highlight=False)
            console.print(_table(jobs, "Job", "Asked (UTC)", "Failed", "Tries", "User", "Code"))
        else:
            console.print("No job has failed for good that was not replayed or discarded.", highlight=False)
        number = _counted(messages, "message") if messages else "No message"
        about = f"(about {self.queue.visible} visible, {self.queue.hidden} hidden){':' if messages else '.'}"
        console.print(f"{number} of the dead-letter queue can be received now {about}", highlight=False)
        if messages:
            console.print(_table(messages, "Message", "Sent (UTC)", "Reads", "What it names"))
        if with_bodies:
            for message in self.messages:
                console.print(Text(f"{message.message_id}: {clean_line(message.body)}"), soft_wrap=True)
        if advice := self._advice(command, way_back):
            # A command is there to be copied: the terminal wraps it, and no line's end cuts it.
            console.print(advice, highlight=False, markup=False, soft_wrap=True)

    def _advice(self, command: str, way_back: str) -> str:
        minutes = self.queue.hidden_minutes
        if self.queue.reader == MISSING:
            return (
                "READER MISSING: nothing reads the dead-letter queue. A job that dies now is not ended, and its user"
                f" not told. Bring the reader back:\n{way_back}"
            )
        if not self.queue.is_read:
            return (
                f"READER PAUSED since {_utc(self.queue.since)} UTC: a job that dies now is not ended, and its user not"
                f" told. Hidden\nmessages come up within {minutes} minutes of the pause. Switch it on again: {command}"
                " resume"
            )
        if self.queue.hidden:
            return (
                "Hidden ones have been received, most likely by the background processor, which cannot use them."
                f" To see them: {command} pause\nThey come up in the list within {minutes} minutes."
                f" In the end: {command} resume"
            )
        return ""


def _table(rows: Iterable[Iterable[str]], *columns: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for column in columns:
        # An id is there to be copied: it is never cut.
        table.add_column(column, overflow="fold", min_width=36 if column == columns[0] else None)
    for row in rows:
        table.add_row(*(Text(clean_line(cell)) for cell in row))
    return table


def _counted(them: Sequence[object], what: str) -> str:
    return f"{len(them):,} {what}{'' if len(them) == 1 else 's'}"


def _utc(epoch_seconds: int) -> str:
    # What is older than a year has expired.
    return datetime.fromtimestamp(epoch_seconds, UTC).strftime("%m-%d %H:%M")
