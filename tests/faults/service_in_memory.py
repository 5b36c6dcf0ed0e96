"""The product's own classes put together on moto, with a clock and queues that a test moves, written down as a history.

Every frame and every queue message is served in a stepped run, which stops before each write of a job and each post to
a client.
"""

import json
import uuid
from collections.abc import Callable
from itertools import count
from typing import Any

from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from background_processor.dead_letters import fail_dead_letter
from background_processor.process_job import serve_queued_job
from background_processor.queue_message import QueueMessage
from background_processor.sweep import sweep
from connection_manager.authenticate import authenticate
from connection_manager.origins import OriginPolicy
from faults.history import (
    FOREIGN_BODY,
    Closed,
    Crashed,
    Event,
    History,
    Injected,
    Opened,
    Sent,
    Stored,
)
from faults.memory_queues import MemoryQueues, Message
from faults.recorded_parts import Clients, NamesAsTokens, RecordedAdmission, RecordedJobs, SteppedAgents
from faults.stepped_run import SteppedRun
from finops_websocket.connections.rate_limit import RateLimiter
from finops_websocket.connections.slots import ConnectionSlots
from finops_websocket.connections.store import ConnectionStore
from finops_websocket.dispatch import HANDLED, dispatch
from finops_websocket.errors import JobHeldElsewhere, MessageStays
from finops_websocket.jobs.answers import AnswerStore
from finops_websocket.jobs.job import Job
from finops_websocket.jobs.queue import JobQueue
from finops_websocket.services import Services
from finops_websocket.wire.client_messages import Authenticate, CancelJob, FinopsQuery, ListJobs, ResumeJob
from message_handler.finops_query import finops_query
from message_handler.jobs import cancel_job, list_jobs, resume_job
from stack_tables import create_table
from unit.doubles.all_services import AllServices
from unit.doubles.sample_jobs import CATALOGUE, LEASE, STUCK_AFTER
from unit.doubles.settable_clock import SettableClock

# As much time as the processor has.
_SWEEP_SECONDS = 960.0
# More than anybody opens here: what happens at the limit is shown elsewhere.
_MOST_CONNECTIONS = 1000

_ACTIONS: dict[type, Any] = {
    Authenticate: authenticate,
    FinopsQuery: finops_query,
    ResumeJob: resume_job,
    CancelJob: cancel_job,
    ListJobs: list_jobs,
}


