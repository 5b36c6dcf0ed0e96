"""A client of a recording server that waits for nothing longer than a test has to."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from finops_client import Backoff, ClaimedIdentity, FinopsClient, FinopsClientError, JobEvent, Timing
from unit.finops_client.recording_server import RecordingServer

QUICK = Backoff(first=0.001, longest=0.01, attempts=5)


class Tokens:
    """Credentials that give a new token whenever one is asked for.

    They record the calls; the first renewals fail as told.
    """

    def __init__(self, renewal_failures: Sequence[FinopsClientError] = ()) -> None:
        self.renewals: list[bool] = []
        self._failures = list(renewal_failures)

    async def fields(self, *, renew: bool = False) -> Mapping[str, str]:
        self.renewals.append(renew)
        if renew and self._failures:
            raise self._failures.pop(0)
        return {"token": f"token-{len(self.renewals)}"}


def client_of(server: RecordingServer, **options: Any) -> FinopsClient:
    timing = Timing(**{"opening": 2, "answer": 2, "closing": 0.2, **options.pop("timing", {})})
    return FinopsClient(
        server.url, **{"credentials": ClaimedIdentity("u", "n"), "timing": timing, "backoff": QUICK, **options}
    )


async def events_of(client: FinopsClient, **options: Any) -> list[JobEvent]:
    async with asyncio.timeout(5):
        return [event async for event in client.ask("Why?", **options)]


async def followed(client: FinopsClient, job_id: str = "job-1") -> list[JobEvent]:
    async with asyncio.timeout(5):
        return [event async for event in client.follow(job_id)]
