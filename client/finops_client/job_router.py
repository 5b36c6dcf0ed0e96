"""Which job an event belongs to: by the request id made here, or by the job id made there. Pure."""

from __future__ import annotations

from collections import deque

from finops_client.events import JobEvent, JobFailed, JobQueued
from finops_client.jobs import Job

# Messages of a job may overtake its `job_queued`. So many are kept until that one comes; a job sends some
# twenty.
KEPT_EARLY_EVENTS = 200


class JobRouter:
    """The jobs under way on one client. One job may be there more than once, for each caller that follows it."""

    def __init__(self) -> None:
        """No jobs yet."""
        self._jobs: list[Job] = []
        self._early: deque[JobEvent] = deque(maxlen=KEPT_EARLY_EVENTS)

    def open(self, *, request_id: str | None = None, job_id: str | None = None) -> Job:
        """A job under way: a question's that is not asked yet, or one that the server has.

        Raises:
            ValueError: this request id is already under way here.
        """
        if request_id is not None and any(job.request_id == request_id for job in self._jobs):
            raise ValueError(f"The request id {request_id!r} is already under way.")
        job = Job(request_id, job_id)
        self._jobs.append(job)
        return job

    def close(self, job: Job) -> None:
        """Forgets a job; events of it that still come are nobody's."""
        self._jobs.remove(job)
        if all(other.acknowledged for other in self._jobs):
            self._early.clear()

    def jobs_of(self, event: JobEvent) -> list[Job]:
        """The jobs under way that an event belongs to; none for one that is unknown, or not yet known."""
        request_id = event.request_id if isinstance(event, JobQueued | JobFailed) else None
        if request_id is None and event.job_id is None:
            # A question refused without its request id: the oldest one that waits for an answer.
            return [job for job in self._jobs if not job.acknowledged][:1]
        if isinstance(event, JobQueued) and request_id is not None:
            # An acknowledgement is for who asked, not for others that follow the same job.
            return [job for job in self._jobs if job.request_id == request_id]
        return [
            job
            for job in self._jobs
            if (request_id is not None and job.request_id == request_id)
            or (event.job_id is not None and job.job_id == event.job_id)
        ]

    def keep_early(self, event: JobEvent) -> None:
        """Keeps an event of an unknown job while a question is unacknowledged: it may be that one's."""
        if any(not job.acknowledged for job in self._jobs):
            self._early.append(event)

    def accept(self, job: Job, event: JobEvent) -> list[JobEvent]:
        """What the caller gets (`Job.accept`). The event that ties a job to its id brings the early ones."""
        shown = job.accept(event)
        for early in [early for early in self._early if early.job_id == job.job_id]:
            self._early.remove(early)
            shown += job.accept(early)
        return shown
