"""Where a row of the fault table happens: the stack, two people with their tabs, and the questions that they ask."""

import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass
from random import Random

from faults.clients import Message, Person, Tab
from faults.faulty_stack import FaultyStack


@dataclass(frozen=True)
class Asked:
    """A question's job, and the tab that asked."""

    tab: Tab
    job_id: str


@dataclass(frozen=True)
class Scene:
    """`tabs` closes all tabs, which are open as long as the history is being judged."""

    stack: FaultyStack
    tabs: AsyncExitStack
    people: tuple[Person, Person]
    questions: tuple[str, ...]
    random: Random

    async def tab(self, person: Person) -> Tab:
        """A new tab of a person's, open and signed in."""
        tab = Tab(self.stack.url, person, self.stack.proxy.history)
        self.tabs.push_async_callback(tab.close)
        await tab.open()
        return tab

    async def ask_all(self) -> list[Asked]:
        """Ask the questions side by side, each person every second one, each in one tab."""
        tabs = await asyncio.gather(*map(self.tab, self.people))

        async def ask(number: int, question: str) -> Asked:
            tab = tabs[number % len(tabs)]
            return Asked(tab, (await tab.ask(question))["jobId"])

        return await asyncio.gather(*(ask(number, question) for number, question in enumerate(self.questions)))


async def all_ends(asked: list[Asked]) -> list[Message]:
    """Wait for the ends of all jobs."""
    return await asyncio.gather(*(one.tab.end_of(one.job_id) for one in asked))
