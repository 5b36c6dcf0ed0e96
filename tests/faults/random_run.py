"""A random schedule, carried out on the stack until every job has ended and every tab knows it.

Who does what when, and which faults there are meanwhile, is chosen by a seed before it begins.
"""

import asyncio
from collections.abc import Awaitable
from contextlib import AsyncExitStack, nullcontext
from dataclasses import replace
from random import Random
from typing import NamedTuple

from faults.checker import violations
from faults.clients import PATIENCE, Person, Tab
from faults.fault_table import ROWS
from faults.faulty_stack import FaultyStack
from faults.history import History

# Seconds in which everything begins; what it leads to takes as long again.
LENGTH = 8.0
DEEDS_A_SECOND = 5
# Seconds after which other faults are injected.
PERIOD = 2
PEOPLE = 3

QUESTIONS = ("What did it cost, and where can I save?", "What did it cost?", "Where can I save?")
SCRIPTS = (
    "",
    "",
    "cost=nap:1400 advisor=nap:1400",
    "advisor=nap:2500",
    "cost=nap:1600",
    "cost=crash",
    "advisor=refuse",
    "cost=rubbish advisor=nap:800",
    "advisor=hang:6",
    "cost=large:200000",
    "cost=crash advisor=crash",
)
# A fault that has no end is given one here; one that befalls everything would let nothing happen.
FAULTS = tuple(
    replace(fault, times=fault.times or 10, probability=min(fault.probability, 0.5))
    for fault in dict.fromkeys(fault for row in ROWS for fault in row.faults)
)
# What people do, and what happens to workers, and how often each.
DEEDS = {
    "ask": 10,
    "ask again": 3,
    "open a tab": 2,
    "vanish": 3,
    "resume": 3,
    "cancel": 2,
    "list": 1,
    "kill a worker": 4,
}


class Step(NamedTuple):
    """A deed of a person's, `at` so many seconds. `choice` says which tab or job: it is taken modulo their number."""

    at: float
    deed: str
    person: int
    choice: int
    question: str


