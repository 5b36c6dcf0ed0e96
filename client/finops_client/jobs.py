"""What this client knows of one job, and which of its events the caller gets to see. Pure: no I/O, no time.

The order of delivery is not promised, `seq` is (each step of a job raises it). The rules:

- `job_queued`, `analysis_started` and each agent's `agent_completed` are delivered once, however late they
  come: they are facts, and a fact is not outdated.
- `progress_update` and `job_snapshot` are states: one that is not newer than what was seen is dropped.
- A snapshot, dropped or not, brings the facts that it tells of and the end of a finished job with it.
- Progress never falls: an event that carries less than was already shown is delivered with what was shown.
- The end is delivered once, and nothing after it.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from finops_client.events import (
    AgentCompleted,
    AnalysisStarted,
    JobEnd,
    JobEvent,
    JobFailed,
    JobQueued,
    JobSnapshot,
    ProgressUpdate,
)
from finops_client.snapshot_events import events_in_snapshot


@dataclass(eq=False)
class Job:
    """A job as one caller follows it.

    `request_id` is None for one that was not asked here, `job_id` until the server has acknowledged the question.
    """

    request_id: str | None = None
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
        """Takes in an event of this job; returns what the caller gets: none, it, or a snapshot and what it tells of."""
        if isinstance(event, JobFailed) and event.job_id is None and self.acknowledged:
            # The question was sent twice and refused once, which ends nothing: there is a job for it.
            return []
        if event.job_id is not None and event.job_id != self.job_id:
            self._begin(event.job_id)
        events = [event, *events_in_snapshot(event)] if isinstance(event, JobSnapshot) else [event]
        return [shown for one in events if (shown := self._shown(one))]

    def forget(self) -> None:
        """Takes the acknowledgement back: the server does not have this job any more."""
        self._begin(None)

    def _begin(self, job_id: str | None) -> None:
        """Takes a job's id. Another id for the same question is another job: its `seq` begins anew."""
        self.job_id = job_id
        self._seq = 0
        self._facts.clear()

    def _shown(self, event: JobEvent) -> JobEvent | None:
        if self.ended:
            return None
        if isinstance(event, JobEnd):
            self.ended = True
            return event
        if not self._is_news(event):
            return None
        self._seq = max(self._seq, event.seq)
        if isinstance(event, AnalysisStarted):
            return event
        self.progress = max(self.progress, event.progress)
        return replace(event, progress=self.progress)

    def _is_news(self, event: JobQueued | AnalysisStarted | AgentCompleted | ProgressUpdate | JobSnapshot) -> bool:
        if isinstance(event, ProgressUpdate | JobSnapshot):
            return event.seq > self._seq
        fact = (type(event), event.agent if isinstance(event, AgentCompleted) else "")
        is_news = fact not in self._facts
        self._facts.add(fact)
        return is_news
