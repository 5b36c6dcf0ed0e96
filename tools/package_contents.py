"""Which files of an installed tree a function needs at run time, and so belong into its package."""

from pathlib import Path, PurePosixPath

# Read by type checkers, compilers and browsers, never by a running function: Powertools brings Swagger UI for
# REST APIs, and without it a package has 0.6 MB in place of 1.1. Bytecode holds the time and path of its
# making.
UNNEEDED_SUFFIXES = frozenset({".pyi", ".typed", ".pyc", ".c", ".h", ".js", ".css"})
UNNEEDED_NAMES = frozenset({"requirements.in", "requirements.txt"})
LICENCE_PREFIXES = ("LICENSE", "LICENCE", "COPYING", "NOTICE", "AUTHORS")


def package_files(tree: Path) -> list[PurePosixPath]:
    """Return the paths, relative to the tree and sorted, of the files that belong into a package."""
    paths = (PurePosixPath(path.relative_to(tree).as_posix()) for path in tree.rglob("*") if path.is_file())
    return sorted(path for path in paths if belongs(path))


def belongs(path: PurePosixPath) -> bool:
    """Say whether a file, named relative to the package's root, is needed at run time or by a licence."""
    if path.parts[0].endswith(".dist-info"):
        # None of our dependencies reads its metadata (importlib.metadata); their licences must go along.
        return path.parts[1] == "licenses" or path.name.startswith(LICENCE_PREFIXES)
    return not (
        path.parts[0] == "bin"
        or path.suffix in UNNEEDED_SUFFIXES
        or path.name in UNNEEDED_NAMES
        or any(part.startswith(".") for part in path.parts)
    )
