"""The desk at which the documents are worked through, and the table of their blocks that a run prints at its end."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from local_cloud.log_search import searched_cloud
from local_cloud.running_cloud import LocalCloud
from runbook.block_table import block_table
from runbook.code_fences import UnclosedFence
from runbook.command_block import CommandBlock, command_blocks
from runbook.complete_commands import complete_commands
from runbook.document_run import DocumentRun
from runbook.documents import DOCUMENTS, RUNBOOK, text_of
from runbook.operator_desk import operator_desk
from runbook.shell_session import ShellSession

BLOCKS = pytest.StashKey[dict[str, list[CommandBlock]]]()
RUNS = pytest.StashKey[dict[str, DocumentRun]]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[RUNS] = {}
    config.stash[BLOCKS] = {}
    for document in DOCUMENTS:
        try:
            config.stash[BLOCKS][document] = command_blocks(text_of(document))
        except FileNotFoundError:
            # Of which test_documents.py tells.
            continue
        except UnclosedFence as error:
            raise pytest.UsageError(f"docs/{document}: {error}") from error


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "block" in metafunc.fixturenames:
        executable = [
            (document, block)
            for document, blocks in metafunc.config.stash[BLOCKS].items()
            for block in blocks
            if block.is_executable
        ]
        names = [block.name if document == RUNBOOK else f"{document}, {block.name}" for document, block in executable]
        metafunc.parametrize(("document", "block"), executable, ids=names)


@pytest.fixture(scope="session")
def local_cloud(tmp_path_factory: pytest.TempPathFactory, log_searches: list[str]) -> Iterator[LocalCloud]:
    """A local cloud for the documents alone: their stack has the names that other tests give to theirs."""
    with searched_cloud(
        tmp_path_factory.getbasetemp(), tmp_path_factory.mktemp("runbook-cloud"), log_searches
    ) as cloud:
        yield cloud


@pytest.fixture(scope="session")
def run_of(
    request: pytest.FixtureRequest, local_cloud: LocalCloud, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str], DocumentRun]]:
    """Give a document's run, which begins when it is first asked for: each in a shell of its own, at one desk."""
    blocks, runs = request.config.stash[BLOCKS], request.config.stash[RUNS]
    with operator_desk(local_cloud, tmp_path_factory.mktemp("runbook")) as desk, ExitStack() as ends:

        def run_of(document: str) -> DocumentRun:
            if document not in runs:
                shell = ShellSession(document, desk.scratch, desk.checkout, desk.environment)
                ends.callback(shell.close)
                prepared = shell.run(complete_commands(desk.preparation), 60)
                assert prepared.is_good, prepared.output
                runs[document] = DocumentRun(f"docs/{document}", blocks[document], shell)
            return runs[document]

        yield run_of


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    for document, run in config.stash[RUNS].items():
        terminalreporter.section(f"docs/{document}")
        for line in block_table(config.stash[BLOCKS][document], run.outcomes):
            terminalreporter.line(line)
