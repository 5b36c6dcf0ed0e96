"""A service of a few lines that keeps every promise, to make a history that the checker must accept."""

from itertools import count
from typing import Any

from faults.history import History, Invoked, Opened, Received, Stored

AGENTS = ("cost", "advisor")


class FlawlessService:
    """Does one thing at a time, tells all followers at once, and writes it all down; a second goes by each time."""

    def __init__(self) -> None:
        self.history = History()
        self.items: dict[str, dict[str, Any]] = {}
        self._user_of: dict[str, str] = {}
        self._followers: dict[str, list[str]] = {}
        self._seconds = count(1000)

    def open(self, connection: str, user: str) -> None:
        """Connect, and follow the user's unfinished jobs."""
        self._user_of[connection] = user
        self.history.add(Opened(self._now(), user, connection))
        active = [job_id for job_id, item in self.items.items() if item["userId"] == user]
        self._tell(connection, {"type": "authenticated", "connectionId": connection, "activeJobs": active})
        for job_id in active:
            item = self.items[job_id]
            snapshot = {"type": "job_snapshot", **_fields(item, "status", "progress", "message")}
            self._tell(connection, {**snapshot, "completed_agents": item["completedAgents"]})
            self._followers[job_id].append(connection)

    def ask(self, connection: str, request_id: str) -> None:
        """Make a job of a question."""
        job_id = f"job-{len(self.items) + 1}"
        self._followers[job_id] = [connection]
        self.items[job_id] = {"jobId": job_id, "userId": self._user_of[connection], "completedAgents": [], "seq": 0}
        self._store(job_id, status="queued", progress=5, message="Queued.")
        queued = _fields(self.items[job_id], "progress", "message")
        self._tell(connection, {"type": "job_queued", "requestId": request_id, **queued})

    def list_jobs(self, connection: str) -> None:
        """List the jobs of the connection's user."""
        mine = [item for item in self.items.values() if item["userId"] == self._user_of[connection]]
        entries = [_fields(item, "status", "progress") for item in mine]
        self._tell(connection, {"type": "job_list", "jobs": entries})

    def claim(self, job_id: str, worker: str) -> None:
        """Let a worker take a job and ask its agents."""
        self._store(job_id, status="processing", progress=10, message="Working.", leaseOwner=worker)
        self._broadcast(job_id, {"type": "progress_update", **_fields(self.items[job_id], "status", "progress")})
        for agent in AGENTS:
            self.history.add(Invoked(self._now(), agent, job_id))

    def answer(self, job_id: str) -> None:
        """Let the next agent answer."""
        done = [*self.items[job_id]["completedAgents"], AGENTS[len(self.items[job_id]["completedAgents"])]]
        self._store(job_id, completedAgents=done, progress=15 + 35 * len(done), message=f"{done[-1]} has answered.")
        message = {"type": "agent_completed", "agent": done[-1], "completed_agents": done, "result": {"content": "x"}}
        self._broadcast(job_id, {**message, **_fields(self.items[job_id], "progress")})

    def end(self, job_id: str, status: str) -> None:
        """End a job."""
        self._store(job_id, status=status, message="Ended.")
        end = {"type": f"job_{status}", **_fields(self.items[job_id]), "result": {"response": "The answer."}}
        self._broadcast(job_id, end)

    def finished_history(self) -> History:
        """Note what the store has, and give the history."""
        self.history.final_items = {job_id: dict(item) for job_id, item in self.items.items()}
        return self.history

    def _store(self, job_id: str, **changes: Any) -> None:
        item = self.items[job_id]
        item.update(changes, seq=item["seq"] + 1)
        self.history.add(Stored(self._now(), {**item, "followers": list(self._followers[job_id])}))

    def _broadcast(self, job_id: str, message: dict[str, Any]) -> None:
        for connection in self._followers[job_id]:
            self._tell(connection, message)

    def _tell(self, connection: str, message: dict[str, Any]) -> None:
        self.history.add(Received(self._now(), self._user_of[connection], connection, message))

    def _now(self) -> float:
        return float(next(self._seconds))


def _fields(item: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: item[name] for name in ("jobId", "seq", *names)}
