"""A frontend's build: made with npm, and packed as Amplify takes it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

from finops_operations.errors import OperationFailed
from finops_operations.operator_messages import say
from finops_operations.reproducible_zip import write_zip

# A build runs other people's programs, which need none of them.
_CREDENTIALS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")

# The one hidden name that is meant for visitors (RFC 8615).
_WELL_KNOWN = ".well-known"


def check_buildable(frontend: Path) -> None:
    """Find out what can be found out before anything is run.

    Raises:
        OperationFailed: npm is missing, or the folder is no frontend that can be built.
    """
    if not shutil.which("npm"):
        raise OperationFailed("npm is missing. Install Node.js with npm (https://nodejs.org).")
    package = _package(frontend)
    scripts = package.get("scripts")
    if not isinstance(scripts, dict) or not scripts.get("build"):
        raise OperationFailed(
            f"{frontend / 'package.json'} has no script named build, so there is nothing to build. With a"
            " build that is there already: --skip-build"
        )
    if _lacks_packages(frontend, package) and not (frontend / "package-lock.json").is_file():
        raise OperationFailed(f"{frontend} has neither node_modules nor package-lock.json. Run there: npm install")


def build(frontend: Path) -> None:
    """Run npm run build, and npm ci before it where node_modules is missing.

    npm ci runs no package's own install script, as everywhere in this project. A frontend that needs those has its
    node_modules made by hand.

    Raises:
        OperationFailed: npm failed.
    """
    if _lacks_packages(frontend, _package(frontend)):
        say("node_modules is missing: npm ci")
        _npm(frontend, "ci", "--ignore-scripts", "--no-audit", "--no-fund")
    _npm(frontend, "run", "build")


def pack(build: Path, package: Path) -> int:
    """Write the files below `build` into a zip, with `build` itself as the zip's root, and return how many.

    Amplify serves index.html from the root. A zip of the folder would leave the site without a root, and its visitors
    with "Access Denied" (Amplify Hosting user guide, "Deploying an application to Amplify without a Git repository").

    What is in the zip is public. So nothing is packed that may not be meant to be, and nothing is left out unsaid.

    Raises:
        OperationFailed: there is no build, it has no index.html, a file or folder cannot be read, or there is a
            symbolic link, a hidden name other than .well-known, or something that is neither file nor folder.
    """
    if not (build / "index.html").is_file():
        raise OperationFailed(
            f"There is no {build / 'index.html'}: Amplify serves the site from there. If the build goes elsewhere, name"
            " its folder with --build-dir."
        )
    try:
        names = [path.relative_to(build).as_posix() for path in _publishable_files(build)]
        write_zip(package, build, names)
    except OSError as error:
        raise OperationFailed(f"{error.filename} cannot be packed: {error.strerror}.") from error
    except UnicodeEncodeError as error:
        raise OperationFailed(f"The name of a file in {build} is no text: {error.object!r}. Rename it.") from error
    return len(names)


def _npm(frontend: Path, *arguments: str) -> None:
    environment = {name: value for name, value in os.environ.items() if name not in _CREDENTIALS}
    command = [shutil.which("npm") or "npm", *arguments]
    # Its output is no result, so it goes to stderr, where everything goes that is said on the way.
    status = subprocess.call(command, cwd=frontend, env=environment, stdout=2)  # noqa: S603
    if status:
        raise OperationFailed(
            f"npm {arguments[0]} ended with status {status} in {frontend}; its output above says why."
            " Nothing was uploaded."
        )


def _lacks_packages(frontend: Path, package: Mapping[str, object]) -> bool:
    needs = package.get("dependencies") or package.get("devDependencies")
    return bool(needs) and not (frontend / "node_modules").is_dir()


def _package(frontend: Path) -> dict[str, object]:
    path = frontend / "package.json"
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


def _publishable_files(build: Path) -> Iterator[Path]:
    for folder, folder_names, file_names in os.walk(build, onerror=_raise):
        for name in [*folder_names, *file_names]:
            _check_publishable(Path(folder, name))
        yield from (Path(folder, name) for name in file_names)


def _check_publishable(path: Path) -> None:
    if path.is_symlink():
        raise OperationFailed(
            f"{path} is a symbolic link, and what it leads to would be published. Put a copy in its place, or"
            " remove it."
        )
    if path.name.startswith(".") and path.name != _WELL_KNOWN:
        raise OperationFailed(
            f"{path} is hidden, and would be published. Remove it from the build, or rename it; only {_WELL_KNOWN} is"
            " published."
        )
    if not (path.is_file() or path.is_dir()):
        raise OperationFailed(f"{path} is neither a file nor a folder, and cannot be published. Remove it.")


def _raise(error: OSError) -> None:
    # By itself os.walk leaves out what it cannot read.
    raise error
