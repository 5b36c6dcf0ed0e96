"""Blocks know who runs them, and keep their lines."""

from pathlib import Path

from runbook.command_block import CommandBlock, as_script, command_blocks

SAMPLE = Path(__file__).with_name("sample_runbook.md").read_text(encoding="utf-8")


def test_only_marked_fences_are_command_blocks() -> None:
    blocks = command_blocks(SAMPLE)
    assert [(block.section, block.line, block.is_executable) for block in blocks] == [
        ("Set up", 7, True),
        ("Greet", 16, True),
        ("Greet", 27, False),
        ("Read", 39, True),
        ("Read", 44, True),
    ]
    assert blocks[2].reason == "no account is needed to greet, and one is needed for this."


def test_a_block_is_called_by_its_section_and_its_first_command() -> None:
    assert command_blocks(SAMPLE)[1].name == "Greet: greeting \"$NAME\" | tr 'h' 'H'"
    assert CommandBlock("Greet", 1, "# Nothing\n", None).first_command == ""


def test_a_script_has_each_command_in_its_line() -> None:
    lines = as_script(command_blocks(SAMPLE)).splitlines()
    document = SAMPLE.splitlines()
    assert len(lines) == len(document) - 1
    assert all(line in {"", written.strip()} for line, written in zip(lines, document, strict=False))
    assert lines[7] == "export NAME=${NAME:-world}"
    assert lines[44] == "[[ ${PWD##*/} == below ]]"
