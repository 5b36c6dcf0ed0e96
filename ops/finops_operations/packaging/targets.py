"""What packages run on: a Lambda runtime and a processor, such as python3.13-arm64, or this machine."""

from __future__ import annotations

import platform
import re
import sys
from pathlib import Path

from finops_operations.packaging.errors import BuildFailed, NoSuchTarget
from finops_operations.template import parameter_defaults

HOST = "host"

# The processors' names in wheels, by their names in Lambda.
_PROCESSORS = {"arm64": "aarch64", "x86_64": "x86_64"}
_TARGET = re.compile(r"python(3\.1[123])-(arm64|x86_64)")


def chosen_target(asked_for: str, template: Path) -> str:
    """Give the target that was asked for, or if that is empty the one that the template's defaults are.

    Raises:
        NoSuchTarget: there are no packages for the one that was asked for.
        BuildFailed: the template cannot be read, or lacks a plain default.
    """
    if asked_for and asked_for != HOST and not _TARGET.fullmatch(asked_for):
        raise NoSuchTarget(f"There is no target {asked_for}.")
    return asked_for or _default_target(template)


def _default_target(template: Path) -> str:
    try:
        text = template.read_text(encoding="utf-8")
    except OSError as error:
        raise BuildFailed(f"{template} cannot be read: {error.strerror}.") from error
    defaults = parameter_defaults(text)
    for parameter in ("LambdaRuntime", "LambdaArchitecture"):
        if not re.fullmatch(r"[\w.-]+", defaults.get(parameter, "")):
            raise BuildFailed(f"Parameter {parameter} with a plain default is not found in the template.")
    return f"{defaults['LambdaRuntime']}-{defaults['LambdaArchitecture']}"


def actual_target(target: str) -> str:
    """Give what packages for a target load on: this machine's own target in place of "host"."""
    if target != HOST:
        return target
    machine = {"aarch64": "arm64"}.get(platform.machine(), platform.machine())
    return f"python{sys.version_info.major}.{sys.version_info.minor}-{machine}"


def wheel_options(target: str) -> list[str]:
    """Give the options with which pip chooses the wheels for a target.

    manylinux2014 wheels need glibc 2.17: they load on Amazon Linux 2 (python3.11, glibc 2.26) and on Amazon Linux 2023
    (python3.12 and 3.13, glibc 2.34), and every compiled dependency has them.
    https://docs.aws.amazon.com/lambda/latest/dg/lambda-python.html (each runtime's operating system)
    https://docs.aws.amazon.com/linux/al2023/ug/glibc-gcc-and-binutils.html (their glibc)
    https://packaging.python.org/en/latest/specifications/platform-compatibility-tags/
    """
    parts = _TARGET.fullmatch(target)
    if parts is None:
        return []
    version, processor = parts.groups()
    return [
        f"--platform=manylinux2014_{_PROCESSORS[processor]}",
        f"--python-version={version}",
        "--implementation=cp",
        f"--abi=cp{version.replace('.', '')}",
    ]
