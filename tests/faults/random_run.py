"""A random schedule carried out on the stack, until every job has ended and every tab knows it."""

import asyncio
from collections.abc import Awaitable
from contextlib import AsyncExitStack, nullcontext
from dataclasses import dataclass, field

from faults.checker import violations
from faults.clients import PATIENCE, Person, Tab
from faults.faulty_stack import FaultyStack
from faults.history import History
from faults.random_schedule import PEOPLE, Deed, Schedule, Step


@dataclass
class _Window:
    """A tab and what its person is still to do in it, one thing after the other."""

    tab: Tab
    deeds: "asyncio.Queue[Awaitable[object] | None]" = field(default_factory=asyncio.Queue)

    async def live(self) -> None:
        await self.tab.open()
        while (deed := await self.deeds.get()) is not None:
            await deed


class RandomRun:
    """One schedule on one stack."""

    def __init__(self, stack: FaultyStack, schedule: Schedule) -> None:
        self._stack = stack
        self._schedule = schedule
        self._people = [stack.person(f"person-{schedule.seed}-{number}") for number in range(PEOPLE)]
        self._windows: dict[Person, list[_Window]] = {person: [] for person in self._people}
        self._asked: dict[Person, list[tuple[str, str]]] = {person: [] for person in self._people}
        """The requests of each person, with their questions."""
        self._jobs: dict[Person, list[str]] = {person: [] for person in self._people}
        self._tabs = AsyncExitStack()
        self._lives: list[asyncio.Task[None]] = []

    async def carried_out(self) -> tuple[History, list[str]]:
        """Carry the schedule out, and give the history and its violations, judged while all tabs are still open."""
        clocks = self._stack.wrong_clocks(300) if self._schedule.has_wrong_clocks else nullcontext()
        self._stack.begin()
        async with self._tabs:
            with clocks:
                for person in self._people:
                    self._open_a_tab(person)
                await asyncio.gather(self._inject(), self._do_all())
                in_vain = await self._settle()
            await asyncio.to_thread(self._forget_what_is_hidden)
            history = await asyncio.to_thread(self._stack.finish)
            return history, in_vain + violations(history)

    async def _inject(self) -> None:
        begin = asyncio.get_running_loop().time()
        for number, period in enumerate(self._schedule.periods):
            await _until(begin + period.at)
            self._stack.proxy.inject(period.faults, self._schedule.seed + number)

    async def _do_all(self) -> None:
        begin = asyncio.get_running_loop().time()
        for step in self._schedule.steps:
            await _until(begin + step.at)
            await self._do(step)

    async def _do(self, step: Step) -> None:
        person = self._people[step.person]
        window = self._windows[person][step.choice % len(self._windows[person])]
        # Of a stranger too, now and then.
        whose = self._people[step.choice % PEOPLE] if step.choice % 7 == 0 else person
        job_id = self._jobs[whose][step.choice % len(self._jobs[whose])] if self._jobs[whose] else None
        match step.deed:
            case Deed.ASK:
                self._asked[person].append((step.question, f"request-{len(self._asked[person])}"))
                window.deeds.put_nowait(self._ask(person, window.tab, *self._asked[person][-1]))
            case Deed.ASK_AGAIN if self._asked[person]:
                again = self._asked[person][step.choice % len(self._asked[person])]
                window.deeds.put_nowait(self._ask(person, window.tab, *again))
            case Deed.OPEN_A_TAB:
                self._open_a_tab(person)
            case Deed.VANISH:
                await window.tab.vanish()
                self._stack.proxy.note("client vanishes", "client", "Vanish")
            case Deed.RESUME if job_id is not None:
                window.deeds.put_nowait(window.tab.resume(job_id))
            case Deed.CANCEL if job_id is not None:
                window.deeds.put_nowait(window.tab.cancel(job_id))
            case Deed.LIST:
                window.deeds.put_nowait(window.tab.list_jobs())
            case Deed.KILL_A_WORKER:
                await asyncio.to_thread(self._kill_a_worker, step.choice)

    def _open_a_tab(self, person: Person) -> None:
        window = _Window(Tab(self._stack.url, person, self._stack.proxy.history))
        self._tabs.push_async_exit(window.tab)
        self._windows[person].append(window)
        self._lives.append(asyncio.create_task(window.live()))

    def _kill_a_worker(self, choice: int) -> None:
        # One of the last, whose worker is probably at work.
        newest = [job_id for of_person in self._jobs.values() for job_id in of_person[-2:]]
        if newest and self._stack.proxy.kill_holder_of(newest[choice % len(newest)]):
            self._stack.proxy.note("worker killed at any moment", "machine", "Kill")

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

        Gives a sentence for each tab that has waited in vain.
        """
        self._stack.proxy.heal()
        windows = [window for of_person in self._windows.values() for window in of_person]
        for window in windows:
            window.deeds.put_nowait(None)
        lives = await asyncio.gather(*self._lives, return_exceptions=True)
        ends = await asyncio.gather(*(_see_all_ends(window.tab) for window in windows), return_exceptions=True)
        in_vain = []
        for window, problem in zip(2 * windows, [*lives, *ends], strict=True):
            if isinstance(problem, TimeoutError):
                in_vain.append(f"[answers come] A tab of {window.tab.person.name} waited {PATIENCE} seconds in vain.")
            elif problem is not None:
                raise problem
        return in_vain


async def _see_all_ends(tab: Tab) -> None:
    heard_of = [message["jobId"] for message in tab.received if "seq" in message]
    active = [job_id for message in tab.received for job_id in message.get("activeJobs", [])]
    for job_id in dict.fromkeys([*heard_of, *active]):
        await tab.end_of(job_id)


async def _until(moment: float) -> None:
    await asyncio.sleep(max(0.0, moment - asyncio.get_running_loop().time()))
