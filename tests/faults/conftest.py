"""The stack of the faults, in the session's local cloud, and the table that a run prints at its end."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from faults.faulty_stack import FaultyStack
from faults.report import Report, table_of
from local_cloud.running_cloud import LocalCloud

REPORTS = pytest.StashKey[list[Report]]()
NOTES = pytest.StashKey[list[str]]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[REPORTS] = []
    config.stash[NOTES] = []


@pytest.fixture(scope="session")
def faulty_stack(
    local_cloud: LocalCloud, packages: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[FaultyStack]:
    """The deployed stack behind the fault proxy."""
    stack = FaultyStack(local_cloud, packages, tmp_path_factory.mktemp("faults"))
    yield stack
    stack.stop()


@pytest.fixture
def reports(request: pytest.FixtureRequest) -> list[Report]:
    """The rows of the table that is printed at the end."""
    return request.config.stash[REPORTS]


@pytest.fixture
def notes(request: pytest.FixtureRequest) -> list[str]:
    """Lines that are printed at the end."""
    return request.config.stash[NOTES]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    reports, notes = config.stash[REPORTS], config.stash[NOTES]
    if reports:
        terminalreporter.section("faults")
        for line in table_of(reports):
            terminalreporter.line(line)
    if notes:
        terminalreporter.section("recovery")
        for line in notes:
            terminalreporter.line(line)
