"""The client: asks questions, follows their jobs to the end, and fetches large answers."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from types import TracebackType
from typing import Self

from finops_client.answer import Answer
from finops_client.backoff import Backoff
from finops_client.clock import Clock
from finops_client.connection import Timing
from finops_client.credentials import Credentials
from finops_client.errors import (
    ConnectionLost,
    JobNotCompleted,
    ProtocolViolation,
)
from finops_client.events import (
    AgentCompleted,
    Authenticated,
    ErrorMessage,
    Event,
    GatewayError,
    JobCancelled,
    JobCompleted,
    JobEnd,
    JobEvent,
    JobFailed,
    Malformed,
    Pong,
)
from finops_client.exchange import Exchange
from finops_client.job_router import JobRouter
from finops_client.large_answer import fetch_answer
from finops_client.question import SESSION_EXPIRED, Item, Question, Reconnected
from finops_client.reconnection import ReconnectingSession
from finops_client.session import Session
from finops_client.subscription import Subscription

END_KINDS = {JobCompleted.KIND, JobFailed.KIND, JobCancelled.KIND}


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
        timing: Timing | None = None,
        backoff: Backoff | None = None,
        clock: Clock | None = None,
    ) -> None:
        """Connects when entered as a context manager."""
        self._timing = timing or Timing()
        self._backoff = backoff or Backoff()
        self._clock = clock or Clock()
        self._router = JobRouter()
        self._questions: dict[str, Question] = {}
        self._subscriptions: list[Subscription] = []
        self._line = ReconnectingSession(
            url,
            credentials,
            on_event=self._receive,
            on_reconnected=self._tell_reconnected,
            on_ended=self._tell_all,
            timing=self._timing,
            backoff=self._backoff,
            clock=self._clock,
        )

    async def __aenter__(self) -> Self:
        """Connects and authenticates; raises what `ReconnectingSession.start` does."""
        await self._line.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Closes the connection. Jobs under way go on at the server."""
        await self._line.close()

    async def ask(
        self, query: str, *, agents: Sequence[str] | None = None, request_id: str | None = None
    ) -> AsyncGenerator[JobEvent, None]:
        """Asks a question and yields the events of its job; the last is its one end.

        `jobs.py` says which events are delivered, and that progress never falls. A lost connection is made
        again meanwhile, and the job taken up where it is. A question that API Gateway does not deliver, or that
        is not acknowledged in time, is submitted up to two more times.

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
            NoAnswer: the question was not acknowledged in time.
            MessageNotSendable, ProtocolViolation: see `errors.py`.

        After any of these it is safe to ask again with the same request id.
        """
        job = self._router.open(request_id or str(uuid.uuid4()))
        question = Question(job, query, agents, may_renew=self._line.credentials is not None)
        self._questions[job.request_id] = question
        exchange = Exchange(question, self._line, timing=self._timing, backoff=self._backoff, clock=self._clock)
        try:
            async with aclosing(exchange.events()) as events:
                async for event in events:
                    yield event
        finally:
            del self._questions[job.request_id]
            self._router.close(job)

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
            NotAuthenticated, GatewayRefused, NoAnswer, ConnectionLost: see
                `Session.authenticate`.
        """
        self._line.credentials = credentials
        return await self._line.authenticate(renew=False)

    async def ping(self) -> Pong:
        """Asks for a sign of life; see `Session.ping` for what it raises."""
        return await self._session().ping()

    async def send(self, message: Mapping[str, object]) -> None:
        """Sends any message of the protocol, such as `cancel_job`; its answer comes to subscribers.

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

    def _receive(self, event: Event) -> None:
        for subscription in self._subscriptions:
            subscription.put(event)
        if isinstance(event, ErrorMessage | GatewayError):
            for question in self._questions.values():
                question.note_refusal(event)
        elif isinstance(event, Malformed):
            self._end_malformed(event)
        elif isinstance(event, JobEvent):
            self._route(event)

    def _route(self, event: JobEvent) -> None:
        job = self._router.job_of(event)
        if job is None:
            self._router.keep_early(event)
            return
        question = self._questions[job.request_id]
        if isinstance(event, JobFailed) and event.code == SESSION_EXPIRED and question.may_renew:
            question.note_refusal(ErrorMessage(code=event.code, message=event.error, timestamp=event.timestamp))
            return
        question.note_answer(event)
        self._line.note_use()
        for shown in self._router.accept(job, event):
            question.inbox.put_nowait(shown)

    def _end_malformed(self, broken: Malformed) -> None:
        for question in self._questions.values():
            if broken.kind in END_KINDS and broken.job_id == question.job.job_id:
                question.inbox.put_nowait(ProtocolViolation(f"The job's end cannot be read: {broken.reason}."))

    def _tell_reconnected(self) -> None:
        self._tell_all(Reconnected())

    def _tell_all(self, item: Item) -> None:
        for question in self._questions.values():
            question.inbox.put_nowait(item)
