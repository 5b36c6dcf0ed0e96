"""The desk at which the documents are worked through, and the table of their blocks that a run prints at its end."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from local_cloud.log_search import searched_cloud
from local_cloud.running_cloud import LocalCloud
from runbook.command_blocks import DOCUMENTS, CodeFence, command_blocks, text_of
from runbook.document_run import DocumentRun, block_table
from runbook.operator_desk import operator_desk

BLOCKS = pytest.StashKey[dict[str, list[CodeFence]]]()
RUNS = pytest.StashKey[dict[str, DocumentRun]]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[RUNS] = {}
    config.stash[BLOCKS] = {document: command_blocks(text_of(document)) for document in DOCUMENTS}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "block" in metafunc.fixturenames:
        executable = [
            (document, block)
            for document, blocks in metafunc.config.stash[BLOCKS].items()
            for block in blocks
            if block.is_executable
        ]
        names = [f"{document}, {block.section}: {block.first_command}" for document, block in executable]
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
                run = DocumentRun(document, blocks[document], desk.scratch, desk.checkout, desk.environment)
                ends.callback(run.close)
                prepared = run.type(desk.preparation, 60)
                assert not prepared.failure, prepared.output
                runs[document] = run
            return runs[document]

        yield run_of


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    for document, run in config.stash[RUNS].items():
        terminalreporter.section(f"docs/{document}")
        for line in block_table(config.stash[BLOCKS][document], run.outcomes):
            terminalreporter.line(line)
