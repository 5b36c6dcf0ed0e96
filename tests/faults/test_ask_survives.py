"""The ask command, as a person runs it, through a cut connection and a killed worker; and two of it on one job.

Each run is recorded as text, with the seconds since its start, in .local/faults/recordings.
"""

import asyncio
import re
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from faults.checker import violations
from faults.faulty_stack import LEASE, FaultyStack
from faults.history import Stored
from faults.relay import Relay
from local_cloud.journey_stack import PASSWORD
from local_cloud.running_cloud import ROOT, until

RECORDINGS = ROOT / ".local" / "faults" / "recordings"
# In milliseconds: time enough to cut a connection and to kill a worker.
QUERY = "What did it cost, and where can I save? cost=nap:300 advisor=nap:2500"


class Recording:
    """What is seen and done, line by line."""

    def __init__(self, name: str) -> None:
        self._path = RECORDINGS / f"{name}.txt"
        self._begin = time.monotonic()
        self.lines: list[str] = []

    def note(self, text: str) -> None:
        self.lines.append(f"{time.monotonic() - self._begin:5.1f}s  {text}")

    def save(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._path.write_text("\n".join(self.lines) + "\n", encoding="utf-8")


class Ask:
    """A running ask command, whose two streams go into a recording as they come."""

    def __init__(self, process: asyncio.subprocess.Process, recording: Recording, name: str) -> None:
        assert process.stdout is not None
        assert process.stderr is not None
        self.progress: list[str] = []
        self.answer: list[str] = []
        self._process = process
        self._recording = recording
        self._name = name
        self._news = asyncio.Event()
        self._readers = [
            asyncio.create_task(self._read(process.stderr, self.progress)),
            asyncio.create_task(self._read(process.stdout, self.answer)),
        ]

    async def sees(self, words: str) -> str:
        """Wait for a line of progress with these words, and give it."""
        async with asyncio.timeout(60):
            while True:
                if found := next((line for line in self.progress if words in line), None):
                    return found
                self._news.clear()
                await self._news.wait()

    async def ends(self) -> int:
        async with asyncio.timeout(60):
            await asyncio.gather(*self._readers)
            return await self._process.wait()

    def stop(self) -> None:
        if self._process.returncode is None:
            self._process.kill()

    async def _read(self, stream: asyncio.StreamReader, lines: list[str]) -> None:
        async for line in stream:
            lines.append(line.decode().rstrip("\n"))
            self._recording.note(f"{self._name}| {lines[-1]}")
            self._news.set()


@asynccontextmanager
async def asking(
    stack: FaultyStack, recording: Recording, relay: Relay, name: str, *arguments: str
) -> AsyncIterator[Ask]:
    recording.note(f"{name}$ ask {' '.join(repr(each) if ' ' in each else each for each in arguments)}")
    stack.person("recorded")
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "finops_client.ask", *arguments),
        env={
            **stack.cloud.environment,
            "WEBSOCKET_URL": stack.url.replace(f":{stack.cloud.port}/", f":{relay.port}/"),
            "USER_POOL_CLIENT_ID": stack.outputs["UserPoolClientId"],
            "TEST_USERNAME": "recorded",
            "TEST_PASSWORD": PASSWORD,
        },
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    ask = Ask(process, recording, name)
    try:
        yield ask
    finally:
        ask.stop()
        await ask.ends()


def percents(ask: Ask) -> list[int]:
    return [int(found[1]) for line in ask.progress if (found := re.match(r"\[\s*(\d+)%\]", line))]


def the_job(stack: FaultyStack) -> str:
    """The id of the history's one job."""
    events = stack.proxy.history.events
    job_id: str = next(event.item["jobId"] for event in events if isinstance(event, Stored))
    return job_id


async def test_ask_survives_a_cut_connection_and_a_killed_worker(faulty_stack: FaultyStack) -> None:
    faulty_stack.begin()
    recording = Recording("ask-survives")
    async with Relay(faulty_stack.cloud.port) as relay, asking(faulty_stack, recording, relay, "", QUERY) as ask:
        await ask.sees("(1 of 2)")
        recording.note("--- the connection is cut ---")
        connections = relay.connections
        relay.cut()
        await asyncio.to_thread(until, lambda: relay.connections > connections)
        job_id = the_job(faulty_stack)
        recording.note("--- kill -9 of the worker that has the job ---")
        killed_at = time.monotonic()
        assert faulty_stack.proxy.kill_holder_of(job_id)
        assert await ask.ends() == 0
        recording.note(
            f"--- exit status 0, {time.monotonic() - killed_at:.1f} s after the kill; a lease is {LEASE} s ---"
        )
        recording.note(f"--- agents invoked: {dict(faulty_stack.invocations(job_id))} ---")
    history = await asyncio.to_thread(faulty_stack.finish)
    recording.save()

    assert violations(history) == []
    assert {"The cost agent's answer.", "The advisor agent's answer."} <= set(ask.answer)
    assert percents(ask) == sorted(percents(ask))
    assert faulty_stack.invocations(job_id) == {"cost": 1, "advisor": 2}


async def test_two_clients_follow_one_job(faulty_stack: FaultyStack) -> None:
    faulty_stack.begin()
    recording = Recording("two-clients")
    async with (
        Relay(faulty_stack.cloud.port) as relay,
        asking(faulty_stack, recording, relay, "one", QUERY) as one,
    ):
        await one.sees("(1 of 2)")
        job_id = the_job(faulty_stack)
        async with asking(faulty_stack, recording, relay, "two", "--resume", job_id) as two:
            assert await one.ends() == 0
            assert await two.ends() == 0
    history = await asyncio.to_thread(faulty_stack.finish)
    recording.save()

    assert violations(history) == []
    assert one.answer == two.answer
    # The second is shown where the job is, which holds what came before, and then the same as the first. Signing in
    # brings it what an older client draws from, too: that is dropped if it comes before the job is asked for, and shown
    # if it comes a moment later, with the progress that the job has by then.
    assert percents(two)[0] >= 52
    assert percents(two) == sorted(percents(two))
    assert len(completions(one)) == 2
    assert completions(two) in [completions(one)[seen:] for seen in range(3)]
    assert faulty_stack.invocations(job_id) == {"cost": 1, "advisor": 1}


def completions(ask: Ask) -> list[str]:
    """The agents' ends that an `ask` showed, without the progress of the job at that moment."""
    return [line.partition("] ")[2] for line in ask.progress if " completed (" in line]
