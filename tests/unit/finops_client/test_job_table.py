import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from finops_client.events import JobSummary
from finops_client.job_table import print_jobs
from unit.finops_client import protocol_messages as say
from unit.finops_client.printed_text import FRAGMENTS, assert_harmless

UUID = "3f2b8f0e-6f0e-4a53-9a55-2f6f1f3c8a11"


def summary(**fields: Any) -> JobSummary:
    [job] = say.job_list()["jobs"]
    return JobSummary.from_message(job | fields)


def printed(*jobs: JobSummary, terminal: bool, width: int = 80) -> str:
    file = io.StringIO()
    print_jobs(jobs, Console(file=file, force_terminal=terminal, color_system=None, width=width))
    return file.getvalue()


def test_on_a_terminal_a_table_with_whole_ids() -> None:
    running = summary(jobId=UUID, status="processing", progress=45.5, query="What did it cost? " * 20)
    shown = printed(running, summary(), terminal=True)
    assert UUID in shown
    assert "processing 45%" in shown
    assert "1970-01-01 00:00" in shown
    assert "…" in shown
    assert all(len(line) <= 80 for line in shown.splitlines())
    assert UUID in printed(running, terminal=True, width=75)


def test_a_long_question_without_spaces_is_shown_as_far_as_it_goes() -> None:
    assert "あ" * 15 in printed(summary(query="あ" * 130), terminal=True)


def test_elsewhere_a_line_with_tabs() -> None:
    lines = printed(summary(query="a\tb\nc"), summary(status="processing", progress=45), terminal=False)
    assert lines == "job-1\tcompleted\t1970-01-01T00:00:01Z\ta b c\njob-1\tprocessing 45%\t1970-01-01T00:00:01Z\tWhy?\n"


@pytest.mark.parametrize("terminal", [True, False])
@given(st.text(), st.text(), st.floats(allow_nan=False, allow_infinity=False), st.integers())
def test_no_text_or_number_does_harm(terminal: bool, query: str, status: str, created_at: float, progress: int) -> None:
    job = summary(query=query + "\x1b[2J", status=status, createdAt=created_at, progress=progress)
    shown = printed(job, terminal=terminal)
    assert "\x1b[2J" not in shown
    assert terminal or (len(shown.splitlines()) == 1 and shown.count("\t") == 3)


@pytest.mark.parametrize("terminal", [True, False])
@given(*[st.lists(st.sampled_from(FRAGMENTS)).map("".join)] * 3)
def test_a_table_is_nothing_but_text(terminal: bool, query: str, status: str, job_id: str) -> None:
    shown = printed(summary(query=query, status=status, jobId=job_id), terminal=terminal)
    assert_harmless(shown, allowed="\n" if terminal else "\n\t")


def test_a_name_without_end_does_not_fill_the_screen() -> None:
    shown = printed(summary(query="x" * 1_000_000, status="y" * 1_000_000, jobId="z" * 1_000_000), terminal=True)
    assert len(shown) < 2000
