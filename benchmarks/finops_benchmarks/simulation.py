"""How long people wait when many ask at once or agents are slow, simulated; and what loses nobody.

A question is a message in the queue. A processor takes it, of which there are at most MaximumConcurrency, and asks
agents; processors, agents and everybody's frames take their places from the account's concurrency. What AWS does:

- The queue's mapping begins with 5 processors and adds up to 300 a minute.
  https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
- A processor that finds no place is tried again until its message's visibility is over.
  https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
  How long it waits between two tries is not said: the agents' pauses are taken for it.
- A message that was received as often as the template's maxReceiveCount becomes a dead letter.

What ours does: a throttled agent is asked again as in `background_processor/agents.py`, until its time is up; a killed
processor's message is seen again when it is not hidden any more (`background_processor/queue_message.py`).
"""

import math
import random
from collections.abc import Generator, Iterable
from dataclasses import dataclass, field
from statistics import quantiles
from typing import Any

import simpy

from background_processor.agents import _FIRST_PAUSE, _LONGEST_PAUSE
from finops_benchmarks.cloudformation_template import load, properties
from finops_benchmarks.results import Cell, Chart, Table

_QUEUE = properties("AWS::SQS::Queue")["ProcessingQueue"]
# Seconds.
_VISIBILITY = float(_QUEUE["VisibilityTimeout"])
_RECEIVES = int(_QUEUE["RedrivePolicy"]["maxReceiveCount"])
_AGENT_TIMEOUT = float(load()["Parameters"]["AgentTimeoutSeconds"]["Default"])
# A killed processor's message is hidden for a third longer than the lease, and a second.
_HIDDEN = math.ceil(int(load()["Parameters"]["LeaseSeconds"]["Default"]) * 4 / 3) + 1
# Seconds that a frame takes of the account's concurrency.
_FRAME = 0.05
# For how many after the last question frames come. They must end, so that a question that is lost ends the simulation.
_FRAMES_AFTER = 3600.0

_Steps = Generator[simpy.Event, Any, Any]


@dataclass(frozen=True)
class Setting:
    """What is deployed, how it is asked, and what becomes of it. Times are in seconds."""

    processors: int = 10
    """MaximumConcurrency."""
    functions: float = 1000
    """The account's concurrency."""
    agent_functions: float = math.inf
    """The agents' own reserved concurrency."""
    agents: int = 2
    """How many each job asks."""
    agent_seconds: tuple[float, float] = (20.0, 30.0)
    """The least and the most that an agent takes; all between them are as likely."""
    own_seconds: float = 0.2
    """What a job takes besides its agents, all of it counted before they are asked."""
    cold_start: float = 1.0
    """What a processor takes before its first job."""
    first_processors: float = 5
    more_processors: float = 5
    """How many the mapping begins with, and adds each second."""
    crashes: float = 0.0
    """The share of processors that are killed while their agents work."""
    frames: float = 0.0
    """How many frames of other people come in a second."""


@dataclass
class Outcome:
    """What became of all questions, in the order of their ends."""

    waited: list[float] = field(default_factory=list)
    """For each question that has an answer, the seconds that it took longer than its agents and its own work."""
    partial: int = 0
    failed: int = 0
    """No agent could begin, or end, in its time; the question's end says so."""
    dead_letters: int = 0
    """Received too often; they end as failed too, and a person can send them again."""
    frames: int = 0
    frames_refused: int = 0
    most_processors: int = 0
    most_functions: int = 0

    @property
    def ended(self) -> int:
        """How many questions have come to an end."""
        return len(self.waited) + self.failed + self.dead_letters

    def percentile(self, percent: int) -> float | None:
        """Give the wait that so many of a hundred answered questions did not exceed; None if too few were answered."""
        if len(self.waited) < 2:
            return self.waited[0] if self.waited else None
        return quantiles(self.waited, n=100, method="inclusive")[percent - 1]


@dataclass(eq=False)
class _Question:
    asked: float
    agent_seconds: list[float]
    receives: int = 0


def simulate(setting: Setting, arrivals: Iterable[float], seed: int = 1) -> Outcome:
    """Let questions come at these seconds, and give what becomes of them. The same seed gives the same."""
    return _Run(setting, sorted(arrivals), seed).outcome


