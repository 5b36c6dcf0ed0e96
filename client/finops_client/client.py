"""The client: asks questions, follows their jobs to the end, and fetches large answers."""

from __future__ import annotations

import asyncio
import sys
import uuid
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from functools import partial
from types import TracebackType
from typing import Self

from finops_client.answer import Answer
from finops_client.backoff import Backoff
from finops_client.clock import Clock
from finops_client.connection import Timing
from finops_client.credentials import Credentials
from finops_client.errors import (
    ConnectionLost,
    FinopsClientError,
    GatewayRefused,
    JobNotCompleted,
    ProtocolViolation,
)
from finops_client.events import (
    AgentCompleted,
    Authenticated,
    Event,
    GatewayError,
    JobCancelled,
    JobCompleted,
    JobEnd,
    JobEvent,
    JobFailed,
    JobList,
    JobSummary,
    Malformed,
    Pong,
)
from finops_client.exchange import Exchange
from finops_client.job_router import JobRouter
from finops_client.jobs import Job
from finops_client.large_answer import fetch_answer
from finops_client.question import Question
from finops_client.reconnection import ReconnectingSession
from finops_client.retries import Retries
from finops_client.session import Session
from finops_client.subscription import Subscription

END_KINDS = {JobCompleted.KIND, JobFailed.KIND, JobCancelled.KIND}

# The most that `list_jobs` gives at once.
JOBS_IN_A_PAGE = 50


