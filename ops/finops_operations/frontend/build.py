"""A frontend's build: made with npm, and packed as Amplify takes it. What cannot be done is an OperationFailed."""

import os
from pathlib import Path

from finops_operations.errors import OperationFailed
from finops_operations.frontend.packages import check_npm, install_packages, npm
from finops_operations.operator_messages import say
from finops_operations.reproducible_zip import write_zip

# The one hidden name that is meant for visitors (RFC 8615).
_WELL_KNOWN = ".well-known"


def check_buildable(frontend: Path) -> None:
    """Find out what can be found out before npm is run, which says itself what it misses in package.json."""
    check_npm()
    if not (frontend / "package.json").is_file():
        raise OperationFailed(
            f"There is no {frontend / 'package.json'}. Name the frontend's folder with --frontend. With a build that is"
            " there already: --skip-build"
        )


def build(frontend: Path) -> None:
    """Run npm run build, and npm ci before it where node_modules is missing or is not what package-lock.json says.

    npm ci runs no package's own install script, as everywhere in this project. A frontend that needs those has its
    node_modules made by hand.
    """
    if (frontend / "package-lock.json").is_file():
        install_packages(frontend)
    elif not (frontend / "node_modules").is_dir():
        say("There is neither node_modules nor package-lock.json. If the build misses packages, run there: npm install")
    npm(frontend, "run", "build")


def pack(build: Path, package: Path) -> int:
    """Write the files below `build` into a zip, with `build` itself as the zip's root, and return how many.

    Amplify serves index.html from the root. A zip of the folder would leave the site without a root, and its visitors
    with "Access Denied" (Amplify Hosting user guide, "Deploying an application to Amplify without a Git repository").

    What is in the zip is public. So nothing is packed that may not be meant to be, and nothing is left out unsaid.
    """
    if not (build / "index.html").is_file():
        raise OperationFailed(
            f"There is no {build / 'index.html'}: Amplify serves the site from there. If the build goes elsewhere, name"
            " its folder with --build-dir."
        )
    names = []
    try:
        for folder, folder_names, file_names in os.walk(build, onerror=_raise):
            for name in [*folder_names, *file_names]:
                _check_publishable(Path(folder, name))
            names += [Path(folder, name).relative_to(build).as_posix() for name in file_names]
        write_zip(package, build, names)
    except (OSError, UnicodeEncodeError) as error:
        raise OperationFailed(f"{build} cannot be packed: {error}") from error
    return len(names)


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


def _raise(error: OSError) -> None:
    # By itself os.walk leaves out what it cannot read.
    raise error
