"""Where a row of the fault table happens: the stack, two people with their tabs, and the questions that they ask."""

import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass
from random import Random
from types import TracebackType
from typing import Self

from faults.clients import Message, Person, Tab
from faults.faulty_stack import FaultyStack


@dataclass(frozen=True)
class Asked:
    """A question's job, and the tab that asked."""

    tab: Tab
    job_id: str


class Scene:
    """Leaving it closes all tabs, which are open as long as the history is being judged."""

    def __init__(
        self, stack: FaultyStack, people: tuple[Person, Person], questions: tuple[str, ...], seed: int
    ) -> None:
        self.stack = stack
        self.people = people
        self.questions = questions
        self.random = Random(seed)
        self._tabs = AsyncExitStack()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._tabs.aclose()

    async def tab(self, person: Person) -> Tab:
        """A new tab of a person's, open and signed in."""
        return await self._tabs.enter_async_context(Tab(self.stack.url, person, self.stack.proxy.history))

    async def ask_all(self) -> list[Asked]:
        """Ask the questions side by side, each person every second one, each in one tab."""
        tabs = await asyncio.gather(*(self.tab(person) for person in self.people))

        async def ask(number: int, question: str) -> Asked:
            tab = tabs[number % len(tabs)]
            return Asked(tab, (await tab.ask(question))["jobId"])

        return await asyncio.gather(*(ask(number, question) for number, question in enumerate(self.questions)))


async def all_ends(asked: list[Asked]) -> list[Message]:
    """Wait for the ends of all jobs."""
    return await asyncio.gather(*(one.tab.end_of(one.job_id) for one in asked))
