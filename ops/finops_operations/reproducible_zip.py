"""Zips that depend on nothing but the names and contents of what is in them.

Neither the files' times, modes and order on disk, nor the user's umask and time zone, nor the machine make a
difference; only zlib does: another release or implementation of it may compress to other bytes.
"""

import zipfile
from collections.abc import Iterable
from pathlib import Path

# The earliest time that a zip can hold.
_TIME = (1980, 1, 1, 0, 0, 0)
# A regular file that everybody may read: Lambda refuses to load any other.
# https://repost.aws/knowledge-center/lambda-deployment-package-errors
_MODE = 0o100644
_UNIX = 3


def write_zip(target: Path, root: Path, names: Iterable[str]) -> None:
    """Write the files that are named relative to `root`, with slashes, into a zip in the order of their names.

    Raises:
        OSError: a file cannot be read, or the zip not written.
        UnicodeEncodeError: a file's name is no text.
    """
    with zipfile.ZipFile(target, "w") as archive:
        for name in sorted(names):
            entry = zipfile.ZipInfo(name, _TIME)
            entry.create_system = _UNIX
            entry.external_attr = _MODE << 16
            content = (root / name).read_bytes()
            # The next three levels take three times as long for a package that is less than 1 percent smaller.
            archive.writestr(entry, content, zipfile.ZIP_DEFLATED, compresslevel=6)
