"""Clocks that a test moves: sleeping takes no time and is written down. `asleep` is the computer's own sleep."""

import asyncio

from finops_client.clock import Clock


class RecordingClock(Clock):
    def __init__(self) -> None:
        self.time = 1000.0
        self.asleep = 0.0
        self.slept: list[float] = []

    def now(self) -> float:
        return self.time

    def unix_time(self) -> float:
        return self.time + self.asleep

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += seconds
        await asyncio.sleep(0)


class NoHeartbeatClock(RecordingClock):
    """The heartbeat's long sleep never ends, the back-off's short ones end at once."""

    async def sleep(self, seconds: float) -> None:
        if seconds >= 100:
            await asyncio.Event().wait()
        await super().sleep(seconds)
