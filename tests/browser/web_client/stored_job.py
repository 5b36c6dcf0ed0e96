"""A job as the scripted service keeps it, and the messages by which it goes on: each valid against the contract."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from unit.doubles.sample_figures import FORECAST

AGENTS = ["aws-cost-forecast-agent", "trusted-advisor-agent-trusted-advisor-agent"]
TITLES = dict(zip(AGENTS, ("Cost analysis", "Optimisation"), strict=True))
BREAKDOWN: dict[str, Any] = {
    "title": "Effective cost by account, May 2026",
    "columns": [
        {"key": "account", "label": "Account", "type": "text"},
        {"key": "cost", "label": "Effective cost", "type": "money", "currency": "USD"},
        {"key": "share", "label": "Share", "type": "percent"},
    ],
    "rows": [
        {"account": "production", "cost": "1811.04", "share": "75.0"},
        {"account": "research", "cost": "603.50", "share": "25.0"},
        {"account": "=credits", "cost": "-12.00", "share": "-0.5"},
    ],
    "total": {"account": "Total", "cost": "2402.54", "share": "100.0"},
    "chart": {"kind": "bar", "x": "account", "y": "cost"},
}
COST_ANSWER = (
    "**Amazon S3 cost 2,402.54 USD in May 2026.**\n\nIt is mostly the production account.\n\n"
    "| Bucket | Cost (USD) |\n|---|---:|\n| logs | 1,811.04 |\n| exports | 603.50 |\n\n"
    "### How this was answered\n\nEffective cost of Amazon S3, 1 to 31 May 2026."
)
SAVINGS_ANSWER = (
    "**You can save 312.00 USD a month.**\n\n"
    "1. Delete incomplete uploads in `logs`: 210.00 USD.\n2. Use a colder class: 102.00 USD."
)

Message = dict[str, Any]


@dataclass
class StoredJob:
    """What the service knows of a job. `results` are by agent, in the order in which they came."""

    query: str
    user: str
    request_id: str | None = None
    job_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    created_at: int = field(default_factory=lambda: int(time.time()))
    agents: list[str] = field(default_factory=lambda: list(AGENTS))
    status: str = "queued"
    progress: int = 5
    message: str = "Your question is queued."
    results: dict[str, Message] = field(default_factory=dict)
    result: Message | None = None
    error: str = ""
    code: str = ""
    seq: int = 1

    @property
    def has_ended(self) -> bool:
        return self.status in {"completed", "failed", "cancelled"}

    def queued(self, **fields: Any) -> Message:
        return {
            "type": "job_queued",
            "jobId": self.job_id,
            **({"requestId": self.request_id} if self.request_id else {}),
            "message": self.message,
            "query": self.query,
            "progress": self.progress,
            "seq": self.seq,
            **fields,
        }

    def snapshot(self) -> Message:
        return {
            "type": "job_snapshot",
            **self.summary(),
            "message": self.message,
            "agents": self.agents,
            "titles": {agent: TITLES[agent] for agent in self.agents},
            "completed_agents": list(self.results),
            "results": list(self.results.values()),
            **({"result": self.result} if self.result else {}),
            **({"error": self.error, "code": self.code} if self.code else {}),
        }

    def summary(self) -> Message:
        return {
            "jobId": self.job_id,
            "status": self.status,
            "progress": self.progress,
            "query": self.query,
            "createdAt": self.created_at,
            "updatedAt": int(time.time()),
            "seq": self.seq,
        }


Step = Callable[[StoredJob], Message]
"""Brings a job on and gives the message that says so."""


def working(message: str = "Working on your question.", progress: int = 10) -> Step:
    def step(job: StoredJob) -> Message:
        job.status, job.message, job.progress, job.seq = "processing", message, max(job.progress, progress), job.seq + 1
        return {
            **{"type": "progress_update", "jobId": job.job_id, "status": job.status, "message": message},
            **{"progress": job.progress, "timestamp": int(time.time()), "seq": job.seq},
        }

    return step


def started(job: StoredJob) -> Message:
    job.status, job.seq = "processing", job.seq + 1
    titles = {agent: TITLES[agent] for agent in job.agents}
    return {
        **{"type": "analysis_started", "jobId": job.job_id, "agents": job.agents, "titles": titles},
        **{"query": job.query, "seq": job.seq},
    }


def answered(number: int = 0, content: str = COST_ANSWER, **result: Any) -> Step:
    """An agent answers; with `status="failed"` its content is why it has none."""

    def step(job: StoredJob) -> Message:
        agent = job.agents[number]
        job.results[agent] = {
            **{"agent": agent, "title": TITLES[agent], "content": content, "status": "completed"},
            **{"timestamp": int(time.time()), **result},
        }
        job.progress = max(job.progress, 10 + 80 * len(job.results) // len(job.agents))
        job.message = f"{TITLES[agent]} has answered ({len(job.results)} of {len(job.agents)})."
        job.status, job.seq = "processing", job.seq + 1
        return {
            **{"type": "agent_completed", "jobId": job.job_id, "agent": agent, "result": job.results[agent]},
            **{"progress": job.progress, "completed_agents": list(job.results), "total_agents": len(job.agents)},
            "seq": job.seq,
        }

    return step


def completed(job: StoredJob) -> Message:
    answers = [result for result in job.results.values() if result["status"] == "completed"]
    failures = [result for result in job.results.values() if result["status"] == "failed"]
    partial = "".join(f"\n\n> **This answer is partial.** {each['title']}: {each['content']}" for each in failures)
    job.result = {
        "query": job.query,
        "response": "\n\n".join(f"## {each['title']}\n\n{each['content']}" for each in answers)[:90_000] + partial,
        "agent": ", ".join(each["agent"] for each in answers),
        "agents_invoked": job.agents,
        "partial": bool(failures),
        "timestamp": int(time.time()),
    }
    job.status, job.progress, job.message, job.seq = "completed", 100, "The answer is ready.", job.seq + 1
    return {
        **{"type": "job_completed", "jobId": job.job_id, "result": job.result},
        **{"timestamp": int(time.time()), "seq": job.seq},
    }


def failed(code: str, error: str) -> Step:
    def step(job: StoredJob) -> Message:
        job.status, job.error, job.code, job.message, job.seq = "failed", error, code, error, job.seq + 1
        return {
            **{"type": "job_failed", "jobId": job.job_id, "error": error, "code": code},
            **{"timestamp": int(time.time()), "seq": job.seq},
            **({"requestId": job.request_id} if job.request_id else {}),
        }

    return step


def cancelled(job: StoredJob) -> Message:
    job.status, job.seq = "cancelled", job.seq + 1
    return {"type": "job_cancelled", "jobId": job.job_id, "timestamp": int(time.time()), "seq": job.seq}


NO_TIME = "It did not answer in time."
COST = answered(0, data=[FORECAST, BREAKDOWN])
SAVINGS = answered(1, SAVINGS_ANSWER)
WHOLE = (working(), started, COST, SAVINGS, completed)
"""Each step of a job that two agents answer, after the first."""
PARTIAL = (working(), started, COST, answered(1, NO_TIME, status="failed"), completed)
