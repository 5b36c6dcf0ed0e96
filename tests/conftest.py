"""What several suites share: one local cloud and one build of the packages a session, and the options of long runs."""

import gc
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from local_cloud.journey_stack import JourneyStack
from local_cloud.log_search import searched_cloud
from local_cloud.running_cloud import LocalCloud
from project_copy import packages_of_these_sources

LOG_SEARCHES = pytest.StashKey[list[str]]()

# A starved machine is slow, and no property is about time.
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")


def pytest_configure(config: pytest.Config) -> None:
    config.stash[LOG_SEARCHES] = []
    # What a shell starts in the background ignores interrupts, and so would all that the tests start and interrupt.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    # By default, a sixth of the time goes into looking for garbage among all that is loaded.
    gc.set_threshold(50_000, 20, 100)


def pytest_collection_finish() -> None:
    # What is loaded by now stays to the end.
    gc.collect()
    gc.freeze()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("faults", "the suite that breaks things")
    group.addoption("--minutes", type=float, default=0, help="how long the random schedules run; 0: one short schedule")
    group.addoption("--seed", type=int, default=1, help="seed of all random choices; the same seed makes the same run")
    group = parser.getgroup("browser", "the web client")
    group.addoption("--screenshots", metavar="DIR", help="where to put a picture of each state of the web client")


@pytest.fixture(scope="session")
def log_searches(request: pytest.FixtureRequest) -> list[str]:
    """The searches of logs that a run tells of at its end, one for each local cloud."""
    return request.config.stash[LOG_SEARCHES]


@pytest.fixture(scope="session")
def local_cloud(tmp_path_factory: pytest.TempPathFactory, log_searches: list[str]) -> Iterator[LocalCloud]:
    """A local cloud with IAM enforced. When it stops, no log of the session may tell a secret."""
    with searched_cloud(tmp_path_factory.getbasetemp(), tmp_path_factory.mktemp("cloud"), log_searches) as cloud:
        yield cloud


@pytest.fixture(scope="session")
def packages() -> Path:
    """The functions' real packages, built for this machine: once for all sessions of the same sources."""
    return packages_of_these_sources()


@pytest.fixture(scope="session")
def stack(local_cloud: LocalCloud, packages: Path, tmp_path_factory: pytest.TempPathFactory) -> JourneyStack:
    """The deployed stack with scripted agents."""
    return JourneyStack(local_cloud, packages, tmp_path_factory.mktemp("journeys"))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if searches := config.stash[LOG_SEARCHES]:
        terminalreporter.section("logs")
        for search in searches:
            terminalreporter.line(search)
