import io
import json

from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from finops_client.event_parser import parse_event
from finops_client.events import JobEvent
from finops_client.progress import LineDisplay, LiveDisplay, SilentDisplay, showing_progress
from unit.finops_client import protocol_messages as say
from unit.finops_client.printed_text import FRAGMENTS, assert_harmless


def events(*messages: say.Message) -> list[JobEvent]:
    parsed = [parse_event(json.dumps(message)) for message in messages]
    return [event for event in parsed if isinstance(event, JobEvent)]


def console(*, terminal: bool) -> Console:
    return Console(
        file=io.StringIO(), force_terminal=terminal, width=100, color_system="standard" if terminal else None
    )


def written(to: Console) -> str:
    assert isinstance(to.file, io.StringIO)
    return to.file.getvalue()


def test_a_log_gets_one_plain_line_for_each_step() -> None:
    log = console(terminal=False)
    with showing_progress(log, quiet=False) as display:
        for event in events(*say.WHOLE_JOB[:4], say.WHOLE_JOB[3], say.WHOLE_JOB[-1]):
            display.show(event)
    assert isinstance(display, LineDisplay)
    assert written(log).splitlines() == [
        "[  5%] Queued",
        "[ 20%] Working",
        "[ 20%] Asking " + ", ".join(say.AGENTS),
        f"[ 50%] {say.AGENTS[0]} completed (1 of 2)",
        "[100%] Answer complete",
    ]


def test_a_dumb_terminal_gets_lines_while_the_job_moves() -> None:
    dumb = Console(file=io.StringIO(), force_terminal=True, _environ={"TERM": "dumb"})
    with showing_progress(dumb, quiet=False) as display:
        display.show(*events(say.progress_update()))
        assert written(dumb) == "[ 20%] Working\n"


def test_a_long_step_stays_one_line() -> None:
    log = console(terminal=False)
    with showing_progress(log, quiet=False) as display:
        display.show(*events(say.progress_update(message="word " * 100)))
    assert len(written(log).splitlines()) == 1


def test_a_terminal_gets_a_bar_and_a_tick_for_each_agent() -> None:
    terminal = console(terminal=True)
    with showing_progress(terminal, quiet=False) as display:
        for event in events(
            say.analysis_started(), say.agent_completed(), say.agent_completed(result=say.agent_result(status="failed"))
        ):
            display.show(event)
        assert isinstance(display, LiveDisplay)
        with console(terminal=False) as picture:
            picture.print(display)
        drawn = written(picture)
    assert "50%" in drawn
    assert f"✗ {say.AGENTS[0]}" in drawn
    assert f"… {say.AGENTS[1]}" in drawn
    assert "\x1b[" in written(terminal)


def test_rich_markup_in_a_message_is_not_interpreted() -> None:
    for terminal in (True, False):
        to = console(terminal=terminal)
        with showing_progress(to, quiet=False) as display:
            display.show(*events(say.progress_update(message="[bold]x[/bold] [/nonsense]")))
        assert "[bold]x[/bold] [/nonsense]" in written(to)


def test_quiet_shows_nothing_and_still_knows() -> None:
    to = console(terminal=True)
    with showing_progress(to, quiet=True) as display:
        display.show(*events(say.progress_update()))
    assert isinstance(display, SilentDisplay)
    assert display.view.percent == 20
    assert written(to) == ""


TEXTS = st.text() | st.lists(st.sampled_from(FRAGMENTS)).map("".join)


def picture_of(display: LiveDisplay | LineDisplay, *, terminal: bool) -> str:
    with console(terminal=terminal) as picture:
        picture.print(display)
    return written(picture)


@given(TEXTS, st.lists(TEXTS, max_size=3))
def test_no_message_and_no_agents_name_makes_a_terminal_do_anything(message: str, names: list[str]) -> None:
    hostile = events(
        say.progress_update(message=message, status=message),
        say.analysis_started(agents=names),
        *(say.agent_completed(agent=name, result=say.agent_result(agent=name, title=message)) for name in names),
    )
    log = console(terminal=False)
    line, live = LineDisplay(log), LiveDisplay()
    for event in hostile:
        line.show(event)
        live.show(event)
        for terminal in (True, False):
            assert_harmless(picture_of(live, terminal=terminal))
    assert_harmless(written(log))


def test_a_step_without_end_does_not_fill_the_screen() -> None:
    log, live = console(terminal=False), LiveDisplay()
    line = LineDisplay(log)
    agents = [f"{'agent ' * 1000}{number}" for number in range(1000)]
    for event in events(say.progress_update(message="word " * 100_000), say.analysis_started(agents=agents)):
        line.show(event)
        live.show(event)
    assert all(len(shown) < 400 for shown in written(log).splitlines())
    assert len(picture_of(live, terminal=False)) < 20_000
