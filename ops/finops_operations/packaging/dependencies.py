"""Installs a function's locked dependencies into a directory, with pip."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from finops_operations.packaging.errors import BuildFailed
from finops_operations.packaging.targets import wheel_options

# Exact pins with hashes and no source archives: a wrong tag fails, and cannot fall back to another release.
_LOCKED = ["--require-hashes", "--only-binary=:all:", "--no-deps"]
_QUIET = ["--quiet", "--disable-pip-version-check", "--no-input", "--no-compile", "--retries=2"]
# These settings of a user's own would have pip refuse, or install elsewhere.
_NO_SETTINGS = {"PIP_REQUIRE_VIRTUALENV": "0", "PIP_USER": "0"}

# What pip says, and what it means.
_REASONS = {
    "DO NOT MATCH THE HASHES": "a download is not what requirements.txt was locked to.",
    "connection broken": "the package index does not answer.",
    "No matching distribution": "a requirement has no wheel for this target.",
}
_NO_REASON = "pip's words are above."


def install_dependencies(requirements: Path, target: str, directory: Path) -> None:
    """Install what a function's requirements file locks into a directory, and leave pip's report beside it.

    Raises:
        BuildFailed: the file is missing, or something cannot be installed; pip's own errors are on stderr.
    """
    if not requirements.is_file():
        raise BuildFailed(f"{requirements} is missing.")
    report = report_of(directory)
    where = [f"--report={report}", f"--target={directory}", f"--requirement={requirements}"]
    installed = subprocess.run(  # noqa: S603 (a list, no shell)
        [sys.executable, "-m", "pip", "install", *_QUIET, *_LOCKED, *wheel_options(target), *where],
        env={**os.environ, **_NO_SETTINGS},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if installed.returncode:
        sys.stderr.writelines(line for line in installed.stdout.splitlines(keepends=True) if line.startswith("ERROR: "))
        what = f"The dependencies of {requirements.parent.name} for {target} cannot be installed"
        reasons = (reason for words, reason in _REASONS.items() if words in installed.stdout)
        raise BuildFailed(f"{what}: {next(reasons, _NO_REASON)}")


def report_of(directory: Path) -> Path:
    """Give where pip's report of an installation into a directory is.

    https://pip.pypa.io/en/stable/reference/installation-report/
    """
    return directory.with_name(f"{directory.name}.report.json")