class RandomRun:
    """One seed's schedule on one stack."""

    def __init__(self, stack: FaultyStack, seed: int) -> None:
        random = Random(seed)
        times = sorted(random.uniform(0, LENGTH) for _ in range(int(LENGTH * DEEDS_A_SECOND)))
        self._steps = [_step(random, at) for at in times]
        self._periods = [random.sample(FAULTS, random.randint(1, 6)) for _ in range(int(LENGTH / PERIOD))]
        self._has_wrong_clocks = random.random() < 0.2
        self._stack = stack
        self._seed = seed
        self._people = [stack.person(f"person-{seed}-{number}") for number in range(PEOPLE)]
        self._tabs: dict[Person, list[Tab]] = {person: [] for person in self._people}
        self._asked: dict[Person, list[tuple[str, str]]] = {person: [] for person in self._people}
        """The requests of each person, with their questions."""
        self._jobs: dict[Person, list[str]] = {person: [] for person in self._people}
        self._doing: list[tuple[Tab, asyncio.Task[object]]] = []
        self._turns: dict[Tab, asyncio.Lock] = {}
        """In each tab, its person does one thing after the other."""
        self._closing = AsyncExitStack()

    async def carried_out(self) -> tuple[History, list[str]]:
        """Carry the schedule out, and give the history and its violations, judged while all tabs are still open."""
        self._stack.begin()
        async with self._closing:
            with self._stack.wrong_clocks(300) if self._has_wrong_clocks else nullcontext():
                for person in self._people:
                    self._open_a_tab(person)
                await asyncio.gather(self._inject(), self._do_all())
                in_vain = await self._settle()
            await asyncio.to_thread(self._forget_what_is_hidden)
            history = await asyncio.to_thread(self._stack.finish)
            found = violations(history)
            return history, in_vain + [f"[{name}] {sentence}" for name in found for sentence in found[name]]

    async def _inject(self) -> None:
        for number, faults in enumerate(self._periods):
            self._stack.proxy.inject(faults, self._seed + number)
            await asyncio.sleep(PERIOD)

    async def _do_all(self) -> None:
        begin = asyncio.get_running_loop().time()
        for step in self._steps:
            await asyncio.sleep(max(0.0, begin + step.at - asyncio.get_running_loop().time()))
            await self._do(step)

    async def _do(self, step: Step) -> None:
        person = self._people[step.person]
        tab = self._tabs[person][step.choice % len(self._tabs[person])]
        # Of a stranger too, now and then.
        whose = self._people[step.choice % PEOPLE] if step.choice % 7 == 0 else person
        job_id = self._jobs[whose][step.choice % len(self._jobs[whose])] if self._jobs[whose] else None
        match step.deed:
            case "ask":
                self._asked[person].append((step.question, f"request-{len(self._asked[person])}"))
                self._let(tab, self._ask(person, tab, *self._asked[person][-1]))
            case "ask again" if self._asked[person]:
                again = self._asked[person][step.choice % len(self._asked[person])]
                self._let(tab, self._ask(person, tab, *again))
            case "open a tab":
                self._open_a_tab(person)
            case "vanish":
                await tab.vanish()
            case "resume" if job_id is not None:
                self._let(tab, tab.resume(job_id))
            case "cancel" if job_id is not None:
                self._let(tab, tab.cancel(job_id))
            case "list":
                self._let(tab, tab.list_jobs())
            case "kill a worker":
                # One of the last, whose worker is probably at work.
                newest = [job_id for of_person in self._jobs.values() for job_id in of_person[-2:]]
                if newest:
                    self._stack.proxy.kill_holder_of(newest[step.choice % len(newest)])

    def _open_a_tab(self, person: Person) -> None:
        tab = Tab(self._stack.url, person, self._stack.proxy.history)
        self._closing.push_async_callback(tab.close)
        self._tabs[person].append(tab)
        self._turns[tab] = asyncio.Lock()
        self._let(tab, tab.open())

    def _let(self, tab: Tab, deed: Awaitable[object]) -> None:
        async def in_turn() -> object:
            async with self._turns[tab]:
                return await deed

        self._doing.append((tab, asyncio.create_task(in_turn())))

    def _forget_what_is_hidden(self) -> None:
        """Give messages time to come again; drop those that will not for long.

        A worker that is killed before it can hide its message for less leaves it hidden for 16 minutes. By then its job
        has been queued again, and has ended.
        """
        try:
            self._stack.settle(10)
        except AssertionError:
            self._stack.lose_messages()

    async def _ask(self, person: Person, tab: Tab, question: str, request_id: str) -> None:
        job_id = (await tab.ask(question, request_id))["jobId"]
        if job_id not in self._jobs[person]:
            self._jobs[person].append(job_id)

    async def _settle(self) -> list[str]:
        """Inject nothing any more, and let everybody see the ends of all that they have heard of.

        Gives a sentence for each time that a tab has waited in vain.
        """
        self._stack.proxy.heal()
        tabs = [tab for of_person in self._tabs.values() for tab in of_person]
        deeds = await asyncio.gather(*(task for _, task in self._doing), return_exceptions=True)
        ends = await asyncio.gather(*map(_see_all_ends, tabs), return_exceptions=True)
        in_vain = []
        for tab, problem in zip([*(tab for tab, _ in self._doing), *tabs], [*deeds, *ends], strict=True):
            if isinstance(problem, TimeoutError):
                in_vain.append(f"[answers come] A tab of {tab.person.name} waited {PATIENCE} seconds in vain.")
            elif isinstance(problem, BaseException):
                raise problem
        return in_vain


async def _see_all_ends(tab: Tab) -> None:
    heard_of = [message["jobId"] for message in tab.received if "seq" in message]
    active = [job_id for message in tab.received for job_id in message.get("activeJobs", [])]
    for job_id in dict.fromkeys([*heard_of, *active]):
        await tab.end_of(job_id)


def _step(random: Random, at: float) -> Step:
    (deed,) = random.choices(list(DEEDS), list(DEEDS.values()))
    question = f"{random.choice(QUESTIONS)} {random.choice(SCRIPTS)}".strip()
    return Step(at, deed, random.randrange(PEOPLE), random.randrange(1000), question)
