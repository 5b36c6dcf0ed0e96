"""One job's exchange with the server: asked for until it is acknowledged, followed until it ends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

from finops_client.connection import Timing
from finops_client.errors import FinopsClientError, JobNotFound
from finops_client.events import JobEnd, JobEvent, JobFailed, JobSnapshot
from finops_client.jobs import Job
from finops_client.question import Question
from finops_client.refusals import PASSING_CODES, SIGN_IN_AGAIN_CODES, refusal
from finops_client.retries import Retries
from finops_client.session import Session


class Exchange:
    """What is sent for one job, when, and what has come for it and was not looked at yet."""

    def __init__(self, job: Job, question: Question | None, *, retries: Retries, timing: Timing) -> None:
        """Nothing is sent yet. Without a question it is a job that the server has already."""
        self.job = job
        self._question = question
        self._retries = retries
        self._timing = timing
        self._inbox: asyncio.Queue[JobEvent | BaseException] = asyncio.Queue()
        self._errand: asyncio.Task[None] | None = None
        self._reply: asyncio.Future[FinopsClientError | None] | None = None
        self._asked_again = False

    async def events(self) -> AsyncGenerator[JobEvent, None]:
        """Submits the question, or takes up the job, and yields its events; the last is its one end.

        Raises:
            FinopsClientError: see `FinopsClient.ask` and `FinopsClient.follow`.
        """
        self.catch_up()
        try:
            while True:
                item = await self._next_item()
                if isinstance(item, BaseException):
                    raise item
                yield item
                if isinstance(item, JobEnd):
                    return
        finally:
            if self._errand:
                self._errand.cancel()

    def catch_up(self) -> None:
        """Asks for the job's state, or the question again if it is not acknowledged, unless that is under way."""
        if self._errand is None or self._errand.done():
            self._errand = asyncio.create_task(self._reach_job())
            self._errand.add_done_callback(self._report_failure)

    def deliver(self, events: list[JobEvent]) -> None:
        """Takes in what the job's rules have let through."""
        for event in events:
            self._inbox.put_nowait(event)
        if self.job.acknowledged or self.job.ended:
            self._settle(None)

    def takes_as_refusal(self, event: JobEvent) -> bool:
        """Whether an event ends no job but one attempt to ask, which is made again."""
        if not isinstance(event, JobFailed) or event.job_id is not None:
            return False
        passing = PASSING_CODES | SIGN_IN_AGAIN_CODES if self._retries.can_sign_in else PASSING_CODES
        if event.code not in passing:
            return False
        self._settle(refusal(event.code, event.error, event.retry_after))
        return True

    def refuse(self, refused: FinopsClientError) -> None:
        """Takes in a refusal that names no message: it may be meant for the question."""
        self._settle(refused)

    def end(self, failed: FinopsClientError) -> None:
        """Ends the exchange: there is no way to go on."""
        self._inbox.put_nowait(failed)

    async def _next_item(self) -> JobEvent | BaseException:
        while True:
            try:
                async with asyncio.timeout(self._timing.silence):
                    return await self._inbox.get()
            except TimeoutError:
                self.catch_up()

    async def _reach_job(self) -> None:
        try:
            await self._retries.run(self._submit_or_resume)
        except JobNotFound:
            if self._question is None or self._asked_again:
                raise
            # It has expired or was deleted. Asked again under the same request id it is answered all the same.
            self._asked_again = True
            self.job.forget()
            await self._retries.run(self._submit_or_resume)

    async def _submit_or_resume(self, session: Session) -> None:
        if self.job.acknowledged:
            await session.request({"action": "resume_job", "jobId": self.job.job_id}, JobSnapshot)
        elif self._question and not self.job.ended:
            self._reply = asyncio.get_running_loop().create_future()
            await session.connection.send(self._question.message())
            if refused := await session.wait_for(self._reply, "the question"):
                raise refused

    def _settle(self, refused: FinopsClientError | None) -> None:
        if self._reply and not self._reply.done():
            self._reply.set_result(refused)

    def _report_failure(self, errand: asyncio.Task[None]) -> None:
        if not errand.cancelled() and (failed := errand.exception()):
            self._inbox.put_nowait(failed)
