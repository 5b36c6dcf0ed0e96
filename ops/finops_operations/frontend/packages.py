"""A frontend's packages: what its package-lock.json pins, installed into node_modules. No package's own script is run.

`python -m finops_operations.frontend.packages` installs the web client's.
"""

import fcntl
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import IO, Any

from finops_operations.errors import OperationFailed
from finops_operations.operator_messages import complain, heading

WEB_CLIENT = Path(__file__).resolve().parents[3] / "finops-ui"
_LOCK = "package-lock.json"

# Packages and builds are other people's programs, which need none of them.
_CREDENTIALS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")


def check_npm() -> None:
    """Find out whether npm is there."""
    if not shutil.which("npm"):
        raise OperationFailed("npm is missing. Install Node.js 20.19 or newer with npm (https://nodejs.org).")


def install_packages(frontend: Path = WEB_CLIENT) -> None:
    """Run npm ci, unless what is installed is what is locked. Who comes second waits, and finds it done."""
    if are_installed(frontend):
        return
    check_npm()
    # The lock goes with the process, however that ends.
    with (frontend / _LOCK).open("rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not are_installed(frontend):
            heading(f"Installing the pinned packages of {frontend.name} (once; half a minute)")
            npm(frontend, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")


def are_installed(frontend: Path) -> bool:
    """Tell whether node_modules holds what package-lock.json pins, without what is only for other machines.

    npm writes the first file when it has installed everything:
    https://docs.npmjs.com/cli/configuring-npm/package-lock-json#hidden-lockfiles
    """
    try:
        installed = _packages(frontend / "node_modules" / ".package-lock.json")
    except FileNotFoundError:
        return False
    locked = _packages(frontend / _LOCK)
    wanted = {place for place, package in locked.items() if place and not package.get("optional")}
    return wanted <= installed.keys() <= locked.keys() and all(
        package.get("integrity") == locked[place].get("integrity") for place, package in installed.items()
    )


def _packages(lock: Path) -> dict[str, dict[str, Any]]:
    packages: dict[str, dict[str, Any]] = json.loads(lock.read_bytes())["packages"]
    return packages


def npm(frontend: Path, *arguments: str, output: IO[bytes] | None = None, **variables: str) -> None:
    """Run npm there, with more environment variables. What it says goes to a file, or is shown.

    Raises:
        OperationFailed: it could not do what it was asked to.
    """
    environment = {name: value for name, value in os.environ.items() if name not in _CREDENTIALS} | variables
    command = [shutil.which("npm") or "npm", *arguments]
    # Its output is no result, so it goes to stderr, where everything goes that is said on the way.
    said = output.fileno() if output else 2
    status = subprocess.call(  # noqa: S603 (a list, no shell)
        command, cwd=frontend, env=environment, stdin=subprocess.DEVNULL, stdout=said, stderr=said
    )
    if status:
        raise OperationFailed(
            f"npm {arguments[0]} ended with status {status} in {frontend}; its output above says why."
        )


if __name__ == "__main__":
    try:
        install_packages()
    except OperationFailed as failure:
        complain(str(failure))
        sys.exit(1)
