"""The client: asks questions, follows their jobs to the end, and fetches large answers."""

import asyncio
import sys
import uuid
from collections import deque
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self, get_args

from finops_client import errors, events
from finops_client.auth import Credentials
from finops_client.connection import Connection
from finops_client.errors import FinopsClientError
from finops_client.jobs import Job, jobs_of
from finops_client.large_answer import fetch_answer
from finops_client.reconnection import ReconnectingConnection
from finops_client.timing import Timing

# Messages of a job may overtake its `job_queued`. So many are kept until that one comes; a job sends some twenty.
KEPT_EARLY_EVENTS = 200


class FinopsClient:
    """A connection to the FinOps agents that outlives its WebSocket.

        async with FinopsClient(url, credentials=GivenToken(token)) as client:
            async for event in client.ask("What did we spend last month?"):
                ...

    Without credentials it connects and does not authenticate. It asks any number of questions side by side.
    """

    def __init__(
        self,
        url: str,
        *,
        credentials: Credentials | None = None,
        origin: str | None = None,
        timing: Timing | None = None,
    ) -> None:
        """Connect when entered as a context manager, with the header `Origin` if an origin is given."""
        self._timing = timing or Timing()
        self._exchanges: dict[Job, _Exchange] = {}
        self._early: deque[events.JobEvent] = deque(maxlen=KEPT_EARLY_EVENTS)
        self._connection = ReconnectingConnection(
            url, credentials, origin, self._timing, self._receive, self._catch_up, self._end
        )

    async def __aenter__(self) -> Self:
        """Connect and authenticate; see `ReconnectingConnection.start` for what it raises."""
        await self._connection.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connection. Jobs under way go on at the server."""
        await self._connection.close()

    def ask(
        self, query: str, *, agents: Sequence[str] | None = None, request_id: str | None = None
    ) -> AsyncGenerator[events.JobEvent, None]:
        """Ask a question and yield the events of its job; the last is its one end.

        `jobs.py` says which events are delivered, and that progress never falls. A lost connection is made
        again meanwhile, and the job taken up where it is. A question that fails for the moment, or is one too many in
        a minute, is submitted up to two more times. One whose job the server no longer has is asked anew, once. A
        question beside too many unfinished jobs ends in `JobFailed` with TOO_MANY_JOBS.

        Args:
            query: 1 to 4,000 characters.
            agents: the agents to ask; without it the question's words decide.
            request_id: the id to ask under; a random one if not given. The same id from the same user is the
                same job: asking again with it follows that job and starts none.

        Raises:
            GaveUp: the connection was lost for good; the job goes on if it was acknowledged.
            JobNotFound: the job was gone again after the question was asked anew.
            FinopsClientError: any other of `errors.py`. It is safe to ask again with the same id.
        """
        request_id = request_id or str(uuid.uuid4())
        question: dict[str, object] = {"action": "finops_query", "query": query, "requestId": request_id}
        if agents:
            question["agents"] = list(agents)
        return self._events_of(Job(request_id=request_id), question)

    def follow(self, job_id: str) -> AsyncGenerator[events.JobEvent, None]:
        """Take up a job of this user and yield its events; the last is its one end.

        The first is the job's state now (`JobSnapshot`), and what led there comes with it; of a finished job, its
        end too. A lost connection is made again meanwhile, as in `ask`.

        Raises:
            JobNotFound: this user has no such job, or it has expired.
            FinopsClientError: as `ask`; the job goes on.
        """
        return self._events_of(Job(job_id=job_id), None)

    async def cancel(self, job_id: str) -> events.JobCancelled:
        """End a job of this user; one that was cancelled before is cancelled again.

        Raises:
            JobNotFound: this user has no such job, or it has expired.
            RequestRefused: the job has ended otherwise (code JOB_FINISHED); `follow` tells how.
            FinopsClientError: it is not known whether the job is cancelled; trying again is safe.
        """
        return await self._connection.request({"action": "cancel_job", "jobId": job_id}, events.JobCancelled)

    async def jobs(self, limit: int | None = None) -> AsyncGenerator[events.JobSummary, None]:
        """List the jobs of this user that have not expired, newest first; at most `limit` if it is given.

        Raises:
            NotAuthenticated: the connection is not verified by a token.
        """
        left = sys.maxsize if limit is None else limit
        place: dict[str, object] = {}
        while left > 0:
            # It gives 50 at most.
            question = {"action": "list_jobs", "limit": min(left, 50), **place}
            page = await self._connection.request(question, events.JobList)
            for job in page.jobs[:left]:
                yield job
            if page.cursor is None:
                return
            left -= len(page.jobs)
            place = {"cursor": page.cursor}

    async def full_response(self, completed: events.JobCompleted | events.AgentCompleted) -> str:
        """Give the whole answer of a job or of one agent in markdown, fetched if the event holds only its first part.

        Raises:
            AnswerUnavailable: see `fetch_answer`.
        """
        if completed.result.response_url is not None:
            return await asyncio.to_thread(fetch_answer, completed.result.response_url)
        return completed.result.response if isinstance(completed, events.JobCompleted) else completed.result.content

    async def _events_of(
        self, job: Job, question: Mapping[str, object] | None
    ) -> AsyncGenerator[events.JobEvent, None]:
        exchange = self._exchanges[job] = _Exchange(job, question, self._connection, self._timing.silence)
        try:
            exchange.catch_up()
            event: events.JobEvent | None = None
            while not isinstance(event, events.JobEnd):
                event = await exchange.next_event()
                yield event
        finally:
            exchange.close()
            del self._exchanges[job]

    def _receive(self, event: events.Event) -> None:
        if isinstance(event, events.JobEvent):
            self._route(event)
        elif isinstance(event, events.GatewayError):
            for exchange in self._exchanges.values():
                exchange.refused = errors.GatewayRefused(event.message)
        elif isinstance(event, events.Unreadable) and event.kind in get_args(events.JobEnd):
            unread = errors.ProtocolViolation(f"The job's end cannot be read: {event.reason}.")
            for job, exchange in self._exchanges.items():
                if job.job_id == event.job_id:
                    exchange.inbox.put_nowait(unread)

    def _route(self, event: events.JobEvent) -> None:
        jobs = jobs_of(event, self._exchanges)
        if jobs:
            self._connection.note_use()
        elif event.job_id is not None and any(not job.acknowledged for job in self._exchanges):
            # It may be of the question that waits to be acknowledged.
            self._early.append(event)
        for job in jobs:
            exchange = self._exchanges[job]
            exchange.take(event)
            for early in [early for early in self._early if early.job_id == job.job_id]:
                self._early.remove(early)
                exchange.take(early)

    def _catch_up(self) -> None:
        for exchange in self._exchanges.values():
            exchange.catch_up()

    def _end(self, failed: FinopsClientError) -> None:
        for exchange in self._exchanges.values():
            exchange.inbox.put_nowait(failed)


@dataclass(eq=False)
class _Exchange:
    """What is sent for one job, when, and what has come for it and was not looked at yet.

    The job is asked for until it is acknowledged, and followed until it ends. Without a question it is one that the
    server has already.
    """

    job: Job
    question: Mapping[str, object] | None
    connection: ReconnectingConnection
    silence: float
    inbox: asyncio.Queue[events.JobEvent | BaseException] = field(default_factory=asyncio.Queue)
    _submission: asyncio.Task[None] | None = None
    # What stands against the question; it may be meant for another one.
    refused: FinopsClientError | None = None
    _asked_again: bool = False

    async def next_event(self) -> events.JobEvent:
        """Wait for the job's next event; whenever there is none for too long, ask for its state."""
        while True:
            try:
                async with asyncio.timeout(self.silence):
                    item = await self.inbox.get()
            except TimeoutError:
                self.catch_up()
                continue
            if isinstance(item, BaseException):
                raise item
            return item

    def close(self) -> None:
        """Send nothing any more."""
        if self._submission:
            self._submission.cancel()

    def catch_up(self) -> None:
        """Ask for the job's state, or the question again if it is not acknowledged, unless that is under way."""
        if self._submission is None or self._submission.done():
            self._submission = asyncio.create_task(self._reach_job())
            self._submission.add_done_callback(self._report_failure)

    def take(self, event: events.JobEvent) -> None:
        """Take in an event of the job, or a refusal that ends no job but one attempt to ask, which is made again."""
        if isinstance(event, events.JobFailed) and event.job_id is None and event.code in errors.PASSING_CODES:
            self.refused = errors.refusal(event.code, event.error, event.retry_after)
            return
        for shown in self.job.accept(event):
            self.inbox.put_nowait(shown)

    async def _reach_job(self) -> None:
        try:
            await self.connection.run(self._submit_or_resume)
        except errors.JobNotFound:
            if self.question is None or self._asked_again:
                raise
            # It has expired or was deleted. Asked again under the same request id it is answered all the same.
            self._asked_again = True
            self.job.begin(None)
            await self.connection.run(self._submit_or_resume)

    async def _submit_or_resume(self, connection: Connection) -> None:
        if self.job.acknowledged:
            await connection.request({"action": "resume_job", "jobId": self.job.job_id}, events.JobSnapshot)
        elif self.question and not self.job.ended:
            self.refused = None
            # What comes has been taken in already.
            await connection.exchange(
                self.question, lambda _: self.job.acknowledged or self.job.ended or self.refused or None
            )
            if self.refused and not self.job.acknowledged:
                raise self.refused

    def _report_failure(self, submission: asyncio.Task[Any]) -> None:
        if not submission.cancelled() and (failed := submission.exception()):
            self.inbox.put_nowait(failed)
