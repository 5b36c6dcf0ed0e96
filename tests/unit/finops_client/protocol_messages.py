"""Messages as a server sends them, for the tests: each valid against the contract, any field replaceable."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any

from unit.doubles.sample_figures import FORECAST

AGENTS = ["aws-cost-forecast-agent", "trusted-advisor-agent-trusted-advisor-agent"]
TITLES = dict(zip(AGENTS, ("Cost analysis", "Optimisation"), strict=True))
Message = dict[str, Any]


def _made_of(**defaults: Any) -> Callable[..., Message]:
    """A function that makes an object of these fields, and of those that it is given in their place or beside them."""

    def made(**fields: Any) -> Message:
        return deepcopy(defaults) | fields

    return made


agent_result = _made_of(
    agent=AGENTS[0],
    title="Cost analysis",
    content="It is the **NAT gateway**.",
    status="completed",
    timestamp=4,
    data=[FORECAST],
)
job_result = _made_of(
    query="Why?",
    response="# Answer\n\nIt is the **NAT gateway**.",
    agent=", ".join(AGENTS),
    agents_invoked=AGENTS,
    partial=False,
    timestamp=6,
)
authenticated = _made_of(
    type="authenticated",
    message="Welcome testuser! WebSocket connection established.",
    userId="test-user",
    connectionId="connection-1",
    verified=False,
)
pong = _made_of(action="pong", timestamp=1)
job_queued = _made_of(type="job_queued", jobId="job-1", message="Queued", query="Why?", progress=5, seq=1)
progress_update = _made_of(
    type="progress_update", jobId="job-1", status="processing", message="Working", progress=20, timestamp=2, seq=2
)
analysis_started = _made_of(type="analysis_started", jobId="job-1", agents=AGENTS, titles=TITLES, query="Why?", seq=3)
agent_completed = _made_of(
    type="agent_completed",
    jobId="job-1",
    agent=AGENTS[0],
    result=agent_result(),
    progress=50,
    completed_agents=AGENTS[:1],
    total_agents=2,
    seq=4,
)
job_completed = _made_of(type="job_completed", jobId="job-1", result=job_result(), timestamp=6, seq=6)
job_failed = _made_of(
    type="job_failed", jobId="job-1", error="All agents failed.", code="AGENTS_FAILED", timestamp=6, seq=6
)
job_refused = _made_of(type="job_failed", jobId=None, error="Please sign in.", code="UNAUTHENTICATED", timestamp=1)
job_cancelled = _made_of(type="job_cancelled", jobId="job-1", timestamp=6, seq=6)
job_snapshot = _made_of(
    type="job_snapshot",
    jobId="job-1",
    status="processing",
    progress=50,
    message="Working",
    query="Why?",
    agents=AGENTS,
    titles=TITLES,
    completed_agents=AGENTS[:1],
    results=[agent_result()],
    createdAt=1,
    updatedAt=4,
    seq=4,
)
job_summary = _made_of(jobId="job-1", status="completed", progress=100, query="Why?", createdAt=1, updatedAt=6, seq=6)
job_list = _made_of(type="job_list", jobs=[job_summary()])
error = _made_of(type="error", code="UNKNOWN_ACTION", message="No such action.", timestamp=1)
gateway_error = _made_of(message="Internal server error", connectionId="c", requestId="r")

WHOLE_JOB = [
    job_queued(),
    progress_update(),
    analysis_started(),
    agent_completed(),
    agent_completed(agent=AGENTS[1], result=agent_result(agent=AGENTS[1]), completed_agents=AGENTS, progress=90, seq=5),
    job_completed(),
]
ONE_OF_EACH = [
    *[authenticated(), pong(), *WHOLE_JOB, job_failed(), job_refused(), job_cancelled()],
    *[job_snapshot(), job_list(), error()],
]
