"""The stack that is attacked, in the session's local cloud, and the tables that a run prints at its end."""

from pathlib import Path

import pytest

from columns import laid_out
from local_cloud.running_cloud import LocalCloud
from security.attack_table import AttackTable
from security.secured_stack import SecuredStack

ATTACKS = pytest.StashKey[AttackTable]()
MISSED = pytest.StashKey[list[tuple[str, str, str]]]()
NEEDED = pytest.StashKey[list[tuple[str, ...]]]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[ATTACKS] = AttackTable()
    config.stash[MISSED] = []
    config.stash[NEEDED] = []


def pytest_collection_finish(session: pytest.Session) -> None:
    session.config.stash[ATTACKS].collected = sum(
        "attack_table" in item.fixturenames for item in session.items if isinstance(item, pytest.Function)
    )


@pytest.fixture(scope="session")
def secured_stack(local_cloud: LocalCloud, packages: Path, tmp_path_factory: pytest.TempPathFactory) -> SecuredStack:
    """The deployed stack with low limits."""
    return SecuredStack(local_cloud, packages, tmp_path_factory.mktemp("attacked"))


@pytest.fixture
def attack_table(request: pytest.FixtureRequest) -> AttackTable:
    """The run's table. A test that asks for it is one attack."""
    return request.config.stash[ATTACKS]


@pytest.fixture
def missed(request: pytest.FixtureRequest) -> list[tuple[str, str, str]]:
    """Rows of the other table: what was taken out, which attack then succeeds, and what it finds."""
    return request.config.stash[MISSED]


@pytest.fixture
def needed(request: pytest.FixtureRequest) -> list[tuple[str, ...]]:
    """Rows of the table of permissions: role, action, resource, and the journey that fails without it."""
    return request.config.stash[NEEDED]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if (attacks := config.stash[ATTACKS]).collected:
        terminalreporter.section("attacks")
        for line in attacks.lines():
            terminalreporter.line(line)
    if missed := config.stash[MISSED]:
        terminalreporter.section("without a control")
        for line in laid_out([("taken out", "the test that fails", "what it finds"), *missed]):
            terminalreporter.line(line)
    if needed := config.stash[NEEDED]:
        terminalreporter.section("least privilege")
        for line in laid_out([("role", "action", "resource", "the journey that fails without it"), *needed]):
            terminalreporter.line(line)
