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

from background_processor.dead_letter import FailDeadLetter
from background_processor.process_job import ProcessJob
from background_processor.queue_message import QueueMessage
from background_processor.queued_job import ServeQueuedJob
from background_processor.sweep import Sweep
from connection_manager.authenticate import SignIn
from connection_manager.redraw_job import RedrawJob
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
from faults.recorded_parts import Clients, NamesAsTokens, RecordedAdmission, RecordedJobTable, SteppedAgents
from faults.stepped_run import SteppedRun
from finops_websocket.announce_end import AnnounceEnd
from finops_websocket.answer_store import AnswerStore
from finops_websocket.broadcast import Broadcast
from finops_websocket.client_messages import Authenticate, CancelJob, FinopsQuery, ListJobs, ResumeJob
from finops_websocket.connection_store import ConnectionStore
from finops_websocket.errors import JobHeldElsewhere, MessageStays
from finops_websocket.frame_dispatch import HANDLED, dispatch_frame
from finops_websocket.frame_limit import FrameLimit
from finops_websocket.job import Job
from finops_websocket.job_history import JobHistory
from finops_websocket.job_lease import JobLease
from finops_websocket.job_queue import JobQueue
from finops_websocket.job_store import JobStore
from finops_websocket.overdue import OverdueJobs
from finops_websocket.results_bucket import ResultsBucket
from finops_websocket.user_connections import UserConnections
from finops_websocket.websocket_event import MESSAGE, WebSocketEvent
from message_handler.cancel_job import EndJob
from message_handler.finops_query import SubmitQuery
from message_handler.list_jobs import SendPage
from message_handler.resume_job import FollowJob
from message_handler.tell_end import TellEnd
from message_handler.visible_jobs import VisibleJobs
from stack_tables import create_table
from unit.finops_websocket.sample_jobs import CATALOGUE, LEASE, STUCK_AFTER
from unit.finops_websocket.settable_clock import SettableClock

# As much time as the processor has.
_SWEEP_SECONDS = 960.0
# More than anybody opens here: what happens at the limit is shown elsewhere.
_MOST_CONNECTIONS = 1000


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
        self._build(dynamodb, s3)

    def _build(self, dynamodb: Any, s3: Any) -> None:
        suffix = uuid.uuid4()
        s3.create_bucket(Bucket=f"results-{suffix}")
        self._jobs_table = create_table(dynamodb, "JobsTable", f"jobs-{suffix}")
        self._connections = ConnectionStore(create_table(dynamodb, "ConnectionsTable", f"c-{suffix}"), self.clock)
        table = RecordedJobTable(self._jobs_table, self.clock, self._note)
        jobs, history = JobStore(table), JobHistory(table)
        answers = AnswerStore(self._jobs_table, ResultsBucket(s3, f"results-{suffix}"))
        queue: Any = self.queues
        job_queue = JobQueue(queue, "main")
        broadcast = Broadcast(self.clients, jobs, self._connections)
        announce_end = AnnounceEnd(answers, broadcast)
        overdue_jobs = OverdueJobs(jobs, job_queue, announce_end, STUCK_AFTER)
        visible_jobs = VisibleJobs("cognito", self._connections, jobs)
        tell_end = TellEnd(announce_end, answers, self.clients)
        redraw_job = RedrawJob(answers, self.clients)
        self._frame_limit = FrameLimit("cognito", self._connections.table, self.clock)
        self._actions: dict[type, Any] = {
            Authenticate: SignIn(
                "cognito",
                self._connections,
                UserConnections(self._connections, self.clients.is_open, _MOST_CONNECTIONS),
                jobs,
                history,
                overdue_jobs,
                redraw_job,
                self.clients,
                NamesAsTokens(self.clock),
            ),
            FinopsQuery: SubmitQuery(
                "cognito",
                30,
                CATALOGUE,
                self._connections,
                RecordedAdmission(table),
                jobs,
                answers,
                job_queue,
                overdue_jobs,
                tell_end,
                self.clients,
            ),
            ResumeJob: FollowJob(visible_jobs, jobs, answers, overdue_jobs, self.clients),
            CancelJob: EndJob(visible_jobs, jobs, tell_end),
            ListJobs: SendPage(self._connections, jobs, history, self.clients),
        }
        process_job = ProcessJob(
            CATALOGUE, JobLease(table, LEASE), answers, SteppedAgents(self._note), broadcast, table.now
        )
        self._serve_queued_job = ServeQueuedJob(process_job, jobs, announce_end)
        self._fail_dead_letter = FailDeadLetter(jobs, announce_end)
        self._sweep = Sweep(history, jobs, overdue_jobs, announce_end)

    def open(self, user: str) -> str:
        """Connect and sign in; give the connection's name."""
        connection = f"{user}-{next(self._names)}"
        self._connections.open(connection)
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
        event = WebSocketEvent(MESSAGE, connection, json.dumps(frame), is_binary=False)

        def serve() -> None:
            assert dispatch_frame(event, self._actions, self._frame_limit, self.clients, self.clock) == HANDLED

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
        return self._begin(f"sweep-{next(self._names)}", lambda: self._sweep(lambda: _SWEEP_SECONDS))

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
                self._serve_queued_job(queued, worker, time_limit=300)
            else:
                self._fail_dead_letter(queued)
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