class ServiceInMemory:
    """The three functions, without their processes."""

    def __init__(self, dynamodb: Any, s3: Any) -> None:
        """Make the stores, empty."""
        self.history = History()
        self.clock = SettableClock()
        self.queues = MemoryQueues(self.clock, visibility=LEASE * 8)
        self.clients = Clients(self._note)
        self.runs: list[SteppedRun] = []
        self._job_of: dict[SteppedRun, str | None] = {}
        self._late: set[SteppedRun] = set()
        self._ticks = count(1)
        self._names = count(1)
        self._services = self._services_over(dynamodb, s3)

    def _services_over(self, dynamodb: Any, s3: Any) -> AllServices:
        suffix = uuid.uuid4()
        s3.create_bucket(Bucket=f"results-{suffix}")
        self._jobs_table = create_table(dynamodb, "JobsTable", f"jobs-{suffix}")
        connections = ConnectionStore(create_table(dynamodb, "ConnectionsTable", f"c-{suffix}"), self.clock)
        jobs = RecordedJobs(self._jobs_table, self.clock, self._note)
        answers = AnswerStore(self._jobs_table, s3, f"results-{suffix}")
        sqs: Any = self.queues
        shared = Services.over(self.clients, connections, jobs, answers, JobQueue(sqs, "main"), STUCK_AFTER)
        return AllServices(
            **vars(shared),
            auth_mode="cognito",
            rate_limiter=RateLimiter("cognito", connections),
            slots=ConnectionSlots(connections, self.clients.is_open, _MOST_CONNECTIONS),
            origins=OriginPolicy.read("*", "allow"),
            tokens=NamesAsTokens(self.clock),
            admission=RecordedAdmission(jobs),
            catalogue=CATALOGUE,
            retention=30 * 24 * 3600,
            agents=SteppedAgents(self._note),
            sqs=sqs,
            lease=LEASE,
        )

    def open(self, user: str) -> str:
        """Connect and sign in; give the connection's name."""
        connection = f"{user}-{next(self._names)}"
        self._services.connections.open(connection)
        self.clients.users[connection] = user
        self._note(lambda at: Opened(at, user, connection))
        self.send(connection, {"action": "authenticate", "token": user}).go_to_the_end()
        self._forget_ended()
        return connection

    def close(self, connection: str) -> None:
        """Lose a connection; nobody is told."""
        user = self.clients.users.pop(connection)
        self.clients.unreachable.discard(connection)
        self._note(lambda at: Closed(at, user, connection))

    def send(self, connection: str, frame: dict[str, Any]) -> SteppedRun:
        """Begin to serve a frame."""
        user = self.clients.users[connection]
        self._note(lambda at: Sent(at, user, connection, frame))
        event = {"requestContext": {"connectionId": connection}, "body": json.dumps(frame)}

        def serve() -> None:
            assert dispatch(self._services, event, _ACTIONS) == HANDLED

        return self._begin(f"{frame['action']}-{next(self._names)}", serve)

    def deliver(self, queue: str) -> SteppedRun | None:
        """Begin to serve a queue's next message; None if there is none."""
        message = self.queues.receive(queue)
        if message is None:
            return None
        worker = f"worker-{next(self._names)}"
        run = self._begin(worker, lambda: self._serve(queue, message, worker))
        self._job_of[run] = _job_in(message.body)
        return run

    def sweep(self) -> SteppedRun:
        """Begin a sweep."""
        return self._begin(f"sweep-{next(self._names)}", lambda: sweep(self._services, lambda: _SWEEP_SECONDS))

    def kill(self, run: SteppedRun) -> None:
        """End a run where it stands."""
        self.runs.remove(run)
        run.kill()
        if job_id := self._job_of.get(run):
            self._note(lambda at: Crashed(at, job_id))

    def go_on(self, run: SteppedRun, checkpoints: int) -> None:
        """Let a run go on."""
        run.go_on(checkpoints)
        self._forget_ended()

    def pass_time(self, seconds: int) -> None:
        """Move the clock. A worker that has let its lease run out counts as crashed, though it may go on."""
        self.clock.now += seconds
        for run in self.runs:
            job = self._item(self._job_of.get(run))
            is_holder = job is not None and run not in self._late and job.get("leaseOwner") == run.name
            if job is not None and is_holder and job["leaseUntil"] <= self.clock():
                self._late.add(run)
                self._note(lambda at, job_id=job["jobId"]: Crashed(at, job_id))  # type: ignore[misc]

    def put_foreign_body(self) -> None:
        """Put a body that is no job into the queue."""
        if not self.queues.is_down:
            self.queues.send_message(QueueUrl="main", MessageBody="no job")
            self._note(lambda at: Injected(at, "a body that is no job", "sqs", FOREIGN_BODY))

    def job_ids(self) -> list[str]:
        """Give the ids of all jobs, in the order in which they were first stored."""
        return list(dict.fromkeys(event.item["jobId"] for event in self.history.events if isinstance(event, Stored)))

    def items(self) -> dict[str, dict[str, Any]]:
        """Give the jobs' items as they are stored."""
        return {item["jobId"]: item for item in self._jobs_table.scan()["Items"] if "userId" in item}

    def settle(self) -> History:
        """Let everything that has begun end, and time go by until there is nothing left to do; give the history."""
        self.clients.unreachable.clear()
        self.queues.is_down = False
        self._run_all()
        # A job that is stuck waits up to 32 times as long as the first time.
        for _ in range(20):
            while any(self.deliver(queue) for queue in ("main", "dead")):
                self._run_all()
            self.sweep()
            self._run_all()
            if not any("open" in item for item in self.items().values()) and not self.queues.bodies("main"):
                break
            self.pass_time(STUCK_AFTER * 32)
        self.history.final_items = {job_id: Job.from_item(item).to_item() for job_id, item in self.items().items()}
        kept = [item["deadLetter"]["body"] for item in self.history.final_items.values() if "deadLetter" in item]
        self.history.dead_letters = self.queues.bodies("dead") + kept
        return self.history

    def _run_all(self) -> None:
        for run in self.runs:
            run.go_to_the_end()
        self._forget_ended()

    def _forget_ended(self) -> None:
        self.runs = [run for run in self.runs if not run.has_ended]

    def _serve(self, queue: str, message: Message, worker: str) -> None:
        sqs: Any = self.queues
        queued = QueueMessage(sqs, queue, SQSRecord(message.to_record(queue)), LEASE, self.clock)
        try:
            if queue == "main":
                serve_queued_job(self._services, queued, worker, time_limit=300)
            else:
                fail_dead_letter(self._services, queued)
        except (JobHeldElsewhere, MessageStays):
            return
        self.queues.delete(queue, message)

    def _begin(self, name: str, work: Callable[[], object]) -> SteppedRun:
        run = SteppedRun(name, work)
        self.runs.append(run)
        return run

    def _item(self, job_id: str | None) -> dict[str, Any] | None:
        if job_id is None:
            return None
        item: dict[str, Any] | None = self._jobs_table.get_item(Key={"jobId": job_id}).get("Item")
        return item

    def _note(self, make: Callable[[float], Event]) -> None:
        self.history.add(make(float(next(self._ticks))))


def _job_in(body: str) -> str | None:
    try:
        job_id: str | None = json.loads(body).get("jobId")
    except ValueError:
        return None
    return job_id
