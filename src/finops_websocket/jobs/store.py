"""The table of jobs: what is stored of a job, and each way in which that may change.

Every change is one conditional write. A step, which raises `seq`, carries an id of its own: when the SDK has sent it
twice because a reply was lost, the second try is refused and finds that id, and the step was made all the same. An end
state is written once, as all writes of one ask for an unfinished job.
"""

import time
import uuid
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from finops_websocket import metrics
from finops_websocket.conditions import Attr, Condition
from finops_websocket.dynamodb import read_items, update_item
from finops_websocket.errors import JobEnded, JobHeldElsewhere, JobNotOurs
from finops_websocket.jobs.job import CANCELLED, COMPLETED, FAILED, OPEN, PROCESSING, QUEUED, UNFINISHED, Job
from finops_websocket.table import Table

# In the mode `cognito` a user has no more connections than that (MaxConnectionsPerUser). In the mode `open` anybody may
# follow who has the job's id, and each step is sent to all of them.
MOST_FOLLOWERS = 50

_COUNTED_AS = {
    COMPLETED: metrics.JOBS_COMPLETED,
    FAILED: metrics.JOBS_FAILED,
    CANCELLED: metrics.JOBS_CANCELLED,
}


@dataclass(frozen=True)
class Change:
    """What became of a conditional write: whether it was made, and the job as it now is (None: there is none)."""

    made: bool
    job: Job | None


@dataclass(frozen=True)
class Start:
    """The last job of a page: the next page begins after it. `created_at` is in epoch seconds."""

    created_at: int
    job_id: str


@dataclass(frozen=True)
class Page:
    """Some of a user's jobs, newest first, and where the next page begins; None if there is none."""

    jobs: tuple[Job, ...]
    next_start: Start | None


