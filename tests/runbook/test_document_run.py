"""A document whose commands work runs through; a command that fails, in whatever way, stops it and is named."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from runbook.block_table import block_table
from runbook.code_fences import UnclosedFence
from runbook.command_block import CommandBlock, command_blocks
from runbook.document_run import BlockFailed, DocumentRun
from runbook.shell_session import Outcome, ShellSession

SAMPLE = Path(__file__).with_name("sample_runbook.md").read_text(encoding="utf-8")


class Run:
    """The run of a document, and all of its blocks."""

    def __init__(self, document: str, shell: ShellSession, seconds: float = 30) -> None:
        self.blocks = command_blocks(document)
        self.executable = [block for block in self.blocks if block.is_executable]
        self._run = DocumentRun("SAMPLE.md", self.blocks, shell, seconds)

    def block(self, block: CommandBlock) -> bool:
        return self._run.run(block)

    def all(self) -> list[Outcome]:
        for block in self.executable:
            self._run.run(block)
        return self._run.outcomes

    def results(self) -> list[str]:
        return [line.rstrip() for line in block_table(self.blocks, self._run.outcomes)]


@pytest.fixture
def begin(tmp_path: Path) -> Iterator[Callable[..., Run]]:
    """Begins the run of a document."""
    sessions = []

    def begin(document: str, seconds: float = 30) -> Run:
        scratch = tmp_path / "scratch"
        scratch.mkdir()
        sessions.append(ShellSession("SAMPLE.md", scratch, tmp_path, {"PATH": os.environ["PATH"]}))
        return Run(document, sessions[0], seconds)

    yield begin
    for session in sessions:
        session.close()


def fenced(*scripts: str) -> str:
    return "\n".join(f"```bash\n{script}```\n" for script in scripts)


def test_every_executable_block_is_run_in_order_and_no_other(begin: Callable[..., Run]) -> None:
    run = begin(SAMPLE)
    assert [outcome.output for outcome in run.all()] == ["", "Hello world\nand world\n", "", ""]
    assert [line.split()[-1] for line in run.results()] == ["result", "ok", "ok", "this.", "ok", "ok"]


def test_a_block_brings_those_before_it_about(begin: Callable[..., Run]) -> None:
    run = begin(SAMPLE)
    assert run.block(run.executable[1])
    assert [line.split()[-1] for line in run.results()] == ["result", "ok", "ok", "this.", "run", "run"]


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
def test_one_broken_command_fails_its_block(
    begin: Callable[..., Run], good: str, broken: str, section: str, line: int
) -> None:
    assert good in SAMPLE
    with pytest.raises(BlockFailed, match=f"^SAMPLE.md, line {line}, in '{section}': exit status"):
        begin(SAMPLE.replace(good, broken)).all()


@pytest.mark.parametrize(
    ("script", "line"),
    [
        ("true\nfalse | cat\ntrue\n", 3),
        ("false && echo never\ntrue\n", 2),
        ("ls \\\n  --no-such-option\ntrue\n", 2),
        ("X=$(false; echo went on)\ntrue\n", 2),
        ('echo "$(false)"\ntrue\n', 2),
        ("f() {\n  false\n  true\n}\nf\ntrue\n", 6),
        ("for i in 1 2; do\n  [[ $i == 1 ]]\ndone\ntrue\n", 2),
        ("(false; true)\ntrue\n", 2),
        ("true\nif then\n", 3),
        ("set +e\nfalse\ntrue\n", 3),
        ("true\ncat <<END\ntext\n", 3),
        ("read -r -p 'Sure? ' ANSWER\n", 2),
        ("exit 0\n", 2),
    ],
)
def test_a_command_that_fails_in_any_way_is_noticed_at_its_line(
    begin: Callable[..., Run], script: str, line: int
) -> None:
    with pytest.raises(BlockFailed, match=f"^SAMPLE.md, line {line}, ") as failed:
        begin(fenced(script, "true\n")).all()
    assert "went on\n" not in str(failed.value).partition("Its output:")[2]


@pytest.mark.parametrize(
    "script",
    [
        "if false; then\n  echo never\nfi\n",
        "false || true\n",
        "if X=$(false); then\n  echo never\nfi\n",
        "cat <<'END'\nfalse\n)\nEND\n",
        "true \\\n  &&\n  true\n",
        "case x in\n  x) true ;;\nesac\n",
        "# only a comment\n\n",
    ],
)
def test_what_does_not_fail_passes(begin: Callable[..., Run], script: str) -> None:
    assert all(outcome.is_good for outcome in begin(fenced(script)).all())


def test_a_failure_shows_the_block_and_what_it_said_and_what_was_not_run(begin: Callable[..., Run]) -> None:
    run = begin(SAMPLE.replace("mkdir -p below", "echo before; ls --no-such-option"))
    with pytest.raises(BlockFailed) as raised:
        run.block(run.executable[2])
    assert "\necho before; ls --no-such-option\ncd below\n" in str(raised.value)
    assert "Its output:\nbefore\nls: unrecognized option" in str(raised.value)
    assert not run.block(run.executable[3])
    results = run.results()
    assert results[4].endswith("FAILED in line 40: exit status 2 of 'ls --no-such-option'")
    assert results[5].endswith("not run")


def test_a_command_that_is_never_done_is_killed_with_all_that_it_started(
    begin: Callable[..., Run], tmp_path: Path
) -> None:
    os.mkfifo(tmp_path / "pipe")
    reading = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    with pytest.raises(BlockFailed, match=r"line 4, .*not done after 1 seconds"):
        begin(fenced("exec 7>pipe\nsleep 300 &\nsleep 300\n"), seconds=1).all()
    # The pipe ends with the last process that holds it.
    os.set_blocking(reading, True)
    assert os.read(reading, 1) == b""
    os.close(reading)


def test_a_fence_that_is_not_closed_is_said_with_its_line() -> None:
    with pytest.raises(UnclosedFence, match="line 5 is not closed"):
        command_blocks("```bash\na\n```\n\n```bash\nb\n")
