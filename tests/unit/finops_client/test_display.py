"""What a person sees of a job, of an answer and of a list. Servers and agents write it, so anything may be in it."""

import io
import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from finops_client import display
from finops_client.display import JobView, picture, print_answer, print_jobs, progress_bar, showing_progress
from finops_client.events import JobEvent, JobList, parse_event
from finops_client.terminal_text import clean_line, clean_text
from unit.finops_client import protocol_messages as say
from unit.finops_client.printed_text import FRAGMENTS, HOSTILE_TEXTS, SGR, assert_harmless

UUID = "3f2b8f0e-6f0e-4a53-9a55-2f6f1f3c8a11"
FAILED_AGENT = say.agent_completed(result=say.agent_result(status="failed"))


def console(*, terminal: bool, width: int = 100, colour: bool = False) -> Console:
    system = "truecolor" if colour else None
    return Console(file=io.StringIO(), force_terminal=terminal, width=width, color_system=system)  # type: ignore[arg-type]


def written(to: Console) -> str:
    assert isinstance(to.file, io.StringIO)
    return to.file.getvalue()


def events(*messages: say.Message) -> list[JobEvent]:
    parsed = [parse_event(json.dumps(message)) for message in messages]
    return [event for event in parsed if isinstance(event, JobEvent)]


def answer(markdown: str, *, terminal: bool = True, **options: Any) -> str:
    to = console(terminal=terminal, **options)
    print_answer(markdown, to)
    return written(to)


def jobs(*fields: dict[str, Any], terminal: bool, width: int = 80) -> str:
    to = console(terminal=terminal, width=width)
    found = parse_event(json.dumps(say.job_list(jobs=[say.job_summary(**one) for one in fields])))
    assert isinstance(found, JobList)
    print_jobs(found.jobs, to)
    return written(to)


def test_a_log_gets_one_plain_line_for_each_step() -> None:
    log = console(terminal=False)
    with showing_progress(log, quiet=False) as shown:
        for event in events(*say.WHOLE_JOB[:4], say.WHOLE_JOB[3], FAILED_AGENT, say.WHOLE_JOB[-1]):
            shown.show(event)
    assert written(log).splitlines() == [
        "[  5%] Queued",
        "[ 20%] Working",
        "[ 20%] Asking " + ", ".join(say.AGENTS),
        f"[ 50%] {say.AGENTS[0]} completed (1 of 2)",
        f"[ 50%] {say.AGENTS[0]} failed (1 of 2)",
        "[100%] Answer complete",
    ]


def test_a_dumb_terminal_gets_lines_while_the_job_moves() -> None:
    dumb = Console(file=io.StringIO(), force_terminal=True, _environ={"TERM": "dumb"})
    with showing_progress(dumb, quiet=False) as shown:
        shown.show(*events(say.progress_update()))
        assert written(dumb) == "[ 20%] Working\n"


def test_a_terminal_gets_a_bar_and_a_tick_for_each_agent_and_quiet_shows_nothing() -> None:
    for quiet in (False, True):
        terminal = console(terminal=True, colour=True)
        with showing_progress(terminal, quiet=quiet) as shown:
            for event in events(say.analysis_started(), say.agent_completed(), FAILED_AGENT):
                shown.show(event)
        assert shown.failed_agents == [say.AGENTS[0]]
        assert bool(written(terminal)) is not quiet
    drawn = picture_of(shown, terminal=False)
    assert all(part in drawn for part in ("50%", f"✗ {say.AGENTS[0]}", f"… {say.AGENTS[1]}"))


def test_a_snapshot_has_it_all_and_a_late_start_sets_nobody_back() -> None:
    view = JobView()
    for event in events(say.job_snapshot(), say.analysis_started()):
        view.show(event)
    assert view == JobView(50, "Working", {say.AGENTS[0]: "completed", say.AGENTS[1]: "working"})


@given(HOSTILE_TEXTS, st.lists(HOSTILE_TEXTS, max_size=3), st.integers(-(10**400), 10**400))
def test_no_message_and_no_agents_name_makes_a_terminal_do_anything(
    message: str, names: list[str], progress: int
) -> None:
    hostile = events(
        say.progress_update(message=message, status=message, progress=progress),
        say.analysis_started(agents=names),
        *(say.agent_completed(agent=name, result=say.agent_result(agent=name, title=message)) for name in names),
    )
    log = console(terminal=False)
    with showing_progress(log, quiet=False) as shown:
        for event in hostile:
            shown.show(event)
            assert 0 <= shown.percent <= 100
            for terminal in (True, False):
                assert_harmless(picture_of(shown, terminal=terminal))
    assert_harmless(written(log))