class JobStore:
    """Reads and writes jobs. Its calls raise botocore's ClientError when DynamoDB refuses."""

    def __init__(self, table: Table, clock: Callable[[], float] = time.time) -> None:
        """Keep the table; `clock` tells the time in epoch seconds."""
        self.table = table
        self._clock = clock

    def now(self) -> int:
        """Tell the time in epoch seconds."""
        return int(self._clock())

    # Reading.

    def find(self, job_id: str) -> Job | None:
        """Read a job; None if there is none or its time has run out."""
        return self._job_in(self.table.get_item(Key={"jobId": job_id}, ConsistentRead=True).get("Item"))

    def find_all(self, job_ids: Sequence[str]) -> list[Job]:
        """Read jobs, at most 100, in their order; those that are not there any more are left out."""
        items = read_items(self.table, [{"jobId": job_id} for job_id in job_ids])
        jobs = {job.job_id: job for job in map(self._job_in, items) if job is not None}
        return [jobs[job_id] for job_id in job_ids if job_id in jobs]

    def page_of(self, user_id: str, limit: int, start: Start | None) -> Page:
        """Give at most `limit` of a user's jobs, after `start`.

        The index follows the table a moment later, so what it names is read from the table itself.
        """
        after: dict[str, Any] = {}
        if start is not None:
            after["ExclusiveStartKey"] = {"userId": user_id, "createdAt": start.created_at, "jobId": start.job_id}
        response = self.table.query(
            IndexName="user-index",
            KeyConditionExpression=Attr("userId").eq(user_id),
            ScanIndexForward=False,
            Limit=limit,
            **after,
        )
        jobs = self.find_all([str(item["jobId"]) for item in response["Items"]])
        last: Mapping[str, Any] | None = response.get("LastEvaluatedKey")
        return Page(tuple(jobs), None if last is None else Start(int(last["createdAt"]), last["jobId"]))

    def open_jobs(self) -> Iterator[str]:
        """Give the ids of all jobs that are unfinished, or finished with somebody left to tell, oldest first.

        The index follows the table a moment later.
        """
        query: dict[str, Any] = {"IndexName": "open-index", "KeyConditionExpression": Attr("open").eq(OPEN)}
        while True:
            page = self.table.query(**query)
            yield from (str(item["jobId"]) for item in page["Items"])
            if "LastEvaluatedKey" not in page:
                return
            query["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    # Followers.

    def follow(self, job_id: str, user_id: str, connection_id: str) -> Job | None:
        """Let a connection get an unfinished job's messages, and give the job as it now is.

        A finished job is given as it is: nothing will be said of it any more. So is one that as many follow as may.
        None if the user has no such job.
        """
        followers = Attr("followers")
        has_room = followers.not_exists() | followers.size().lt(MOST_FOLLOWERS) | followers.contains(connection_id)
        followed = self._update(job_id, self._is_unfinished_of(user_id) & has_room, add={"followers": {connection_id}})
        return _of_user(followed.job, user_id)

    def unfollow(self, job: Job, connection_ids: Collection[str]) -> None:
        """Stop sending a job's messages to connections: they are gone, or the job is finished and they know.

        A finished job that nobody is left to hear of is closed.
        """
        is_over = job.is_finished and job.followers <= set(connection_ids)
        if connection_ids or is_over:
            self._update(
                job.job_id,
                Attr("jobId").exists(),
                delete={"followers": set(connection_ids)} if connection_ids else {},
                remove=("open",) if is_over else (),
            )

    # A worker's hold on a job: claimed, renewed with every step, and used up by the end. Its writes hold only while it
    # has the job's lease, so two workers never write the same job.

    def claim(self, job_id: str, worker: str, message_id: str, lease: int, *, progress: int, message: str) -> Job:
        """Take a job for `lease` seconds, for a worker that got it with the queue's message `message_id`.

        A queued job begins at `progress`; a job whose worker has let its lease run out keeps the progress it has.
        Raises JobEnded if it is finished or gone, JobHeldElsewhere if another worker's lease runs.
        """
        # Mostly nobody has had it, so it is not read first: a refusal brings it.
        condition = Attr("status").eq(QUEUED)
        while True:
            taken = {
                "status": PROCESSING,
                "leaseOwner": worker,
                "leaseMessage": message_id,
                "leaseUntil": self.now() + lease,
                "message": message,
                "progress": progress,
            }
            claimed = self._step(job_id, condition, taken, counter="attempts")
            job = claimed.job
            if claimed.made and job is not None:
                # A taken-over job was measured by who had it first. No worker claims a job twice.
                if job.attempts == 1:
                    metrics.measure(metrics.TIME_TO_FIRST_PROGRESS, job.updated_at - job.created_at)
                return job
            if job is None or job.is_finished or job.held_for(self.now(), lease):
                raise self._why_not_ours(job_id, job)
            condition, progress = _is_still(job), max(progress, job.progress)

    def record_step(self, job: Job, lease: int, **changes: Any) -> Job:
        """Store a step of a job that this worker holds, for `lease` seconds more, and give the job as it now is.

        Raises JobEnded if it was ended meanwhile, JobHeldElsewhere if another worker has it.
        """
        return self._step_of_worker(job, {**changes, "leaseUntil": self.now() + lease})

    def complete(self, job: Job, *, message: str, partial: bool, **changes: Any) -> Job:
        """End a job that this worker holds with an answer. Raises like record_step."""
        end = {"status": COMPLETED, "progress": 100, "message": message, "partial": partial}
        return self._step_of_worker(job, {**changes, **end})

    def fail(self, job: Job, *, code: str, error: str, **changes: Any) -> Job:
        """End a job that this worker holds without an answer; its user reads `error`. Raises like record_step."""
        return self._step_of_worker(job, {**changes, **_failure(code, error)})

    # What askers, operators and the sweep do.

    def cancel(self, job_id: str, user_id: str) -> Job | None:
        """End a user's unfinished job, and give the job as it now is, whatever its end; None if there is none."""
        end = {"status": CANCELLED, "message": "You cancelled this question."}
        return _of_user(self._step(job_id, self._is_unfinished_of(user_id), end).job, user_id)

    def fail_queued(self, job_id: str, code: str, error: str) -> Job | None:
        """End a job that could not be queued; None if a worker has it after all."""
        failed = self._step(job_id, Attr("status").eq(QUEUED), _failure(code, error))
        # A duplicate of the question may have failed the job already.
        is_failed = failed.made or (failed.job is not None and failed.job.code == code)
        return failed.job if is_failed else None

    def give_up(self, job: Job, code: str, error: str, dead_letter: Mapping[str, Any] | None = None) -> Change:
        """End a job without an answer, with the queue's message that failed, unless it is not as it was any more."""
        kept = {} if dead_letter is None else {"deadLetter": dict(dead_letter)}
        return self._step(job.job_id, _has_no_new_worker(job), {**_failure(code, error), **kept})

    def note_requeue(self, job: Job) -> Change:
        """Note that a job is about to be queued once more, unless it is not as it was any more."""
        return self._update(job.job_id, _has_no_new_worker(job), assign={"queuedAt": self.now()}, add={"requeues": 1})

    def note_replay(self, job: Job, replay: Job) -> None:
        """Note which job asks a failed job's question once more."""
        self._update(job.job_id, Attr("jobId").exists(), assign={"replayedAs": replay.job_id})

    def _step_of_worker(self, job: Job, changes: Mapping[str, Any]) -> Job:
        is_ours = Attr("leaseOwner").eq(job.lease_owner) & _is_still(job)
        step = self._step(job.job_id, is_ours, changes)
        if step.made and step.job is not None:
            return step.job
        raise self._why_not_ours(job.job_id, step.job)

    def _step(
        self, job_id: str, condition: Condition, changes: Mapping[str, Any], counter: str | None = None
    ) -> Change:
        """Change what a job's followers see: raises seq, and the given counter. An end is counted, once."""
        step_id = str(uuid.uuid4())
        change = self._update(
            job_id,
            condition,
            assign={**changes, "stepId": step_id, "updatedAt": self.now()},
            add={"seq": 1} if counter is None else {"seq": 1, counter: 1},
        )
        if change.job is None or change.job.step_id != step_id:
            return change
        if change.job.is_finished:
            _count_end(change.job)
        return Change(made=True, job=change.job)

    def _update(self, job_id: str, condition: Condition, **changes: Any) -> Change:
        change = update_item(self.table, {"jobId": job_id}, condition, **changes)
        return Change(change.made, self._job_in(change.item))

    def _job_in(self, item: Mapping[str, Any] | None) -> Job | None:
        # Answers and notes of requestIds live in the same table; only a job has a user.
        if item is None or "userId" not in item or int(item["ttl"]) <= self.now():
            return None
        return Job.from_item(item)

    def _is_unfinished_of(self, user_id: str) -> Condition:
        return Attr("userId").eq(user_id) & _is_unfinished() & Attr("ttl").gt(self.now())

    def _why_not_ours(self, job_id: str, job: Job | None) -> JobNotOurs:
        if job is None or job.is_finished:
            return JobEnded(f"Job {job_id} is finished or gone.")
        return JobHeldElsewhere(
            f"Job {job_id} is held by another worker.",
            message_id=job.lease_message,
            seconds=max(0, job.lease_until - self.now()),
        )


def _is_unfinished() -> Condition:
    return Attr("status").is_in(list(UNFINISHED))


def _is_still(job: Job) -> Condition:
    # A try that was slow must not come through after the SDK's second one and the steps that followed.
    return Attr("status").eq(job.status) & Attr("seq").eq(job.seq)


def _has_no_new_worker(job: Job) -> Condition:
    # Not its seq: whoever is at work writes steps.
    unchanged = Attr("attempts").eq(job.attempts) & Attr("leaseUntil").eq(job.lease_until)
    return _is_unfinished() & unchanged & Attr("requeues").eq(job.requeues)


def _of_user(job: Job | None, user_id: str) -> Job | None:
    return job if job is not None and job.user_id == user_id else None


def _failure(code: str, error: str) -> dict[str, Any]:
    return {"status": FAILED, "code": code, "error": error, "message": error}


def _count_end(job: Job) -> None:
    metrics.count(_COUNTED_AS[job.status])
    if job.status == COMPLETED:
        metrics.measure(metrics.TIME_TO_ANSWER, job.updated_at - job.created_at)
        if job.partial:
            metrics.count(metrics.PARTIAL_ANSWERS)
