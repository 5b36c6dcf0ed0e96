"""The documents' blocks are marked, name no value of one account, and do what they say against the local cloud.

The runbook has every section of the guide.
"""

from collections.abc import Callable

import pytest

from runbook.command_blocks import DOCUMENTS, RUNBOOK, CodeFence, as_script, command_blocks, text_of
from runbook.document_rules import hidden_failures, missing_sections, unmarked_blocks, values_of_one_account
from runbook.document_run import BlockFailed, DocumentRun, is_accepted
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


def test_block_does_what_it_says(run_of: Callable[[str], DocumentRun], document: str, block: CodeFence) -> None:
    try:
        if not run_of(document).run(block):
            pytest.skip("not run: a block before it has failed")
    except BlockFailed as error:
        # Of interest is what the block said, not where the tests noticed.
        raise pytest.fail.Exception(str(error), pytrace=False) from None
