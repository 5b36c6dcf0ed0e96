"""No script fetches a tool that is not pinned: pip reads locked files, npm its lock, and nothing runs unread."""

import re
from pathlib import Path

from project_copy import REPOSITORY

MADE_BY_THE_SCRIPTS = {".venv", ".local", ".git", "build", "node_modules"}
FETCHING = re.compile(
    r"\b(pip3? (install|download)|npm (install|i|ci|add|exec|x|update)|apt-get \w+|install_packages|uv run|npx|uvx|pipx"
    r"|curl|wget) .*?(?=;| 2>|$)"
)
# Such a line only tells a person something.
SAID = re.compile(r"\s*(\|\| *)?(#|say|fail|heading|printf|\")")
# Each was read: what pip and uv are given are locked files and the project itself, npm installs what its lock says, and
# Debian signs what apt-get installs.
PINNED = {
    "ops/python_environment.sh": [
        'install_packages -r "$ROOT/$requirements"',
        'install_packages --no-deps -e "$ROOT"',
        'pip install --disable-pip-version-check --quiet -r <(echo "$locked") || true',
        'pip install --quiet --python "$into/bin/python" "$@"',
        'pip install --disable-pip-version-check --quiet "$@"',
    ],
    "tests/installations.sh": [
        'install_packages --require-hashes --only-binary=:all: -r "$requirements"',
        "apt-get update && apt-get install -y --no-install-recommends chromium",
        'npm ci --ignore-scripts --no-audit --no-fund --prefix "$client"',
    ],
}


def lines_of(script: Path) -> list[str]:
    """Give a script's lines, continued ones as one, without those that only say something."""
    text = script.read_text(encoding="utf-8").replace("\\\n", " ")
    return [line.strip() for line in text.splitlines() if not SAID.match(line)]


def test_every_command_that_fetches_something_is_one_that_was_read() -> None:
    found = {}
    for script in [*REPOSITORY.rglob("*.sh"), *REPOSITORY.glob(".ci/*")]:
        path = script.relative_to(REPOSITORY)
        fetched = [command[0] for line in lines_of(script) if (command := FETCHING.search(line))]
        if fetched and not MADE_BY_THE_SCRIPTS & set(path.parts):
            found[str(path)] = fetched
    assert found == PINNED
