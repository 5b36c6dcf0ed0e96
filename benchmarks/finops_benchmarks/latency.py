"""What this layer adds to an agent's own time, on the clock: each step of a question beside the floor's."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import asdict
from statistics import median, quantiles

from finops_benchmarks.asking import Answered, ask, connected
from finops_benchmarks.results import Cell, Chart, Options, Result, Table
from finops_benchmarks.stacks import local_cloud
from finops_operations.local_run.cloud import ROOT
from finops_operations.operator_messages import say

_AGENT_SECONDS = 0.3
# Rounds that are not counted: functions start, connections are made.
_WARM_UP = 3
# Seconds between two questions, in which what comes after an answer is done with: messages deleted, metrics written.
_PAUSE = 0.25

_STEPS: dict[str, tuple[Callable[[Answered], float], float]] = {
    "question sent to `job_queued`": (lambda answered: answered.queued, 1.4),
    "to the first progress message": (lambda answered: answered.progress, 1.5),
    "to the end, less the agent's time": (lambda answered: answered.end - _AGENT_SECONDS, 1.3),
}
"""What is measured of an answer, in seconds, and the most that it may be as a ratio to the floor's."""


def measure(options: Options) -> Result:
    """Ask each stack in turn, in rounds, and compare it with the floor of the same round."""
    with local_cloud() as (stacks, _):
        urls = {"floor": stacks.floor("floor"), "floor again": stacks.floor("again")}
        for label, checkout in {**options.checkouts, "now": ROOT}.items():
            urls[label] = stacks.project(label, checkout)
        rounds = asyncio.run(_rounds(urls, options.rounds))
    sides = [side for side in urls if side != "floor"]
    return Result(
        "Latency: what is added to an agent's own time",
        (_table(rounds, sides),),
        (_chart(rounds, sides),),
        {"rounds": [{side: asdict(answered) for side, answered in one.items()} for one in rounds]},
    )


async def _rounds(urls: Mapping[str, str], count: int) -> list[dict[str, Answered]]:
    rounds = []
    async with AsyncExitStack() as stack:
        connections = {side: await stack.enter_async_context(connected(url)) for side, url in urls.items()}
        for number in range(-_WARM_UP, count):
            # Whoever comes after another may be slowed down by it: each side has each place equally often.
            first = number % len(urls)
            order = [*urls][first:] + [*urls][:first]
            answers = {}
            for side in order if number // len(urls) % 2 else reversed(order):
                answers[side] = await ask(connections[side], "benchmark", _AGENT_SECONDS)
                await asyncio.sleep(_PAUSE)
            if number >= 0:
                rounds.append(answers)
                say(f"round {number + 1} of {count}")
    return rounds


def _table(rounds: list[dict[str, Answered]], sides: list[str]) -> Table:
    rows: list[tuple[Cell, ...]] = []
    for step, (seconds, target) in _STEPS.items():
        floor = median(seconds(one["floor"]) for one in rounds)
        ratios = [_ratio(rounds, side, seconds) for side in sides]
        rows.append((step, f"{floor * 1000:.0f} ms", *(_shown(each, 2) for each in ratios), target))
    later = [_spread([1000 * (one[side].end - one["floor"].end) for one in rounds]) for side in sides]
    rows.append(("later at the end than the floor", None, *(f"{_shown(each, 0)} ms" for each in later), None))
    frames = [int(median(one[side].frames for one in rounds)) for side in ("floor", *sides)]
    rows.append(("frames to the client", *frames, 5))
    return Table(
        f"Ratio to the floor, {len(rounds)} rounds",
        ("", "floor", *sides, "at most"),
        tuple(rows),
        "Ratios are medians of each round's own ratio, with their quartiles. `floor again` is a second floor, measured"
        " as the others are: how far it is from 1 is the noise. To the end, about 55 ms of each side's time are the"
        " local cloud's own, to invoke the agent.",
    )


def _chart(rounds: list[dict[str, Answered]], sides: list[str]) -> Chart:
    series = {side: [_ratio(rounds, side, seconds) for seconds, _ in _STEPS.values()] for side in sides}
    series["at most"] = [(target, target, target) for _, target in _STEPS.values()]
    labels = tuple(step.replace("`", "") for step in _STEPS)
    return Chart("latency", "Time to each step as a ratio to the floor's, with quartiles", labels, series)


def _ratio(
    rounds: list[dict[str, Answered]], side: str, seconds: Callable[[Answered], float]
) -> tuple[float, float, float]:
    return _spread([seconds(one[side]) / seconds(one["floor"]) for one in rounds])


def _spread(values: list[float]) -> tuple[float, float, float]:
    """Give the median and the quartiles."""
    low, middle, high = quantiles(values, n=4)
    return middle, low, high


def _shown(spread: tuple[float, float, float], digits: int) -> str:
    middle, low, high = (f"{value:.{digits}f}" for value in spread)
    return f"{middle} ({low} to {high})"
