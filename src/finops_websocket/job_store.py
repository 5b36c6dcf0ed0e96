"""What the askers and the operators do with jobs: follow, cancel, queue again, give up.

Every change is one conditional write. An end state is written once: all writes of one ask for an unfinished job.
"""

from collections.abc import Collection, Mapping
from typing import Any

from boto3.dynamodb.conditions import Attr, ConditionBase

from finops_websocket.job import CANCELLED, FAILED, QUEUED, UNFINISHED, Job
from finops_websocket.job_end import end_job
from finops_websocket.job_table import JobTable

# In the mode `cognito` a user has no more connections than that (MaxConnectionsPerUser). In the mode `open` anybody may
# follow who has the job's id, and each step is sent to one follower after another.
MOST_FOLLOWERS = 50


class JobStore:
    """Reads and writes jobs. Its calls raise botocore's ClientError when DynamoDB refuses."""

    def __init__(self, jobs: JobTable) -> None:
        """Keep the table."""
        self._jobs = jobs
        self.find = jobs.find
        self.now = jobs.now

    def follow(self, job_id: str, user_id: str, connection_id: str) -> Job | None:
        """Let a connection get an unfinished job's messages, and give the job as it now is.

        A finished job is given as it is: nothing will be said of it any more. So is one that as many follow as may.
        None if the user has no such job.
        """
        followers = Attr("followers")
        has_room = followers.not_exists() | followers.size().lt(MOST_FOLLOWERS) | followers.contains(connection_id)
        condition = Attr("userId").eq(user_id) & _is_unfinished() & Attr("ttl").gt(self.now()) & has_room
        return self._jobs.update(job_id, condition, add={"followers": {connection_id}}) or self._find_of(
            job_id, user_id
        )

    def unfollow(self, job: Job, connection_ids: Collection[str]) -> None:
        """Stop sending a job's messages to connections: they are gone, or the job is finished and they know.

        A finished job that nobody is left to hear of is closed.
        """
        is_over = job.is_finished and job.followers <= set(connection_ids)
        if connection_ids or is_over:
            self._jobs.update(
                job.job_id,
                Attr("jobId").exists(),
                delete={"followers": set(connection_ids)} if connection_ids else None,
                remove=("open",) if is_over else (),
            )

    def cancel(self, job_id: str, user_id: str) -> Job | None:
        """End a user's unfinished job, and give the job as it now is, whatever its end; None if there is none."""
        cancelled = end_job(
            self._jobs,
            job_id,
            Attr("userId").eq(user_id) & _is_unfinished() & Attr("ttl").gt(self.now()),
            {"status": CANCELLED, "message": "You cancelled this question."},
        )
        return cancelled or self._find_of(job_id, user_id)

    def fail_queued(self, job_id: str, code: str, error: str) -> Job | None:
        """End a job that could not be queued; None if a worker has it after all."""
        failed = end_job(self._jobs, job_id, Attr("status").eq(QUEUED), _failure(code, error))
        if failed is not None:
            return failed
        # A duplicate of the question may have failed the job already.
        stored = self.find(job_id)
        return stored if stored is not None and stored.code == code else None

    def note_requeue(self, job: Job) -> Job | None:
        """Note that a job is about to be queued once more; None if it is not as it was any more."""
        return self._jobs.update(job.job_id, _is_still(job), {"queuedAt": self.now()}, {"requeues": 1})

    def note_replay(self, job: Job, replay: Job) -> None:
        """Note which job asks a failed job's question once more."""
        self._jobs.update(job.job_id, Attr("jobId").exists(), {"replayedAs": replay.job_id})

    def give_up(self, job: Job, code: str, error: str, dead_letter: Mapping[str, Any] | None = None) -> Job | None:
        """End a job without an answer, with the queue's message that failed; None if it is not as it was any more."""
        kept = {} if dead_letter is None else {"deadLetter": dict(dead_letter)}
        return end_job(self._jobs, job.job_id, _is_still(job), {**_failure(code, error), **kept})

    def _find_of(self, job_id: str, user_id: str) -> Job | None:
        job = self.find(job_id)
        return job if job is not None and job.user_id == user_id else None


def _is_unfinished() -> ConditionBase:
    return Attr("status").is_in(list(UNFINISHED))


def _is_still(job: Job) -> ConditionBase:
    unchanged = Attr("attempts").eq(job.attempts) & Attr("leaseUntil").eq(job.lease_until)
    return _is_unfinished() & unchanged & Attr("requeues").eq(job.requeues)


def _failure(code: str, error: str) -> dict[str, Any]:
    return {"status": FAILED, "code": code, "error": error, "message": error}
