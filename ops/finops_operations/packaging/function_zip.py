"""Packs what a function needs of the tree that was installed for it."""

import hashlib
from pathlib import Path

from finops_operations.reproducible_zip import write_zip

# Read by type checkers, compilers and browsers, never by a running function: Powertools brings Swagger UI for
# REST APIs, and without it a package has 0.6 MB less.
_UNNEEDED_SUFFIXES = frozenset({".pyi", ".typed", ".c", ".h", ".js", ".css"})
_UNNEEDED_NAMES = frozenset({"requirements.in", "requirements.txt"})
_LICENCE_PREFIXES = ("LICENSE", "LICENCE", "COPYING", "NOTICE", "AUTHORS")


def pack(directory: str) -> str:
    """Write what a function needs of a directory into DIRECTORY.zip. Return its name, size and SHA-256 as a line."""
    tree = Path(directory)
    package = tree.with_name(f"{tree.name}.zip")
    paths = (path.relative_to(tree) for path in tree.rglob("*") if path.is_file())
    write_zip(package, tree, (path.as_posix() for path in paths if _belongs(path)))
    content = package.read_bytes()
    return f"{package.name:<34} {len(content):>10,} bytes  sha256 {hashlib.sha256(content).hexdigest()}"


def _belongs(path: Path) -> bool:
    """Tell whether a file, named relative to the package's root, is needed at run time or by a licence."""
    if path.parts[0].endswith(".dist-info"):
        # None of our dependencies reads its metadata (importlib.metadata); their licences must go along.
        return path.parts[1] == "licenses" or path.name.startswith(_LICENCE_PREFIXES)
    return not (
        path.parts[0] == "bin"
        or path.suffix in _UNNEEDED_SUFFIXES
        # Somebody's own: the build's is in __pycache__.
        or (path.suffix == ".pyc" and path.parent.name != "__pycache__")
        or path.name in _UNNEEDED_NAMES
        or any(part.startswith(".") for part in path.parts)
    )
