"""Where the local run keeps what, and why it cannot go on."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
LOCAL = ROOT / ".local"
CLOUD = LOCAL / "cloud"
CLOUD_LOG = LOCAL / "cloud.log"
DEPLOY_LOG = LOCAL / "deploy.log"
PACKAGES = LOCAL / "packages"
STACK_ENV = LOCAL / "stack.env"
STARTING = LOCAL / "starting"
PROGRAMS = ROOT / ".venv" / "bin"


class LocalRunFailed(Exception):
    """The local run cannot go on. The text is for the person who started it."""


def last_lines(log: Path, count: int) -> str:
    """Give the end of a log, each line with its line end."""
    return "".join(log.read_text(encoding="utf-8", errors="replace").splitlines(keepends=True)[-count:])
