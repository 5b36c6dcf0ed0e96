"""Every distribution that is installed anywhere in the project is pinned to one release, and locked to its hashes.

No script fetches a tool that is not pinned: pip reads locked files, npm its lock, and nothing runs unread.
"""

import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement

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
        "apt-get update && apt-get install -y --no-install-recommends chromium-headless-shell",
    ],
}


def project_files(pattern: str) -> list[Path]:
    """Return the project's own files whose names match, relative to its root."""
    found = (path.relative_to(REPOSITORY) for path in REPOSITORY.rglob(pattern))
    return sorted(path for path in found if not MADE_BY_THE_SCRIPTS & set(path.parts))


def is_pinned(text: str) -> bool:
    """Say whether a requirement is of one release of an index, and of no other."""
    try:
        specifiers = list(Requirement(text).specifier)
    except InvalidRequirement:
        return False
    return len(specifiers) == 1 and specifiers[0].operator == "==" and not specifiers[0].version.endswith(".*")


def requirements_in(text: str) -> Iterator[tuple[str, list[str]]]:
    """Yield the requirements of a requirements file, each with its hashes; options of pip's come as requirements too.

    https://pip.pypa.io/en/stable/reference/requirements-file-format/
    """
    for line in text.replace("\\\n", " ").splitlines():
        requirement, *options = re.split(r"\s+--hash=", re.sub(r"(^|\s)#.*", "", line).strip())
        if requirement:
            yield requirement, options


def loose(text: str, *, hashes: bool) -> list[str]:
    """Return the requirements in a file's text that are not pinned or, where hashes are asked for, have none."""
    return [
        requirement
        for requirement, options in requirements_in(text)
        # It makes what may be installed less, not more: no code of a source archive runs.
        if requirement != "--only-binary :all:" and not (is_pinned(requirement) and (not hashes or all_sha256(options)))
    ]


def all_sha256(options: list[str]) -> bool:
    return bool(options) and all(re.fullmatch("sha256:[0-9a-f]{64}", option) for option in options)


def test_every_locked_file_has_pins_and_hashes() -> None:
    files = project_files("*requirements*.txt")
    assert {"requirements.txt", "requirements-dev.txt", "tests/scan/requirements.txt"} <= {str(path) for path in files}
    found = {str(path): loose((REPOSITORY / path).read_text(encoding="utf-8"), hashes=True) for path in files}
    assert {path: requirements for path, requirements in found.items() if requirements} == {}


def test_every_file_that_locks_are_made_of_has_pins() -> None:
    files = project_files("requirements*.in")
    assert files
    found = {str(path): loose((REPOSITORY / path).read_text(encoding="utf-8"), hashes=False) for path in files}
    assert {path: requirements for path, requirements in found.items() if requirements} == {}


def test_the_project_s_own_requirements_are_pinned() -> None:
    declared = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))
    requirements = [*declared["build-system"]["requires"], *declared["project"]["dependencies"]]
    for extra in declared["project"]["optional-dependencies"].values():
        requirements += extra
    assert [requirement for requirement in requirements if not is_pinned(requirement)] == []
    locked = (REPOSITORY / "requirements-dev.txt").read_text(encoding="utf-8")
    pins = {str(Requirement(text.partition(";")[0].strip())) for text, _ in requirements_in(locked) if "==" in text}
    wanted = map(Requirement, requirements[1:])
    assert [str(each) for each in wanted if f"{each.name}{each.specifier}" not in pins] == []


def test_what_is_packaged_is_what_the_unit_tests_ran_with() -> None:
    development = (REPOSITORY / "requirements-dev.txt").read_text(encoding="utf-8")
    tested = {requirement.partition(" ")[0]: options for requirement, options in requirements_in(development)}
    for path in project_files("src/*/requirements.txt"):
        for requirement, options in requirements_in((REPOSITORY / path).read_text(encoding="utf-8")):
            assert sorted(tested[requirement.partition(" ")[0]]) == sorted(options), (path, requirement)


def test_npm_s_packages_are_locked() -> None:
    for path in project_files("package.json"):
        lock = REPOSITORY / path.with_name("package-lock.json")
        assert lock.is_file(), f"npm ci needs {lock.relative_to(REPOSITORY)}."
        packages = json.loads(lock.read_bytes())["packages"]
        assert [name for name, each in packages.items() if name and not each.get("integrity")] == []


def lines_of(script: Path) -> list[str]:
    """Give a script's lines, continued ones as one, without those that only say something."""
    text = script.read_text(encoding="utf-8").replace("\\\n", " ")
    return [line.strip() for line in text.splitlines() if not SAID.match(line)]


def test_every_command_that_fetches_something_is_one_that_was_read() -> None:
    found = {}
    for path in [*project_files("*.sh"), *project_files("run")]:
        fetched = [command[0] for line in lines_of(REPOSITORY / path) if (command := FETCHING.search(line))]
        if fetched:
            found[str(path)] = fetched
    assert found == PINNED
