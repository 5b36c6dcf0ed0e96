"""The documents' blocks are marked, and name no value of one account; the runbook has every section of the guide."""

import pytest

from runbook.command_blocks import DOCUMENTS, RUNBOOK, as_script, command_blocks, text_of
from runbook.document_rules import hidden_failures, missing_sections, unmarked_blocks, values_of_one_account
from runbook.document_run import is_accepted
from runbook.guide_sections import GUIDE_SECTIONS


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_block_says_what_it_is_names_nothing_of_one_account_and_hides_no_failure(document: str) -> None:
    text = text_of(document)
    blocks = command_blocks(text)
    assert [*unmarked_blocks(text), *values_of_one_account(blocks), *hidden_failures(blocks)] == []
    # Of those that are not run, too.
    assert [block.line for block in blocks if not is_accepted(as_script([block]))] == []


def test_the_runbook_has_every_section_of_the_guide() -> None:
    assert missing_sections(text_of(RUNBOOK), GUIDE_SECTIONS) == []
