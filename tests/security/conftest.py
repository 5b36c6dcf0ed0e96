"""The stack that is attacked, in the session's local cloud, and the tables that a run prints at its end."""

from collections.abc import Awaitable
from pathlib import Path

import pytest

from columns import laid_out
from local_cloud.running_cloud import LocalCloud
from security.attack import AttackSucceeded, TryAttack
from security.secured_stack import SecuredStack

Rows = list[tuple[str, ...]]
# What a run prints, with the headings of each table; the first row is theirs.
ATTACKS, MISSED, NEEDED = (pytest.StashKey[Rows]() for _ in range(3))
HEADINGS = {
    ATTACKS: ("attacks", ("attack", "against", "how it ended")),
    MISSED: ("without a control", ("taken out", "the test that fails", "what it finds")),
    NEEDED: ("least privilege", ("role", "action", "resource", "the journey that fails without it")),
}
SUCCEEDED, UNCLEAR = "SUCCEEDED", "UNCLEAR"


def pytest_configure(config: pytest.Config) -> None:
    for key in HEADINGS:
        config.stash[key] = []


@pytest.fixture(scope="session")
def secured_stack(local_cloud: LocalCloud, packages: Path, tmp_path_factory: pytest.TempPathFactory) -> SecuredStack:
    """The deployed stack with low limits."""
    return SecuredStack(local_cloud, packages, tmp_path_factory.mktemp("attacked"))


@pytest.fixture
def try_attack(request: pytest.FixtureRequest) -> TryAttack:
    """Lets an attack run, and notes how it ends, whatever it raises."""

    async def try_it(name: str, against: str, run: Awaitable[str]) -> None:
        ended = UNCLEAR
        try:
            ended = await run
        except AttackSucceeded:
            ended = SUCCEEDED
            raise
        finally:
            request.config.stash[ATTACKS].append((name, against, ended))

    return try_it


@pytest.fixture
def missed(request: pytest.FixtureRequest) -> Rows:
    """Rows of the other table: what was taken out, which attack then succeeds, and what it finds."""
    return request.config.stash[MISSED]


@pytest.fixture
def needed(request: pytest.FixtureRequest) -> Rows:
    """Rows of the table of permissions: role, action, resource, and the journey that fails without it."""
    return request.config.stash[NEEDED]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    for key, (title, headings) in HEADINGS.items():
        if rows := config.stash[key]:
            terminalreporter.section(title)
            for line in laid_out([headings, *(sorted(rows, key=lambda row: row[1]) if key is ATTACKS else rows)]):
                terminalreporter.line(line)
    if ended := [how for _, _, how in config.stash[ATTACKS]]:
        wrong = f"{ended.count(SUCCEEDED)} succeeded, {ended.count(UNCLEAR)} could not be judged"
        terminalreporter.line(f"{len(ended)} attacks, {wrong}")
