"""One question's exchange with the server: asked until it is acknowledged, followed until its job ends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import suppress
from itertools import islice

from finops_client.backoff import Backoff
from finops_client.clock import Clock
from finops_client.connection import Timing
from finops_client.errors import (
    ConnectionLost,
    FinopsClientError,
    GatewayRefused,
    NoAnswer,
    NotAuthenticated,
    SignInUnavailable,
)
from finops_client.events import ErrorMessage, GatewayError, JobEnd, JobEvent
from finops_client.question import Item, Question, Reconnected
from finops_client.reconnection import ReconnectingSession

# A function that is throttled, or dies before it acknowledges, costs one submission. Three in a row are no
# accident.
SUBMISSIONS_AGAIN = 2


class Exchange:
    """What is sent for one question, when, and how often."""

    def __init__(
        self, question: Question, line: ReconnectingSession, *, timing: Timing, backoff: Backoff, clock: Clock
    ) -> None:
        """Nothing is sent yet."""
        self._question = question
        self._line = line
        self._timing = timing
        self._clock = clock
        self._waits = islice(backoff.delays(), SUBMISSIONS_AGAIN)

    async def events(self) -> AsyncGenerator[JobEvent, None]:
        """Submits the question and yields the events of its job; the last is its one end.

        Raises:
            FinopsClientError: see `FinopsClient.ask`.
        """
        await self._submit()
        while True:
            item = await self._next_item()
            if isinstance(item, FinopsClientError):
                raise item
            if isinstance(item, Reconnected):
                await self._take_up_again()
            elif isinstance(item, ErrorMessage | GatewayError):
                await self._handle_refusal(item)
            else:
                yield item
                if isinstance(item, JobEnd):
                    return

    async def _submit(self) -> None:
        self._question.resuming = False
        await self._send(self._question.message())

    async def _submit_again(self, failed: FinopsClientError) -> None:
        """Submits after a wait, which is safe: the same request id is the same job.

        Raises:
            FinopsClientError: `failed`, if the question was submitted often enough.
        """
        wait = next(self._waits, None)
        if wait is None:
            raise failed
        self._question.waiting_since = None
        await self._clock.sleep(wait)
        # What came meanwhile may be the acknowledgement, and says in any case what to do next.
        if self._question.inbox.empty():
            await self._submit()

    async def _take_up_again(self) -> None:
        if not self._question.job.acknowledged:
            await self._submit()
            return
        self._question.resuming = True
        await self._send(self._question.resume_message())

    async def _send(self, message: Mapping[str, object]) -> None:
        """Sends, unless the connection is down: then `Reconnected` will come and start over."""
        self._question.waiting_since = self._clock.now()
        session = self._line.session
        if session:
            with suppress(ConnectionLost):
                await session.connection.send(message)

    async def _next_item(self) -> Item:
        question = self._question
        while True:
            waiting_since = question.waiting_since
            if waiting_since is None:
                left = self._timing.silence
            else:
                left = waiting_since + self._timing.answer - self._clock.now()
            try:
                async with asyncio.timeout(left):
                    return await question.inbox.get()
            except TimeoutError:
                if question.waiting_since != waiting_since:
                    continue
                if self._line.session is None:
                    # `Reconnected`, or the end of it all, is bound to come.
                    return await question.inbox.get()
                if waiting_since is None:
                    await self._take_up_again()
                elif question.resuming:
                    await self._submit()
                else:
                    await self._submit_again(NoAnswer("the question", self._timing.answer))

    async def _handle_refusal(self, refusal: ErrorMessage | GatewayError) -> None:
        if self._question.resuming:
            # A server that cannot resume: the same question is the same job there, and its messages follow.
            await self._submit()
        elif isinstance(refusal, GatewayError):
            await self._submit_again(GatewayRefused(refusal.message))
        elif self._question.may_renew:
            await self._renew_session()
        else:
            raise NotAuthenticated(refusal.message, refusal.code)

    async def _renew_session(self) -> None:
        """Authenticates anew and submits; a connection lost over it is authenticated when it is made again."""
        try:
            with suppress(ConnectionLost):
                await self._line.authenticate(renew=True)
        except (SignInUnavailable, GatewayRefused, NoAnswer) as failed:
            await self._submit_again(failed)
        else:
            self._question.may_renew = False
            await self._submit()
