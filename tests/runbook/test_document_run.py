"""A document whose commands work runs through; a command that fails, in whatever way, stops it and is named."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from runbook.command_blocks import command_blocks
from runbook.document_run import BlockFailed, DocumentRun, block_table

SAMPLE = Path(__file__).with_name("sample_runbook.md").read_text(encoding="utf-8")


@pytest.fixture
def begin(tmp_path: Path) -> Iterator[Callable[[str], DocumentRun]]:
    """Begins the run of a document."""
    runs = []

    def begin(document: str) -> DocumentRun:
        (tmp_path / "scratch").mkdir()
        path = {"PATH": os.environ["PATH"]}
        runs.append(DocumentRun("SAMPLE.md", command_blocks(document), tmp_path / "scratch", tmp_path, path))
        return runs[0]

    yield begin
    for run in runs:
        run.close()


def run_all(run: DocumentRun, document: str, seconds: float = 30) -> list[str]:
    """Run a document and give the last column of its table."""
    blocks = command_blocks(document)
    for block in blocks:
        assert not block.is_executable or run.run(block, seconds)
    return [line.split()[-1] for line in block_table(blocks, run.outcomes)]


def test_every_executable_block_is_run_in_order_and_no_other(begin: Callable[[str], DocumentRun]) -> None:
    run = begin(SAMPLE)
    assert run_all(run, SAMPLE) == ["result", "ok", "ok", "this.", "ok", "ok"]
    assert [outcome.output for outcome in run.outcomes] == ["", "Hello world\nand world\n", "", ""]


def test_one_broken_command_fails_its_block_and_nothing_is_run_after_it(begin: Callable[[str], DocumentRun]) -> None:
    document = SAMPLE.replace("mkdir -p below", "echo before; ls --no-such-option")
    run = begin(document)
    *_, broken, after = command_blocks(document)
    with pytest.raises(BlockFailed, match=r"^SAMPLE.md, line 40, in 'Read': exit status 2 of 'ls ") as raised:
        run.run(broken)
    assert "Its output:\nbefore\nls: unrecognized option" in str(raised.value)
    assert not run.run(after)
    assert block_table(command_blocks(document), run.outcomes)[-1].endswith("not run")


@pytest.mark.parametrize(
    ("script", "line"),
    [
        ("echo $UNSET\ntrue\n", 2),
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
        ("sleep 300 &\nsleep 300\n", 3),
    ],
)
def test_a_command_that_fails_in_any_way_is_noticed_at_its_line(
    begin: Callable[[str], DocumentRun], script: str, line: int
) -> None:
    document = f"```bash\n{script}```\n\n```bash\ntrue\n```\n"
    with pytest.raises(BlockFailed, match=f"^SAMPLE.md, line {line}, ") as failed:
        run_all(begin(document), document, seconds=1 if "sleep" in script else 30)
    assert "went on\n" not in str(failed.value).partition("Its output:")[2]


def test_what_does_not_fail_passes(begin: Callable[[str], DocumentRun]) -> None:
    document = """
```bash
if false || X=$(false); then
  echo never
fi
false || true
cat <<'END'
false
)
END
true \\
  &&
  true
case x in
  x) true ;;
esac
# only a comment
```
"""
    assert run_all(begin(document), document) == ["result", "ok"]
