"""The service in memory: its functions in stepped runs, its clients and queues, and the history of what happens."""

import json
from collections.abc import Callable
from itertools import count
from typing import Any

from faults.aws_in_memory import NOW, AwsInMemory
from faults.functions_in_memory import LEASE, STUCK_AFTER, FunctionsInMemory
from faults.history import FOREIGN_BODY, Closed, Crashed, Event, History, Injected, Sent, Stored
from faults.memory_queues import MemoryQueues, Message
from faults.stepped_run import SteppedRun

# Any time, in epoch seconds.
BEGIN = 1_800_000_000.0


class ServiceInMemory:
    """Each frame and each message is served in a run that stops before each write of a job and each post."""

    def __init__(self, aws: AwsInMemory) -> None:
        """Begin with nothing stored."""
        self.history = History()
        self.now = BEGIN
        self.aws = aws
        self.aws.begin(self._note)
        self.queues = MemoryQueues(self._clock, visibility=LEASE * 8)
        self.runs: list[SteppedRun] = []
        self._functions = FunctionsInMemory(aws, self.queues, self._clock, self._note)
        self._ticks = count(1)
        self._names = count(1)

    def open(self, user: str) -> str:
        """Connect and sign in; give the connection's name."""
        connection = f"{user}-{next(self._names)}"
        self._functions.open(connection)
        self.aws.users[connection] = user
        self.send(connection, {"action": "authenticate", "token": user}).go_to_the_end()
        self._forget_ended()
        return connection

    def close(self, connection: str) -> None:
        """Lose a connection; nobody is told."""
        user = self.aws.users.pop(connection)
        self.aws.unreachable.discard(connection)
        self._note(Closed(NOW, user, connection))

    def send(self, connection: str, frame: dict[str, Any]) -> SteppedRun:
        """Begin to serve a frame."""
        user = self.aws.users[connection]
        self._note(Sent(NOW, user, connection, frame))
        name = f"{frame['action']}-{next(self._names)}"
        return self._begin(name, lambda: self._functions.serve_frame(connection, frame))

    def deliver(self, queue: str) -> SteppedRun | None:
        """Begin to serve a queue's next message; None if there is none."""
        message = self.queues.receive(queue)
        if message is None:
            return None
        worker = f"worker-{next(self._names)}"
        return self._begin(worker, lambda: self._serve(queue, message, worker), _job_in(message.body))

    def sweep(self) -> SteppedRun:
        """Begin a sweep."""
        return self._begin(f"sweep-{next(self._names)}", self._functions.sweep)

    def kill(self, run: SteppedRun) -> None:
        """End a run where it stands."""
        self.runs.remove(run)
        run.kill()
        if run.job_id:
            self._note(Crashed(NOW, run.job_id))

    def go_on(self, run: SteppedRun, checkpoints: int) -> None:
        """Let a run go on."""
        run.go_on(checkpoints)
        self._forget_ended()

    def pass_time(self, seconds: int) -> None:
        """Move the clock. A worker that has let its lease run out counts as crashed, though it may go on."""
        self.now += seconds
        jobs = self.aws.jobs()
        for run in self.runs:
            job = jobs.get(run.job_id or "", {})
            if not run.is_late and job.get("leaseOwner") == run.name and job["leaseUntil"] <= self.now:
                run.is_late = True
                self._note(Crashed(NOW, run.job_id))

    def put_foreign_body(self) -> None:
        """Put a body that is no job into the queue."""
        if not self.queues.is_down:
            self.queues.send_message(QueueUrl="main", MessageBody="no job")
            self._note(Injected(NOW, "a body that is no job", "sqs", FOREIGN_BODY))

    def job_ids(self) -> list[str]:
        """Give the ids of all jobs, in the order in which they were first stored."""
        return list(dict.fromkeys(event.item["jobId"] for event in self.history.events if isinstance(event, Stored)))

    def settle(self) -> History:
        """Let everything that has begun end, and time go by until there is nothing left to do; give the history."""
        self.aws.unreachable.clear()
        self.queues.is_down = False
        self._run_all()
        # A job that is stuck waits up to 32 times as long as the first time.
        for _ in range(20):
            while any(self.deliver(queue) for queue in ("main", "dead")):
                self._run_all()
            self.sweep()
            self._run_all()
            if not any("open" in item for item in self.aws.jobs().values()) and not self.queues.main:
                break
            self.pass_time(STUCK_AFTER * 32)
        self.history.final_items = self.aws.jobs()
        kept = [item["deadLetter"]["body"] for item in self.history.final_items.values() if "deadLetter" in item]
        self.history.dead_letters = [message.body for message in self.queues.dead.values()] + kept
        return self.history

    def _run_all(self) -> None:
        for run in self.runs:
            run.go_to_the_end()
        self._forget_ended()

    def _forget_ended(self) -> None:
        self.runs = [run for run in self.runs if not run.has_ended]

    def _serve(self, queue: str, message: Message, worker: str) -> None:
        if self._functions.serve_message(queue, message.to_record(queue), worker):
            self.queues.queue(queue).pop(message.message_id, None)

    def _begin(self, name: str, work: Callable[[], object], job_id: str | None = None) -> SteppedRun:
        run = SteppedRun(name, work, job_id)
        self.runs.append(run)
        return run

    def _clock(self) -> float:
        return self.now

    def _note(self, event: Event) -> None:
        self.history.add(event._replace(at=float(next(self._ticks))))


def _job_in(body: str) -> str | None:
    try:
        job_id: str | None = json.loads(body).get("jobId")
    except ValueError:
        return None
    return job_id
