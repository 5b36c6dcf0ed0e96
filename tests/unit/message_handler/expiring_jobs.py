"""Jobs whose time runs out while somebody looks at them."""

from finops_websocket.announce_end import AnnounceEnd
from finops_websocket.job import Job
from finops_websocket.job_queue import JobQueue
from finops_websocket.job_store import JobStore
from finops_websocket.overdue import OverdueJobs
from unit.finops_websocket.sample_jobs import STUCK_AFTER
from unit.finops_websocket.settable_clock import SettableClock


class ExpiringJobs(OverdueJobs):
    """A job's time runs out between its finding and its following."""

    def __init__(self, jobs: JobStore, queue: JobQueue, announce_end: AnnounceEnd, clock: SettableClock) -> None:
        super().__init__(jobs, queue, announce_end, STUCK_AFTER)
        self.clock = clock

    def mend(self, job: Job) -> Job:
        self.clock.now = job.ttl
        return job
