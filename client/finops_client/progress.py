"""Shows a job's progress on standard error: moving on a terminal that can, one line for each step elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Protocol

from rich.console import Console, Group
from rich.live import Live
from rich.progress import (
    BarColumn,
    Progress,
    SpinnerColumn,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
)
from rich.text import Text

from finops_client.events import JobEvent
from finops_client.job_view import AgentState, JobView

# A question goes to ten agents at most. More lines could not be redrawn in place on a small screen.
AGENTS_SHOWN = 20

_TICKS = {
    AgentState.WORKING: ("…", "dim"),
    AgentState.COMPLETED: ("✓", "green"),
    AgentState.FAILED: ("✗", "red"),
}


class Display(Protocol):
    """Something that shows a job."""

    view: JobView

    def show(self, event: JobEvent) -> None:
        """Takes in an event and shows what it changed."""


class SilentDisplay:
    """Keeps the view and shows nothing."""

    def __init__(self) -> None:
        """An empty view."""
        self.view = JobView()

    def show(self, event: JobEvent) -> None:
        """Takes in an event."""
        self.view.apply(event)


class LineDisplay:
    """One line for each step, so that a log shows the job moving."""

    def __init__(self, console: Console) -> None:
        """Writes to `console`."""
        self.view = JobView()
        self._console = console
        self._last_line = ""

    def show(self, event: JobEvent) -> None:
        """Writes a line, unless it would say the same as the last one."""
        self.view.apply(event)
        line = f"[{self.view.percent:3d}%] {self.view.message}"
        if line != self._last_line:
            self._console.print(Text(line), soft_wrap=True)
            self._last_line = line


class LiveDisplay:
    """A bar, the sentence, the time, and a tick for each agent, redrawn in place."""

    def __init__(self) -> None:
        """A renderable; `showing_progress` puts it on the screen."""
        self.view = JobView()
        self._bar = Progress(
            SpinnerColumn(),
            BarColumn(bar_width=30),
            TaskProgressColumn(),
            TextColumn("{task.description}", markup=False),
            TimeElapsedColumn(),
        )
        self._task = self._bar.add_task("Connecting", total=100)

    def show(self, event: JobEvent) -> None:
        """Takes in an event; the next redraw shows it."""
        self.view.apply(event)
        self._bar.update(self._task, completed=self.view.percent, description=self.view.message)

    def __rich__(self) -> Group:
        """The picture of now."""
        shown = islice(self.view.agents.items(), AGENTS_SHOWN)
        return Group(self._bar, *(_agent_line(name, state) for name, state in shown))


@contextmanager
def showing_progress(console: Console, *, quiet: bool) -> Iterator[Display]:
    """The display that fits: none if quiet, a moving one on a terminal that can move its cursor, or lines."""
    if quiet:
        yield SilentDisplay()
    elif console.is_terminal and not console.is_dumb_terminal:
        display = LiveDisplay()
        with Live(display, console=console):
            yield display
    else:
        yield LineDisplay(console)


def _agent_line(name: str, state: AgentState) -> Text:
    tick, style = _TICKS[state]
    return Text.assemble("  ", (tick, style), " ", name)
