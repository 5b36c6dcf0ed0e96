"""The packages of the local run, built when they are not of these very sources."""

from __future__ import annotations

import subprocess
import sys
import zlib
from pathlib import Path

from finops_operations.local_run.places import DEPLOY_LOG, PACKAGES, ROOT, LocalRunFailed, last_lines
from finops_operations.operator_messages import heading

_SOURCES = ("build_packages.sh", "cloudformation", "contract", "ops", "src")


def build_packages() -> None:
    """Build the packages for this machine, unless they are there.

    Raises:
        LocalRunFailed: they cannot be built.
    """
    built, sources = PACKAGES / "sources", _sources()
    if built.exists() and built.read_text(encoding="utf-8") == sources:
        return
    heading("Building the packages for this machine")
    options = ["--target", "host", "--with-sample-agents", "--output", str(PACKAGES)]
    run_logged("The packages could not be built.", "build_packages.sh", *options)
    built.write_text(sources, encoding="utf-8")


def run_logged(failure: str, script: str, *options: str) -> None:
    """Run one of the project's scripts; what it says goes to the log.

    Raises:
        LocalRunFailed: it has failed, and the end of the log is on stderr.
    """
    with DEPLOY_LOG.open("ab") as log:
        ran = subprocess.run([ROOT / script, *options], stdout=log, stderr=log, check=False)  # noqa: S603 (a list)
    if ran.returncode:
        sys.stderr.write(last_lines(DEPLOY_LOG, 20))
        raise LocalRunFailed(f"{failure} The lines above are the end of .local/deploy.log.")


def _sources() -> str:
    """Give a line for each source file with its checksum, and the Python that builds."""
    names = (path for name in _SOURCES for path in (ROOT / name, *sorted((ROOT / name).rglob("*"))))
    files = (path for path in names if path.is_file() and path.suffix != ".pyc")
    return "".join(f"{_checksum(path)} {path.relative_to(ROOT)}\n" for path in files) + sys.version


def _checksum(path: Path) -> str:
    return f"{zlib.crc32(path.read_bytes()):08x}"
