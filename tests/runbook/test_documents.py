"""The documents' blocks are marked, and name no value of one account; the runbook has every section of the guide."""

import pytest

from runbook.command_block import as_script, command_blocks
from runbook.complete_commands import is_accepted
from runbook.document_rules import hidden_failures, missing_sections, unmarked_blocks, values_of_one_account
from runbook.documents import DOCUMENTS, RUNBOOK, text_of
from runbook.guide_sections import GUIDE_SECTIONS


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_block_says_what_it_is(document: str) -> None:
    assert unmarked_blocks(text_of(document)) == []


@pytest.mark.parametrize("document", DOCUMENTS)
def test_no_command_has_a_value_of_one_account(document: str) -> None:
    assert values_of_one_account(command_blocks(text_of(document))) == []


@pytest.mark.parametrize("document", DOCUMENTS)
def test_no_command_that_is_run_hides_a_failure(document: str) -> None:
    assert hidden_failures(command_blocks(text_of(document))) == []


@pytest.mark.parametrize("document", DOCUMENTS)
def test_bash_can_read_what_is_not_run_too(document: str) -> None:
    for block in command_blocks(text_of(document)):
        assert is_accepted(as_script([block])), f"{document}, line {block.line}"


def test_the_runbook_has_every_section_of_the_guide() -> None:
    assert missing_sections(text_of(RUNBOOK), GUIDE_SECTIONS) == []
