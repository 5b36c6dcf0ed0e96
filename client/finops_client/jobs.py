"""What this client knows of one job, and which of its events the asker gets to see. Pure: no I/O, no time.

The order of delivery is not promised, `seq` is (each step of a job raises it). The rules:

- `job_queued`, `analysis_started` and each agent's `agent_completed` are delivered once, however late they
  come: they are facts, and a fact is not outdated.
- `progress_update` and `job_snapshot` are states: one that is not newer than what was seen is dropped.
- Progress never falls: an event that carries less than was already shown is delivered with what was shown.
- The end is delivered once, and nothing after it. A snapshot of a finished job brings the end with it.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from finops_client.events import (
    AgentCompleted,
    AnalysisStarted,
    JobCancelled,
    JobCompleted,
    JobEnd,
    JobEvent,
    JobFailed,
    JobQueued,
    JobSnapshot,
    ProgressUpdate,
)


@dataclass(eq=False)
class Job:
    """A question under way. `job_id` is None until the server has acknowledged it."""

    request_id: str
    job_id: str | None = None
    progress: float = 0
    ended: bool = False
    _seq: int = 0
    _facts: set[tuple[type, str]] = field(default_factory=set)

    @property
    def acknowledged(self) -> bool:
        """Whether the server has taken the question; from then on it keeps the job, whatever happens here."""
        return self.job_id is not None

    def accept(self, event: JobEvent) -> list[JobEvent]:
        """Takes in an event of this job; returns what the asker gets: none, it, or a snapshot and its end."""
        if self.ended:
            return []
        self._adopt(event)
        if isinstance(event, JobEnd):
            self.ended = True
            return [event]
        if not self._is_news(event):
            return []
        self._seq = max(self._seq, event.seq)
        if isinstance(event, AnalysisStarted):
            return [event]
        self.progress = max(self.progress, event.progress)
        shown = replace(event, progress=self.progress)
        if isinstance(event, JobSnapshot) and (end := end_in_snapshot(event)):
            self.ended = True
            return [shown, end]
        return [shown]

    def _adopt(self, event: JobEvent) -> None:
        """Takes the job's id. Another id for the same question is another job: its `seq` begins anew."""
        if event.job_id is not None and event.job_id != self.job_id:
            self.job_id = event.job_id
            self._seq = 0
            self._facts.clear()

    def _is_news(self, event: JobQueued | AnalysisStarted | AgentCompleted | ProgressUpdate | JobSnapshot) -> bool:
        if isinstance(event, ProgressUpdate | JobSnapshot):
            return event.seq > self._seq
        fact = (type(event), event.agent if isinstance(event, AgentCompleted) else "")
        is_news = fact not in self._facts
        self._facts.add(fact)
        return is_news


def end_in_snapshot(snapshot: JobSnapshot) -> JobEnd | None:
    """The end that a snapshot of a finished job tells of; None while the job goes on."""
    job_id, timestamp, seq = snapshot.job_id, snapshot.updated_at, snapshot.seq
    if snapshot.status == "completed" and snapshot.result is not None:
        return JobCompleted(job_id=job_id, result=snapshot.result, timestamp=timestamp, seq=seq)
    if snapshot.status == "failed":
        error, code = snapshot.error or "The job failed.", snapshot.code or "PROCESSING_FAILED"
        return JobFailed(job_id=job_id, error=error, code=code, timestamp=timestamp, seq=seq)
    if snapshot.status == "cancelled":
        return JobCancelled(job_id=job_id, timestamp=timestamp, seq=seq)
    return None
