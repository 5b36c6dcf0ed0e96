"""What this client knows of one job, and which of its events the caller gets to see. Pure: no I/O, no time.

The order of delivery is not promised, `seq` is (each step of a job raises it). The rules:

- `job_queued`, `analysis_started` and each agent's `agent_completed` are delivered once, however late they
  come: they are facts, and a fact is not outdated.
- `progress_update` and `job_snapshot` are states: one that is not newer than what was seen is dropped.
- A snapshot, dropped or not, brings the facts that it tells of and the end of a finished job with it.
- Progress never falls: an event that carries less than was already shown is delivered with what was shown.
- The end is delivered once, and nothing after it.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from msgspec.structs import replace

from finops_client import events


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

    def accept(self, event: events.JobEvent) -> list[events.JobEvent]:
        """Take in an event of this job; return what the caller gets: none, it, or a snapshot and what it tells of."""
        if isinstance(event, events.JobFailed) and event.job_id is None and self.acknowledged:
            # The question was sent twice and refused once, which ends nothing: there is a job for it.
            return []
        if event.job_id is not None and event.job_id != self.job_id:
            self.begin(event.job_id)
        told = [event, *events_in_snapshot(event)] if isinstance(event, events.JobSnapshot) else [event]
        return [shown for one in told if (shown := self._shown(one))]

    def begin(self, job_id: str | None) -> None:
        """Take a job's id, None if the server has it no more. Another id is another job: its `seq` begins anew."""
        self.job_id = job_id
        self._seq = 0
        self._facts.clear()

    def _shown(self, event: events.JobEvent) -> events.JobEvent | None:
        if self.ended:
            return None
        if isinstance(event, events.JobEnd):
            self.ended = True
            return event
        if isinstance(event, events.ProgressUpdate | events.JobSnapshot):
            if event.seq <= self._seq:
                return None
        else:
            fact = (type(event), event.agent if isinstance(event, events.AgentCompleted) else "")
            if fact in self._facts:
                return None
            self._facts.add(fact)
        self._seq = max(self._seq, event.seq)
        if isinstance(event, events.AnalysisStarted):
            return event
        self.progress = max(self.progress, event.progress)
        return replace(event, progress=self.progress)


def jobs_of(event: events.JobEvent, jobs: Collection[Job]) -> list[Job]:
    """Tell which of the jobs under way an event belongs to: by the id made here, or by the one made there.

    One job may be there more than once, for each caller that follows it.
    """
    request_id = event.request_id if isinstance(event, events.JobQueued | events.JobFailed) else None
    if request_id is None and event.job_id is None:
        # A question refused without its request id: the oldest one that waits for an answer.
        return [job for job in jobs if not job.acknowledged][:1]
    asked = [job for job in jobs if request_id is not None and job.request_id == request_id]
    if isinstance(event, events.JobQueued) and request_id is not None:
        # An acknowledgement is for who asked, not for others that follow the same job.
        return asked
    followed = [job for job in jobs if event.job_id is not None and job.job_id == event.job_id]
    return list(dict.fromkeys(asked + followed))


def events_in_snapshot(snapshot: events.JobSnapshot) -> Iterator[events.JobEvent]:
    """Give the events that led to a job's state: its start, each agent's result and its end, as far as it has come.

    A server redraws a job with the same events after `authenticated`, and not after `resume_job`. Made from the
    snapshot they are there either way, and none is missed that was sent while nobody was connected.
    """
    job_id, seq = snapshot.job_id, snapshot.seq
    # A job has its agents from the beginning: that they are there does not say that they were asked.
    if snapshot.status in {"processing", "completed"} or snapshot.results:
        yield events.AnalysisStarted(
            job_id=job_id, agents=snapshot.agents, titles=snapshot.titles, query=snapshot.query, seq=seq
        )
    for result in snapshot.results:
        yield events.AgentCompleted(
            job_id=job_id,
            agent=result.agent,
            result=result,
            progress=snapshot.progress,
            completed_agents=snapshot.completed_agents,
            total_agents=len(snapshot.agents),
            seq=seq,
        )
    if end := _end_in(snapshot):
        yield end


def _end_in(snapshot: events.JobSnapshot) -> events.JobEnd | None:
    job_id, timestamp, seq = snapshot.job_id, snapshot.updated_at, snapshot.seq
    if snapshot.status == "cancelled":
        return events.JobCancelled(job_id=job_id, timestamp=timestamp, seq=seq)
    if snapshot.status == "completed" and snapshot.result is not None:
        return events.JobCompleted(job_id=job_id, result=snapshot.result, timestamp=timestamp, seq=seq)
    if snapshot.status == "completed":
        error, code = "The job is completed, but its answer is not there any more.", "PROCESSING_FAILED"
    elif snapshot.status == "failed":
        error, code = snapshot.error or "The job failed.", snapshot.code or "PROCESSING_FAILED"
    else:
        return None
    return events.JobFailed(job_id=job_id, error=error, code=code, timestamp=timestamp, seq=seq)
