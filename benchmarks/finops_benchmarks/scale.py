"""What becomes of many questions at once: how long the slowest wait, whether each is answered once, and the memory."""

import asyncio
import json
import os
import time
from contextlib import AsyncExitStack, ExitStack, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import quantiles

from websockets.asyncio.client import ClientConnection

from finops_benchmarks.asking import ENDS, connected, question
from finops_benchmarks.results import Cell, Chart, Options, Result, Table
from finops_benchmarks.stacks import local_cloud
from finops_operations.local_run.cloud import ROOT
from finops_operations.operator_messages import say

_CROWDS = {1: 10, 10: 5, 50: 2, 200: 1, 500: 1}
"""How many connections ask at once, and how often that is repeated."""

_AGENT_SECONDS = 0.3
# Connections that are made at the same time: making them is not what is measured.
_CONNECTING = 20
# So many processors and agents run at once: all have started before anything is measured.
_WARM_UP = 50
# Seconds after which a question without an answer is lost, and after the last answer in which a second one would come.
_LOST_AFTER, _TWICE_WITHIN = 180, 1


@dataclass(frozen=True)
class Crowd:
    """What became of questions that were asked at once, one on each connection."""

    seconds: list[float]
    """From the first question's sending to the end of each that was answered."""

    lost: int
    twice: int


@dataclass(frozen=True)
class Memory:
    """What a local cloud holds with its functions' processes: how many there are, and their resident megabytes."""

    processes: int
    megabytes: int


@dataclass(frozen=True)
class Measured:
    """All crowds of one size that asked one stack, and its memory after them."""

    connections: int
    crowds: list[Crowd]
    memory: Memory

    def percentiles(self) -> tuple[float, float, float]:
        """Give the seconds in which half, 95 % and 99 % of the questions were answered."""
        cuts = quantiles((second for crowd in self.crowds for second in crowd.seconds), n=100, method="inclusive")
        return cuts[49], cuts[94], cuts[98]


def measure(_: Options) -> Result:
    """Let ever more connections ask at once, each stack in a local cloud of its own, in turn."""
    measured: dict[str, list[Measured]] = {}
    with ExitStack() as clouds:
        (floor, floor_group), (project, project_group) = (clouds.enter_context(local_cloud()) for _cloud in range(2))
        urls = {"floor": floor.floor("floor"), "now": project.project("now", ROOT)}
        for url in urls.values():
            asyncio.run(_crowd(url, _WARM_UP))
        for connections, repeats in _CROWDS.items():
            say(f"{connections} connections")
            crowds: dict[str, list[Crowd]] = {label: [] for label in urls}
            for _repeat in range(repeats):
                for label, url in urls.items():
                    crowds[label].append(asyncio.run(_crowd(url, connections)))
            for label, group in zip(urls, (floor_group, project_group), strict=True):
                measured.setdefault(label, []).append(Measured(connections, crowds[label], _memory(group)))
    return Result(
        "Scale: many connections that ask at once",
        (_table(measured),),
        (_chart(measured),),
        {label: [asdict(each) for each in of_label] for label, of_label in measured.items()},
    )


async def _crowd(url: str, count: int) -> Crowd:
    ends: list[list[tuple[str, float]]] = [[] for _ in range(count)]
    answered = [asyncio.Event() for _ in range(count)]
    gate = asyncio.Semaphore(_CONNECTING)
    async with AsyncExitStack() as stack:

        async def connection() -> ClientConnection:
            async with gate:
                return await stack.enter_async_context(connected(url))

        connections = await asyncio.gather(*(connection() for _ in range(count)))
        readers = [asyncio.create_task(_note_ends(*each)) for each in zip(connections, ends, answered, strict=True)]
        # Each in a user's name of its own: a user may ask only so often.
        frames = [question(f"user-{number}", _AGENT_SECONDS) for number in range(count)]
        began = time.perf_counter()
        await asyncio.gather(*(each.send(frame) for each, frame in zip(connections, frames, strict=True)))
        with suppress(TimeoutError):
            async with asyncio.timeout(_LOST_AFTER):
                await asyncio.gather(*(each.wait() for each in answered))
        await asyncio.sleep(_TWICE_WITHIN)
        for reader in readers:
            reader.cancel()
    seconds = [each[0][1] - began for each in ends if each and each[0][0] == "job_completed"]
    return Crowd(seconds, lost=count - len(seconds), twice=sum(len(each) > 1 for each in ends))


async def _note_ends(connection: ClientConnection, ends: list[tuple[str, float]], answered: asyncio.Event) -> None:
    async for frame in connection:
        kind = json.loads(frame).get("type")
        if kind in ENDS:
            ends.append((kind, time.perf_counter()))
            answered.set()


def _memory(group: int) -> Memory:
    """Read a process group's memory from /proc, which not every machine has: then there are no processes.

    The fields come after the name, which may hold spaces: https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
    """
    pages = []
    for process in Path("/proc").glob("[0-9]*"):
        # It may end meanwhile.
        with suppress(OSError):
            fields = (process / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()
            if int(fields[2]) == group:
                pages.append(int(fields[21]))
    return Memory(len(pages), sum(pages) * os.sysconf("SC_PAGE_SIZE") // 2**20)


def _table(measured: dict[str, list[Measured]]) -> Table:
    rows: list[tuple[Cell, ...]] = []
    for of_size in zip(*measured.values(), strict=True):
        floor = of_size[0].percentiles()
        for label, each in zip(measured, of_size, strict=True):
            shown = (f"{own:.2f} ({own / least:.2f})" for own, least in zip(each.percentiles(), floor, strict=True))
            counts = [(len(crowd.seconds), crowd.lost, crowd.twice) for crowd in each.crowds]
            answered, lost, twice = map(sum, zip(*counts, strict=True))
            memory = (each.memory.processes, each.memory.megabytes)
            rows.append((each.connections, label, answered, lost, twice, *shown, *memory))
    return Table(
        "Questions asked at once",
        ("connections", "", "answered", "lost", "twice", "50 %, s", "95 %, s", "99 %, s", "processes", "MB"),
        tuple(rows),
        f"Seconds until so many were answered, and their ratio to the floor's. Each agent takes {_AGENT_SECONDS} s, and"
        " 10 jobs are processed at the same time: the last of 500 waits 15 s at least. Memory is the local cloud's with"
        " all functions that have been started, after the last crowd.",
    )


def _chart(measured: dict[str, list[Measured]]) -> Chart:
    series = {}
    for label, of_label in measured.items():
        for place, share in ((0, "50 %"), (2, "99 %")):
            values = [each.percentiles()[place] for each in of_label]
            series[f"{label}, {share}"] = [(value, value, value) for value in values]
    labels = tuple(f"{count} connections" for count in _CROWDS)
    return Chart("scale", "Seconds until so many of the questions asked at once were answered", labels, series)