class FinopsClient:
    """A connection to the FinOps agents that outlives its WebSocket.

        async with FinopsClient(url, credentials=GivenToken(token)) as client:
            async for event in client.ask("What did we spend last month?"):
                ...

    Without credentials it connects and does not authenticate. One client asks any number of questions side by
    side.
    """

    def __init__(
        self,
        url: str,
        *,
        credentials: Credentials | None = None,
        origin: str | None = None,
        timing: Timing | None = None,
        backoff: Backoff | None = None,
        clock: Clock | None = None,
    ) -> None:
        """Connects when entered as a context manager, with the header `Origin` if an origin is given."""
        self._timing = timing or Timing()
        self._router = JobRouter()
        self._exchanges: dict[Job, Exchange] = {}
        self._subscriptions: list[Subscription] = []
        backoff, clock = backoff or Backoff(), clock or Clock()
        self._line = ReconnectingSession(
            url,
            credentials,
            origin=origin,
            on_event=self._receive,
            on_reconnected=self._catch_up,
            on_ended=self._end,
            timing=self._timing,
            backoff=backoff,
            clock=clock,
        )
        self._retries = Retries(self._line, backoff=backoff, clock=clock)

    async def __aenter__(self) -> Self:
        """Connects and authenticates; raises what `ReconnectingSession.start` does."""
        await self._line.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Closes the connection. Jobs under way go on at the server."""
        await self._line.close()

    def ask(
        self, query: str, *, agents: Sequence[str] | None = None, request_id: str | None = None
    ) -> AsyncGenerator[JobEvent, None]:
        """Asks a question and yields the events of its job; the last is its one end.

        `jobs.py` says which events are delivered, and that progress never falls. A lost connection is made
        again meanwhile, and the job taken up where it is. A question that API Gateway does not deliver, that the
        server fails at, that is one too many in a minute (after the wait that the server names), or that is not
        acknowledged in time is submitted up to two more times. One whose job the server no longer has is asked anew,
        once. A question beside too many unfinished jobs ends in `JobFailed` with TOO_MANY_JOBS.

        Args:
            query: 1 to 4,000 characters.
            agents: the agents to ask; without it the question's words decide.
            request_id: the id to ask under; a random one if not given. The same id from the same user is the
                same job: asking again with it follows that job and starts none.

        Raises:
            ValueError: this request id is already under way on this client.
            GaveUp: the connection was lost for good; the job goes on if it was acknowledged.
            NotAuthenticated: the session has expired and could not be renewed.
            SignInUnavailable: nor could it be found out whether it can be.
            GatewayRefused: API Gateway did not deliver the question.
            ServerFailed: the server failed at it.
            LimitReached: it was one too many (RATE_LIMITED) after the waits, too, or the wait would be over a minute.
            NoAnswer: the question was not acknowledged in time.
            JobNotFound: the job was gone again after the question was asked anew.
            MessageNotSendable, ProtocolViolation: see `errors.py`.

        After any of these it is safe to ask again with the same request id.
        """
        return self._events_of(Question(request_id or str(uuid.uuid4()), query, agents))

    def follow(self, job_id: str) -> AsyncGenerator[JobEvent, None]:
        """Takes up a job of this user and yields its events; the last is its one end.

        The first is the job's state now (`JobSnapshot`), and what led there comes with it; of a finished job, its
        end too. A lost connection is made again meanwhile, as in `ask`.

        Raises:
            JobNotFound: this user has no such job, or it has expired.
            RequestRefused: the server refused for another reason.
            GaveUp, NotAuthenticated, SignInUnavailable, GatewayRefused, ServerFailed, NoAnswer,
                MessageNotSendable, ProtocolViolation: as `ask`; the job goes on.
        """
        return self._events_of(job_id=job_id)

    async def cancel(self, job_id: str) -> JobCancelled:
        """Ends a job of this user; one that was cancelled before is cancelled again.

        Raises:
            JobAlreadyFinished: the job has ended otherwise.
            JobNotFound: this user has no such job, or it has expired.
            FinopsClientError: it is not known whether the job is cancelled; trying again is safe. See `Retries.run`
                and `Session.request`.
        """
        message = {"action": "cancel_job", "jobId": job_id}
        return await self._retries.run(lambda session: session.request(message, JobCancelled))

    async def jobs(self, limit: int | None = None) -> AsyncGenerator[JobSummary, None]:
        """The jobs of this user that have not expired, newest first; at most `limit` if it is given.

        Raises:
            NotAuthenticated: the connection is not verified by a token.
            FinopsClientError: see `Retries.run` and `Session.request`.
        """
        left = sys.maxsize if limit is None else limit
        place: dict[str, object] = {}
        while left > 0:
            message = {"action": "list_jobs", "limit": min(left, JOBS_IN_A_PAGE), **place}
            page = await self._retries.run(partial(Session.request, message=message, answer=JobList))
            for job in page.jobs[:left]:
                yield job
            if page.cursor is None:
                return
            left -= len(page.jobs)
            place = {"cursor": page.cursor}

    async def answer(self, query: str, *, agents: Sequence[str] | None = None, request_id: str | None = None) -> Answer:
        """Asks a question and returns its whole answer, however large.

        Raises:
            JobNotCompleted: the job failed or was cancelled.
            AnswerUnavailable: the rest of a large answer cannot be fetched.
            FinopsClientError: as `ask`.
        """
        async with aclosing(self.ask(query, agents=agents, request_id=request_id)) as events:
            async for event in events:
                if isinstance(event, JobCompleted):
                    return Answer(await self.full_response(event), event.result.partial, event)
                if isinstance(event, JobEnd):
                    raise JobNotCompleted(event)
        raise AssertionError("ask ends with an end of the job")

    async def full_response(self, completed: JobCompleted | AgentCompleted) -> str:
        """The whole answer of a job or of one agent in markdown, fetched if the event holds only its first part.

        Raises:
            AnswerUnavailable: see `fetch_answer`.
        """
        if completed.result.response_url is not None:
            return await asyncio.to_thread(fetch_answer, completed.result.response_url)
        return completed.result.response if isinstance(completed, JobCompleted) else completed.result.content

    async def authenticate(self, credentials: Credentials) -> Authenticated:
        """Authenticates this connection, and every later one, with these credentials.

        Raises:
            NotAuthenticated, LimitReached, GatewayRefused, NoAnswer, ConnectionLost: see `Session.authenticate`.
        """
        self._line.credentials = credentials
        return await self._line.authenticate(renew=False)

    async def ping(self) -> Pong:
        """Asks for a sign of life; see `Session.ping` for what it raises."""
        return await self._session().ping()

    async def send(self, message: Mapping[str, object]) -> None:
        """Sends any message of the protocol as it is; its answer comes to subscribers.

        Raises:
            MessageNotSendable, ConnectionLost: see `Connection.send`.
        """
        await self._session().connection.send(message)

    async def send_raw(self, data: str | bytes) -> None:
        """Sends any text or binary data as it is, for tests with hostile input; nothing is checked.

        Raises:
            ConnectionLost: there is no connection at the moment.
        """
        await self._session().connection.send_raw(data)

    def subscribe(self) -> Subscription:
        """Every event from now on, of all jobs and of none, before anything is dropped or reordered."""
        subscription = Subscription(self._subscriptions.remove)
        self._subscriptions.append(subscription)
        return subscription

    def _session(self) -> Session:
        session = self._line.session
        if session is None:
            raise ConnectionLost(1006, "not connected again yet")
        return session

    async def _events_of(
        self, question: Question | None = None, job_id: str | None = None
    ) -> AsyncGenerator[JobEvent, None]:
        job = self._router.open(request_id=question.request_id if question else None, job_id=job_id)
        exchange = self._exchanges[job] = Exchange(job, question, retries=self._retries, timing=self._timing)
        try:
            async with aclosing(exchange.events()) as events:
                async for event in events:
                    yield event
        finally:
            del self._exchanges[job]
            self._router.close(job)

    def _receive(self, event: Event) -> None:
        for subscription in self._subscriptions:
            subscription.put(event)
        if isinstance(event, JobEvent):
            self._route(event)
        elif isinstance(event, GatewayError):
            for exchange in self._exchanges.values():
                exchange.refuse(GatewayRefused(event.message))
        elif isinstance(event, Malformed) and event.kind in END_KINDS:
            for job, exchange in self._exchanges.items():
                if job.job_id == event.job_id:
                    exchange.end(ProtocolViolation(f"The job's end cannot be read: {event.reason}."))

    def _route(self, event: JobEvent) -> None:
        jobs = self._router.jobs_of(event)
        if not jobs:
            self._router.keep_early(event)
            return
        self._line.note_use()
        for job in jobs:
            exchange = self._exchanges[job]
            if not exchange.takes_as_refusal(event):
                exchange.deliver(self._router.accept(job, event))

    def _catch_up(self) -> None:
        for exchange in self._exchanges.values():
            exchange.catch_up()

    def _end(self, failed: FinopsClientError) -> None:
        for exchange in self._exchanges.values():
            exchange.end(failed)
