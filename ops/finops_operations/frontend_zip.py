"""Packs a frontend's build as Amplify takes it: the same files always make the same bytes."""

from __future__ import annotations

import hashlib
import os
import zipfile
from collections.abc import Iterator
from pathlib import Path

from finops_operations.errors import OperationFailed

# The earliest that a zip can tell.
_ALWAYS = (1980, 1, 1, 0, 0, 0)
_REGULAR_FILE = 0o100644 << 16
_UNIX = 3

# The one hidden name that is meant for visitors (RFC 8615).
_WELL_KNOWN = ".well-known"


def pack(build: Path, package: Path) -> int:
    """Writes the files below `build` into a zip, with `build` itself as the zip's root, and returns how many.

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
        files = sorted((path.relative_to(build).as_posix(), path) for path in _publishable_files(build))
        with zipfile.ZipFile(package, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
            for name, path in files:
                entry = zipfile.ZipInfo(name, _ALWAYS)
                entry.create_system = _UNIX
                entry.external_attr = _REGULAR_FILE
                entry.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(entry, path.read_bytes())
    except OSError as error:
        raise OperationFailed(f"{error.filename} cannot be packed: {error.strerror}.") from error
    except UnicodeEncodeError as error:
        raise OperationFailed(f"The name of a file in {build} is no text: {error.object!r}. Rename it.") from error
    return len(files)


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


def sha256_of(package: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    return hashlib.sha256(package.read_bytes()).hexdigest()
