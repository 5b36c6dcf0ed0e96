"""A copy of what build_packages.sh reads, so that a test's builds leave the repository's own build/ alone."""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
SOURCES = ("build_packages.sh", "ops", "contract", "cloudformation", "src")

# Made of the contract, when a package is built and before tests run.
COMPILED = ("contract_validators.py", "figures_validator.py")
PACKAGES = {
    "connection_manager": "websocket-connection-manager.zip",
    "message_handler": "websocket-message-handler.zip",
    "background_processor": "websocket-background-processor.zip",
}
WITH_SAMPLE_AGENTS = PACKAGES | {"sample_agents": "sample-agents.zip"}


@dataclass(frozen=True)
class ProjectCopy:
    """A copy of the project in a directory of its own."""

    root: Path

    @classmethod
    def make(cls, root: Path, source: Path = REPOSITORY) -> "ProjectCopy":
        """Copy the project's sources from a directory to another, which must not exist."""
        root.mkdir(parents=True)
        for name in SOURCES:
            if (source / name).is_dir():
                shutil.copytree(source / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy2(source / name, root / name)
        return cls(root)

    def package(self, function: str) -> Path:
        """Return the path of a function's package."""
        return self.root / "build" / WITH_SAMPLE_AGENTS[function]

    def command(self, *arguments: str) -> list[str]:
        """Return the command that builds this copy."""
        return [str(self.root / "build_packages.sh"), *arguments]

    def build(self, *arguments: str, umask: int = -1, **environment: str | None) -> subprocess.CompletedProcess[str]:
        """Run the build from another directory, with environment variables set, or taken away by None."""
        return subprocess.run(
            self.command(*arguments),
            cwd="/",
            env=build_environment(**environment),
            umask=umask,
            capture_output=True,
            text=True,
            check=False,
        )


def build_environment(**changes: str | None) -> dict[str, str]:
    """Return this process's environment with the tests' Python to build with, and with changes."""
    environment = {**os.environ, "PYTHON": sys.executable, **changes}
    return {name: value for name, value in environment.items() if value is not None}


def packages_of_these_sources() -> Path:
    """Give a directory with packages of the project's sources for this machine, the sample agents' among them.

    Who comes first builds them, and other processes wait for it: the lanes of ./run_tests.sh are three.
    """
    builds = REPOSITORY / ".local" / "test_packages"
    builds.mkdir(parents=True, exist_ok=True)
    sources = hashlib.sha256(sys.version.encode())
    for path in source_files():
        sources.update(f"\0{path.relative_to(REPOSITORY)}\0".encode() + path.read_bytes())
    directory = builds / sources.hexdigest()
    with (builds / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (directory / "target").exists():
            for earlier in builds.glob("*/"):
                shutil.rmtree(earlier)
            command = ["./build_packages.sh", "--target", "host", "--with-sample-agents", "--output", str(directory)]
            built = subprocess.run(
                command, cwd=REPOSITORY, env=build_environment(), capture_output=True, text=True, check=False
            )
            assert built.returncode == 0, built.stderr
    return directory


def source_files() -> Iterator[Path]:
    for name in SOURCES:
        found = [REPOSITORY / name] if (REPOSITORY / name).is_file() else sorted((REPOSITORY / name).rglob("*"))
        # What is compiled into src/ is not taken from there.
        yield from (each for each in found if each.is_file() and each.suffix != ".pyc" and each.name not in COMPILED)
