"""What a snapshot tells of a job beside its state: the events that led there. Pure.

A server redraws a job with the same events after `authenticated`, and not after `resume_job`. Made from the snapshot
they are there either way, and none is missed that was sent while nobody was connected.
"""

from __future__ import annotations

from finops_client.events import (
    AgentCompleted,
    AnalysisStarted,
    JobCancelled,
    JobCompleted,
    JobEnd,
    JobEvent,
    JobFailed,
    JobSnapshot,
)


def events_in_snapshot(snapshot: JobSnapshot) -> list[JobEvent]:
    """The start, each agent's result and the end, as far as the job has come; all with the snapshot's `seq`."""
    end = end_in_snapshot(snapshot)
    return [*_start_in(snapshot), *_results_in(snapshot), *([end] if end else [])]


def end_in_snapshot(snapshot: JobSnapshot) -> JobEnd | None:
    """The end that a snapshot of a finished job tells of; None while the job goes on."""
    job_id, timestamp, seq = snapshot.job_id, snapshot.updated_at, snapshot.seq
    if snapshot.status == "completed" and snapshot.result is not None:
        return JobCompleted(job_id=job_id, result=snapshot.result, timestamp=timestamp, seq=seq)
    if snapshot.status == "completed":
        error, code = "The job is completed, but its answer is not there any more.", "PROCESSING_FAILED"
        return JobFailed(job_id=job_id, error=error, code=code, timestamp=timestamp, seq=seq)
    if snapshot.status == "failed":
        error, code = snapshot.error or "The job failed.", snapshot.code or "PROCESSING_FAILED"
        return JobFailed(job_id=job_id, error=error, code=code, timestamp=timestamp, seq=seq)
    if snapshot.status == "cancelled":
        return JobCancelled(job_id=job_id, timestamp=timestamp, seq=seq)
    return None


def _start_in(snapshot: JobSnapshot) -> list[JobEvent]:
    # A job has its agents from the beginning: that they are there does not say that they were asked.
    if snapshot.status not in {"processing", "completed"} and not snapshot.results:
        return []
    return [
        AnalysisStarted(job_id=snapshot.job_id, agents=snapshot.agents, query=snapshot.query, seq=snapshot.seq),
    ]


def _results_in(snapshot: JobSnapshot) -> list[JobEvent]:
    return [
        AgentCompleted(
            job_id=snapshot.job_id,
            agent=result.agent,
            result=result,
            progress=snapshot.progress,
            completed_agents=snapshot.completed_agents,
            total_agents=len(snapshot.agents),
            seq=snapshot.seq,
        )
        for result in snapshot.results
    ]
