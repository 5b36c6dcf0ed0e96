"""The ask command, as a person runs it, through a cut connection and a killed worker; and two of it on one job."""

import asyncio
import re
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from faults.checker import violations
from faults.faulty_stack import FaultyStack
from faults.history import Stored
from faults.relay import Relay
from local_cloud.journey_stack import PASSWORD
from local_cloud.running_cloud import until

# In milliseconds: time enough to cut a connection and to kill a worker.
QUERY = "What did it cost, and where can I save? cost=nap:300 advisor=nap:2500"


class Ask:
    """A running ask command: its progress and its answer, line by line as they come."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.progress: list[str] = []
        self.answer: list[str] = []
        self._process = process
        self._news = asyncio.Event()
        self._reading = asyncio.gather(
            self._read(process.stderr, self.progress), self._read(process.stdout, self.answer)
        )

    async def sees(self, words: str) -> None:
        """Wait for a line of progress with these words."""
        async with asyncio.timeout(60):
            while not any(words in line for line in self.progress):
                self._news.clear()
                await self._news.wait()

    async def ends(self) -> int:
        async with asyncio.timeout(60):
            await self._reading
            return await self._process.wait()

    def percents(self) -> list[int]:
        return [int(found[1]) for line in self.progress if (found := re.match(r"\[\s*(\d+)%\]", line))]

    def completions(self) -> list[str]:
        """The agents whose ends it showed."""
        return [line.partition("] ")[2].split()[0] for line in self.progress if " completed (" in line]

    async def _read(self, stream: asyncio.StreamReader | None, lines: list[str]) -> None:
        assert stream is not None
        async for line in stream:
            lines.append(line.decode().rstrip("\n"))
            self._news.set()


@asynccontextmanager
async def asking(stack: FaultyStack, *arguments: str, port: int = 0) -> AsyncIterator[Ask]:
    """Run ask, by way of another port if need be."""
    stack.person("asker")
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "finops_client.ask", *arguments),
        env={
            **stack.cloud.environment,
            "WEBSOCKET_URL": stack.url.replace(f":{stack.cloud.port}/", f":{port or stack.cloud.port}/"),
            "USER_POOL_CLIENT_ID": stack.outputs["UserPoolClientId"],
            "TEST_USERNAME": "asker",
            "TEST_PASSWORD": PASSWORD,
        },
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    ask = Ask(process)
    try:
        yield ask
    finally:
        if process.returncode is None:
            process.kill()
        await ask.ends()


def the_job(stack: FaultyStack) -> str:
    """The id of the history's one job."""
    job_id: str = next(event.item["jobId"] for event in stack.proxy.history.events if isinstance(event, Stored))
    return job_id


async def test_ask_survives_a_cut_connection_and_a_killed_worker(faulty_stack: FaultyStack) -> None:
    faulty_stack.begin()
    async with Relay(faulty_stack.cloud.port) as relay, asking(faulty_stack, QUERY, port=relay.port) as ask:
        await ask.sees("(1 of 2)")
        connections = relay.connections
        relay.cut()
        await asyncio.to_thread(until, lambda: relay.connections > connections)
        job_id = the_job(faulty_stack)
        assert faulty_stack.proxy.kill_holder_of(job_id)
        assert await ask.ends() == 0
    history = await asyncio.to_thread(faulty_stack.finish)

    assert violations(history) == {}
    assert {"The cost agent's answer.", "The advisor agent's answer."} <= set(ask.answer)
    assert ask.percents() == sorted(ask.percents())
    assert faulty_stack.invocations(job_id) == {"cost": 1, "advisor": 2}
    assert history.final_items[job_id]["attempts"] == 2


async def test_two_clients_follow_one_job(faulty_stack: FaultyStack) -> None:
    faulty_stack.begin()
    async with asking(faulty_stack, QUERY) as one:
        await one.sees("(1 of 2)")
        job_id = the_job(faulty_stack)
        async with asking(faulty_stack, "--resume", job_id) as two:
            assert await one.ends() == 0
            assert await two.ends() == 0
    history = await asyncio.to_thread(faulty_stack.finish)

    assert violations(history) == {}
    assert one.answer == two.answer
    # The second is shown where the job is, which may hold all that came before. What an older client draws from comes
    # to it when it signs in, a moment before or after what happens then; no agent's end is shown twice.
    assert two.percents()[0] >= 50
    assert two.percents() == sorted(two.percents())
    assert len(one.completions()) == 2
    assert len(two.completions()) == len(set(two.completions()))
    assert faulty_stack.invocations(job_id) == {"cost": 1, "advisor": 1}
