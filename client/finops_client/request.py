"""A message that waits for its answer, and how the answer is told from everything else that comes."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Generic, TypeVar

from finops_client.errors import FinopsClientError, GatewayRefused, ProtocolViolation
from finops_client.event_fields import TypedMessage
from finops_client.events import ErrorMessage, Event, GatewayError, Malformed
from finops_client.refusals import refusal

Answer = TypeVar("Answer", bound=TypedMessage)


class Request(Generic[Answer]):
    """One request. An `error` names the refused message's job at most: it answers the request that waits then."""

    def __init__(self, message: Mapping[str, object], answer: type[Answer]) -> None:
        """Waits for an answer of this class and, if the message has a `jobId`, of that job."""
        self.message = message
        self.outcome: asyncio.Future[Answer | FinopsClientError] = asyncio.get_running_loop().create_future()
        self._answer = answer

    def take(self, event: Event) -> None:
        """Sets the outcome if this event is the answer, or a refusal."""
        if not self.outcome.done() and (outcome := self._outcome_in(event)) is not None:
            self.outcome.set_result(outcome)

    def _outcome_in(self, event: Event) -> Answer | FinopsClientError | None:
        job_id = self.message.get("jobId")
        if isinstance(event, ErrorMessage) and event.job_id in {None, job_id}:
            return refusal(event.code, event.message, event.retry_after)
        if isinstance(event, GatewayError):
            return GatewayRefused(event.message)
        if isinstance(event, Malformed) and event.kind == self._answer.KIND and event.job_id in {None, job_id}:
            return ProtocolViolation(f"The answer cannot be read: {event.reason}.")
        if isinstance(event, self._answer) and getattr(event, "job_id", None) == job_id:
            return event
        return None
