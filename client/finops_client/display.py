"""What `ask` shows: a job's progress, an answer, a list of jobs. On a terminal drawn, elsewhere plain lines.

All of it comes from a server and from agents, and is not trusted: what a terminal would obey is taken out, and
nothing is so long that it fills the screen.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice

from markdown_it import MarkdownIt
from markdown_it.token import Token
from rich.console import Console, Group
from rich.live import Live
from rich.markdown import Markdown
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from finops_client import events
from finops_client.terminal_text import clean_line, clean_text

# What is worth a look of a server's sentences, and of names, ids and statuses: the contract's own bounds are lower.
LONGEST_MESSAGE = 300
LONGEST_NAME = 140
# Two lines on most terminals; the whole question is in the job's own events.
SHOWN_OF_A_QUESTION = 120
# A question goes to ten agents at most. More lines could not be redrawn in place on a small screen.
AGENTS_SHOWN = 20

# Of an answer that is drawn. Measured with fifty kinds of markup, each repeated up to this size: the worst of them is
# read in under two seconds. What people read of an answer is seldom a tenth of it.
MAX_CHARACTERS = 64 * 1024
# A part takes about 0.1 ms to draw, one in a table up to 0.4 ms.
MAX_TOKENS = 5000
# markdown-it reads no deeper than 20, and leaves out what is there.
MAX_DEPTH = 12
# A level is indented by at most four columns. Half of the width is left for the text.
COLUMNS_A_LEVEL = 8
TAB_COLUMNS = 4

WORKING, COMPLETED, FAILED = "working", "completed", "failed"
_TICKS = {WORKING: ("…", "dim"), COMPLETED: ("✓", "green"), FAILED: ("✗", "red")}


@dataclass
class JobView:
    """A job as its events have told it so far, with the state of each agent; all texts are safe to print."""

    percent: int = 0
    message: str = "Connecting"
    agents: dict[str, str] = field(default_factory=dict)
    on_change: Callable[[], None] = lambda: None

    @property
    def failed_agents(self) -> list[str]:
        """The names of the agents that failed."""
        return [name for name, state in self.agents.items() if state == FAILED]

    def show(self, event: events.JobEvent) -> None:
        """Take in an event, and call `on_change` if it says something new."""
        before = self.percent, self.message
        match event:
            case events.JobQueued() | events.ProgressUpdate() | events.JobSnapshot():
                self.percent = _percent(event.progress)
                self.message = clean_line(event.message, LONGEST_MESSAGE)
                if isinstance(event, events.JobSnapshot):
                    self.agents = _working(event.agents) | self.agents | dict(map(_outcome, event.results))
            case events.AnalysisStarted():
                known, self.agents = self.agents, _working(event.agents) | self.agents
                # After a snapshot they are all known, and its sentence is the newer one.
                if len(self.agents) > len(known):
                    self.message = clean_line("Asking " + ", ".join(self.agents), LONGEST_MESSAGE)
            case events.AgentCompleted():
                self.percent = _percent(event.progress)
                name, state = _outcome(event.result)
                if self.agents.get(name) != state:
                    self.agents[name] = state
                    done = sum(each != WORKING for each in self.agents.values())
                    self.message = clean_line(f"{name} {state} ({done} of {event.total_agents})", LONGEST_MESSAGE)
            case events.JobCompleted():
                self.percent = 100
                self.message = "Partial answer" if event.result.partial else "Answer complete"
            case events.JobFailed():
                self.message = "Failed"
            case events.JobCancelled():
                self.message = "Cancelled"
        if (self.percent, self.message) != before:
            self.on_change()


@contextmanager
def showing_progress(console: Console, *, quiet: bool) -> Iterator[JobView]:
    """Give the view that fits: none to see if quiet, a picture on a terminal that can move its cursor, or lines."""
    view = JobView()
    if quiet:
        yield view
    elif console.is_terminal and not console.is_dumb_terminal:
        bar = progress_bar()
        with Live(get_renderable=lambda: picture(view, bar), console=console):
            yield view
    else:
        # One line for each step, so that a log shows the job moving.
        view.on_change = lambda: console.print(Text(f"[{view.percent:3d}%] {view.message}"), soft_wrap=True)
        yield view


def progress_bar() -> Progress:
    """Make a bar that knows how long it is there."""
    message = TextColumn("{task.description}", markup=False)
    bar = Progress(SpinnerColumn(), BarColumn(bar_width=30), TaskProgressColumn(), message, TimeElapsedColumn())
    bar.add_task("", total=100)
    return bar


def picture(view: JobView, bar: Progress) -> Group:
    """Draw a job of now: the bar, the sentence, the time, and a tick for each agent."""
    bar.update(bar.task_ids[0], completed=view.percent, description=view.message)
    shown = islice(view.agents.items(), AGENTS_SHOWN)
    return Group(bar, *(Text.assemble("  ", _TICKS[state], " ", name) for name, state in shown))


def print_answer(markdown: str, console: Console) -> None:
    """Print a whole answer; on a terminal as markdown if that is safe and quick.

    What a terminal would obey is taken out, also where markdown's entities bring it back in. No link can be clicked:
    its address stands beside it, so nothing says one thing and leads to another. Images are named with their address
    and never fetched, HTML is text, and code is not highlighted, because the answer would choose the lexer. What would
    take long to draw, or is nested so deeply that there is no room for it, stays text.
    """
    text = clean_text(markdown).rstrip("\n")
    if not console.is_terminal:
        console.file.write(text + "\n")
        return
    tokens = _read_markdown(text) if len(text) <= MAX_CHARACTERS else None
    if tokens is None or _depth(tokens) > min(MAX_DEPTH, console.width // COLUMNS_A_LEVEL):
        console.file.write(text.expandtabs(TAB_COLUMNS) + "\n")
        return
    drawing = Markdown("", hyperlinks=False)
    drawing.parsed = tokens
    console.print(drawing)


def print_jobs(jobs: Sequence[events.JobSummary], console: Console) -> None:
    """Print the jobs in the order given: a table on a terminal, one line of tab-separated fields for each elsewhere."""
    if not console.is_terminal:
        for job in jobs:
            job_id, asked = clean_line(job.job_id, LONGEST_NAME), _utc(job.created_at, "%Y-%m-%dT%H:%M:%SZ")
            console.file.write("\t".join((job_id, _status(job), asked, clean_line(job.query))) + "\n")
        return
    table = Table(box=None, pad_edge=False, show_edge=False)
    # The id is there to be copied: it is never cut.
    table.add_column("Question, job id", overflow="fold")
    table.add_column("Status", no_wrap=True)
    table.add_column("Asked (UTC)", no_wrap=True)
    for job in jobs:
        question = clean_line(job.query, SHOWN_OF_A_QUESTION)
        name = Text.assemble(question, "\n", (clean_line(job.job_id, LONGEST_NAME), "dim"))
        table.add_row(name, Text(_status(job)), _utc(job.created_at, "%Y-%m-%d %H:%M"))
    console.print(table)


def _working(agents: Iterable[str]) -> dict[str, str]:
    return dict.fromkeys((clean_line(agent, LONGEST_NAME) for agent in agents), WORKING)


def _outcome(result: events.AgentResult) -> tuple[str, str]:
    """The agent's name, and whether it has an answer."""
    return clean_line(result.agent, LONGEST_NAME), FAILED if result.status == FAILED else COMPLETED


