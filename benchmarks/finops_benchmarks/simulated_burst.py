"""How long people wait: simulated, and the simulation held against a burst that is measured on the local cloud.

The local cloud's mapping has all its processors at once, AWS's has them one after another, and the account has room for
all. So what is compared is the queue, the limits and the throttled agents' pauses.
"""

import asyncio
import math
from collections.abc import Sequence
from contextlib import AsyncExitStack
from statistics import median, quantiles

from finops_benchmarks.asking import Answered, ask, connected
from finops_benchmarks.cloudformation_template import load
from finops_benchmarks.results import Cell, Options, Result, Table, write_into_document
from finops_benchmarks.simulation import Setting, bursts, load_against_wait, simulate
from finops_benchmarks.stacks import local_cloud
from finops_operations.local_run.cloud import ROOT
from finops_operations.operator_messages import say

_QUESTIONS = 60
_AGENT_SECONDS = 2.0
# All that the local cloud runs at once, whatever is set (docs/decisions/0002-local-cloud.md).
_PROCESSORS = int(load()["Parameters"]["MaximumConcurrency"]["Default"])
_LIMITED_AGENTS = 4
# What each side's waits are said in: the share of the questions that waited no longer.
_PERCENTS = (25, 50, 75, 95)


def measure(_: Options) -> Result:
    """Simulate what breaks and what mends it, and hold the simulation against a measured burst."""
    simulated = bursts()
    write_into_document("docs/capacity.md", "simulation", [simulated])
    return Result("Simulation: where people begin to wait", (simulated, _held_against()), (load_against_wait(),))


def _held_against() -> Table:
    """Measure a burst with room for all agents, and one with room for few; simulate both."""
    rows: list[tuple[Cell, ...]] = []
    with local_cloud() as (stacks, _):
        url = stacks.project("now", ROOT)
        for agents, name in ((math.inf, "as many agents"), (_LIMITED_AGENTS, f"{_LIMITED_AGENTS} agents at once")):
            if agents is not math.inf:
                stacks.limit_agent(_LIMITED_AGENTS)
            say(f"{_QUESTIONS} questions at once, {name}")
            own, waited = asyncio.run(_burst(url))
            setting = Setting(
                processors=_PROCESSORS,
                functions=math.inf,
                agent_functions=agents,
                agents=1,
                agent_seconds=(_AGENT_SECONDS, _AGENT_SECONDS),
                own_seconds=own,
                cold_start=0.0,
                first_processors=math.inf,
            )
            simulated = _percentiles(simulate(setting, [0.0] * _QUESTIONS).waited)
            measured = _percentiles(waited)
            rows.append((f"{name}, measured", *measured))
            rows.append(("the same, simulated", *simulated))
            rows.append(
                ("measured / simulated", *(one / other for one, other in zip(measured, simulated, strict=True)))
            )
    return Table(
        f"{_QUESTIONS} questions at once on the local cloud: {_PROCESSORS} processors, {_AGENT_SECONDS:g} s an agent",
        ("seconds waited", *(f"p{percent}" for percent in _PERCENTS)),
        tuple(rows),
        "The simulation knows what a job takes besides its agent from questions asked one at a time before the burst;"
        " in it, ten jobs share this machine's processors.",
    )


async def _burst(url: str) -> tuple[float, list[float]]:
    """Give what a job takes besides its agent when it is alone, and how long each of a burst waits, in seconds."""
    async with AsyncExitStack() as stack:
        connections = [await stack.enter_async_context(connected(url)) for _ in range(_QUESTIONS)]

        async def all_of(count: int, seconds: float) -> Sequence[Answered]:
            asked = (ask(connections[number], f"benchmark-{number}", seconds) for number in range(count))
            return await asyncio.gather(*asked)

        # Every worker is there before anything counts.
        await all_of(2 * _PROCESSORS, _AGENT_SECONDS)
        alone = [await ask(connections[0], "benchmark-0", 0.0) for _ in range(10)]
        own = median(answered.end for answered in alone)
        return own, [answered.end - _AGENT_SECONDS - own for answered in await all_of(_QUESTIONS, _AGENT_SECONDS)]


def _percentiles(waited: Sequence[float]) -> list[float]:
    points = quantiles(waited, n=100, method="inclusive")
    return [points[percent - 1] for percent in _PERCENTS]