def picture_of(view: JobView, *, terminal: bool) -> str:
    drawn = console(terminal=terminal)
    drawn.print(picture(view, progress_bar()))
    return written(drawn)


def test_rich_markup_is_text_and_a_step_without_end_does_not_fill_the_screen() -> None:
    log = console(terminal=False)
    agents = [f"{'agent ' * 1000}{number}" for number in range(1000)]
    message = "[bold]x[/bold] [/nonsense]" + "word " * 100_000
    with showing_progress(log, quiet=False) as shown:
        for event in events(say.progress_update(message=message), say.analysis_started(agents=agents)):
            shown.show(event)
            assert len(picture_of(shown, terminal=False)) < 20_000
    assert all(len(line) < 400 for line in written(log).splitlines())
    assert "[bold]x[/bold] [/nonsense]" in written(log)


@pytest.mark.parametrize("colour", [True, False])
@given(HOSTILE_TEXTS)
def test_no_answer_makes_a_terminal_do_anything_but_show_text(colour: bool, markdown: str) -> None:
    for width in (100, 9):
        assert_harmless(answer(markdown, colour=colour, width=width))
    assert_harmless(answer(markdown, terminal=False), allowed="\n\t")


@pytest.mark.parametrize(
    ("markdown", "shown"),
    [
        ("[click](https://a.example)", "click (https://a.example)"),
        ("[click](javascript:alert(1))", "[click](javascript:alert(1))"),
        ("[https://bank.example](https://evil.example)", "https://bank.example (https://evil.example)"),
        ("![a chart](https://a.example/x.png)", "a chart (image: https://a.example/x.png)"),
        ("[![a](https://i.example)](https://l.example) b", "a (image: https://i.example) (https://l.example) b"),
        ("<b>bold</b> <script>alert(1)</script>", "<b>bold</b> <script>alert(1)</script>"),
        ("<!-- hidden -->", "<!-- hidden -->"),
    ],
)
def test_nothing_is_hidden_and_nothing_is_a_link(markdown: str, shown: str) -> None:
    assert [line.rstrip() for line in answer(markdown).splitlines() if line.strip()] == [shown]
    assert "\x1b]8" not in answer(markdown, colour=True)


def test_markdown_is_drawn_on_a_terminal_and_stays_as_it_is_elsewhere() -> None:
    shown = answer(
        "# Title\n\n**bold**\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n- x\n  - y\n\n```json\n[1]\n```\n", colour=True
    )
    assert "\x1b[1m" in shown
    assert not {"#", "*", "|", "`"} & set(shown)
    assert " • y" in SGR.sub("", shown)
    assert answer("# T\n\n- [x](javascript:y)\x1b[2J\tz\n\n", terminal=False) == "# T\n\n- [x](javascript:y)\tz\n"


def test_code_is_not_highlighted_by_a_lexer_of_the_answers_choice() -> None:
    assert len({answer(f"```{info}\nfor x in [1]: pass\n```", colour=True) for info in ("python", "js", "")}) == 1


@pytest.mark.parametrize("levels", range(1, 30, 2))
@pytest.mark.parametrize("width", [20, 40, 200])
def test_what_is_deep_inside_is_shown(levels: int, width: int) -> None:
    assert "inside" in answer(">" * levels + " inside", width=width)
    nested = "".join("  " * level + "- a\n" for level in range(levels)) + "  " * levels + "- inside"
    assert "inside" in answer(nested, width=width)


