"""A client of a recording server that waits for nothing longer than a test has to."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from finops_client import ClaimedIdentity, FinopsClient, FinopsClientError, Timing
from finops_client.events import JobEvent
from unit.finops_client.recording_server import RecordingServer


class QuickTiming(Timing):
    """Sleeping takes next to no time and is written down."""

    def __init__(self, **given: Any) -> None:
        quick = {"opening": 10, "answer": 10, "closing": 0.2, "first_wait": 0.001, "longest_wait": 0.01, "attempts": 5}
        super().__init__(**quick | given)
        self.slept: list[float] = []
        self.time = 1000.0

    def now(self) -> float:
        return self.time

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += seconds
        await asyncio.sleep(0.001)


class Tokens:
    """Credentials that give a new token whenever one is asked for.

    They record the calls; the first renewals fail as told.
    """

    def __init__(self, *renewal_failures: FinopsClientError) -> None:
        self.renewals: list[bool] = []
        self._failures = list(renewal_failures)

    async def fields(self, *, renew: bool = False) -> Mapping[str, str]:
        self.renewals.append(renew)
        if renew and self._failures:
            raise self._failures.pop(0)
        return {"token": f"token-{len(self.renewals)}"}


def client_of(server: RecordingServer, **options: Any) -> FinopsClient:
    """A client with these options; those of Timing are taken for it."""
    timing = {name: options.pop(name) for name in list(options) if hasattr(Timing, name)}
    return FinopsClient(
        server.url, **{"credentials": ClaimedIdentity("u", "n"), "timing": QuickTiming(**timing), **options}
    )


async def asked(client: FinopsClient, query: str = "Why?", **options: Any) -> list[JobEvent]:
    async with asyncio.timeout(20):
        return [event async for event in client.ask(query, **options)]


async def followed(client: FinopsClient, job_id: str = "job-1") -> list[JobEvent]:
    async with asyncio.timeout(20):
        return [event async for event in client.follow(job_id)]


def kinds_of(events: Sequence[object]) -> list[str]:
    return [type(event).__name__ for event in events]