def bursts() -> Table:
    """Simulate what breaks, and beside it what mends it."""
    rows: list[tuple[Cell, ...]] = []
    for asked, arrivals, setting, remedy in _scenarios():
        outcome = simulate(setting, arrivals)
        refused = outcome.frames_refused / outcome.frames if outcome.frames else 0.0
        waits = (_shown(outcome.percentile(percent)) for percent in (50, 95))
        lost = len(arrivals) - outcome.ended
        failed = outcome.failed + outcome.dead_letters
        rows.append((asked, setting.processors, int(setting.functions), *waits, f"{refused:.0%}", failed, lost, remedy))
    columns = ("load", "`MaximumConcurrency`", "account's functions", "wait p50, s", "p95, s", "frames refused",
               "failed", "lost", "what it shows")  # fmt: skip
    note = (
        "A wait is what an answer takes longer than its agents and its own work. Two agents a question, of 20 to 30 s"
        " where nothing else is said. Failed: no agent could begin in its time, or three processors were killed; the"
        " question has ended, and says so."
    )
    return Table("Bursts and slow agents", columns, tuple(rows), note)


def load_against_wait() -> Chart:
    """Draw how long the median question waits by how many are asked in a minute, and up to which the 95th does."""
    loads = (20, 50, 100, 200, 300)
    series = {}
    for processors in (10, 30, 100):
        outcomes = [simulate(Setting(processors), _burst(questions, 60)) for questions in loads]
        waits = [(outcome.percentile(50) or 0.0, outcome.percentile(95) or 0.0) for outcome in outcomes]
        series[f"{processors} processors"] = [(middle, middle, most) for middle, most in waits]
    title = "Seconds waited (median, up to the 95th of 100) by questions within a minute and MaximumConcurrency"
    return Chart("waiting", title, tuple(map(str, loads)), series, lines=True)


def _scenarios() -> Iterable[tuple[str, list[float], Setting, str]]:
    """What is asked, when, of what, and what is seen in it."""
    team = _burst(20, 5)
    yield "20 questions in 5 s", team, Setting(10, 10, frames=2), "processors take all places"
    yield "the same", team, Setting(2, 10, frames=2), "what `./deploy.sh` advises"
    yield "the same", team, Setting(10, 1000, frames=2), "a higher quota"
    nine = _burst(1_000, 60)
    yield "1,000 questions in 60 s", nine, Setting(10, 1000, frames=20), "the default"
    yield "the same", nine, Setting(100, 1000, frames=20), "a higher `MaximumConcurrency`"
    yield "the same", nine, Setting(300, 1000, frames=20), "as high as the account goes"
    yield "the same", nine, Setting(1000, 1000, frames=20), "too high: frames are refused, and nobody waits less"
    many = _burst(4_000, 60)
    yield "4,000 questions in 60 s", many, Setting(300, 1000, frames=20), "as high as the account goes"
    yield "the same", many, Setting(1000, 1000, frames=20), "too high: agents never begin"
    yield "the same", many, Setting(1000, 3100, frames=20), "a higher quota with it"
    steady, slow = _burst(600, 1800), (100.0, 140.0)
    yield "20 a minute for half an hour", steady, Setting(frames=2), "the default is enough"
    yield "the same, agents of 100 to 140 s", steady, Setting(agent_seconds=slow, frames=2), "slow agents"
    yield (
        "the same",
        steady,
        Setting(60, agent_seconds=slow, frames=2),
        "`MaximumConcurrency`: 20 x 2 minutes, and half",
    )
    killed = "1,000 in 60 s, {} % of processors killed"
    yield killed.format(2), nine, Setting(300, crashes=0.02), "a killed job waits two minutes more"
    yield killed.format(20), nine, Setting(300, crashes=0.2), "killed three times: failed, and can be sent again"


def _burst(questions: int, seconds: float) -> list[float]:
    chance = random.Random(questions)  # noqa: S311 - no secret
    return [chance.uniform(0, seconds) for _ in range(questions)]


def _shown(seconds: float | None) -> Cell:
    return None if seconds is None else round(seconds)


