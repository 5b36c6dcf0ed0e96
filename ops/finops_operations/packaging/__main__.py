"""The steps of build_packages.sh that decide something: `python -m finops_operations.packaging STEP ARGUMENT...`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

from finops_operations.packaging.dependencies import install_dependencies
from finops_operations.packaging.errors import BuildFailed, NoSuchTarget
from finops_operations.packaging.function_zip import pack
from finops_operations.packaging.sbom import write_sbom
from finops_operations.packaging.targets import actual_target, chosen_target

FAILED = 1
MISUSED = 2
INTERRUPTED = 130


def can_build() -> None:
    """Raise BuildFailed unless this Python can build.

    pip's --report came with 22.2: https://pip.pypa.io/en/stable/news/#v22-2
    """
    old_pip = tuple(map(int, version("pip").split(".")[:2])) < (22, 2)
    if old_pip or sys.version_info < (3, 11):
        raise BuildFailed("Python 3.11 or newer with pip 22.2 or newer is needed.")


def target(asked_for: str, template: str) -> None:
    """Print the target to build for: the one that was asked for, or if that is empty a template's."""
    sys.stdout.write(f"{chosen_target(asked_for, Path(template))}\n")


def install(requirements: str, target: str, directory: str) -> None:
    """Install what a requirements file locks into a directory."""
    install_dependencies(Path(requirements), target, Path(directory))


def package(tree: str) -> None:
    """Make a directory a package of the same name, and print the package's summary."""
    sys.stdout.write(f"{pack(Path(tree), Path(f'{tree}.zip'))}\n")


def describe(target: str, *packages: str) -> None:
    """Write packages' bills of materials beside them, and print what they load on."""
    loads_on = actual_target(target)
    for path in packages:
        write_sbom(Path(path), loads_on)
    sys.stdout.write(f"{loads_on}\n")


STEPS: dict[str, Callable[..., None]] = {
    "can-build": can_build,
    "target": target,
    "install": install,
    "package": package,
    "describe": describe,
}


def main(step: str, *arguments: str) -> int:
    """Take a step and give the exit status: what goes wrong is one sentence on stderr."""
    try:
        STEPS[step](*arguments)
    except NoSuchTarget as error:
        return _say(f"{error} See ./build_packages.sh --help.", MISUSED)
    except BuildFailed as error:
        return _say(str(error), FAILED)
    except OSError as error:
        return _say(f"{error.filename}: {error.strerror}.", FAILED)
    except KeyboardInterrupt:
        return INTERRUPTED
    return 0


def _say(sentence: str, status: int) -> int:
    sys.stderr.write(f"build_packages.sh: {sentence}\n")
    return status


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
