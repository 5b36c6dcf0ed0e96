"""The documents' own commands, those of each in its order and in one shell, against the local cloud."""

from collections.abc import Callable

import pytest

from runbook.command_blocks import CodeFence
from runbook.document_run import BlockFailed, DocumentRun


def test_block_does_what_it_says(run_of: Callable[[str], DocumentRun], document: str, block: CodeFence) -> None:
    try:
        if not run_of(document).run(block):
            pytest.skip("not run: a block before it has failed")
    except BlockFailed as error:
        # Of interest is what the block said, not where the tests noticed.
        raise pytest.fail.Exception(str(error), pytrace=False) from None
