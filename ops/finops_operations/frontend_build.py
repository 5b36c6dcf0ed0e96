"""Builds a frontend with npm."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

from finops_operations.errors import OperationFailed
from finops_operations.operator_messages import say

# npm's output is no result: it goes where everything goes that is said on the way.
_STDERR = 2

# A build runs other people's programs, which need none of them.
_CREDENTIALS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")


class FrontendBuild:
    """A frontend's folder with its package.json."""

    def __init__(self, frontend: Path) -> None:
        """Reads nothing yet."""
        self._frontend = frontend
        self._npm = ""

    def check(self) -> None:
        """Finds out what can be found out before anything is run.

        Raises:
            OperationFailed: npm is missing, or the folder is no frontend that can be built.
        """
        self._npm = shutil.which("npm") or ""
        if not self._npm:
            raise OperationFailed("npm is missing. Install Node.js with npm (https://nodejs.org).")
        package = self._package()
        scripts = package.get("scripts")
        if not isinstance(scripts, dict) or not scripts.get("build"):
            raise OperationFailed(
                f"{self._frontend / 'package.json'} has no script named build, so there is nothing to build. With a"
                " build that is there already: --skip-build"
            )
        if self._lacks_packages(package) and not (self._frontend / "package-lock.json").is_file():
            raise OperationFailed(
                f"{self._frontend} has neither node_modules nor package-lock.json. Run there: npm install"
            )

    def run(self) -> None:
        """Runs npm run build, and npm ci before it where node_modules is missing.

        npm ci runs no package's own install script, as everywhere in this project. A frontend that needs those has its
        node_modules made by hand.

        Raises:
            OperationFailed: npm failed.
        """
        if self._lacks_packages(self._package()):
            say("node_modules is missing: npm ci")
            self._run("ci", "--ignore-scripts", "--no-audit", "--no-fund")
        self._run("run", "build")

    def _run(self, *arguments: str) -> None:
        environment = {name: value for name, value in os.environ.items() if name not in _CREDENTIALS}
        # Nothing of a command line's goes into it.
        status = subprocess.run(  # noqa: S603
            [self._npm, *arguments], cwd=self._frontend, env=environment, stdout=_STDERR, check=False
        ).returncode
        if status:
            raise OperationFailed(
                f"npm {arguments[0]} ended with status {status} in {self._frontend}; its output above says why."
                " Nothing was uploaded."
            )

    def _lacks_packages(self, package: dict[str, object]) -> bool:
        needs = package.get("dependencies") or package.get("devDependencies")
        return bool(needs) and not (self._frontend / "node_modules").is_dir()

    def _package(self) -> dict[str, object]:
        path = self._frontend / "package.json"
        try:
            package = json.loads(path.read_bytes())
        except FileNotFoundError as error:
            raise OperationFailed(f"There is no {path}. Name the frontend's folder with --frontend.") from error
        except OSError as error:
            raise OperationFailed(f"{path} cannot be read: {error.strerror}.") from error
        except ValueError as error:
            raise OperationFailed(f"{path} is no JSON: {error}.") from error
        if not isinstance(package, dict):
            raise OperationFailed(f"{path} is no JSON object.")
        return package


def mentions(build: Path, text: str) -> bool:
    """Whether a file of the build has this text in it."""
    wanted = text.encode()
    return any(wanted in path.read_bytes() for path in build.rglob("*") if path.is_file())
