"""What happened in a run, event by event, as one process saw it: the clients' frames, the store's writes, the faults.

All times are of that process's clock, in epoch seconds. `user` is the token's `sub`; `connection` is a name that
is used for one connection only in the whole history.
"""

import json
import threading
from pathlib import Path
from typing import Any, NamedTuple

# Operations of injections that the checker must know: a job's item was deleted, as TTL would; a body that is no job was
# put into a queue; the functions' clocks were wrong.
EXPIRY, FOREIGN_BODY, CLOCK = "TimeToLive", "ForeignBody", "Clock"
# The end of an operation's name that was done twice.
TWICE = ", twice"


class Sent(NamedTuple):
    """A client sent a frame."""

    at: float
    user: str
    connection: str
    frame: dict[str, Any]


class Received(NamedTuple):
    """A client received a message."""

    at: float
    user: str
    connection: str
    message: dict[str, Any]


class Closed(NamedTuple):
    """A client's connection was closed or cut."""

    at: float
    user: str
    connection: str


class Stored(NamedTuple):
    """The store took a job item; `item` is the whole of it as it was then, its numbers as int."""

    at: float
    item: dict[str, Any]


class Invoked(NamedTuple):
    """An agent began to work for a job."""

    at: float
    agent: str
    job_id: str


class Crashed(NamedTuple):
    """A worker was killed, or an invocation of the processor ended in an error; None if its job is not known."""

    at: float
    job_id: str | None


class Injected(NamedTuple):
    """A fault was injected. `service` and `operation` are the call's, such as `lambda` and `Invoke`."""

    at: float
    fault: str
    service: str
    operation: str


Event = Sent | Received | Closed | Stored | Invoked | Crashed | Injected


class History:
    """The events in the order in which they were noted, and what there was at the end."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.final_items: dict[str, dict[str, Any]] = {}
        """The jobs' items that the store had at the end, by job id."""
        self.dead_letters: list[str] = []
        """The bodies that the processor read from the dead-letter queue, or that lay in it at the end."""
        self._adding = threading.Lock()

    def add(self, event: Event) -> None:
        """Note an event; any thread may."""
        with self._adding:
            self.events.append(event)

    def save(self, path: Path) -> None:
        """Write the history as JSON lines: one for each event, and one for the end."""
        with self._adding:
            lines = [{"event": type(event).__name__, **event._asdict()} for event in self.events]
        lines.append({"event": "End", "final_items": self.final_items, "dead_letters": self.dead_letters})
        # Of what a store's item holds, only sets (the followers) are unknown to JSON.
        path.write_text("".join(json.dumps(line, default=sorted) + "\n" for line in lines), encoding="utf-8")
