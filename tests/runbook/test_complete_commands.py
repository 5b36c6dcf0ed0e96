"""A script is parted where a shell would run what was typed so far."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runbook.complete_commands import CompleteCommand, complete_commands

PIECES = st.sampled_from(
    [
        *("true", "", "# why", "if true; then", "fi", "echo a \\", "echo 'open", "close'", "cat <<END", "END"),
        *("f() {", "}", "a |", "b &&", "(", ")", "case x in", "x) ;;", "esac"),
    ]
)


@pytest.mark.parametrize(
    ("script", "commands"),
    [
        ("a\nb\n", [(1, "a\n"), (2, "b\n")]),
        ("# why\n\na\n", [(3, "a\n")]),
        ("a \\\n  --b \\\n  c\nd\n", [(1, "a \\\n  --b \\\n  c\n"), (4, "d\n")]),
        ("if a; then\n  # why\n\n  b\nfi\n", [(1, "if a; then\n  # why\n\n  b\nfi\n")]),
        ("a |\n  b\nc &&\nd\n", [(1, "a |\n  b\n"), (3, "c &&\nd\n")]),
        ("cat <<'END'\nb\n)\nEND\nc\n", [(1, "cat <<'END'\nb\n)\nEND\n"), (5, "c\n")]),
        ("f() {\n  a\n}\nf\n", [(1, "f() {\n  a\n}\n"), (4, "f\n")]),
        ("a '\nb\n'\nc\n", [(1, "a '\nb\n'\n"), (4, "c\n")]),
        ("a \\\\\nb\n", [(1, "a \\\\\n"), (2, "b\n")]),
        ("a\nif\nb\n", [(1, "a\n"), (2, "if\nb\n")]),
        ("", []),
    ],
)
def test_commands_end_where_a_shell_would_run_them(script: str, commands: list[tuple[int, str]]) -> None:
    assert complete_commands(script) == [CompleteCommand(*command) for command in commands]


@settings(max_examples=25, deadline=None)
@given(st.lists(PIECES, max_size=8))
def test_every_line_but_comments_is_in_one_command(lines: list[str]) -> None:
    commands = complete_commands("\n".join(lines))
    taken = {
        number: line
        for command in commands
        for number, line in enumerate(command.text.splitlines(), start=command.line)
    }
    assert sum(len(command.text.splitlines()) for command in commands) == len(taken)
    for number, line in enumerate(lines, start=1):
        assert taken.get(number, line) == line
        assert number in taken or not line or line.startswith("#")