def _percent(progress: float) -> int:
    return min(100, max(0, int(progress)))


def _status(job: events.JobSummary) -> str:
    status = clean_line(job.status, LONGEST_NAME)
    return f"{status} {_percent(job.progress)}%" if status == "processing" else status


def _utc(epoch_seconds: float, form: str) -> str:
    try:
        return datetime.fromtimestamp(epoch_seconds, UTC).strftime(form)
    except (OverflowError, ValueError, OSError):
        return "?"


def _read_markdown(text: str) -> list[Token] | None:
    """The parts of a markdown text, made safe to draw; None if there are too many."""
    # With HTML switched on, tags and whatever stands between them would be left out.
    tokens = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"]).parse(text)
    if sum(1 + len(token.children or ()) for token in tokens) > MAX_TOKENS:
        return None
    for token in tokens:
        token.info = ""
        if token.children:
            token.children = [_as_text(child) for child in token.children]
    return tokens


def _as_text(token: Token) -> Token:
    if token.type == "image":
        return Token("text", "", 0, content=clean_text(f"{token.content} (image: {token.attrs['src']})"))
    token.content = clean_text(token.content)
    return token


def _depth(tokens: Sequence[Token]) -> int:
    return max((token.level for token in tokens if token.type != "inline"), default=0)
