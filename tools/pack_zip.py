"""Packs a directory into a zip file that depends on nothing but the files' names and contents.

Neither the files' times, modes and order on disk, nor the user's umask and time zone, nor the machine make a
difference; only zlib does: another release or implementation of it may compress to other bytes.
"""

import argparse
import hashlib
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path

from package_contents import package_files

# The earliest time that a zip file can hold.
TIME = (1980, 1, 1, 0, 0, 0)
# A regular file that everybody may read: Lambda refuses to load any other.
# https://repost.aws/knowledge-center/lambda-deployment-package-errors
MODE = 0o100644
UNIX = 3


def main(arguments: Sequence[str] | None = None) -> int:
    """Pack the directory that the command line names, print the zip's summary and return the exit status."""
    parser = argparse.ArgumentParser(description="Pack what a function needs of a directory into a zip file.")
    parser.add_argument("directory", type=Path, help="directory that becomes the zip's root")
    parser.add_argument("zip", type=Path, help="zip file to write")
    options = parser.parse_args(arguments)
    try:
        pack_zip(options.directory, options.zip)
        sys.stdout.write(summary(options.zip) + "\n")
    except OSError as error:
        sys.stderr.write(f"pack_zip.py: {error.filename or options.zip}: {error.strerror}.\n")
        return 1
    return 0


def pack_zip(directory: Path, target: Path) -> None:
    """Write what belongs into a package of a directory's files to a zip file; raise OSError if that fails."""
    with zipfile.ZipFile(target, "w") as package:
        for path in package_files(directory):
            entry = zipfile.ZipInfo(str(path), TIME)
            entry.create_system = UNIX
            entry.external_attr = MODE << 16
            content = (directory / path).read_bytes()
            # The next three levels take three times as long for a package that is less than 1 percent smaller.
            package.writestr(entry, content, zipfile.ZIP_DEFLATED, compresslevel=6)


def summary(path: Path) -> str:
    """Return a file's name, size in bytes and SHA-256 as one line that aligns with other packages' lines."""
    content = path.read_bytes()
    return f"{path.name:<34} {len(content):>10,} bytes  sha256 {hashlib.sha256(content).hexdigest()}"


if __name__ == "__main__":
    sys.exit(main())
