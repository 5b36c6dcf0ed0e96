"""Installs a function's locked dependencies into a directory, with pip, for a target.

That is what packages run on: a Lambda runtime and a processor, such as python3.13-arm64, or "host", this machine.
"""

import os
import platform
import re
import subprocess
import sys
from pathlib import Path

from finops_operations.template import parameter_defaults

_TARGET = re.compile(r"python(3\.1[123])-(arm64|x86_64)")
# The processors' names in wheels, by their names in Lambda.
_PROCESSORS = {"arm64": "aarch64", "x86_64": "x86_64"}

# Exact pins with hashes and no source archives: a wrong tag fails, and cannot fall back to another release.
_LOCKED = ["--require-hashes", "--only-binary=:all:", "--no-deps"]
_QUIET = ["--quiet", "--disable-pip-version-check", "--no-input", "--no-compile", "--retries=2"]
# These settings of a user's own would have pip refuse, or install elsewhere.
_NO_SETTINGS = {"PIP_REQUIRE_VIRTUALENV": "0", "PIP_USER": "0"}

# What pip says, and what it means.
_REASONS = {
    "DO NOT MATCH THE HASHES": "a download is not what requirements.txt was locked to.",
    "connection broken": "the package index does not answer.",
    "No matching distribution": "a requirement has no wheel for this target.",
}


class BuildFailed(Exception):
    """A package cannot be made. The text is a sentence for the person who builds; `status` is for the shell."""

    def __init__(self, sentence: str, status: int = 1) -> None:
        super().__init__(sentence)
        self.status = status


def chosen_target(asked_for: str, template: str) -> str:
    """Return the target that was asked for, or if that is empty the one that the template's defaults are."""
    if asked_for:
        if asked_for != "host" and not _TARGET.fullmatch(asked_for):
            raise BuildFailed(f"There is no target {asked_for}. See ./build_packages.sh --help.", status=2)
        return asked_for
    defaults = parameter_defaults(Path(template).read_text(encoding="utf-8"))
    for parameter in ("LambdaRuntime", "LambdaArchitecture"):
        if not re.fullmatch(r"[\w.-]+", defaults.get(parameter, "")):
            raise BuildFailed(f"Parameter {parameter} with a plain default is not found in the template.")
    return f"{defaults['LambdaRuntime']}-{defaults['LambdaArchitecture']}"


def actual_target(target: str) -> str:
    """Return what packages for a target load on: this machine's own target in place of "host"."""
    if target != "host":
        return target
    machine = {"aarch64": "arm64"}.get(platform.machine(), platform.machine())
    return f"python{sys.version_info.major}.{sys.version_info.minor}-{machine}"


def install_dependencies(requirements: str, target: str, directory: str) -> None:
    """Install what a function's requirements file locks into a directory, and leave pip's report beside it."""
    if not Path(requirements).is_file():
        raise BuildFailed(f"{requirements} is missing.")
    where = [f"--report={report_of(Path(directory))}", f"--target={directory}", f"--requirement={requirements}"]
    installed = subprocess.run(  # noqa: S603 (a list, no shell)
        [sys.executable, "-m", "pip", "install", *_QUIET, *_LOCKED, *_wheel_options(target), *where],
        env={**os.environ, **_NO_SETTINGS},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if installed.returncode:
        sys.stderr.writelines(line for line in installed.stdout.splitlines(keepends=True) if line.startswith("ERROR: "))
        what = f"The dependencies of {Path(requirements).parent.name} for {target} cannot be installed"
        reasons = (reason for words, reason in _REASONS.items() if words in installed.stdout)
        raise BuildFailed(f"{what}: {next(reasons, 'pip says above why.')}")


def report_of(directory: Path) -> Path:
    """Return where pip's report of an installation into a directory is.

    https://pip.pypa.io/en/stable/reference/installation-report/
    """
    return directory.with_name(f"{directory.name}.report.json")


def _wheel_options(target: str) -> list[str]:
    """Return the options with which pip chooses the wheels for a target.

    manylinux2014 wheels need glibc 2.17: they load on Amazon Linux 2 (python3.11, glibc 2.26) and on Amazon Linux 2023
    (python3.12 and 3.13, glibc 2.34), and every compiled dependency of the API has them. DuckDB, of the sample agents,
    has manylinux_2_28 wheels alone.
    https://docs.aws.amazon.com/lambda/latest/dg/lambda-python.html (each runtime's operating system)
    https://docs.aws.amazon.com/linux/al2023/ug/glibc-gcc-and-binutils.html (their glibc)
    https://packaging.python.org/en/latest/specifications/platform-compatibility-tags/
    """
    parts = _TARGET.fullmatch(target)
    if parts is None:
        return []
    version, processor = parts.groups()
    loadable = ["manylinux2014"] if version == "3.11" else ["manylinux2014", "manylinux_2_28"]
    return [
        *(f"--platform={policy}_{_PROCESSORS[processor]}" for policy in loadable),
        f"--python-version={version}",
        "--implementation=cp",
        f"--abi=cp{version.replace('.', '')}",
    ]
