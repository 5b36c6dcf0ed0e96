"""Every way in which a command fails ends the shell, with the line that failed; all else stays from one to the next."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from runbook.complete_commands import complete_commands
from runbook.shell_session import Outcome, ShellSession


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[ShellSession]:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    session = ShellSession("GUIDE.md", scratch, tmp_path, {"PATH": os.environ["PATH"]})
    yield session
    session.close()


def run(shell: ShellSession, script: str, seconds: float = 30) -> Outcome:
    return shell.run(complete_commands(script), seconds)


def test_variables_functions_and_the_directory_stay(shell: ShellSession, tmp_path: Path) -> None:
    assert run(shell, 'NAME=value\nexport OTHER=exported\nsay() { echo "said $1"; }\nmkdir below\ncd below\n').is_good
    outcome = run(shell, 'say "$NAME"\nsh -c "echo $OTHER"\npwd\n')
    assert outcome.is_good
    assert outcome.output == f"said value\nexported\n{tmp_path}/below\n"


def test_a_sourced_environment_stays(shell: ShellSession, tmp_path: Path) -> None:
    (tmp_path / "activate").write_text("export VIRTUAL_ENV=here\n")
    assert run(shell, "source ./activate\n").is_good
    assert run(shell, "[[ $VIRTUAL_ENV == here ]]\n").is_good


@pytest.mark.parametrize(
    ("script", "line"),
    [
        ("true\nfalse\ntrue\n", 2),
        ("true\n\n# why\nfalse | cat\ntrue\n", 4),
        ("false && echo never\ntrue\n", 1),
        ('true\necho "$NEVER_SET"\n', 2),
        ("true\nlist --no-such-option .\ntrue\n", 2),
        ("ls \\\n  --no-such-option\ntrue\n", 1),
        ("true\nX=$(false)\ntrue\n", 2),
        ("X=$(false; echo went on)\ntrue\n", 1),
        ("true\nexport X=$(false)\ntrue\n", 2),
        ('true\necho "$(false)"\ntrue\n', 2),
        ("true\ncat <(false)\ntrue\n", 2),
        ("say() { local said=$(false); }\nsay\ntrue\n", 2),
        ("f() {\n  false\n  true\n}\nf\ntrue\n", 5),
        ("if true; then\n  false\nfi\ntrue\n", 1),
        ("for i in 1 2; do\n  [[ $i == 1 ]]\ndone\ntrue\n", 1),
        ("(false; true)\ntrue\n", 1),
        ("true\nif then\n", 2),
        ("true\necho 'never closed\n", 2),
        ("set +e\nfalse\ntrue\n", 2),
        ("true\ncat >/no/such/directory/file\n", 2),
    ],
)
def test_a_command_that_fails_is_noticed_at_its_line(shell: ShellSession, script: str, line: int) -> None:
    outcome = run(shell, script)
    assert outcome.failed_line == line
    assert "exit status" in outcome.failure
    assert "went on" not in outcome.output


@pytest.mark.parametrize(
    "script",
    [
        "if false; then\n  echo never\nfi\n",
        "false || true\n",
        "! false\n",
        "export X=$(false || true)\n",
        "if X=$(false); then\n  echo never\nfi\n",
        "cat <<'END'\nfalse\n)\nEND\n",
        "cat <<END | grep -q 'that &&'\nthis && \\\nthat &&\nEND\n",
        "true \\\n  &&\n  true\n",
        "case x in\n  x) true ;;\nesac\n",
        "# only a comment\n\n",
        "",
    ],
)
def test_what_does_not_fail_passes(shell: ShellSession, script: str) -> None:
    outcome = run(shell, script)
    assert outcome.is_good, outcome


def test_a_here_document_that_nothing_closes_has_failed(shell: ShellSession) -> None:
    outcome = run(shell, "true\ncat <<END\ntext\n")
    assert (outcome.failed_line, outcome.failure) == (2, "a here-document that nothing closes")


def test_the_command_that_failed_is_named_as_it_is_written(shell: ShellSession) -> None:
    outcome = run(shell, 'SECRET=secret\nfor i in 1 2; do\n  [[ $SECRET == "$i" ]]\ndone\n')
    assert outcome.failure == """exit status 1 of '[[ $SECRET == "$i" ]]'"""


def test_bash_names_the_documents_own_lines(shell: ShellSession) -> None:
    outcome = run(shell, "\n\n\necho $NEVER_SET\n")
    assert "GUIDE.md: line 4: NEVER_SET: unbound variable" in outcome.output


def test_a_question_gets_no_answer_and_is_not_waited_for(shell: ShellSession) -> None:
    assert run(shell, "read -r -p 'Sure? ' ANSWER\n").failure.startswith("exit status 1 of")


def test_a_block_that_ends_the_shell_has_failed(shell: ShellSession) -> None:
    outcome = run(shell, "exit 0\n")
    assert outcome.failed_line == 1
    assert "ended the shell" in outcome.failure


def test_a_command_that_is_never_done_is_killed_with_all_that_it_started(shell: ShellSession, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    reading = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    begin = time.monotonic()
    outcome = run(shell, "exec 7>pipe\nsleep 300 &\nsleep 300\n", seconds=1)
    assert outcome.failed_line == 3
    assert outcome.failure == "not done after 1 seconds"
    assert time.monotonic() - begin < 60
    # The pipe ends with the last process that holds it.
    os.set_blocking(reading, True)
    assert os.read(reading, 1) == b""
    os.close(reading)


def test_what_goes_on_in_the_background_does_not_hold_the_shell(shell: ShellSession) -> None:
    assert run(shell, "sleep 300 &\n").is_good
    assert run(shell, "exit 3\n").failure == "exit status 3"


def test_output_of_a_block_is_its_own(shell: ShellSession) -> None:
    assert run(shell, "echo one; echo two >&2\n").output == "one\ntwo\n"
    assert run(shell, "echo three\n").output == "three\n"