@pytest.mark.parametrize(
    ("drawn", "as_text"),
    [
        (">" * display.MAX_DEPTH + " a", ">" * (display.MAX_DEPTH + 1) + " a"),
        ("- a\n" * (display.MAX_TOKENS // 10), ("- a\n" * display.MAX_TOKENS).rstrip()),
        ("**a**".ljust(display.MAX_CHARACTERS, "."), "**a**".ljust(display.MAX_CHARACTERS + 1, ".")),
    ],
)
def test_what_is_too_deep_too_many_or_too_long_stays_text(drawn: str, as_text: str) -> None:
    assert answer(drawn)[:5] != drawn[:5]
    assert answer(as_text) == as_text + "\n"


SIZE = display.MAX_CHARACTERS
BOMBS = {
    "a list": "- a\n" * 100_000,
    "emphasis": "*a **a " * (SIZE // 7),
    "images": "![" * (SIZE // 2),
    "lists in lists": "".join("  " * level + "- a\n" for level in range(250)),
    "rows that are filled up": "|" + "a|" * (SIZE // 8) + "\n|" + "-|" * (SIZE // 8) + "\n" + "|\n" * (SIZE // 4),
    "code blocks": "```python\nx\n```\n" * (SIZE // 16),
    "megabytes of escapes": "\x1b[0" * 2_000_000,
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_drawing_takes_a_bounded_time(bomb: str) -> None:
    started = time.process_time()
    answer(BOMBS[bomb])
    # Two seconds at most when measured.
    assert time.process_time() - started < 10


def test_on_a_terminal_jobs_are_a_table_with_whole_ids() -> None:
    running = {"jobId": UUID, "status": "processing", "progress": 45.5, "query": "What did it cost? " * 20}
    shown = jobs(running, {"query": "あ" * 130}, terminal=True)
    assert all(part in shown for part in (UUID, "processing 45%", "1970-01-01 00:00", "…", "あ" * 15))
    assert all(len(line) <= 80 for line in shown.splitlines())
    assert UUID in jobs(running, terminal=True, width=75)
    endless = {"query": "x" * 1_000_000, "status": "y" * 1_000_000, "jobId": "z" * 1_000_000}
    assert len(jobs(endless, terminal=True)) < 2000


@pytest.mark.parametrize("terminal", [True, False])
@given(*[HOSTILE_TEXTS] * 3, st.floats(allow_nan=False, allow_infinity=False), st.integers())
def test_a_list_is_nothing_but_text(
    terminal: bool, query: str, status: str, job_id: str, created_at: float, progress: int
) -> None:
    shown = jobs(
        {"query": query, "status": status, "jobId": job_id, "createdAt": created_at, "progress": progress},
        terminal=terminal,
    )
    assert_harmless(shown, allowed="\n" if terminal else "\n\t")
    assert terminal or (len(shown.splitlines()) == 1 and shown.count("\t") == 3)


@given(HOSTILE_TEXTS)
def test_nothing_that_a_terminal_obeys_is_left(text: str) -> None:
    cleaned = clean_text(text)
    assert_harmless(cleaned, allowed="\n\t")
    assert clean_text(cleaned) == cleaned


@given(st.text(st.characters(categories=["L", "N", "P", "S", "Zs"])))
def test_plain_text_is_left_alone(text: str) -> None:
    assert clean_text(text) == text


@pytest.mark.parametrize(
    ("hostile", "safe"),
    [
        ("a\x1b[31mb\x1b[0mc", "abc"),
        ("\x1b]0;owned\x07title", "title"),
        ("\x1b]8;;http://evil\x1b\\click\x1b]8;;\x1b\\", "click"),
        ("a\r\nb\u2028c", "a\nb\nc"),
        ("\x1b]unfinished\nnext line", "\nnext line"),
        ("pay\u200bpal\u202e\u2060\ufeff\xad", "paypal"),
        ("\u0646\u200c\u0647 \U0001f469\u200d\U0001f469", "\u0646\u200c\u0647 \U0001f469\u200d\U0001f469"),
        ("\x90q\x9c\x98x\x9c\x9ey\x9c\x9fz\x9cend", "end"),
        ("[bold]markup[/bold]\ttab", "[bold]markup[/bold]\ttab"),
    ],
)
def test_hostile_text(hostile: str, safe: str) -> None:
    assert clean_text(hostile) == safe


def test_a_line_is_one_line_and_can_have_a_longest_length() -> None:
    assert clean_line(" two\nlines\x1b[2J\u2028and\tmore ") == "two lines and more"
    assert [clean_line("four", 4), clean_line("fives", 4)] == ["four", "fiv…"]
    assert clean_line("a " * 1_000_000, 10) == "a a a a a…"
    assert_harmless(clean_line("".join(FRAGMENTS)), allowed="")
