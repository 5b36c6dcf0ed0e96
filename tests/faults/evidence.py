"""A history sorted by job, and what its messages say of a job. For the checker's invariants."""

from collections import defaultdict
from collections.abc import Iterator
from math import inf
from typing import Any, NamedTuple

from faults.history import EXPIRY, Event, History, Injected, Invoked, Received, Stored

RANK = {"queued": 0, "processing": 1, "completed": 2, "failed": 2, "cancelled": 2}
ENDS = {"job_completed": "completed", "job_failed": "failed", "job_cancelled": "cancelled"}
# Each stored step has one message that goes to all followers.
LIVE = {"progress_update", "analysis_started", "agent_completed", *ENDS}


class State(NamedTuple):
    """What the store or a message says of a job; None where a message does not say it."""

    status: str | None
    progress: int | None
    message: str | None
    completed_agents: tuple[str, ...] | None

    def agrees_with(self, other: "State") -> bool:
        """Tell whether two states say nothing different."""
        return all(mine is None or theirs is None or mine == theirs for mine, theirs in zip(self, other, strict=True))


class Evidence:
    """What the history says of each job: its writes in order of `seq`, its messages in the order of their receipt."""

    def __init__(self, history: History) -> None:
        self.history = history
        self.stored: dict[str, list[Stored]] = defaultdict(list)
        self.received: dict[str, list[Received]] = defaultdict(list)
        """Messages that are about one job."""
        for event in history.events:
            if isinstance(event, Stored):
                self.stored[event.item["jobId"]].append(event)
            elif isinstance(event, Received) and event.message.get("jobId") is not None and "seq" in event.message:
                self.received[event.message["jobId"]].append(event)
        for writes in self.stored.values():
            writes.sort(key=lambda write: (write.item["seq"], write.at))

    def of_kind(self, kind: type[Event]) -> Iterator[Any]:
        """Give the events of a kind, in order."""
        return (event for event in self.history.events if isinstance(event, kind))

    def by_connection(self, job_id: str) -> dict[str, list[Received]]:
        """Give each connection's messages about a job."""
        messages: dict[str, list[Received]] = defaultdict(list)
        for received in self.received[job_id]:
            messages[received.connection].append(received)
        return messages

    def owner(self, job_id: str) -> str | None:
        """Give the job's user; None of a job that the store never had."""
        items = [write.item for write in self.stored.get(job_id, [])] + [self.history.final_items.get(job_id, {})]
        return next((item["userId"] for item in items if "userId" in item), None)

    def end(self, job_id: str) -> Stored | None:
        """Give the write that ended a job."""
        return next((write for write in self.stored.get(job_id, []) if RANK[write.item["status"]] == 2), None)

    def injected(self, operation: str) -> int:
        """Tell how many faults of an operation were injected."""
        return sum(injected.operation == operation for injected in self.of_kind(Injected))

    def has_expired(self, job_id: str) -> bool:
        """Tell whether a job's time is up: the test has deleted its item, or has let it outlive its `ttl`."""
        final = self.history.final_items.get(job_id)
        return self.injected(EXPIRY) > 0 if final is None else final.get("ttl", inf) < self.history.events[-1].at


def state_of_item(item: dict[str, Any]) -> State:
    """Give the state that a stored item has."""
    return State(item["status"], item["progress"], item["message"], tuple(item.get("completedAgents", ())))


def state_of_message(message: dict[str, Any]) -> State:
    """Give the state that a message about a job says."""
    status = ENDS.get(message["type"], message.get("status"))
    agents = message.get("completed_agents")
    return State(status, message.get("progress"), message.get("message"), None if agents is None else tuple(agents))


def end_said(message: dict[str, Any]) -> str | None:
    """Give the end that a message about a job says: `completed`, `failed`, `cancelled`, or None."""
    status = state_of_message(message).status
    return status if RANK.get(status or "", 0) == 2 else None


def is_end(received: Received) -> bool:
    return end_said(received.message) is not None


def describe(event: Received | Stored | Invoked) -> str:
    """Name an event in a sentence."""
    match event:
        case Received(_, user, connection, message):
            seq = f" seq {message['seq']}" if "seq" in message else ""
            what = f"{message.get('type')}{seq} received by {connection} of {user}"
        case Stored(_, item):
            what = f"seq {item['seq']} stored as {item['status']} {item['progress']}%"
        case Invoked(_, agent, job_id):
            what = f"{agent} invoked for {job_id}"
    return f"{what} at {event.at:.3f}"
