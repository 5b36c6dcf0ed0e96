"""A service of a few lines that keeps every promise, to make histories that the checker must accept."""

import json
from itertools import count
from typing import Any

from faults.history import (
    Closed,
    Crashed,
    Event,
    History,
    Invoked,
    Opened,
    Received,
    Sent,
    Stored,
)

AGENTS = ("cost", "advisor")


class FlawlessService:
    """Does one thing at a time, tells all followers at once, and writes it all down; a second goes by each time."""

    def __init__(self) -> None:
        """Begin with no job."""
        self.history = History()
        self.items: dict[str, dict[str, Any]] = {}
        self.user_of: dict[str, str] = {}
        self._followers: dict[str, list[str]] = {}
        self._requests: dict[tuple[str, str], str] = {}
        self._seconds = count(1000)

    def open(self, connection: str, user: str) -> None:
        """Connect, and follow the user's unfinished jobs."""
        self.user_of[connection] = user
        self._note(Opened(self._now(), user, connection))
        active = [job_id for job_id, item in self.items.items() if item["userId"] == user and not self.is_ended(job_id)]
        self._tell(connection, {"type": "authenticated", "connectionId": connection, "activeJobs": active})
        for job_id in active:
            self.resume(connection, job_id)

    def close(self, connection: str) -> None:
        """Cut a connection."""
        self._note(Closed(self._now(), self.user_of.pop(connection), connection))

    def ask(self, connection: str, request_id: str) -> str:
        """Ask, and give the job; the same request of a user is the same job."""
        user = self.user_of[connection]
        self._note(Sent(self._now(), user, connection, {"action": "finops_query", "requestId": request_id}))
        job_id = self._requests.setdefault((user, request_id), f"job-{len(self._requests) + 1}")
        if job_id not in self.items:
            self._followers[job_id] = []
            self.items[job_id] = {"jobId": job_id, "userId": user, "completedAgents": [], "seq": 0}
            self._store(job_id, status="queued", progress=5, message="Queued.")
        item = self.items[job_id]
        self._follow(connection, job_id)
        self._tell(connection, {"type": "job_queued", "requestId": request_id, **_fields(item, "progress", "message")})
        if self.is_ended(job_id):
            self._tell(connection, self._end_of(job_id))
        return job_id

    def resume(self, connection: str, job_id: str) -> None:
        """Give a snapshot, and let the connection follow."""
        item = self.items[job_id]
        snapshot = {"type": "job_snapshot", **_fields(item, "status", "progress", "message")}
        self._tell(connection, {**snapshot, "completed_agents": item["completedAgents"], **_reason(item)})
        self._follow(connection, job_id)

    def list_jobs(self, connection: str) -> None:
        """List the jobs of the connection's user."""
        mine = [item for item in self.items.values() if item["userId"] == self.user_of[connection]]
        entries = [_fields(item, "status", "progress") for item in mine]
        self._tell(connection, {"type": "job_list", "jobs": entries})

    def claim(self, job_id: str, worker: str) -> None:
        """Let a worker take a job and ask the agents that have not answered."""
        progress = max(10, self.items[job_id]["progress"])
        self._store(job_id, status="processing", progress=progress, message="Working.", leaseOwner=worker)
        self._broadcast(job_id, {"type": "progress_update", **_fields(self.items[job_id], "status", "progress")})
        for agent in AGENTS:
            if agent not in self.items[job_id]["completedAgents"]:
                self._note(Invoked(self._now(), agent, job_id))

    def crash(self, job_id: str | None) -> None:
        """Kill a job's worker, or one whose job is not known."""
        self._note(Crashed(self._now(), job_id))

    def answer(self, job_id: str) -> None:
        """Let the next agent answer."""
        done = [*self.items[job_id]["completedAgents"], AGENTS[len(self.items[job_id]["completedAgents"])]]
        self._store(job_id, completedAgents=done, progress=15 + 35 * len(done), message=f"{done[-1]} has answered.")
        item = self.items[job_id]
        message = {"type": "agent_completed", "agent": done[-1], "completed_agents": done, "result": {"content": "x"}}
        self._broadcast(job_id, {**message, **_fields(item, "progress")})

    def end(self, job_id: str, status: str, **changes: Any) -> None:
        """End a job."""
        self._store(job_id, status=status, message="Ended.", **changes)
        self._broadcast(job_id, self._end_of(job_id))

    def kill_by_dead_letter(self, job_id: str) -> None:
        """Let a job's message die."""
        body = json.dumps({"jobId": job_id})
        self.history.dead_letters.append(body)
        self.end(job_id, "failed", code="PROCESSING_FAILED", deadLetter=body)

    def finished_history(self) -> History:
        """End what has not ended, note what the store has, and give the history."""
        for job_id in self.items:
            if not self.is_ended(job_id):
                self.end(job_id, "cancelled")
        self.history.final_items = {job_id: dict(item) for job_id, item in self.items.items()}
        return self.history

    def is_ended(self, job_id: str) -> bool:
        """Tell whether a job has come to its end."""
        return self.items[job_id]["status"] in {"completed", "failed", "cancelled"}

    def _end_of(self, job_id: str) -> dict[str, Any]:
        item = self.items[job_id]
        end: dict[str, Any] = {"type": f"job_{item['status']}", **_fields(item)}
        if item["status"] == "completed":
            end["result"] = {"response": "The answer."}
        return {**end, **_reason(item)}

    def _follow(self, connection: str, job_id: str) -> None:
        if connection not in self._followers[job_id]:
            self._followers[job_id].append(connection)

    def _store(self, job_id: str, **changes: Any) -> None:
        item = self.items[job_id]
        item.update(changes, seq=item["seq"] + 1)
        followers = [connection for connection in self._followers[job_id] if connection in self.user_of]
        self._note(Stored(self._now(), {**item, "followers": followers}))

    def _broadcast(self, job_id: str, message: dict[str, Any]) -> None:
        for connection in self._followers[job_id]:
            if connection in self.user_of:
                self._tell(connection, message)

    def _tell(self, connection: str, message: dict[str, Any]) -> None:
        self._note(Received(self._now(), self.user_of[connection], connection, message))

    def _note(self, event: Event) -> None:
        self.history.add(event)

    def _now(self) -> float:
        return float(next(self._seconds))


def _fields(item: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: item[name] for name in ("jobId", "seq", *names)}


def _reason(item: dict[str, Any]) -> dict[str, Any]:
    return {"code": item["code"]} if "code" in item else {}
