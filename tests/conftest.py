"""What several suites share: one local cloud and one build of the packages a session, and the options of long runs."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from local_cloud.journey_stack import JourneyStack
from local_cloud.log_search import LogSearch
from local_cloud.running_cloud import ROOT, LocalCloud
from local_cloud.session_logs import search_session

LOG_SEARCH = pytest.StashKey[LogSearch]()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("faults", "the suite that breaks things")
    group.addoption("--minutes", type=float, default=0, help="how long the random schedules run; 0: one short schedule")
    group.addoption("--seed", type=int, default=1, help="seed of all random choices; the same seed makes the same run")


@pytest.fixture(scope="session")
def local_cloud(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    """A local cloud with IAM enforced. When it stops, no log of the session may tell a secret."""
    cloud = LocalCloud(tmp_path_factory.mktemp("cloud"))
    try:
        yield cloud
        found = search_session(cloud, tmp_path_factory.getbasetemp())
    finally:
        cloud.stop()
    request.config.stash[LOG_SEARCH] = found
    assert not found.findings, "\n".join(["The logs tell what nobody may read there:", *found.findings])


@pytest.fixture(scope="session")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The functions' real packages, built for this machine."""
    directory = tmp_path_factory.mktemp("packages")
    built = subprocess.run(
        [ROOT / "build_packages.sh", "--target", "host", "--with-sample-agents", "--output", directory],
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stderr
    return directory


@pytest.fixture(scope="session")
def stack(local_cloud: LocalCloud, packages: Path, tmp_path_factory: pytest.TempPathFactory) -> JourneyStack:
    """The deployed stack with scripted agents."""
    return JourneyStack(local_cloud, packages, tmp_path_factory.mktemp("journeys"))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if found := config.stash.get(LOG_SEARCH, None):
        terminalreporter.section("logs")
        terminalreporter.line(found.summary())
