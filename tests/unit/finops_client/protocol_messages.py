"""Messages as a server sends them, for the tests: each valid against the contract, any field replaceable."""

from __future__ import annotations

from typing import Any

AGENTS = ["aws-cost-forecast-agent", "trusted-advisor-agent-trusted-advisor-agent"]
Message = dict[str, Any]


def authenticated(**fields: Any) -> Message:
    return {
        "type": "authenticated",
        "message": "Welcome testuser! WebSocket connection established.",
        "userId": "test-user",
        "connectionId": "connection-1",
        "verified": False,
    } | fields


def pong(**fields: Any) -> Message:
    return {"action": "pong", "timestamp": 1} | fields


def job_queued(**fields: Any) -> Message:
    return {
        "type": "job_queued",
        "jobId": "job-1",
        "message": "Queued",
        "query": "Why?",
        "progress": 5,
        "seq": 1,
    } | fields


def progress_update(**fields: Any) -> Message:
    return {
        "type": "progress_update",
        "jobId": "job-1",
        "status": "processing",
        "message": "Working",
        "progress": 20,
        "timestamp": 2,
        "seq": 2,
    } | fields


def analysis_started(**fields: Any) -> Message:
    return {"type": "analysis_started", "jobId": "job-1", "agents": AGENTS, "query": "Why?", "seq": 3} | fields


def agent_result(**fields: Any) -> Message:
    return {
        "agent": AGENTS[0],
        "title": "Cost analysis",
        "content": "It is the **NAT gateway**.",
        "status": "completed",
        "timestamp": 4,
    } | fields


def agent_completed(**fields: Any) -> Message:
    return {
        "type": "agent_completed",
        "jobId": "job-1",
        "agent": AGENTS[0],
        "result": agent_result(),
        "progress": 50,
        "completed_agents": AGENTS[:1],
        "total_agents": 2,
        "seq": 4,
    } | fields


def job_result(**fields: Any) -> Message:
    return {
        "query": "Why?",
        "response": "# Answer\n\nIt is the **NAT gateway**.",
        "agent": ", ".join(AGENTS),
        "agents_invoked": AGENTS,
        "partial": False,
        "timestamp": 6,
    } | fields


def job_completed(**fields: Any) -> Message:
    return {"type": "job_completed", "jobId": "job-1", "result": job_result(), "timestamp": 6, "seq": 6} | fields


def job_failed(**fields: Any) -> Message:
    return {
        "type": "job_failed",
        "jobId": "job-1",
        "error": "All agents failed.",
        "code": "AGENTS_FAILED",
        "timestamp": 6,
        "seq": 6,
    } | fields


def job_refused(**fields: Any) -> Message:
    return {
        "type": "job_failed",
        "jobId": None,
        "error": "Please sign in.",
        "code": "UNAUTHENTICATED",
        "timestamp": 1,
    } | fields


def job_cancelled(**fields: Any) -> Message:
    return {"type": "job_cancelled", "jobId": "job-1", "timestamp": 6, "seq": 6} | fields


def job_snapshot(**fields: Any) -> Message:
    return {
        "type": "job_snapshot",
        "jobId": "job-1",
        "status": "processing",
        "progress": 50,
        "message": "Working",
        "query": "Why?",
        "agents": AGENTS,
        "completed_agents": AGENTS[:1],
        "results": [agent_result()],
        "createdAt": 1,
        "updatedAt": 4,
        "seq": 4,
    } | fields


def job_list(**fields: Any) -> Message:
    job = {
        "jobId": "job-1",
        "status": "completed",
        "progress": 100,
        "query": "Why?",
        "createdAt": 1,
        "updatedAt": 6,
        "seq": 6,
    }
    return {"type": "job_list", "jobs": [job]} | fields


def error(**fields: Any) -> Message:
    return {"type": "error", "code": "UNKNOWN_ACTION", "message": "No such action.", "timestamp": 1} | fields


def gateway_error(**fields: Any) -> Message:
    return {"message": "Internal server error", "connectionId": "c", "requestId": "r"} | fields


ONE_OF_EACH = {
    "Authenticated": authenticated(),
    "Pong": pong(),
    "JobQueued": job_queued(),
    "ProgressUpdate": progress_update(),
    "AnalysisStarted": analysis_started(),
    "AgentCompleted": agent_completed(),
    "JobCompleted": job_completed(),
    "JobFailed": job_failed(),
    "JobCancelled": job_cancelled(),
    "JobSnapshot": job_snapshot(),
    "JobList": job_list(),
    "Error": error(),
}

WHOLE_JOB = [
    job_queued(),
    progress_update(),
    analysis_started(),
    agent_completed(),
    agent_completed(agent=AGENTS[1], result=agent_result(agent=AGENTS[1]), completed_agents=AGENTS, progress=90, seq=5),
    job_completed(),
]
