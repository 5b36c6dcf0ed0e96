"""No script fetches a tool that is not pinned: pip reads locked files, npm its lock, and nothing runs unread."""

import re
import shlex
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from project_copy import REPOSITORY

MADE_BY_THE_SCRIPTS = {".venv", ".local", ".git", "build", "node_modules"}

FETCHERS = {"curl", "wget"}
INTERPRETERS = {"sh", "bash", "dash", "zsh", "python", "python3", "node"}
# Options of pip that the scripts use and that take the next word as their value.
VALUED = {"--report", "--retries", "--target", "--requirement", "-r", "--editable", "-e"}
PIN = re.compile(r"[A-Za-z0-9._-]+(\[[a-z0-9,-]+\])?==[0-9][0-9A-Za-z.]*")
ARRAY_OF_OPTIONS = re.compile(r"\$\{.*@.*\}")
UNLOCKED = {"install", "i", "add", "exec", "x", "update"}


def scripts() -> list[Path]:
    """Return the project's shell scripts, known by their suffix or their first line."""
    files = (path for path in REPOSITORY.rglob("*") if path.is_file())
    ours = (path for path in files if not MADE_BY_THE_SCRIPTS & set(path.relative_to(REPOSITORY).parts))
    return sorted(
        path for path in ours if path.suffix == ".sh" or re.match(rb"#!.*\b(ba|da|z)?sh\b", path.read_bytes()[:100])
    )


def lines_of(script: str) -> Iterator[tuple[str, list[list[str]]]]:
    """Yield each line of a script, continued ones as one, as simple commands, with the function that it is in."""
    function = ""
    for line in script.replace("\\\n", " ").splitlines():
        if begun := re.match(r"(\w+)\(\)\s*\{", line):
            function = begun[1]
        # Neither comments nor redirections such as 2>&1 are of a command's words.
        yield function, simple_commands(re.sub(r"(^|\s)#.*|\d*[<>]&\d", "", line))


def simple_commands(line: str) -> list[list[str]]:
    """Split a line into the words of its commands; what is in quotes is one word."""
    reader = shlex.shlex(line, posix=True, punctuation_chars=True)
    reader.whitespace_split = True
    reader.commenters = ""
    try:
        words = list(reader)
    except ValueError:
        # A string goes on in the next line.
        words = line.split()
    found: list[list[str]] = [[]]
    for word in words:
        if re.fullmatch(r"[();<>|&{}!]+", word):
            found.append([])
        else:
            found[-1].append(word)
    return found


def unpinned(script: str) -> list[str]:
    """Return the commands of a script that install or run what may be another thing tomorrow."""
    lines = list(lines_of(script))
    # A function that hands its arguments to pip installs whatever its callers say.
    installers = {
        function for function, commands in lines if any("$@" in operands(installed(each)) for each in commands)
    }
    return [
        " ".join(command)
        for _, commands in lines
        for position, command in enumerate(commands)
        if installs_unpinned(command, installers)
        or by_node(command)
        or (position > 0 and runs_what_is_fetched(commands[position - 1], command))
        or any(unpinned(word) or fetches(word) for option, word in pairwise(command) if option == "-c")
    ]


def installed(command: list[str]) -> list[str]:
    """Return what follows `pip install` in a command, nothing if that is not in it."""
    for position, pair in enumerate(pairwise(command)):
        if (name_of(pair[0]), pair[1]) in {("pip", "install"), ("pip3", "install")}:
            return command[position + 2 :]
    return []


def operands(arguments: list[str]) -> list[str]:
    """Return the arguments of pip that are neither options nor their values."""
    pairs = pairwise(["", *arguments])
    return [word for option, word in pairs if not word.startswith("-") and option not in VALUED]


def installs_unpinned(command: list[str], installers: set[str]) -> bool:
    arguments = command[1:] if command and command[0] in installers else installed(command)
    wanted = (word for word in operands(arguments) if word != "$@" and not ARRAY_OF_OPTIONS.fullmatch(word))
    return not all(map(PIN.fullmatch, wanted))


def by_node(command: list[str]) -> bool:
    """Say whether a command has npm or npx take what no lock names."""
    return any(
        (name_of(word) == "npx" and following != "--no-install") or (name_of(word) == "npm" and following in UNLOCKED)
        for word, following in pairwise([*command, ""])
    )


def fetches(script: str) -> bool:
    return any(FETCHERS & {name_of(word) for word in command} for command in simple_commands(script))


def runs_what_is_fetched(command: list[str], neighbour: list[str]) -> bool:
    """Say whether of two commands of a line one fetches and the other runs what it is given."""
    first, second = ({name_of(word) for word in words} for words in (command, neighbour))
    return bool((first & FETCHERS and second & INTERPRETERS) or (first & INTERPRETERS and second & FETCHERS))


def name_of(word: str) -> str:
    return PurePosixPath(word).name


def test_no_script_installs_what_is_not_pinned() -> None:
    found = {str(path.relative_to(REPOSITORY)): unpinned(path.read_text(encoding="utf-8")) for path in scripts()}
    assert {"build_packages.sh", "run_tests.sh", "scripts/python_environment.sh", ".ci/run"} <= found.keys()
    assert {name: commands for name, commands in found.items() if commands} == {}


@pytest.mark.parametrize(
    "script",
    [
        "pip install rich",
        '"$VENV/bin/python" -m pip install --quiet --upgrade pip',
        "python3 -m pip install 'rich>=15'",
        "pip install --quiet \\\n    -r requirements.txt rich",
        "pip install git+https://example.org/rich.git",
        "if ! pip3 install rich==15.*; then",
        'log=$("$VENV/bin/pip" install rich 2>&1)',
        'bash -c "pip install rich"',
        'get() {\n    pip install "$@"\n}\nget rich',
        "npm install",
        "npm install -g wscat@6.0.0",
        "npx wscat",
        "cd finops-ui && FORCE_COLOR=1 npx vite build",
        "curl -fsSL https://example.org/install.sh | sh",
        "wget -qO- https://example.org/x | sudo bash -s",
        "bash <(curl https://example.org/x)",
        'sh -c "$(curl https://example.org/x)"',
    ],
)
def test_what_may_be_another_thing_tomorrow_is_found(script: str) -> None:
    assert unpinned(script)


@pytest.mark.parametrize(
    "script",
    [
        "pip install -r requirements.txt",
        "pip install --no-deps -e .  # ours",
        "pip install rich==15.0.0 'moto[s3]==5.2.5'",
        'get() {\n    pip install --quiet "$@"\n}\nget -r requirements.txt\nget --no-deps -e "$ROOT"',
        'pip install "${LOCKED[@]}" --target "$tree" --requirement "$file" >"$log" 2>&1',
        "npm ci --no-audit",
        "command -v npm >/dev/null",
        "npx --no-install vite build",
        'say "By hand: npx wscat, after pip install rich"',
        "# pip install rich",
        "curl -fsS -o answer.json https://example.org/answer",
    ],
)
def test_what_is_pinned_and_what_is_only_said_passes(script: str) -> None:
    assert unpinned(script) == []


@given(st.text(alphabet="pip install rich\"'\\\n|&;()<>$@{}#-c=="))
@example('"')
@example("pip install $@")
def test_any_script_can_be_read(script: str) -> None:
    assert unpinned(f"{script}\n\npip install rich")
