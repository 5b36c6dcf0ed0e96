"""Bytecode of a package's modules, so that they are not compiled again at each cold start.

It stands beside its modules, in __pycache__, and nothing is lost where it does not fit: Python compiles what has no
bytecode of its own version.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from finops_operations.packaging.dependencies import BuildFailed, actual_target


def interpreter_for(target: str) -> str | None:
    """Return the path of a Python of a target's version; None if this machine has none."""
    python = actual_target(target).partition("-")[0]
    found = filter(None, (sys.executable, shutil.which(python)))
    return next((command for command in found if _name_of(command) == python), None)


def compile_modules(python: str, directory: str) -> None:
    """Compile a directory's modules with this Python.

    The bytecode is not held against its module's time or content when it is loaded (PEP 552, "unchecked"), and names
    the path that the module has on Lambda: the same modules and the same release of Python give the same bytes.
    https://docs.python.org/3/library/compileall.html
    """
    options = ["-qq", "--invalidation-mode=unchecked-hash", "-s", directory, "-p", "/var/task"]
    compiled = subprocess.run(  # noqa: S603 (a list, no shell)
        [python, "-m", "compileall", *options, directory],
        # An order of sets that chance has made would be in the bytes.
        env={**os.environ, "PYTHONHASHSEED": "0"},
        check=False,
    )
    if compiled.returncode:
        raise BuildFailed(f"The modules of {Path(directory).name} cannot be compiled.")


def _name_of(command: str) -> str | None:
    say_name = "import sys; print('python%d.%d' % sys.version_info[:2])"
    try:
        # What is found by that name may only say that it could be installed, as pyenv's does.
        said = subprocess.run([command, "-c", say_name], capture_output=True, text=True, check=True)  # noqa: S603
    except (OSError, subprocess.CalledProcessError):
        return None
    return said.stdout.strip()
