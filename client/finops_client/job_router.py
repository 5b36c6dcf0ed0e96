"""Which job an event belongs to: by the request id made here, then by the job id made there. Pure."""

from __future__ import annotations

from collections import deque

from finops_client.events import JobEvent, JobFailed, JobQueued
from finops_client.jobs import Job

# Messages of a job may overtake its `job_queued`. So many are kept until that one comes; a job sends some
# twenty.
KEPT_EARLY_EVENTS = 200


class JobRouter:
    """The jobs under way on one client."""

    def __init__(self) -> None:
        """No jobs yet."""
        self._jobs: dict[str, Job] = {}
        self._early: deque[JobEvent] = deque(maxlen=KEPT_EARLY_EVENTS)

    @property
    def jobs(self) -> list[Job]:
        """The jobs under way, in the order in which they were asked."""
        return list(self._jobs.values())

    def open(self, request_id: str) -> Job:
        """A new job under way.

        Raises:
            ValueError: this request id is already under way here.
        """
        if request_id in self._jobs:
            raise ValueError(f"The request id {request_id!r} is already under way.")
        job = Job(request_id)
        self._jobs[request_id] = job
        return job

    def close(self, job: Job) -> None:
        """Forgets a job; events of it that still come are nobody's."""
        del self._jobs[job.request_id]
        if all(other.acknowledged for other in self._jobs.values()):
            self._early.clear()

    def job_of(self, event: JobEvent) -> Job | None:
        """The job under way that an event belongs to; None for one that is unknown, or not yet known."""
        if isinstance(event, JobQueued | JobFailed):
            if event.request_id is not None:
                return self._jobs.get(event.request_id)
            if event.job_id is None:
                # A question refused without its request id: the oldest one that waits for an answer.
                return next((job for job in self._jobs.values() if not job.acknowledged), None)
        return next((job for job in self._jobs.values() if job.job_id == event.job_id), None)

    def keep_early(self, event: JobEvent) -> None:
        """Keeps an event of an unknown job while a question is unacknowledged: it may be that one's."""
        if any(not job.acknowledged for job in self._jobs.values()):
            self._early.append(event)

    def accept(self, job: Job, event: JobEvent) -> list[JobEvent]:
        """What the asker gets (`Job.accept`). The event that ties a job to its id brings the early ones."""
        shown = job.accept(event)
        for early in [early for early in self._early if early.job_id == job.job_id]:
            self._early.remove(early)
            shown += job.accept(early)
        return shown
