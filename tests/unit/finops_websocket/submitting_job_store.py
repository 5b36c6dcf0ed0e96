"""A job store into which a test can put jobs."""

from finops_websocket.job import Job
from finops_websocket.job_admission import JobAdmission, Submission
from finops_websocket.job_store import JobStore
from finops_websocket.job_table import JobTable
from finops_websocket.user_jobs import JobLimits
from unit.finops_websocket.sample_jobs import AGENT_TIMEOUT

# More than any test asks for that is not about limits.
GENEROUS = JobLimits(active_jobs=1000, queries_per_minute=1000, agent_timeout=AGENT_TIMEOUT)


class SubmittingJobStore(JobStore):
    """Takes jobs as finops_query's admission does, within limits that nobody reaches."""

    def __init__(self, jobs: JobTable) -> None:
        super().__init__(jobs)
        self._jobs_table = jobs.table
        self._admission = JobAdmission(jobs, GENEROUS)

    def submit(self, job: Job, request_scope: str = "") -> Submission:
        return self._admission.submit(job, request_scope)

    def store(self, job: Job) -> None:
        """Put a job there as it is, whoever's and however many: many times as quick."""
        self._jobs_table.put_item(Item=job.to_item())
