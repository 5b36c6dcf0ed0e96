"""Packs a frontend's build as Amplify takes it: the same files always make the same bytes."""

from __future__ import annotations

import hashlib
import zipfile
from pathlib import Path

from finops_operations.errors import OperationFailed

# The earliest that a zip can tell.
_ALWAYS = (1980, 1, 1, 0, 0, 0)
_REGULAR_FILE = 0o100644 << 16
_UNIX = 3


def pack(build: Path, package: Path) -> int:
    """Writes the files below `build` into a zip, with `build` itself as the zip's root, and returns how many.

    Amplify serves index.html from the root. A zip of the folder would leave the site without a root, and its visitors
    with "Access Denied" (Amplify Hosting user guide, "Deploying an application to Amplify without a Git repository").

    Raises:
        OperationFailed: there is no build, it has no index.html, or a file cannot be read.
    """
    if not (build / "index.html").is_file():
        raise OperationFailed(
            f"There is no {build / 'index.html'}: Amplify serves the site from there. If the build goes elsewhere, name"
            " its folder with --build-dir."
        )
    files = sorted((path.relative_to(build).as_posix(), path) for path in build.rglob("*") if path.is_file())
    try:
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


def sha256_of(package: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    return hashlib.sha256(package.read_bytes()).hexdigest()