class _Run:
    def __init__(self, setting: Setting, arrivals: list[float], seed: int) -> None:
        self._setting = setting
        self._random = random.Random(seed)  # noqa: S311 - no secret
        self._environment = simpy.Environment()
        self._queue = simpy.Store(self._environment)
        self._functions = self._agents = self._processors = 0
        self._questions = len(arrivals)
        self._all_ended = self._environment.event()
        self.outcome = Outcome()
        self._environment.process(self._ask(arrivals))
        if setting.frames:
            self._environment.process(self._send_frames(arrivals[-1] + _FRAMES_AFTER))
        for number in range(min(setting.processors, len(arrivals))):
            later = max(0.0, number + 1 - setting.first_processors) / setting.more_processors
            self._environment.process(self._poll(arrivals[0] + later))
        self._environment.run(until=self._all_ended)

    def _ask(self, arrivals: list[float]) -> _Steps:
        for asked in arrivals:
            # Sums of seconds are not exact: what is due may be a little late already.
            yield self._environment.timeout(max(0.0, asked - self._environment.now))
            seconds = [self._random.uniform(*self._setting.agent_seconds) for _ in range(self._setting.agents)]
            self._queue.put(_Question(asked, seconds))

    def _poll(self, since: float) -> _Steps:
        """Take one message after another: each of these is one processor at a time."""
        yield self._environment.timeout(since)
        start = self._setting.cold_start
        while True:
            question: _Question = yield self._queue.get()
            if question.receives == _RECEIVES:
                self.outcome.dead_letters += 1
                self._count_end()
                continue
            question.receives += 1
            if (yield from self._place(self._environment.now + _VISIBILITY)):
                yield from self._process(question, start)
                start = 0.0
            else:
                self._queue.put(question)

    def _process(self, question: _Question, start: float) -> _Steps:
        self._processors += 1
        self.outcome.most_processors = max(self.outcome.most_processors, self._processors)
        yield self._environment.timeout(start + self._setting.own_seconds)
        until = self._environment.now + _AGENT_TIMEOUT
        asked = [self._environment.process(self._agent(seconds, until)) for seconds in question.agent_seconds]
        is_killed = self._random.random() < self._setting.crashes
        if is_killed:
            yield self._environment.timeout(self._random.uniform(0, min(question.agent_seconds)))
            self._environment.process(self._show_again(question))
        else:
            yield self._environment.all_of(asked) | self._environment.timeout(_AGENT_TIMEOUT)
        self._processors -= 1
        self._functions -= 1
        if not is_killed:
            self._end(question, sum(bool(agent.processed and agent.value) for agent in asked))

    def _agent(self, seconds: float, until: float) -> _Steps:
        if not (yield from self._place(until, is_agent=True)):
            return False
        self._agents += 1
        yield self._environment.timeout(seconds)
        self._agents -= 1
        self._functions -= 1
        return True

    def _place(self, until: float, *, is_agent: bool = False) -> _Steps:
        """Take one of the account's places; what is throttled comes again later, and gives up when its time is over."""
        longest = _FIRST_PAUSE
        while self._functions >= self._setting.functions or (
            is_agent and self._agents >= self._setting.agent_functions
        ):
            pause = self._random.uniform(longest / 2, longest)
            if self._environment.now + pause >= until:
                return False
            yield self._environment.timeout(pause)
            longest = min(2 * longest, _LONGEST_PAUSE)
        self._functions += 1
        self.outcome.most_functions = max(self.outcome.most_functions, self._functions)
        return True

    def _show_again(self, question: _Question) -> _Steps:
        yield self._environment.timeout(_HIDDEN)
        self._queue.put(question)

    def _send_frames(self, until: float) -> _Steps:
        while self._environment.now < until:
            yield self._environment.timeout(self._random.expovariate(self._setting.frames))
            self.outcome.frames += 1
            if self._functions >= self._setting.functions:
                self.outcome.frames_refused += 1
            else:
                self._environment.process(self._serve_frame())

    def _serve_frame(self) -> _Steps:
        self._functions += 1
        yield self._environment.timeout(_FRAME)
        self._functions -= 1

    def _end(self, question: _Question, answered: int) -> None:
        if answered:
            needed = max(question.agent_seconds) + self._setting.own_seconds
            self.outcome.waited.append(max(0.0, self._environment.now - question.asked - needed))
            self.outcome.partial += answered < len(question.agent_seconds)
        else:
            self.outcome.failed += 1
        self._count_end()

    def _count_end(self) -> None:
        if self.outcome.ended == self._questions:
            self._all_ended.succeed()
