"""A document whose commands work runs through; one broken command stops it, and is named with its line."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from runbook.block_table import block_table
from runbook.command_block import CommandBlock, command_blocks
from runbook.document_run import BlockFailed, DocumentRun
from runbook.shell_session import ShellSession

SAMPLE = Path(__file__).with_name("sample_runbook.md").read_text(encoding="utf-8")
Begin = Callable[[str], tuple[list[CommandBlock], DocumentRun]]


@pytest.fixture
def begin(tmp_path: Path) -> Iterator[Begin]:
    """Begin the run of a document: its blocks, and the run."""
    sessions = []

    def begin(document: str) -> tuple[list[CommandBlock], DocumentRun]:
        scratch = tmp_path / "scratch"
        scratch.mkdir()
        sessions.append(ShellSession("SAMPLE.md", scratch, tmp_path, {"PATH": os.environ["PATH"]}))
        blocks = command_blocks(document)
        return blocks, DocumentRun("SAMPLE.md", blocks, sessions[0], 30)

    yield begin
    for session in sessions:
        session.close()


def executable(blocks: list[CommandBlock]) -> list[CommandBlock]:
    return [block for block in blocks if block.is_executable]


def test_every_executable_block_is_run_in_order(begin: Begin) -> None:
    blocks, run = begin(SAMPLE)
    assert all(run.run(block) for block in executable(blocks))
    assert [outcome.output for outcome in run.outcomes] == ["", "Hello world\nand world\n", "", ""]
    results = [line.split()[-1] for line in block_table(blocks, run.outcomes)]
    assert results == ["result", "ok", "ok", "this.", "ok", "ok"]


def test_a_block_brings_those_before_it_about(begin: Begin) -> None:
    blocks, run = begin(SAMPLE)
    assert run.run(executable(blocks)[1])
    assert run.outcomes[-1].output == "Hello world\nand world\n"


@pytest.mark.parametrize(
    ("good", "broken", "section", "line"),
    [
        ("export NAME=", "export NAEM=", "Greet", 18),
        ('greeting "$NAME" | tr', 'greting "$NAME" | tr', "Greet", 18),
        ("| tr 'h' 'H'", "| tr --no-such-option 'h' 'H' | cat", "Greet", 18),
        ("mkdir -p below", "mkdir -p bellow", "Read", 41),
        ("== below ]]", "== elsewhere ]]", "Read", 45),
        ("mkdir -p below", "mkdir -p 'below", "Read", 40),
        ("export NAME=${NAME:-world}", "export NAME=$(naem)", "Set up", 8),
    ],
)
def test_one_broken_command_fails_its_block(begin: Begin, good: str, broken: str, section: str, line: int) -> None:
    assert good in SAMPLE
    blocks, run = begin(SAMPLE.replace(good, broken))
    with pytest.raises(BlockFailed, match=f"^SAMPLE.md, line {line}, in '{section}': exit status"):
        for block in executable(blocks):
            run.run(block)
    failed = executable(blocks)[len(run.outcomes) - 1]
    assert not run.run(executable(blocks)[-1]) or failed is executable(blocks)[-1]


def test_a_failure_shows_the_block_and_what_it_said_and_what_was_not_run(begin: Begin) -> None:
    blocks, run = begin(SAMPLE.replace("mkdir -p below", "echo before; ls --no-such-option"))
    with pytest.raises(BlockFailed) as raised:
        run.run(executable(blocks)[2])
    assert "\necho before; ls --no-such-option\ncd below\n" in str(raised.value)
    assert "Its output:\nbefore\nls: unrecognized option" in str(raised.value)
    assert not run.run(executable(blocks)[3])
    results = [line.rstrip() for line in block_table(blocks, run.outcomes)]
    assert results[4].endswith("FAILED in line 40: exit status 2 of 'ls --no-such-option'")
    assert results[5].endswith("not run")
