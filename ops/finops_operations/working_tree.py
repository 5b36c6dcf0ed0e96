"""The commit that a release is made of."""

import subprocess
from pathlib import Path


def working_tree_commit(folder: Path) -> str:
    """Return a folder's commit, with "-dirty" after it if files differ from it; nogit if there is none."""
    head = _git(folder, "rev-parse", "HEAD")
    if not head:
        return "nogit"
    return f"{head}-dirty" if _git(folder, "status", "--porcelain") else head


def _git(folder: Path, *arguments: str) -> str:
    try:
        ran = subprocess.run(["git", "-C", folder, *arguments], capture_output=True, text=True, check=True)  # noqa: S603, S607
    except (OSError, subprocess.CalledProcessError):
        return ""
    return ran.stdout.strip()
