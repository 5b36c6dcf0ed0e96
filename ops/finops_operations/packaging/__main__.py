"""The steps of build_packages.sh that decide something: `python -m finops_operations.packaging STEP ARGUMENT...`."""

import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

from finops_operations.packaging.dependencies import BuildFailed, actual_target, chosen_target, install_dependencies
from finops_operations.packaging.function_zip import pack
from finops_operations.packaging.sbom import write_sbom


def can_build() -> str:
    """Raise BuildFailed unless this Python can build.

    pip's --report came with 22.2: https://pip.pypa.io/en/stable/news/#v22-2
    """
    old_pip = tuple(map(int, version("pip").split(".")[:2])) < (22, 2)
    if old_pip or sys.version_info < (3, 11):
        raise BuildFailed("Python 3.11 or newer with pip 22.2 or newer is needed.")
    return ""


def target(asked_for: str, template: str) -> str:
    """Return the target to build for: the one that was asked for, or if that is empty a template's."""
    return f"{chosen_target(asked_for, Path(template))}\n"


def install(requirements: str, target: str, directory: str) -> str:
    """Install what a requirements file locks into a directory."""
    install_dependencies(Path(requirements), target, Path(directory))
    return ""


def package(tree: str) -> str:
    """Make a directory a package of the same name, and return the package's summary."""
    return f"{pack(Path(tree))}\n"


def describe(target: str, *packages: str) -> str:
    """Write packages' bills of materials beside them, and return what they load on."""
    loads_on = actual_target(target)
    for path in packages:
        write_sbom(Path(path), loads_on)
    return f"{loads_on}\n"


STEPS: dict[str, Callable[..., str]] = {
    "can-build": can_build,
    "target": target,
    "install": install,
    "package": package,
    "describe": describe,
}


def main(step: str, *arguments: str) -> int:
    """Take a step, print what it gives, and return the exit status: what goes wrong is one sentence on stderr."""
    try:
        sys.stdout.write(STEPS[step](*arguments))
        return 0
    except BuildFailed as error:
        sentence, status = str(error), error.status
    except OSError as error:
        sentence, status = f"{error.filename}: {error.strerror}.", 1
    except KeyboardInterrupt:
        return 130
    sys.stderr.write(f"Error: {sentence}\n")
    return status


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
