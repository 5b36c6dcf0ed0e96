"""What happened in a run, event by event, as one process saw it: the clients' frames, the store's writes, the faults.

All times are of that process's clock, in epoch seconds. `user` is the token's `sub`; `connection` is a name that
is used for one connection only in the whole history.
"""

import json
import threading
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

# Operations of injections that the checker must know: see Injected.
EXPIRY = "TimeToLive"
FOREIGN_BODY = "ForeignBody"
CLOCK = "Clock"
# The end of an operation's name that was done twice.
TWICE = ", twice"


@dataclass(frozen=True)
class Sent:
    """A client sent a frame."""

    at: float
    user: str
    connection: str
    frame: dict[str, Any]


@dataclass(frozen=True)
class Received:
    """A client received a message."""

    at: float
    user: str
    connection: str
    message: dict[str, Any]


@dataclass(frozen=True)
class Opened:
    """A client's connection was made."""

    at: float
    user: str
    connection: str


@dataclass(frozen=True)
class Closed:
    """A client's connection was closed or cut."""

    at: float
    user: str
    connection: str


@dataclass(frozen=True)
class Stored:
    """The store took a job item; `item` is the whole of it as it was then, its numbers as int."""

    at: float
    item: dict[str, Any]


@dataclass(frozen=True)
class Invoked:
    """An agent began to work for a job."""

    at: float
    agent: str
    job_id: str


@dataclass(frozen=True)
class Crashed:
    """A worker was killed, or an invocation of the processor ended in an error; None if its job is not known."""

    at: float
    job_id: str | None


@dataclass(frozen=True)
class Injected:
    """A fault was injected. `service` and `operation` are the call's, such as `lambda` and `Invoke`.

    The operation EXPIRY says that a job's item was deleted, as TTL would; FOREIGN_BODY that a body that is no job was
    put into a queue; CLOCK that the functions' clocks were wrong.
    """

    at: float
    fault: str
    service: str
    operation: str


Event = Sent | Received | Opened | Closed | Stored | Invoked | Crashed | Injected


class History:
    """The events in the order in which they were noted, and what there was at the end."""

    def __init__(self) -> None:
        """Begin an empty history."""
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
        with self._adding, path.open("w", encoding="utf-8") as lines:
            for event in self.events:
                lines.write(_line({"event": type(event).__name__, **asdict(event)}))
            lines.write(_line({"event": "End", "final_items": self.final_items, "dead_letters": self.dead_letters}))


def _line(fields: dict[str, Any]) -> str:
    # Of what a store's item holds, only sets (the followers) are unknown to JSON.
    return json.dumps(fields, default=sorted, ensure_ascii=False) + "\n"
